//! `ftw(3)`, `nftw(3)`, `fts(3)`: the guest reads a directory and all below it. What is asked about is
//! the directory that the walk begins with.

use core::ffi::{c_char, c_int, c_void};

use bigfoot_ipc::page::Inside;

use super::open::refusal;
use crate::cabi;
use crate::hook::Failure;
use crate::inside::Stay;

type Words = *const *const c_char;

hook! {
    unsafe fn ftw(path: *const c_char, visit: *const c_void, fds: c_int) -> c_int => walk;
    unsafe fn ftw64(path: *const c_char, visit: *const c_void, fds: c_int) -> c_int => walk64;
    unsafe fn nftw(path: *const c_char, visit: *const c_void, fds: c_int, flags: c_int) -> c_int => flagged;
    unsafe fn nftw64(path: *const c_char, visit: *const c_void, fds: c_int, flags: c_int) -> c_int => flagged64;
    unsafe fn fts_open(paths: Words, options: c_int, order: *const c_void) -> *mut c_void => several;
    unsafe fn fts64_open(paths: Words, options: c_int, order: *const c_void) -> *mut c_void => several64;
}

macro_rules! walks {
    ($($name:ident($($argument:ident: $type:ty),*) => $real:ident;)+) => { $(
        /// # Safety
        ///
        /// As for ftw(3).
        unsafe fn $name(path: *const c_char $(, $argument: $type)*) -> c_int {
            // SAFETY: this function's contract.
            if let Some(errno) = unsafe { refusal(libc::AT_FDCWD, path, true, false) } {
                return Failure::failure(errno);
            }
            let _inside = Stay::enter(Inside::Open);
            // SAFETY: the guest's own arguments.
            unsafe { real!($real)(path $(, $argument)*) }
        }
    )+ };
}

walks! {
    walk(visit: *const c_void, fds: c_int) => ftw;
    walk64(visit: *const c_void, fds: c_int) => ftw64;
    flagged(visit: *const c_void, fds: c_int, flags: c_int) => nftw;
    flagged64(visit: *const c_void, fds: c_int, flags: c_int) => nftw64;
}

/// The error number for the first of the paths that may not be read.
///
/// # Safety
///
/// `paths` is null or a vector of C strings, ended by a null pointer.
unsafe fn refused(paths: Words) -> Option<c_int> {
    let mut refused = None;
    // SAFETY: this function's contract.
    unsafe {
        cabi::each(paths, |path| {
            refused = refused.or_else(|| refusal(libc::AT_FDCWD, path.as_ptr(), true, false));
        });
    }
    refused
}

macro_rules! opens {
    ($($name:ident => $real:ident;)+) => { $(
        /// # Safety
        ///
        /// As for fts_open(3).
        unsafe fn $name(paths: Words, options: c_int, order: *const c_void) -> *mut c_void {
            // SAFETY: this function's contract.
            if let Some(errno) = unsafe { refused(paths) } {
                return Failure::failure(errno);
            }
            let _inside = Stay::enter(Inside::Open);
            // SAFETY: the guest's own arguments.
            unsafe { real!($real)(paths, options, order) }
        }
    )+ };
}

opens! {
    several => fts_open;
    several64 => fts64_open;
}
