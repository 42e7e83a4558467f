//! `open(2)`, `openat(2)`, `creat(2)` and their forms for large files and for checked builds.

use core::ffi::{c_char, c_int};

use bigfoot_ipc::guest::{Call, Verdict};
use bigfoot_ipc::page::ask;
use libc::mode_t;

use crate::hook::{Failure, fenced};
use crate::{cabi, controller, shared};

// These are variadic in C. A callee that takes the last argument as a fixed one reads the same
// register, whether or not the caller filled it (psABI, "Variable Argument Lists").
hook! {
    unsafe fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int => plain;
    unsafe fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int => plain64;
    unsafe fn __open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int => plain;
    unsafe fn __open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int => plain64;
    unsafe fn openat(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int => at;
    unsafe fn openat64(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int => at64;
    unsafe fn __open_2(path: *const c_char, flags: c_int) -> c_int => checked;
    unsafe fn __open64_2(path: *const c_char, flags: c_int) -> c_int => checked64;
    unsafe fn __openat_2(dir: c_int, path: *const c_char, flags: c_int) -> c_int => checked_at;
    unsafe fn __openat64_2(dir: c_int, path: *const c_char, flags: c_int) -> c_int => checked_at64;
    unsafe fn creat(path: *const c_char, mode: mode_t) -> c_int => create;
    unsafe fn creat64(path: *const c_char, mode: mode_t) -> c_int => create64;
}

/// The error number with which a file may not be opened; None if it may.
///
/// # Safety
///
/// `path` is null or a C string.
#[inline]
pub(super) unsafe fn refusal(
    dir: c_int,
    path: *const c_char,
    read: bool,
    write: bool,
) -> Option<c_int> {
    if !shared::asks(ask::FILES) {
        return None;
    }
    if !cabi::is_readable(path.cast()) {
        return None; // the kernel says what is wrong
    }
    // SAFETY: this function's contract.
    let path = unsafe { cabi::text(path) }?;
    let call = Call::Open { path, directory: dir, read, write };
    match fenced(|| controller::decide(call)) {
        Some(Verdict::Allow) => None,
        Some(Verdict::Deny { errno }) => Some(errno),
        Some(_) => Some(libc::EPROTO), // no answer for a file
        None => Some(libc::EACCES),
    }
}

/// As [`refusal`], from open(2)'s flags.
///
/// # Safety
///
/// As for [`refusal`].
#[inline]
pub(super) unsafe fn refusal_by_flags(
    dir: c_int,
    path: *const c_char,
    flags: c_int,
) -> Option<c_int> {
    let access = flags & libc::O_ACCMODE;
    let write = access != libc::O_RDONLY || flags & (libc::O_CREAT | libc::O_TRUNC) != 0;
    // SAFETY: this function's contract.
    unsafe { refusal(dir, path, access != libc::O_WRONLY, write) }
}

macro_rules! opens {
    ($($name:ident($dir:expr; $($argument:ident: $type:ty),*; $path:ident, $flags:expr) => $real:ident;)+) => { $(
        /// # Safety
        ///
        /// As for open(2).
        #[inline]
        pub(super) unsafe fn $name($($argument: $type),*) -> c_int {
            // SAFETY: this function's contract.
            if let Some(errno) = unsafe { refusal_by_flags($dir, $path, $flags) } {
                return Failure::failure(errno);
            }
            // SAFETY: the guest's own arguments.
            unsafe { real!($real)($($argument),*) }
        }
    )+ };
}

const CREATES: c_int = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC;

opens! {
    plain(libc::AT_FDCWD; path: *const c_char, flags: c_int, mode: mode_t; path, flags) => open;
    plain64(libc::AT_FDCWD; path: *const c_char, flags: c_int, mode: mode_t; path, flags) => open64;
    at(dir; dir: c_int, path: *const c_char, flags: c_int, mode: mode_t; path, flags) => openat;
    at64(dir; dir: c_int, path: *const c_char, flags: c_int, mode: mode_t; path, flags) => openat64;
    checked(libc::AT_FDCWD; path: *const c_char, flags: c_int; path, flags) => __open_2;
    checked64(libc::AT_FDCWD; path: *const c_char, flags: c_int; path, flags) => __open64_2;
    checked_at(dir; dir: c_int, path: *const c_char, flags: c_int; path, flags) => __openat_2;
    checked_at64(dir; dir: c_int, path: *const c_char, flags: c_int; path, flags) => __openat64_2;
    create(libc::AT_FDCWD; path: *const c_char, mode: mode_t; path, CREATES) => creat;
    create64(libc::AT_FDCWD; path: *const c_char, mode: mode_t; path, CREATES) => creat64;
}
