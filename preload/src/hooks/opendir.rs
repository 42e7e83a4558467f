//! `opendir(3)`, `scandir(3)`: the guest reads a directory.

use core::ffi::{c_char, c_int, c_void};

use bigfoot_ipc::page::Inside;
use libc::DIR;

use super::open::{Plan, plan};
use crate::hook::Failure;
use crate::inside::Stay;

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
    let plan = unsafe { plan(libc::AT_FDCWD, path, true, false) };
    let _inside = Stay::enter(Inside::Open);
    match plan {
        // SAFETY: the guest's own argument.
        Plan::Real => unsafe { real!(opendir)(path) },
        // SAFETY: a C string that outlives the call.
        Plan::At(place) => unsafe { real!(opendir)(place.path()) },
        Plan::Fail(errno) => Failure::failure(errno),
    }
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
            let plan = unsafe { plan($dir, path, true, false) };
            let _inside = Stay::enter(Inside::Open);
            match plan {
                // SAFETY: the guest's own arguments.
                Plan::Real => unsafe { real!($real)($($first,)? path, list, filter, order) },
                Plan::At(place) => {
                    let path = place.path();
                    // SAFETY: a C string that outlives the call, and the guest's other arguments.
                    unsafe { real!($real)($($first,)? path, list, filter, order) }
                }
                Plan::Fail(errno) => Failure::failure(errno),
            }
        }
    )+ };
}

scans! {
    scan(libc::AT_FDCWD;) => scandir;
    scan64(libc::AT_FDCWD;) => scandir64;
    scan_at(dir; dir: c_int) => scandirat;
    scan_at64(dir; dir: c_int) => scandirat64;
}
