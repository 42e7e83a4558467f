//! `sendto(2)`, `sendmsg(2)`, `sendmmsg(2)`: a datagram, or the first bytes of a connection
//! (`MSG_FASTOPEN`), to an address.

use core::ffi::{c_int, c_uint, c_void};

use bigfoot_ipc::page::ask;
use libc::{mmsghdr, msghdr, size_t, sockaddr, socklen_t, ssize_t};

use super::connect::{Plan, plan};
use crate::cabi::{self, Address};
use crate::hook::Failure;
use crate::shared;

hook! {
    unsafe fn sendto(
        fd: c_int, data: *const c_void, bytes: size_t, flags: c_int,
        addr: *const sockaddr, len: socklen_t,
    ) -> ssize_t => to, wait SYS_sendto(fd, data, bytes, flags, addr, len) if CALLS;
    unsafe fn sendmsg(fd: c_int, message: *const msghdr, flags: c_int) -> ssize_t => message,
        wait SYS_sendmsg(fd, message, flags) if CALLS;
    unsafe fn sendmmsg(fd: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int) -> c_int => messages,
        wait SYS_sendmmsg(fd, messages, count, flags) if CALLS;
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
        // SAFETY: the guest's own arguments; `to` outlives the call.
        Plan::At(to) => unsafe { real!(sendto)(fd, data, bytes, flags, to.as_ptr(), to.len()) },
        Plan::Fail(errno) => Failure::failure(errno),
    }
}

/// # Safety
///
/// As for sendmsg(2).
pub(super) unsafe fn message(fd: c_int, message: *const msghdr, flags: c_int) -> ssize_t {
    // SAFETY: this function's contract.
    match unsafe { plan_of(fd, message) } {
        // SAFETY: the guest's own arguments.
        Plan::Real => unsafe { real!(sendmsg)(fd, message, flags) },
        // SAFETY: a message that `plan_of` could read.
        Plan::At(to) => unsafe { message_at(fd, message, flags, &to) },
        Plan::Fail(errno) => Failure::failure(errno),
    }
}

/// # Safety
///
/// `message` is null or a guest's message.
unsafe fn plan_of(fd: c_int, message: *const msghdr) -> Plan {
    if !shared::asks(ask::NETWORK) || !cabi::is_readable(message.cast()) {
        return Plan::Real; // what cannot be read, the kernel answers EFAULT
    }
    // SAFETY: this function's contract; a message's name is as long as it says.
    unsafe { plan(fd, (*message).msg_name.cast_const().cast(), (*message).msg_namelen) }
}

/// # Safety
///
/// `message` points to a message.
unsafe fn message_at(fd: c_int, message: *const msghdr, flags: c_int, to: &Address) -> ssize_t {
    // SAFETY: a copy of the guest's message, in which only the address differs.
    unsafe {
        let mut copy = *message;
        copy.msg_name = to.as_ptr().cast_mut().cast();
        copy.msg_namelen = to.len();
        real!(sendmsg)(fd, &raw const copy, flags)
    }
}

/// Sends those that are real in one call as far as they stand together, and each other by itself.
/// Where one fails, those before it are told, as sendmmsg(2) does, and the guest calls again.
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
    if !shared::asks(ask::NETWORK) || count == 0 || !cabi::is_readable(messages.cast()) {
        // SAFETY: the guest's own arguments.
        return unsafe { real!(sendmmsg)(fd, messages, count, flags) };
    }
    let mut row = Row { fd, first: messages, ready: 0, sent: 0, flags };
    for _ in 0..count.min(MESSAGES_MAX) {
        // SAFETY: `count` messages are there.
        let whole = match unsafe { plan_of(fd, row.next().cast()) } {
            Plan::Real => {
                row.ready += 1;
                true
            }
            // SAFETY: likewise.
            Plan::At(to) => unsafe { row.flush() && row.send(&to) },
            // SAFETY: likewise.
            Plan::Fail(errno) => unsafe { row.flush() && row.fail(errno) },
        };
        if !whole {
            return row.result();
        }
    }
    // SAFETY: likewise.
    unsafe { row.flush() };
    row.result()
}

/// Most messages of one call; the kernel leaves the others, too (`UIO_MAXIOV`).
const MESSAGES_MAX: c_uint = 1024;

/// Messages of one call.
struct Row {
    fd: c_int,
    /// The first that has not been sent.
    first: *mut mmsghdr,
    /// How many from there on are real, and wait to be sent together.
    ready: c_uint,
    /// How many have been sent.
    sent: c_int,
    flags: c_int,
}

impl Row {
    /// The message behind those that wait.
    fn next(&self) -> *mut mmsghdr {
        self.first.wrapping_add(self.ready as usize)
    }

    /// Sends those that wait; false if any of them could not be.
    ///
    /// # Safety
    ///
    /// They are there.
    unsafe fn flush(&mut self) -> bool {
        if self.ready == 0 {
            return true;
        }
        // SAFETY: this function's contract.
        let sent = unsafe { real!(sendmmsg)(self.fd, self.first, self.ready, self.flags) };
        let whole = sent == self.ready.cast_signed();
        self.sent += sent.max(0);
        self.first = self.next();
        self.ready = 0;
        whole
    }

    /// Sends the first that is left to another address; false if it could not be.
    ///
    /// # Safety
    ///
    /// It is there.
    unsafe fn send(&mut self, to: &Address) -> bool {
        let at = self.first;
        // SAFETY: this function's contract.
        let sent = unsafe { message_at(self.fd, &raw const (*at).msg_hdr, self.flags, to) };
        let Ok(bytes) = c_uint::try_from(sent) else {
            return false;
        };
        // SAFETY: this function's contract.
        unsafe { (*at).msg_len = bytes };
        self.sent += 1;
        self.first = at.wrapping_add(1);
        true
    }

    fn fail(&self, errno: c_int) -> bool {
        if self.sent == 0 {
            cabi::set_errno(errno);
        }
        false
    }

    /// What the guest hears; errno is set where nothing was sent.
    fn result(&self) -> c_int {
        if self.sent == 0 { -1 } else { self.sent }
    }
}
