//! `system(3)`, `popen(3)`, `wordexp(3)`: the guest has a shell run a command.
//!
//! These give their shell libc's own environment and take no other. system(3) would not come back
//! before the shell has ended, so it is made anew ([`super::system`]); for the others our variables go
//! in there for as long as the shell is being started.

use core::ffi::{c_char, c_int, c_void};

use libc::{AT_FDCWD, FILE};

use super::exec::{Plan, Program, came_back, plan};
use super::system::run_shell;
use crate::cabi;
use crate::environment::{self, Start};
use crate::hook::Failure;
use crate::published::Published;
use crate::start;

hook! {
    unsafe fn system(command: *const c_char) -> c_int => run;
    unsafe fn popen(command: *const c_char, mode: *const c_char) -> *mut FILE => pipe;
    unsafe fn _IO_popen(command: *const c_char, mode: *const c_char) -> *mut FILE => pipe;
    unsafe fn wordexp(words: *const c_char, result: *mut c_void, flags: c_int) -> c_int => expand;
}

/// "Command substitution requested" where it is forbidden (wordexp(3)).
const WRDE_CMDSUB: c_int = 4;
const WRDE_NOCMD: c_int = 1 << 2;

/// What to do about a shell that runs a command.
///
/// # Safety
///
/// `command` is a C string.
unsafe fn plan_shell(command: *const c_char) -> Plan {
    let argv = [c"sh".as_ptr(), c"-c".as_ptr(), command, core::ptr::null()];
    let file = c"/bin/sh".as_ptr();
    let argv = argv.as_ptr();
    // SAFETY: this function's contract.
    unsafe { plan(&Program { file, directory: AT_FDCWD, searched: false, argv, spawns: true }) }
}

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
    // SAFETY: this function's contract.
    match unsafe { plan_shell(command) } {
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
    match unsafe { plan_shell(command) } {
        // SAFETY: this function's contract.
        Plan::Real => unsafe { real!(system)(command) },
        Plan::Fail(errno) => Failure::failure(errno),
        // SAFETY: this function's contract.
        Plan::Start(start) => unsafe { run_in_run(command, start) },
    }
}

/// # Safety
///
/// As for system(3).
unsafe fn run_in_run(command: *const c_char, start: Start) -> c_int {
    // SAFETY: this function's contract; the process's own environment.
    let run = |envp| unsafe { run_shell(command, envp, || came_back(start)) };
    // SAFETY: likewise.
    let done = unsafe { environment::with(start::environment(), start, run) };
    done.unwrap_or_else(|| Failure::failure(libc::ENOMEM))
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
