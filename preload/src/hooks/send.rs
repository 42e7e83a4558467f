//! `sendto(2)`, `sendmsg(2)`, `sendmmsg(2)`: a datagram, or the first bytes of a connection
//! (`MSG_FASTOPEN`), to an address.

use core::ffi::{c_int, c_uint, c_void};

use libc::{mmsghdr, msghdr, size_t, sockaddr, socklen_t, ssize_t};

use super::connect::{Plan, plan};
use crate::cabi::Address;
use crate::hook::Failure;

hook! {
    unsafe fn sendto(
        fd: c_int, data: *const c_void, bytes: size_t, flags: c_int,
        addr: *const sockaddr, len: socklen_t,
    ) -> ssize_t => to;
    unsafe fn sendmsg(fd: c_int, message: *const msghdr, flags: c_int) -> ssize_t => message;
    unsafe fn sendmmsg(fd: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int) -> c_int => messages;
}

/// # Safety
///
/// As for sendto(2).
pub(super) unsafe fn to(
    fd: c_int,
    data: *const c_void,
    bytes: size_t,
    flags: c_int,
    addr: *const sockaddr,
    len: socklen_t,
) -> ssize_t {
    // SAFETY: this function's contract.
    match unsafe { plan(fd, addr, len) } {
        // SAFETY: the guest's own arguments.
        Plan::Real => unsafe { real!(sendto)(fd, data, bytes, flags, addr, len) },
        Plan::At(to) => {
            let to = Address::new(to);
            // SAFETY: the guest's own arguments; `to` outlives the call.
            unsafe { real!(sendto)(fd, data, bytes, flags, to.as_ptr(), to.len()) }
        }
        Plan::Fail(errno) => Failure::failure(errno),
    }
}

/// # Safety
///
/// `message` is null or points to a message.
unsafe fn plan_of(fd: c_int, message: *const msghdr) -> Plan {
    if message.is_null() {
        return Plan::Real;
    }
    // SAFETY: this function's contract; a message's name is as long as it says.
    unsafe { plan(fd, (*message).msg_name.cast_const().cast(), (*message).msg_namelen) }
}

/// # Safety
///
/// As for sendmsg(2).
pub(super) unsafe fn message(fd: c_int, message: *const msghdr, flags: c_int) -> ssize_t {
    // SAFETY: this function's contract.
    match unsafe { plan_of(fd, message) } {
        // SAFETY: the guest's own arguments.
        Plan::Real => unsafe { real!(sendmsg)(fd, message, flags) },
        Plan::At(to) => {
            let to = Address::new(to);
            // SAFETY: a copy of the guest's message, in which only the address differs.
            unsafe {
                let mut copy = *message;
                copy.msg_name = to.as_ptr().cast_mut().cast();
                copy.msg_namelen = to.len();
                real!(sendmsg)(fd, &raw const copy, flags)
            }
        }
        Plan::Fail(errno) => Failure::failure(errno),
    }
}

/// Sends as many as are real from the first on, as sendmmsg(2) does with those that it can send.
///
/// # Safety
///
/// As for sendmmsg(2).
pub(super) unsafe fn messages(
    fd: c_int,
    messages: *mut mmsghdr,
    count: c_uint,
    flags: c_int,
) -> c_int {
    let mut real = 0;
    while real < count && !messages.is_null() {
        // SAFETY: `count` messages are there.
        let at = unsafe { messages.add(real as usize) };
        // SAFETY: likewise.
        match unsafe { plan_of(fd, &raw const (*at).msg_hdr) } {
            Plan::Real => real += 1,
            _ if real > 0 => break, // the guest calls again for the rest
            Plan::Fail(errno) => return Failure::failure(errno),
            // SAFETY: the first message alone.
            Plan::At(_) => return unsafe { first(fd, at, flags) },
        }
    }
    // SAFETY: the guest's own arguments, perhaps fewer of them.
    unsafe { real!(sendmmsg)(fd, messages, if real == 0 { count } else { real }, flags) }
}

/// # Safety
///
/// `at` points to a message.
unsafe fn first(fd: c_int, at: *mut mmsghdr, flags: c_int) -> c_int {
    // SAFETY: this function's contract.
    let sent = unsafe { message(fd, &raw const (*at).msg_hdr, flags) };
    let Ok(bytes) = c_uint::try_from(sent) else {
        return -1;
    };
    // SAFETY: this function's contract.
    unsafe { (*at).msg_len = bytes };
    1
}
