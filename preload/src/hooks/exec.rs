//! `execve(2)` and its family: the guest becomes another program. The list forms are in
//! `variadic.c`, which gathers their arguments.
//!
//! All of this may run in a vfork(2) child, on its parent's stack and in its parent's memory: it
//! leaves nothing behind there but errno.

use core::ffi::{c_char, c_int, c_void};

use bigfoot_ipc::guest::{Call, Verdict};
use bigfoot_ipc::page::ask;
use libc::AT_FDCWD;

use crate::cabi::{self, KeepErrno};
use crate::environment::{self, Part, Start};
use crate::hook::{Failure, fenced};
use crate::hooks::stood;
use crate::scratch::Pages;
use crate::{controller, shared, start};

type Words = *const *const c_char;

hook! {
    unsafe fn execve(path: *const c_char, argv: Words, envp: Words) -> c_int => path_with,
        call SYS_execve(path, argv, envp) if CALLS;
    unsafe fn execv(path: *const c_char, argv: Words) -> c_int => path;
    unsafe fn execvp(file: *const c_char, argv: Words) -> c_int => search;
    unsafe fn execvpe(file: *const c_char, argv: Words, envp: Words) -> c_int => search_with;
    unsafe fn fexecve(fd: c_int, argv: Words, envp: Words) -> c_int => descriptor,
        call SYS_execveat(fd, c"".as_ptr(), argv, envp, libc::AT_EMPTY_PATH)
        if CALLS && is_whole(fd, argv, envp);
    unsafe fn execveat(dir: c_int, path: *const c_char, argv: Words, envp: Words, flags: c_int) -> c_int => at,
        call SYS_execveat(dir, path, argv, envp, flags) if CALLS;
}

/// What to do about the start of a program.
pub(super) enum Plan {
    /// The real one, in the environment as given.
    Real,
    /// The real one or a stand-in ([`with_file`]), in an environment that keeps it within the run.
    Start(Start),
    /// None.
    Fail(c_int),
}

/// A program to start.
pub(super) struct Program {
    pub(super) file: *const c_char,
    pub(super) directory: c_int,
    pub(super) searched: bool,
    pub(super) argv: Words,
    pub(super) envp: Words,
    pub(super) spawns: bool,
}

/// Bytes of arguments that fit on the stack.
const ARGUMENT_BYTES: usize = 2048;

/// # Safety
///
/// The program's pointers are null or what exec(3) takes.
pub(super) unsafe fn plan(program: &Program) -> Plan {
    if !start::in_a_run() || !shared::asks(ask::PROGRAMS) {
        return Plan::Real;
    }
    let unreadable = |at: *const c_void| !at.is_null() && !cabi::is_readable(at);
    if unreadable(program.file.cast()) || unreadable(program.argv.cast()) {
        return Plan::Real; // the kernel says what is wrong
    }
    // SAFETY: this function's contract.
    let Some(file) = (unsafe { cabi::text(program.file) }) else {
        return Plan::Real; // the kernel says what is wrong
    };
    // SAFETY: likewise.
    let length = unsafe { cabi::words_length(program.argv) };
    let mut small = [0; ARGUMENT_BYTES];
    if length <= small.len() {
        // SAFETY: likewise.
        let words = unsafe { cabi::words(program.argv, &mut small) };
        return decide(program, file, words);
    }
    let Some(mut pages) = Pages::of(length) else {
        return Plan::Fail(libc::ENOMEM);
    };
    // SAFETY: likewise.
    let words = unsafe { cabi::words(program.argv, pages.bytes()) };
    decide(program, file, words)
}

fn decide(program: &Program, file: &[u8], arguments: &[u8]) -> Plan {
    let call = Call::Exec {
        file,
        directory: program.directory,
        // SAFETY: a caller of `plan` promised it.
        search: unsafe { stood::search(program, file) },
        arguments,
        spawns: program.spawns,
    };
    match fenced(|| controller::decide(call)) {
        Some(Verdict::Start { start, arm }) => {
            Plan::Start(Start { number: start, arm, part: None })
        }
        Some(Verdict::StandIn { start, number, reads }) => {
            let part = Some(Part { number, reads });
            Plan::Start(Start { number: start, arm: true, part })
        }
        Some(Verdict::Allow) => Plan::Real,
        Some(Verdict::Deny { errno }) => Plan::Fail(errno),
        Some(_) => Plan::Fail(libc::EPROTO),
        None => Plan::Fail(libc::EACCES),
    }
}

/// Tells that a start came back, with errno as it left it.
pub(super) fn came_back(start: Start) {
    let _errno = KeepErrno::new();
    fenced(|| controller::decide(Call::ExecFailed { start: start.number }));
}

/// Carries a program's start out by `real`, which is given another path than the guest's, where there
/// is one, and the environment.
///
/// # Safety
///
/// As for [`plan`].
unsafe fn replace(program: &Program, real: impl Fn(Other, Words) -> c_int) -> c_int {
    // SAFETY: this function's contract.
    match unsafe { plan(program) } {
        Plan::Real => real(None, program.envp),
        Plan::Fail(errno) => Failure::failure(errno),
        Plan::Start(start) => {
            // SAFETY: this function's contract.
            let done = unsafe { carry_out(program, start, real) };
            came_back(start);
            done.unwrap_or_else(Failure::failure)
        }
    }
}

