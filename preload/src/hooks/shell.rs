//! `system(3)`, `popen(3)`, `wordexp(3)`: the guest has a shell run a command.
//!
//! These give their shell libc's own environment and take no other. system(3) would not come back
//! before the shell has ended, so it is made anew ([`super::system`]); for the others our variables go
//! in there for as long as the shell is being started.

use core::ffi::{c_char, c_int, c_void};

use libc::{AT_FDCWD, FILE};

use super::exec::{Plan, Program, came_back, plan};
use super::system::{Shell, run_shell};
use crate::cabi;
use crate::environment::{self, Part, Start};
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
    let (argv, envp) = (argv.as_ptr(), start::environment());
    let program = Program { file, directory: AT_FDCWD, searched: false, argv, envp, spawns: true };
    // SAFETY: this function's contract.
    unsafe { plan(&program) }
}

/// Has a shell run a command by `real`, which is given it and tells whether it started one. A shell
/// that is mocked runs another command, by which it becomes its stand-in.
///
/// # Safety
///
/// `command` is a C string.
unsafe fn shell<R>(
    command: *const c_char,
    refuse: impl Fn(c_int) -> R,
    started: impl FnOnce(&R) -> bool,
    real: impl FnOnce(*const c_char) -> R,
) -> R {
    // SAFETY: this function's contract.
    match unsafe { plan_shell(command) } {
        Plan::Real => real(command),
        Plan::Fail(errno) => refuse(errno),
        Plan::Start(start) => {
            let mut space = [0; COMMAND_BYTES];
            let command = match start.part {
                None => Some(command),
                Some(part) => become_stand_in(part, &mut space),
            };
            // What the shell does then is no call: it becomes the stand-in unseen.
            let published =
                Published::new(Start { arm: start.arm && start.part.is_none(), ..start });
            let Some((published, command)) = published.zip(command) else {
                came_back(start);
                return refuse(libc::ENOMEM);
            };
            let done = real(command);
            drop(published);
            if !started(&done) {
                came_back(start);
            }
            done
        }
    }
}

/// Bytes of a command by which a shell becomes a stand-in: a path and some more.
const COMMAND_BYTES: usize = start::STAND_IN_BYTES + 64;

fn become_stand_in(part: Part, space: &mut [u8; COMMAND_BYTES]) -> Option<*const c_char> {
    let mut path = [0; start::STAND_IN_BYTES];
    let command = environment::part_command(part, start::stand_in(&mut path)?, space)?;
    Some(command.as_ptr())
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
    let mut space = [0; start::STAND_IN_BYTES];
    let file = match start.part {
        None => Some(c"/bin/sh"),
        Some(_) => start::stand_in(&mut space),
    };
    let Some(file) = file else {
        came_back(start);
        return Failure::failure(libc::ENAMETOOLONG);
    };
    let shell = Shell { file, command };
    // SAFETY: this function's contract; the process's own environment.
    let run = |envp| unsafe { run_shell(&shell, envp, || came_back(start)) };
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
            |command| real!(popen)(command, mode),
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
    // SAFETY: this function's contract. A stand-in cannot give words: such a mock is refused.
    unsafe {
        shell(
            words,
            |_| WRDE_CMDSUB,
            |done| *done == 0,
            |command| {
                if command == words { real!(wordexp)(words, result, flags) } else { WRDE_CMDSUB }
            },
        )
    }
}
