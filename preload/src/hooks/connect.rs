//! `connect(2)`: the guest opens a connection to a peer.

use core::ffi::c_int;
use core::net::SocketAddr;

use bigfoot_ipc::guest::{Call, Peer, Verdict};
use bigfoot_ipc::page::ask;
use libc::{sockaddr, socklen_t};

use crate::cabi::{self, Address};
use crate::hook::{Failure, fenced};
use crate::{controller, known, shared, start};

hook! {
    unsafe fn connect(fd: c_int, addr: *const sockaddr, len: socklen_t) -> c_int => hooked,
        wait SYS_connect(fd, addr, len) if CALLS;
    unsafe fn __connect(fd: c_int, addr: *const sockaddr, len: socklen_t) -> c_int => hooked,
        wait SYS_connect(fd, addr, len) if CALLS;
}

/// What to do about a connection.
pub(super) enum Plan {
    Real,
    At(Address),
    Fail(c_int),
}

/// # Safety
///
/// As for connect(2): `addr` points to `len` readable bytes.
pub(super) unsafe fn hooked(fd: c_int, addr: *const sockaddr, len: socklen_t) -> c_int {
    // SAFETY: this function's contract.
    match unsafe { plan(fd, addr, len) } {
        // SAFETY: the guest's own arguments, under connect(2)'s own contract.
        Plan::Real => unsafe { real!(connect)(fd, addr, len) },
        // SAFETY: `to` outlives the call and knows its length.
        Plan::At(to) => unsafe { real!(connect)(fd, to.as_ptr(), to.len()) },
        Plan::Fail(errno) => Failure::failure(errno),
    }
}

/// # Safety
///
/// `addr` is null or points to `len` readable bytes.
pub(super) unsafe fn plan(fd: c_int, addr: *const sockaddr, len: socklen_t) -> Plan {
    if !shared::asks(ask::NETWORK) {
        return Plan::Real;
    }
    // SAFETY: this function's contract.
    let Some(peer) = (unsafe { cabi::peer(addr, len) }) else {
        return Plan::Real; // no address: the kernel says what is wrong, or dissolves the association
    };
    if matches!(peer, Peer::Other(family) if is_local(family)) {
        return Plan::Real;
    }
    if let Peer::Internet(to) = peer
        && known::allows(to)
    {
        return Plan::Real;
    }
    fenced(|| decide(fd, peer)).unwrap_or(Plan::Fail(libc::EACCES))
}

/// Families that reach this machine's kernel and nobody else.
fn is_local(family: u16) -> bool {
    matches!(c_int::from(family), libc::AF_NETLINK | libc::AF_ALG)
}

fn decide(fd: c_int, peer: Peer<'_>) -> Plan {
    let transport = cabi::transport(fd);
    match controller::decide(Call::Connect { transport, peer }) {
        Verdict::Allow => Plan::Real,
        Verdict::Redirect { to } => redirect(fd, peer, to),
        Verdict::Unix { number } => answering(peer, number),
        Verdict::Deny { errno } => Plan::Fail(errno),
        _ => Plan::Fail(libc::EPROTO), // not for sockets
    }
}

/// To an address of the family that the guest's own has.
fn redirect(fd: c_int, peer: Peer<'_>, to: SocketAddr) -> Plan {
    let to = match (peer, to) {
        (Peer::Internet(SocketAddr::V6(asked)), SocketAddr::V4(to)) => {
            // A v4-mapped address on a socket for IPv6 alone fails, as it would without us.
            if asked.ip().to_ipv4_mapped().is_none() {
                cabi::admit_mapped(fd);
            }
            SocketAddr::new(to.ip().to_ipv6_mapped().into(), to.port())
        }
        (Peer::Internet(SocketAddr::V4(_)), SocketAddr::V6(_)) => {
            return Plan::Fail(libc::EHOSTUNREACH);
        }
        (Peer::Internet(_), to) => to,
        _ => return Plan::Fail(libc::EPROTO),
    };
    Plan::At(Address::new(to))
}

/// As many as sun_path has (unix(7)).
const PATH_BYTES: usize = 108;

/// To a Unix socket in the run's folder.
fn answering(peer: Peer<'_>, number: u32) -> Plan {
    let mut space = [0; PATH_BYTES];
    let path = matches!(peer, Peer::Unix(_)).then(|| start::answering(number, &mut space));
    match path.flatten().and_then(Address::unix) {
        Some(to) => Plan::At(to),
        None => Plan::Fail(libc::EPROTO),
    }
}