/// A path in place of the guest's.
pub(super) type Other = Option<*const c_char>;

/// Starts what is to be started by `real`; an error number where that cannot be tried.
///
/// # Safety
///
/// As for [`plan`].
pub(super) unsafe fn carry_out<R>(
    program: &Program,
    start: Start,
    real: impl Fn(Other, Words) -> R,
) -> Result<R, c_int> {
    // SAFETY: this function's contract.
    unsafe {
        stood::with_file(program, start, |other| {
            environment::with(program.envp, start, |envp| real(other, envp)).ok_or(libc::ENOMEM)
        })
    }
}

fn program(file: *const c_char, argv: Words, envp: Words) -> Program {
    Program { file, directory: AT_FDCWD, searched: false, argv, envp, spawns: false }
}

/// # Safety
///
/// As for execve(2).
pub(super) unsafe fn path_with(path: *const c_char, argv: Words, envp: Words) -> c_int {
    // SAFETY: this function's contract.
    unsafe {
        replace(&program(path, argv, envp), |other, envp| {
            real!(execve)(other.unwrap_or(path), argv, envp)
        })
    }
}

/// # Safety
///
/// As for execv(3).
unsafe fn path(path: *const c_char, argv: Words) -> c_int {
    // SAFETY: this function's contract; execv(3) is execve(2) with the process's own environment.
    unsafe { path_with(path, argv, start::environment()) }
}

/// # Safety
///
/// As for execvp(3).
unsafe fn search(file: *const c_char, argv: Words) -> c_int {
    // SAFETY: as above.
    unsafe { search_with(file, argv, start::environment()) }
}

/// # Safety
///
/// As for execvpe(3).
unsafe fn search_with(file: *const c_char, argv: Words, envp: Words) -> c_int {
    let program = Program { searched: true, ..program(file, argv, envp) };
    // SAFETY: this function's contract.
    unsafe { replace(&program, |other, envp| real!(execvpe)(other.unwrap_or(file), argv, envp)) }
}

/// Whether fexecve(3) tries to start it at all.
fn is_whole(fd: c_int, argv: Words, envp: Words) -> bool {
    fd >= 0 && !argv.is_null() && !envp.is_null()
}

/// # Safety
///
/// As for fexecve(3).
unsafe fn descriptor(fd: c_int, argv: Words, envp: Words) -> c_int {
    let program = Program { directory: fd, ..program(c"".as_ptr(), argv, envp) };
    // SAFETY: this function's contract.
    unsafe {
        replace(&program, |other, envp| match other {
            Some(other) => real!(execve)(other, argv, envp),
            None => real!(fexecve)(fd, argv, envp),
        })
    }
}

/// # Safety
///
/// As for execveat(2).
pub(super) unsafe fn at(
    dir: c_int,
    path: *const c_char,
    argv: Words,
    envp: Words,
    flags: c_int,
) -> c_int {
    let program = Program { directory: dir, ..program(path, argv, envp) };
    // SAFETY: this function's contract.
    unsafe {
        replace(&program, |other, envp| match other {
            Some(other) => real!(execve)(other, argv, envp),
            None => real!(execveat)(dir, path, argv, envp, flags),
        })
    }
}

/// What `variadic.c` calls with the arguments that it gathered.
///
/// # Safety
///
/// As for execv(3), execvp(3) and execve(2).
#[cfg(not(test))]
mod gathered {
    use super::{Words, c_char, c_int};

    #[unsafe(no_mangle)]
    unsafe extern "C-unwind" fn bigfoot_execv(path: *const c_char, argv: Words) -> c_int {
        // SAFETY: execl(3)'s own contract.
        unsafe { super::path(path, argv) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C-unwind" fn bigfoot_execvp(file: *const c_char, argv: Words) -> c_int {
        // SAFETY: execlp(3)'s own contract.
        unsafe { super::search(file, argv) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C-unwind" fn bigfoot_execve(
        path: *const c_char,
        argv: Words,
        envp: Words,
    ) -> c_int {
        // SAFETY: execle(3)'s own contract.
        unsafe { super::path_with(path, argv, envp) }
    }

    unsafe extern "C" {
        fn bigfoot_execl();
        fn bigfoot_execlp();
        fn bigfoot_execle();
    }

    // The linker exports functions of Rust's only, so these lead to C's with every register as it is.
    #[unsafe(naked)]
    #[unsafe(no_mangle)]
    unsafe extern "C" fn execl() {
        core::arch::naked_asm!("jmp {}", sym bigfoot_execl)
    }

    #[unsafe(naked)]
    #[unsafe(no_mangle)]
    unsafe extern "C" fn execlp() {
        core::arch::naked_asm!("jmp {}", sym bigfoot_execlp)
    }

    #[unsafe(naked)]
    #[unsafe(no_mangle)]
    unsafe extern "C" fn execle() {
        core::arch::naked_asm!("jmp {}", sym bigfoot_execle)
    }
}
