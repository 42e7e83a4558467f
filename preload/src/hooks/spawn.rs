//! `posix_spawn(3)`, and `pidfd_spawn(3)` of newer libcs: the guest starts a program beside itself.

use core::ffi::{c_char, c_int, c_void};

use libc::{AT_FDCWD, pid_t};
use rustix::fd::IntoRawFd;

use super::exec::{Other, Plan, Program, came_back, carry_out, plan};

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
            let real = |other: Other, envp| {
                let file = other.unwrap_or(file);
                // SAFETY: the guest's own arguments; another path is a C string too.
                unsafe { real!($real)(pid, file, actions, attributes, argv, envp) }
            };
            // SAFETY: this function's contract.
            unsafe { spawn(file, argv, envp, $searched, real) }
        }
    )+ };
}

spawns! {
    by_path(searched: false) => posix_spawn;
    by_name(searched: true) => posix_spawnp;
    newer_by_path(searched: false) => pidfd_spawn;
    newer_by_name(searched: true) => pidfd_spawnp;
}

/// Older libcs have no function that gives a descriptor of the process: a guest that finds ours all
/// the same is served by the functions that they have.
macro_rules! descriptors {
    ($($name:ident => $newer:ident as $real:ident, or $older:ident;)+) => { $(
        /// # Safety
        ///
        /// As for pidfd_spawn(3).
        unsafe fn $name(
            pidfd: *mut c_int, file: *const c_char, actions: *const c_void, attributes: *const c_void,
            argv: Words, envp: Words,
        ) -> c_int {
            if $real::find().is_some() {
                // SAFETY: this function's contract.
                return unsafe { $newer(pidfd, file, actions, attributes, argv, envp) };
            }
            let mut pid = 0;
            // SAFETY: this function's contract.
            match unsafe { $older(&raw mut pid, file, actions, attributes, argv, envp) } {
                // SAFETY: likewise.
                0 => unsafe { descriptor_of(pid, pidfd) },
                error => error,
            }
        }
    )+ };
}

descriptors! {
    descriptor_by_path => newer_by_path as pidfd_spawn, or by_path;
    descriptor_by_name => newer_by_name as pidfd_spawnp, or by_name;
}

/// # Safety
///
/// `pidfd` may be written.
unsafe fn descriptor_of(pid: pid_t, pidfd: *mut c_int) -> c_int {
    let Some(pid) = rustix::process::Pid::from_raw(pid) else {
        return libc::ESRCH;
    };
    match rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) {
        // SAFETY: this function's contract.
        Ok(descriptor) => unsafe { pidfd.write(descriptor.into_raw_fd()) },
        Err(error) => return error.raw_os_error(),
    }
    0
}

/// # Safety
///
/// As for posix_spawn(3).
unsafe fn spawn(
    file: *const c_char,
    argv: Words,
    envp: Words,
    searched: bool,
    real: impl Fn(Other, Words) -> c_int,
) -> c_int {
    let program = Program { file, directory: AT_FDCWD, searched, argv, envp, spawns: true };
    // SAFETY: this function's contract.
    match unsafe { plan(&program) } {
        Plan::Real => real(None, envp),
        Plan::Fail(errno) => errno,
        Plan::Start(start) => {
            // SAFETY: this function's contract.
            let done = unsafe { carry_out(&program, start, real) }.unwrap_or_else(|error| error);
            if done != 0 {
                came_back(start);
            }
            done
        }
    }
}
