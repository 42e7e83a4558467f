//! `connect(2)`: the guest opens a connection to a peer.

use core::ffi::c_int;
use core::net::SocketAddr;

use bigfoot_ipc::guest::{Call, Peer, Verdict};
use bigfoot_ipc::page::ask;
use libc::{sockaddr, socklen_t};

use crate::cabi::{self, Address};
use crate::hook::{Failure, fenced};
use crate::{controller, shared};

hook! {
    unsafe fn connect(fd: c_int, addr: *const sockaddr, len: socklen_t) -> c_int => hooked;
    unsafe fn __connect(fd: c_int, addr: *const sockaddr, len: socklen_t) -> c_int => hooked;
}

/// What to do about a connection.
pub(super) enum Plan {
    Real,
    At(SocketAddr),
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
        Plan::At(to) => {
            let to = Address::new(to);
            // SAFETY: `to` outlives the call and knows its length.
            unsafe { real!(connect)(fd, to.as_ptr(), to.len()) }
        }
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
        Verdict::Redirect { to } => redirect(peer, to),
        Verdict::Deny { errno } => Plan::Fail(errno),
        _ => Plan::Fail(libc::EPROTO), // not for sockets
    }
}

/// An address of the family that the guest's socket has.
fn redirect(peer: Peer<'_>, to: SocketAddr) -> Plan {
    match (peer, to) {
        (Peer::Internet(SocketAddr::V6(_)), SocketAddr::V4(to)) => {
            Plan::At(SocketAddr::new(to.ip().to_ipv6_mapped().into(), to.port()))
        }
        (Peer::Internet(SocketAddr::V4(_)), SocketAddr::V6(_)) => Plan::Fail(libc::EHOSTUNREACH),
        _ => Plan::At(to),
    }
}
