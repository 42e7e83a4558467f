//! `bind(2)`, `listen(2)`: the guest serves. Nothing is decided; the controller takes note of the
//! socket, so that calls from the same process tree to it are known as the tree's own.

use core::ffi::c_int;

use bigfoot_ipc::guest::{Call, Transport};
use bigfoot_ipc::page::ask;
use libc::{sockaddr, socklen_t};

use crate::cabi::{self, KeepErrno};
use crate::hook::fenced;
use crate::{controller, shared};

hook! {
    unsafe fn bind(fd: c_int, addr: *const sockaddr, len: socklen_t) -> c_int => bound;
    unsafe fn listen(fd: c_int, backlog: c_int) -> c_int => listening;
}

/// # Safety
///
/// As for bind(2).
pub(super) unsafe fn bound(fd: c_int, addr: *const sockaddr, len: socklen_t) -> c_int {
    // SAFETY: this function's contract.
    let done = unsafe { real!(bind)(fd, addr, len) };
    if done == 0 {
        tell(fd, |transport| transport == Transport::Datagram);
    }
    done
}

/// # Safety
///
/// As for listen(2), which has no conditions.
pub(super) unsafe fn listening(fd: c_int, backlog: c_int) -> c_int {
    // SAFETY: this function's contract.
    let done = unsafe { real!(listen)(fd, backlog) };
    if done == 0 {
        tell(fd, |transport| transport != Transport::Datagram);
    }
    done
}

fn tell(fd: c_int, serves: impl FnOnce(Transport) -> bool) {
    if !shared::asks(ask::NETWORK) {
        return;
    }
    let _errno = KeepErrno::new();
    fenced(|| {
        let transport = cabi::transport(fd);
        if let (true, Some((cookie, inode))) = (serves(transport), cabi::identity(fd)) {
            controller::decide(Call::Serve { transport, cookie, inode });
        }
    });
}
