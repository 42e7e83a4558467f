//! `mkstemp(3)` and its family: the guest makes a file of a name not taken yet. What is asked about
//! is the template, before its last letters are filled in.

use core::ffi::{c_char, c_int};

use bigfoot_ipc::page::Inside;

use super::open::refusal;
use crate::hook::Failure;
use crate::inside::Stay;

hook! {
    unsafe fn mkstemp(template: *mut c_char) -> c_int => plain;
    unsafe fn mkstemp64(template: *mut c_char) -> c_int => plain64;
    unsafe fn mkostemp(template: *mut c_char, flags: c_int) -> c_int => flagged;
    unsafe fn mkostemp64(template: *mut c_char, flags: c_int) -> c_int => flagged64;
    unsafe fn mkstemps(template: *mut c_char, suffix: c_int) -> c_int => suffixed;
    unsafe fn mkstemps64(template: *mut c_char, suffix: c_int) -> c_int => suffixed64;
    unsafe fn mkostemps(template: *mut c_char, suffix: c_int, flags: c_int) -> c_int => both;
    unsafe fn mkostemps64(template: *mut c_char, suffix: c_int, flags: c_int) -> c_int => both64;
}

macro_rules! makes {
    ($($name:ident($($argument:ident),*) => $real:ident;)+) => { $(
        /// # Safety
        ///
        /// As for mkstemp(3).
        unsafe fn $name(template: *mut c_char $(, $argument: c_int)*) -> c_int {
            // SAFETY: this function's contract.
            if let Some(errno) = unsafe { refusal(libc::AT_FDCWD, template, true, true) } {
                return Failure::failure(errno);
            }
            let _inside = Stay::enter(Inside::Open);
            // SAFETY: the guest's own arguments.
            unsafe { real!($real)(template $(, $argument)*) }
        }
    )+ };
}

makes! {
    plain() => mkstemp;
    plain64() => mkstemp64;
    flagged(flags) => mkostemp;
    flagged64(flags) => mkostemp64;
    suffixed(suffix) => mkstemps;
    suffixed64(suffix) => mkstemps64;
    both(suffix, flags) => mkostemps;
    both64(suffix, flags) => mkostemps64;
}
