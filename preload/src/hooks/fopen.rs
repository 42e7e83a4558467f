//! `fopen(3)`, `freopen(3)` and their forms for large files.

use core::ffi::c_char;

use bigfoot_ipc::page::Inside;
use libc::FILE;

use super::open::{Plan, plan};
use crate::cabi;
use crate::hook::Failure;
use crate::inside::Stay;

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
unsafe fn plan_by_mode(path: *const c_char, mode: *const c_char) -> Plan {
    // SAFETY: this function's contract.
    let Some(mode) = (unsafe { cabi::text(mode) }) else {
        return Plan::Real;
    };
    let both = mode.contains(&b'+');
    let reads = mode.first() == Some(&b'r');
    // SAFETY: this function's contract.
    unsafe { plan(libc::AT_FDCWD, path, reads || both, !reads || both) }
}

macro_rules! opens {
    ($($name:ident($($argument:ident: $type:ty),*) => $real:ident;)+) => { $(
        /// # Safety
        ///
        /// As for fopen(3).
        unsafe fn $name(path: *const c_char, mode: *const c_char $(, $argument: $type)*) -> *mut FILE {
            // SAFETY: this function's contract.
            let plan = unsafe { plan_by_mode(path, mode) };
            let _inside = Stay::enter(Inside::Open);
            match plan {
                // SAFETY: the guest's own arguments.
                Plan::Real => unsafe { real!($real)(path, mode $(, $argument)*) },
                Plan::At(place) => {
                    let path = place.path();
                    // SAFETY: a C string that outlives the call, and the guest's other arguments.
                    unsafe { real!($real)(path, mode $(, $argument)*) }
                }
                Plan::Fail(errno) => Failure::failure(errno),
            }
        }
    )+ };
}

opens! {
    plain() => fopen;
    plain64() => fopen64;
    again(file: *mut FILE) => freopen;
    again64(file: *mut FILE) => freopen64;
}
