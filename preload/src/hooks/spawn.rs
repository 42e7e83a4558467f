//! `posix_spawn(3)`, and `pidfd_spawn(3)` of newer libcs: the guest starts a program beside itself.

use core::ffi::{c_char, c_int, c_void};

use libc::{AT_FDCWD, pid_t};

use super::exec::{Plan, Program, came_back, plan};
use crate::environment;

type Words = *const *const c_char;

hook! {
    unsafe fn posix_spawn(
        pid: *mut pid_t, path: *const c_char, actions: *const c_void, attributes: *const c_void,
        argv: Words, envp: Words,
    ) -> c_int => by_path;
    unsafe fn posix_spawnp(
        pid: *mut pid_t, file: *const c_char, actions: *const c_void, attributes: *const c_void,
        argv: Words, envp: Words,
    ) -> c_int => by_name;
    unsafe fn pidfd_spawn(
        pidfd: *mut c_int, path: *const c_char, actions: *const c_void, attributes: *const c_void,
        argv: Words, envp: Words,
    ) -> c_int => descriptor_by_path;
    unsafe fn pidfd_spawnp(
        pidfd: *mut c_int, file: *const c_char, actions: *const c_void, attributes: *const c_void,
        argv: Words, envp: Words,
    ) -> c_int => descriptor_by_name;
}

/// These return an error number, and leave errno alone.
macro_rules! spawns {
    ($($name:ident(searched: $searched:expr) => $real:ident;)+) => { $(
        /// # Safety
        ///
        /// As for posix_spawn(3).
        unsafe fn $name(
            pid: *mut c_int, file: *const c_char, actions: *const c_void, attributes: *const c_void,
            argv: Words, envp: Words,
        ) -> c_int {
            if $real::REAL.find().is_none() {
                return libc::ENOSYS; // an older libc, which callers know to expect
            }
            // SAFETY: the guest's own arguments.
            let real = |envp| unsafe { real!($real)(pid, file, actions, attributes, argv, envp) };
            // SAFETY: this function's contract.
            unsafe { spawn(file, argv, envp, $searched, real) }
        }
    )+ };
}

spawns! {
    by_path(searched: false) => posix_spawn;
    by_name(searched: true) => posix_spawnp;
    descriptor_by_path(searched: false) => pidfd_spawn;
    descriptor_by_name(searched: true) => pidfd_spawnp;
}

/// # Safety
///
/// As for posix_spawn(3).
unsafe fn spawn(
    file: *const c_char,
    argv: Words,
    envp: Words,
    searched: bool,
    real: impl Fn(Words) -> c_int,
) -> c_int {
    let program = Program { file, directory: AT_FDCWD, searched, argv, spawns: true };
    // SAFETY: this function's contract.
    match unsafe { plan(&program) } {
        Plan::Real => real(envp),
        Plan::Fail(errno) => errno,
        Plan::Start(start) => {
            // SAFETY: this function's contract.
            let done = unsafe { environment::with(envp, start, real) }.unwrap_or(libc::ENOMEM);
            if done != 0 {
                came_back(start);
            }
            done
        }
    }
}
