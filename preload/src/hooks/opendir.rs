//! `opendir(3)`, `scandir(3)`: the guest reads a directory.

use core::ffi::{c_char, c_int, c_void};

use libc::DIR;

use super::open::refusal;
use crate::hook::Failure;

hook! {
    unsafe fn opendir(path: *const c_char) -> *mut DIR => open;
    unsafe fn scandir(path: *const c_char, list: *mut c_void, filter: *const c_void, order: *const c_void) -> c_int => scan;
    unsafe fn scandir64(path: *const c_char, list: *mut c_void, filter: *const c_void, order: *const c_void) -> c_int => scan64;
    unsafe fn scandirat(dir: c_int, path: *const c_char, list: *mut c_void, filter: *const c_void, order: *const c_void) -> c_int => scan_at;
    unsafe fn scandirat64(dir: c_int, path: *const c_char, list: *mut c_void, filter: *const c_void, order: *const c_void) -> c_int => scan_at64;
}

/// # Safety
///
/// As for opendir(3).
unsafe fn open(path: *const c_char) -> *mut DIR {
    // SAFETY: this function's contract.
    if let Some(errno) = unsafe { refusal(libc::AT_FDCWD, path, true, false) } {
        return Failure::failure(errno);
    }
    // SAFETY: the guest's own argument.
    unsafe { real!(opendir)(path) }
}

macro_rules! scans {
    ($($name:ident($dir:expr; $($first:ident: $type:ty)?) => $real:ident;)+) => { $(
        /// # Safety
        ///
        /// As for scandir(3).
        unsafe fn $name(
            $($first: $type,)? path: *const c_char,
            list: *mut c_void, filter: *const c_void, order: *const c_void,
        ) -> c_int {
            // SAFETY: this function's contract.
            if let Some(errno) = unsafe { refusal($dir, path, true, false) } {
                return Failure::failure(errno);
            }
            // SAFETY: the guest's own arguments.
            unsafe { real!($real)($($first,)? path, list, filter, order) }
        }
    )+ };
}

scans! {
    scan(libc::AT_FDCWD;) => scandir;
    scan64(libc::AT_FDCWD;) => scandir64;
    scan_at(dir; dir: c_int) => scandirat;
    scan_at64(dir; dir: c_int) => scandirat64;
}
