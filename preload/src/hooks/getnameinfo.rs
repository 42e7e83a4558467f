//! `getnameinfo(3)`: the guest looks up the name of an address.

use core::ffi::{c_char, c_int};

use bigfoot_ipc::guest::{Peer, Query};
use bigfoot_ipc::page::ask;
use libc::{sockaddr, socklen_t};

use super::getaddrinfo::{Plan, decide};
use crate::hook::fenced;
use crate::thread::InLookup;
use crate::{cabi, shared};

hook! {
    unsafe fn getnameinfo(
        addr: *const sockaddr, len: socklen_t, host: *mut c_char, host_bytes: socklen_t,
        service: *mut c_char, service_bytes: socklen_t, flags: c_int,
    ) -> c_int => hooked;
}

/// # Safety
///
/// As for getnameinfo(3).
unsafe fn hooked(
    addr: *const sockaddr,
    len: socklen_t,
    host: *mut c_char,
    host_bytes: socklen_t,
    service: *mut c_char,
    service_bytes: socklen_t,
    flags: c_int,
) -> c_int {
    let wants_name = !host.is_null() && host_bytes > 0 && flags & libc::NI_NUMERICHOST == 0;
    // SAFETY: this function's contract.
    if wants_name && shared::asks(ask::NAMES) && !unsafe { allowed(addr, len) } {
        return libc::EAI_FAIL;
    }
    let _inside = InLookup::enter();
    // SAFETY: the guest's own arguments.
    unsafe { real!(getnameinfo)(addr, len, host, host_bytes, service, service_bytes, flags) }
}

/// # Safety
///
/// `addr` is null or points to `len` readable bytes.
unsafe fn allowed(addr: *const sockaddr, len: socklen_t) -> bool {
    // SAFETY: this function's contract.
    match unsafe { cabi::peer(addr, len) } {
        Some(Peer::Internet(address)) => {
            matches!(fenced(|| decide(Query::Address(address.ip()))), Some(Plan::Real { .. }))
        }
        _ => true, // libc knows these without asking anybody, or says what is wrong
    }
}
