//! A socket's address as the kernel has it (ip(7), ipv6(7), unix(7)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bigfoot_ipc::guest::Peer;
use nix::libc;

use super::memory::{Memory, Unreadable};
use crate::call::UNKNOWN_FAMILY;

/// Longest address of any family (`struct sockaddr_storage`).
pub const ADDRESS_BYTES_MAX: u64 = 128;

/// An address as it was read: family and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Vec<u8>);

/// Reads an address.
///
/// # Errors
///
/// It cannot be read, or is longer than any.
pub fn read(memory: &mut Memory, at: u64, length: u64) -> Result<Address, Unreadable> {
    let length = length & u64::from(u32::MAX);
    if at == 0 || !is_taken(length) {
        return Err(Unreadable::Nonsense);
    }
    Ok(Address(memory.bytes(at, length as usize)?))
}

/// Whether the kernel takes an address of this length from connect(2) or sendto(2).
#[must_use]
pub fn is_taken(length: u64) -> bool {
    (2..=ADDRESS_BYTES_MAX).contains(&(length & u64::from(u32::MAX)))
}

impl Address {
    /// One that is not known.
    #[must_use]
    pub fn unknown() -> Self {
        Self(UNKNOWN_FAMILY.to_ne_bytes().to_vec())
    }

    /// A datagram's: there the kernel takes no family for IPv4.
    #[must_use]
    pub fn of_datagram(mut self) -> Self {
        if self.family() == libc::AF_UNSPEC && self.0.len() >= 16 {
            self.0[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
        }
        self
    }

    /// Address family (`AF_*`).
    #[must_use]
    pub fn family(&self) -> i32 {
        self.0.first_chunk().map_or(libc::AF_UNSPEC, |bytes| u16::from_ne_bytes(*bytes).into())
    }

    /// Who is meant; None where that is nobody, or the kernel would not take it.
    #[must_use]
    pub fn peer(&self) -> Option<Peer<'_>> {
        Some(match self.family() {
            libc::AF_UNSPEC => return None,
            libc::AF_INET => {
                let octets: [u8; 4] = self.part(4)?;
                Peer::Internet(SocketAddr::new(Ipv4Addr::from(octets).into(), self.port()?))
            }
            libc::AF_INET6 => {
                let octets: [u8; 16] = self.part(8)?;
                Peer::Internet(SocketAddr::new(Ipv6Addr::from(octets).into(), self.port()?))
            }
            libc::AF_UNIX => {
                let name = self.0.get(2..).filter(|name| !name.is_empty())?;
                match name.iter().position(|byte| *byte == 0) {
                    None | Some(0) => Peer::Unix(name),
                    Some(end) => Peer::Unix(&name[..end]),
                }
            }
            family => Peer::Other(u16::try_from(family).ok()?),
        })
    }

    fn port(&self) -> Option<u16> {
        Some(u16::from_be_bytes(self.part(2)?))
    }

    fn part<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at + N)?.try_into().ok()
    }

    /// Another Internet address in the form of this one's family. None where there is none.
    #[must_use]
    pub fn in_its_form(&self, to: SocketAddr) -> Option<SocketAddr> {
        match (self.family(), to.ip()) {
            (libc::AF_INET, IpAddr::V4(_)) | (libc::AF_INET6, IpAddr::V6(_)) => Some(to),
            (libc::AF_INET6, IpAddr::V4(address)) => {
                Some(SocketAddr::new(address.to_ipv6_mapped().into(), to.port()))
            }
            _ => None,
        }
    }

    /// It is IPv6, and not a v4-mapped one: its socket may be for IPv6 alone.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        matches!(self.peer(), Some(Peer::Internet(SocketAddr::V6(to))) if to.ip().to_ipv4_mapped().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(family: i32, rest: &[u8]) -> Address {
        Address([&(family as u16).to_ne_bytes()[..], rest].concat())
    }

    /// Families have their forms.
    #[test]
    fn addresses_are_read_by_family() {
        let v4 = address(libc::AF_INET, &[0, 80, 10, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
        let mut wide = vec![1, 187, 0, 0, 0, 0];
        wide.extend(Ipv6Addr::LOCALHOST.octets());
        let v6 = address(libc::AF_INET6, &wide);

        assert_eq!(v4.peer(), Some(Peer::Internet("10.1.2.3:80".parse().unwrap())));
        assert_eq!(v6.peer(), Some(Peer::Internet("[::1]:443".parse().unwrap())));
        assert_eq!(address(libc::AF_UNIX, b"/a/b\0xx").peer(), Some(Peer::Unix(b"/a/b")));
        assert_eq!(address(libc::AF_UNIX, b"/a/b").peer(), Some(Peer::Unix(b"/a/b")));
        assert_eq!(address(libc::AF_UNIX, b"\0a\0b").peer(), Some(Peer::Unix(b"\0a\0b")));
        assert_eq!(address(libc::AF_NETLINK, &[0; 10]).peer(), Some(Peer::Other(16)));
    }

    /// What the kernel would not take is nobody.
    #[test]
    fn short_addresses_are_nobody() {
        for family in [libc::AF_INET, libc::AF_INET6, libc::AF_UNIX, libc::AF_UNSPEC] {
            assert_eq!(address(family, b"").peer(), None);
        }
        assert_eq!(address(libc::AF_INET6, &[0; 20]).peer(), None);
    }

    /// A datagram to an address of no family goes to an IPv4 address (udp(7)).
    #[test]
    fn a_datagram_of_no_family_is_of_ipv4() {
        let rest = [0, 53, 10, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0];
        let unnamed = address(libc::AF_UNSPEC, &rest);

        assert_eq!(unnamed.peer(), None);
        let to = unnamed.of_datagram();
        assert_eq!(to.peer(), Some(Peer::Internet("10.1.2.3:53".parse().unwrap())));
    }

    /// Where a connection is led to is written as the guest's socket wants it.
    #[test]
    fn another_address_takes_the_same_form() {
        let to: SocketAddr = "127.64.0.1:9".parse().unwrap();
        let v6 = address(libc::AF_INET6, &[0; 26]);

        assert_eq!(v6.in_its_form(to), Some("[::ffff:127.64.0.1]:9".parse().unwrap()));
        assert!(v6.is_wide());
        assert_eq!(address(libc::AF_INET, &[0; 14]).in_its_form(to), Some(to));
        assert_eq!(address(libc::AF_INET, &[0; 14]).in_its_form("[::1]:9".parse().unwrap()), None);
    }
}
