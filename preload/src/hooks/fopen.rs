//! `fopen(3)`, `freopen(3)` and their forms for large files.

use core::ffi::{c_char, c_int};

use libc::FILE;

use super::open::refusal;
use crate::cabi;
use crate::hook::Failure;

hook! {
    unsafe fn fopen(path: *const c_char, mode: *const c_char) -> *mut FILE => plain;
    unsafe fn fopen64(path: *const c_char, mode: *const c_char) -> *mut FILE => plain64;
    unsafe fn _IO_fopen(path: *const c_char, mode: *const c_char) -> *mut FILE => plain;
    unsafe fn freopen(path: *const c_char, mode: *const c_char, file: *mut FILE) -> *mut FILE => again;
    unsafe fn freopen64(path: *const c_char, mode: *const c_char, file: *mut FILE) -> *mut FILE => again64;
}

/// # Safety
///
/// Both are null or C strings.
unsafe fn refused(path: *const c_char, mode: *const c_char) -> Option<c_int> {
    // SAFETY: this function's contract.
    let mode = unsafe { cabi::text(mode) }?;
    let both = mode.contains(&b'+');
    let reads = mode.first() == Some(&b'r');
    // SAFETY: this function's contract.
    unsafe { refusal(libc::AT_FDCWD, path, reads || both, !reads || both) }
}

macro_rules! opens {
    ($($name:ident($($argument:ident: $type:ty),*) => $real:ident;)+) => { $(
        /// # Safety
        ///
        /// As for fopen(3).
        unsafe fn $name(path: *const c_char, mode: *const c_char $(, $argument: $type)*) -> *mut FILE {
            // SAFETY: this function's contract.
            if let Some(errno) = unsafe { refused(path, mode) } {
                return Failure::failure(errno);
            }
            // SAFETY: the guest's own arguments.
            unsafe { real!($real)(path, mode $(, $argument)*) }
        }
    )+ };
}

opens! {
    plain() => fopen;
    plain64() => fopen64;
    again(file: *mut FILE) => freopen;
    again64(file: *mut FILE) => freopen64;
}
