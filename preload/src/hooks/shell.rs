//! `system(3)`, `popen(3)`, `wordexp(3)`: the guest has a shell run a command.
//!
//! These give their shell libc's own environment and take no other, so ours goes in there for as
//! long as the shell is being started.

use core::ffi::{c_char, c_int, c_void};

use libc::{AT_FDCWD, FILE};

use super::exec::{Plan, Program, came_back, plan};
use crate::cabi;
use crate::environment::Published;
use crate::hook::Failure;

hook! {
    unsafe fn system(command: *const c_char) -> c_int => run;
    unsafe fn popen(command: *const c_char, mode: *const c_char) -> *mut FILE => pipe;
    unsafe fn wordexp(words: *const c_char, result: *mut c_void, flags: c_int) -> c_int => expand;
}

/// "Command substitution requested" where it is forbidden (wordexp(3)).
const WRDE_CMDSUB: c_int = 4;
const WRDE_NOCMD: c_int = 1 << 2;

/// Has a shell run a command by `real`, which tells whether it started one.
///
/// # Safety
///
/// `command` is a C string.
unsafe fn shell<R>(
    command: *const c_char,
    refuse: impl Fn(c_int) -> R,
    started: impl FnOnce(&R) -> bool,
    real: impl FnOnce() -> R,
) -> R {
    let argv = [c"sh".as_ptr(), c"-c".as_ptr(), command, core::ptr::null()];
    let file = c"/bin/sh".as_ptr();
    let program =
        Program { file, directory: AT_FDCWD, searched: false, argv: argv.as_ptr(), spawns: true };
    // SAFETY: this function's contract.
    match unsafe { plan(&program) } {
        Plan::Real => real(),
        Plan::Fail(errno) => refuse(errno),
        Plan::Start(start) => {
            let Some(published) = Published::new(start) else {
                return refuse(libc::ENOMEM);
            };
            let done = real();
            drop(published);
            if !started(&done) {
                came_back(start);
            }
            done
        }
    }
}

/// # Safety
///
/// As for system(3).
unsafe fn run(command: *const c_char) -> c_int {
    if command.is_null() {
        // SAFETY: asks only whether there is a shell.
        return unsafe { real!(system)(command) };
    }
    // SAFETY: this function's contract.
    unsafe { shell(command, Failure::failure, |done| *done != -1, || real!(system)(command)) }
}

/// # Safety
///
/// As for popen(3).
unsafe fn pipe(command: *const c_char, mode: *const c_char) -> *mut FILE {
    if command.is_null() {
        // SAFETY: the guest's own arguments.
        return unsafe { real!(popen)(command, mode) };
    }
    // SAFETY: this function's contract.
    unsafe {
        shell(
            command,
            Failure::failure,
            |file: &*mut FILE| !file.is_null(),
            || real!(popen)(command, mode),
        )
    }
}

/// # Safety
///
/// As for wordexp(3).
unsafe fn expand(words: *const c_char, result: *mut c_void, flags: c_int) -> c_int {
    // SAFETY: this function's contract.
    let text = unsafe { cabi::text(words) }.unwrap_or_default();
    let substitutes = text.contains(&b'`') || text.windows(2).any(|pair| pair == b"$(");
    if !substitutes || flags & WRDE_NOCMD != 0 {
        // SAFETY: the guest's own arguments; no shell is started.
        return unsafe { real!(wordexp)(words, result, flags) };
    }
    // SAFETY: this function's contract.
    unsafe {
        shell(words, |_| WRDE_CMDSUB, |done| *done == 0, || real!(wordexp)(words, result, flags))
    }
}
