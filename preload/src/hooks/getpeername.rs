//! `getpeername(2)`: whom a socket is connected to. Where another answers in its place, the guest is
//! told the one that it asked for.

use core::ffi::{c_int, c_void};
use core::net::{IpAddr, SocketAddr};

use libc::{sockaddr, socklen_t};

use crate::{cabi, shared};

hook! {
    unsafe fn getpeername(fd: c_int, addr: *mut sockaddr, len: *mut socklen_t) -> c_int => hooked;
}

/// # Safety
///
/// As for getpeername(2).
unsafe fn hooked(fd: c_int, addr: *mut sockaddr, len: *mut socklen_t) -> c_int {
    // SAFETY: this function's contract.
    let room = unsafe { Room::of(addr.cast(), len) };
    // SAFETY: the guest's own arguments.
    let done = unsafe { real!(getpeername)(fd, addr, len) };
    if let (0, Some(room)) = (done, room) {
        // SAFETY: the call succeeded, and has written what it said.
        unsafe { room.mend(len.read()) };
    }
    done
}

/// Where the kernel will write an address, and how many bytes of it at most.
#[derive(Clone, Copy)]
pub(super) struct Room {
    at: *mut c_void,
    bytes: socklen_t,
}

impl Room {
    /// None where nothing is to be mended: nobody is answered in this run, or no address is wanted.
    ///
    /// # Safety
    ///
    /// `length` is a guest's pointer to the length of the room, valid or not.
    #[inline]
    pub(super) unsafe fn of(at: *mut c_void, length: *const socklen_t) -> Option<Self> {
        if at.is_null() || shared::responder().is_none() || !cabi::is_readable(length.cast()) {
            return None;
        }
        // SAFETY: it can be read.
        Self::with(at, unsafe { length.read_unaligned() })
    }

    /// So many bytes; None where no address is wanted.
    pub(super) fn with(at: *mut c_void, bytes: socklen_t) -> Option<Self> {
        (!at.is_null()).then_some(Self { at, bytes })
    }

    /// Overwrites an address that is a ticket's by the one that was meant.
    ///
    /// # Safety
    ///
    /// The kernel has just written an address of `written` bytes here, as many of them as have room.
    pub(super) unsafe fn mend(self, written: socklen_t) {
        let bytes = self.bytes.min(written).min(size_of::<libc::sockaddr_in6>() as socklen_t);
        // SAFETY: this function's contract.
        let name = unsafe { core::slice::from_raw_parts_mut(self.at.cast::<u8>(), bytes as usize) };
        mend(name, shared::meant);
    }
}

/// Where the address stands in sockaddr_in and in sockaddr_in6 (ip(7), ipv6(7)); the port is at 2.
const ADDRESS4: usize = 4;
const ADDRESS6: usize = 8;

/// Overwrites an Internet address by the one that is meant by it, in the family that it has. None
/// where that is not known: nothing is meant by it, its family is another, or it was cut short.
fn mend(name: &mut [u8], meant: impl FnOnce(SocketAddr) -> Option<SocketAddr>) -> Option<()> {
    let family = u16::from_ne_bytes(*name.first_chunk()?);
    let port = u16::from_be_bytes(*name.get(2..)?.first_chunk()?);
    match c_int::from(family) {
        libc::AF_INET => {
            let address: [u8; 4] = *name.get(ADDRESS4..)?.first_chunk()?;
            let meant = meant(SocketAddr::from((address, port)))?;
            let IpAddr::V4(address) = meant.ip() else {
                return None; // no such socket reaches it
            };
            put(name, meant.port(), ADDRESS4, &address.octets())
        }
        libc::AF_INET6 => {
            let address: [u8; 16] = *name.get(ADDRESS6..)?.first_chunk()?;
            let meant = meant(SocketAddr::from((address, port)))?;
            let wide = match meant.ip() {
                IpAddr::V4(address) => address.to_ipv6_mapped(),
                IpAddr::V6(address) => address,
            };
            put(name, meant.port(), ADDRESS6, &wide.octets())
        }
        _ => None,
    }
}

fn put(name: &mut [u8], port: u16, at: usize, address: &[u8]) -> Option<()> {
    name.get_mut(2..4)?.copy_from_slice(&port.to_be_bytes());
    name.get_mut(at..at + address.len())?.copy_from_slice(address);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(address: [u8; 4], port: u16) -> Vec<u8> {
        let family = (libc::AF_INET as u16).to_ne_bytes();
        [&family[..], &port.to_be_bytes(), &address, &[0; 8]].concat()
    }

    fn v6(address: &str, port: u16) -> Vec<u8> {
        let family = (libc::AF_INET6 as u16).to_ne_bytes();
        let address: core::net::Ipv6Addr = address.parse().unwrap();
        [&family[..], &port.to_be_bytes(), &[0; 4], &address.octets(), &[0; 4]].concat()
    }

    /// One ticket, at 127.64.0.1:9, which stands for this.
    fn ticket(meant: &str) -> impl Fn(SocketAddr) -> Option<SocketAddr> {
        let meant = meant.parse().unwrap();
        move |peer| {
            let own = peer.ip().to_canonical() == IpAddr::from([127, 64, 0, 1]);
            (own && peer.port() == 9).then_some(meant)
        }
    }

    /// A guest reads the address that it asked for, in the family of its socket.
    #[test]
    fn a_ticket_becomes_what_was_meant() {
        let mut name = v4([127, 64, 0, 1], 9);
        mend(&mut name, ticket("192.0.2.7:5432"));
        assert_eq!(name, v4([192, 0, 2, 7], 5432));

        let mut name = v6("::ffff:127.64.0.1", 9);
        mend(&mut name, ticket("192.0.2.7:5432"));
        assert_eq!(name, v6("::ffff:192.0.2.7", 5432));

        let mut name = v6("::ffff:127.64.0.1", 9);
        mend(&mut name, ticket("[2001:db8::7]:5432"));
        assert_eq!(name, v6("2001:db8::7", 5432));
    }

    /// Every other address is none of ours, and stays as the kernel wrote it.
    #[test]
    fn other_addresses_stay() {
        let unix = (libc::AF_UNIX as u16).to_ne_bytes().into_iter().chain(*b"/run/peer").collect();
        for other in [v4([127, 64, 0, 2], 9), v4([127, 64, 0, 1], 8), v6("::1", 9), unix] {
            let mut name: Vec<u8> = other.clone();
            mend(&mut name, ticket("192.0.2.7:5432"));
            assert_eq!(name, other);
        }
        let mut name = v4([127, 64, 0, 1], 9);
        mend(&mut name, ticket("[2001:db8::7]:5432")); // cannot be told in this family
        assert_eq!(name, v4([127, 64, 0, 1], 9));
    }

    /// A guest that has room for a part gets the part; nothing is written behind it.
    #[test]
    fn a_name_that_was_cut_is_mended_as_far_as_it_goes() {
        for (whole, meant) in [
            (v4([127, 64, 0, 1], 9), v4([192, 0, 2, 7], 5432)),
            (v6("::ffff:127.64.0.1", 9), v6("::ffff:192.0.2.7", 5432)),
        ] {
            for length in 0..=whole.len() {
                let mut name = whole[..length].to_vec();
                let mended = mend(&mut name, ticket("192.0.2.7:5432"));
                let expected = if mended.is_some() { &meant } else { &whole };
                assert_eq!(name, expected[..length]);
            }
        }
    }
}
