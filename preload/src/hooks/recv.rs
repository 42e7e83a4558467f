//! `recvfrom(2)`, `recvmsg(2)`, `recvmmsg(2)`: a datagram, and who sent it. Nothing is decided. Where
//! another answers in the place of the peer that the guest asked for, the guest is told the latter.

use core::ffi::{c_int, c_uint, c_void};

use libc::{mmsghdr, msghdr, size_t, sockaddr, socklen_t, ssize_t, timespec};

use super::getpeername::Room;
use crate::{cabi, shared};

hook! {
    unsafe fn recvfrom(
        fd: c_int, data: *mut c_void, bytes: size_t, flags: c_int,
        addr: *mut sockaddr, len: *mut socklen_t,
    ) -> ssize_t => from, wait SYS_recvfrom(fd, data, bytes, flags, addr, len) if CALLS;
    unsafe fn __recvfrom_chk(
        fd: c_int, data: *mut c_void, bytes: size_t, room: size_t, flags: c_int,
        addr: *mut sockaddr, len: *mut socklen_t,
    ) -> ssize_t => from_checked,
        wait SYS_recvfrom(fd, data, bytes, flags, addr, len) if CALLS && bytes <= room;
    unsafe fn recvmsg(fd: c_int, message: *mut msghdr, flags: c_int) -> ssize_t => message;
    unsafe fn recvmmsg(
        fd: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int, timeout: *mut timespec,
    ) -> c_int => messages;
}

/// # Safety
///
/// As for recvfrom(2).
pub(super) unsafe fn from(
    fd: c_int,
    data: *mut c_void,
    bytes: size_t,
    flags: c_int,
    addr: *mut sockaddr,
    len: *mut socklen_t,
) -> ssize_t {
    // SAFETY: this function's contract.
    let room = unsafe { Room::of(addr.cast(), len) };
    // SAFETY: the guest's own arguments.
    let got = unsafe { real!(recvfrom)(fd, data, bytes, flags, addr, len) };
    // SAFETY: the call has come back with this.
    unsafe { mend(got, room, len) };
    got
}

/// The same where the compiler knows how large the buffer is.
///
/// # Safety
///
/// As for recvfrom(2).
unsafe fn from_checked(
    fd: c_int,
    data: *mut c_void,
    bytes: size_t,
    whole: size_t,
    flags: c_int,
    addr: *mut sockaddr,
    len: *mut socklen_t,
) -> ssize_t {
    // SAFETY: this function's contract.
    let room = unsafe { Room::of(addr.cast(), len) };
    // SAFETY: the guest's own arguments.
    let got = unsafe { real!(__recvfrom_chk)(fd, data, bytes, whole, flags, addr, len) };
    // SAFETY: the call has come back with this.
    unsafe { mend(got, room, len) };
    got
}

/// # Safety
///
/// A call that had this room for the name came back with `got`.
unsafe fn mend(got: ssize_t, room: Option<Room>, len: *const socklen_t) {
    if let (0.., Some(room)) = (got, room) {
        // SAFETY: this function's contract: it succeeded, and has written what it said.
        unsafe { room.mend(len.read_unaligned()) };
    }
}

/// # Safety
///
/// As for recvmsg(2).
unsafe fn message(fd: c_int, message: *mut msghdr, flags: c_int) -> ssize_t {
    // SAFETY: this function's contract.
    let room = unsafe { room_of(message) };
    // SAFETY: the guest's own arguments.
    let got = unsafe { real!(recvmsg)(fd, message, flags) };
    if let (0.., Some(room)) = (got, room) {
        // SAFETY: the call succeeded, and has written what the message says.
        unsafe { room.mend((*message).msg_namelen) };
    }
    got
}

/// # Safety
///
/// `message` is a guest's pointer to a message, valid or not.
#[inline]
unsafe fn room_of(message: *const msghdr) -> Option<Room> {
    if shared::responder().is_none() || !cabi::is_readable(message.cast()) {
        return None;
    }
    // SAFETY: it can be read.
    unsafe { Room::of((*message).msg_name, &raw const (*message).msg_namelen) }
}

/// # Safety
///
/// As for recvmmsg(2).
unsafe fn messages(
    fd: c_int,
    messages: *mut mmsghdr,
    count: c_uint,
    flags: c_int,
    timeout: *mut timespec,
) -> c_int {
    if shared::responder().is_none() || !cabi::is_readable(messages.cast()) {
        // SAFETY: the guest's own arguments.
        return unsafe { real!(recvmmsg)(fd, messages, count, flags, timeout) };
    }
    // SAFETY: this function's contract.
    unsafe { messages_mended(fd, messages, count, flags, timeout) }
}

/// Most messages of one call; the kernel fills no more (`UIO_MAXIOV`).
const MESSAGES_MAX: usize = 1024;

/// The kernel overwrites how much room each name has, so that is kept; a byte is enough for it, since
/// no Internet address is longer.
///
/// # Safety
///
/// As for recvmmsg(2), and the first message can be read.
#[inline(never)]
unsafe fn messages_mended(
    fd: c_int,
    messages: *mut mmsghdr,
    count: c_uint,
    flags: c_int,
    timeout: *mut timespec,
) -> c_int {
    let mut rooms = [0_u8; MESSAGES_MAX];
    for (index, room) in rooms.iter_mut().enumerate().take(count as usize) {
        // SAFETY: `count` messages are there.
        let length = unsafe { (*messages.add(index)).msg_hdr.msg_namelen };
        *room = u8::try_from(length).unwrap_or(u8::MAX);
    }
    // SAFETY: the guest's own arguments.
    let got = unsafe { real!(recvmmsg)(fd, messages, count, flags, timeout) };
    for (index, room) in rooms.iter().enumerate().take(usize::try_from(got).unwrap_or(0)) {
        // SAFETY: the call has filled so many.
        unsafe {
            let header = &(*messages.add(index)).msg_hdr;
            if let Some(room) = Room::with(header.msg_name, (*room).into()) {
                room.mend(header.msg_namelen);
            }
        }
    }
    got
}
