//! `open(2)`, `openat(2)`, `creat(2)` and their forms for large files and for checked builds.

use core::ffi::{c_char, c_int};

use bigfoot_ipc::guest::{Call, Verdict};
use bigfoot_ipc::page::ask;
use bigfoot_ipc::roots;
use libc::mode_t;

use crate::hook::{Failure, fenced};
use crate::{cabi, controller, shared, start};

// These are variadic in C. A callee that takes the last argument as a fixed one reads the same
// register, whether or not the caller filled it (psABI, "Variable Argument Lists").
hook! {
    unsafe fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int => plain,
        wait SYS_openat(libc::AT_FDCWD, path, flags, mode) if FILES;
    unsafe fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int => plain64,
        wait SYS_openat(libc::AT_FDCWD, path, flags, mode) if FILES;
    unsafe fn __open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int => plain,
        wait SYS_openat(libc::AT_FDCWD, path, flags, mode) if FILES;
    unsafe fn __open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int => plain64,
        wait SYS_openat(libc::AT_FDCWD, path, flags, mode) if FILES;
    unsafe fn openat(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int => at,
        wait SYS_openat(dir, path, flags, mode) if FILES;
    unsafe fn openat64(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int => at64,
        wait SYS_openat(dir, path, flags, mode) if FILES;
    unsafe fn __open_2(path: *const c_char, flags: c_int) -> c_int => checked,
        wait SYS_openat(libc::AT_FDCWD, path, flags, 0_u32) if FILES && !creates(flags);
    unsafe fn __open64_2(path: *const c_char, flags: c_int) -> c_int => checked64,
        wait SYS_openat(libc::AT_FDCWD, path, flags, 0_u32) if FILES && !creates(flags);
    unsafe fn __openat_2(dir: c_int, path: *const c_char, flags: c_int) -> c_int => checked_at,
        wait SYS_openat(dir, path, flags, 0_u32) if FILES && !creates(flags);
    unsafe fn __openat64_2(dir: c_int, path: *const c_char, flags: c_int) -> c_int => checked_at64,
        wait SYS_openat(dir, path, flags, 0_u32) if FILES && !creates(flags);
    unsafe fn creat(path: *const c_char, mode: mode_t) -> c_int => create,
        wait SYS_creat(path, mode) if FILES;
    unsafe fn creat64(path: *const c_char, mode: mode_t) -> c_int => create64,
        wait SYS_creat(path, mode) if FILES;
}

/// Whether these flags need a mode, without which the checked forms end the process.
fn creates(flags: c_int) -> bool {
    flags & libc::O_CREAT != 0 || flags & libc::O_TMPFILE == libc::O_TMPFILE
}

/// What becomes of an opening.
pub(super) enum Plan {
    /// The real call.
    Real,
    /// The real call, on this path.
    At(Place),
    /// It fails with this error number.
    Fail(c_int),
}

impl Plan {
    fn refusal(self) -> Option<c_int> {
        match self {
            Self::Real | Self::At(Place { of_roots: true, .. }) => None,
            Self::At(_) => Some(libc::EPROTO),
            Self::Fail(errno) => Some(errno),
        }
    }
}

/// Bytes of a path in the run's folder.
const PATH_BYTES: usize = 108;

/// A path in the run's folder.
pub(super) struct Place {
    space: [u8; PATH_BYTES],
    of_roots: bool,
}

impl Place {
    /// The path as a C string, which lives as long as this.
    pub(super) fn path(&self) -> *const c_char {
        self.space.as_ptr().cast()
    }
}

/// What becomes of a file's opening.
///
/// # Safety
///
/// `path` is null or a C string.
#[inline]
pub(super) unsafe fn plan(dir: c_int, path: *const c_char, read: bool, write: bool) -> Plan {
    let asked = shared::asks(ask::FILES);
    let of_roots = read && !write && shared::has_authority();
    if asked || of_roots {
        // SAFETY: this function's contract.
        unsafe { decided(dir, path, (read, write), asked) }
    } else {
        Plan::Real
    }
}

/// As [`plan`]: of any file if `asked`, else of one that holds root certificates.
///
/// # Safety
///
/// As for [`plan`].
#[inline(never)]
unsafe fn decided(
    dir: c_int,
    path: *const c_char,
    (read, write): (bool, bool),
    asked: bool,
) -> Plan {
    if !cabi::is_readable(path.cast()) {
        return Plan::Real; // the kernel says what is wrong
    }
    // SAFETY: this function's contract.
    let Some(path) = (unsafe { cabi::text(path) }) else {
        return Plan::Real;
    };
    if !asked && !roots::is_known(path) {
        return Plan::Real;
    }
    let call = Call::Open { path, directory: dir, read, write };
    match fenced(|| controller::decide(call)) {
        Some(Verdict::Allow) => Plan::Real,
        Some(Verdict::File { number }) => numbered(number),
        Some(_) if !asked => Plan::Real, // without its own roots a guest only refuses mocks
        Some(Verdict::Deny { errno }) => Plan::Fail(errno),
        Some(_) => Plan::Fail(libc::EPROTO), // no answer for a file
        None => Plan::Fail(libc::EACCES),
    }
}

/// The file of this number; of root certificates that cannot be read there, the guest's own.
fn numbered(number: u32) -> Plan {
    let mut space = [0; PATH_BYTES];
    let Some(path) = start::answering(number, &mut space) else {
        return Plan::Fail(libc::EPROTO);
    };
    let of_roots = number >= roots::FIRST_NUMBER;
    if of_roots && rustix::fs::access(path, rustix::fs::Access::READ_OK).is_err() {
        return Plan::Real; // another root folder, or another user's
    }
    Plan::At(Place { space, of_roots })
}

/// As [`plan`], from open(2)'s flags.
///
/// # Safety
///
/// As for [`plan`].
#[inline]
unsafe fn plan_by_flags(dir: c_int, path: *const c_char, flags: c_int) -> Plan {
    let access = flags & libc::O_ACCMODE;
    let write = access != libc::O_RDONLY || flags & (libc::O_CREAT | libc::O_TRUNC) != 0;
    // SAFETY: this function's contract.
    unsafe { plan(dir, path, access != libc::O_WRONLY, write) }
}

/// The error number with which a call fails that cannot be sent to another path; None if it is real.
///
/// # Safety
///
/// As for [`plan`].
#[inline]
pub(super) unsafe fn refusal(
    dir: c_int,
    path: *const c_char,
    read: bool,
    write: bool,
) -> Option<c_int> {
    // SAFETY: this function's contract.
    unsafe { plan(dir, path, read, write) }.refusal()
}

/// As [`refusal`], from open(2)'s flags.
///
/// # Safety
///
/// As for [`plan`].
#[inline]
pub(super) unsafe fn refusal_by_flags(
    dir: c_int,
    path: *const c_char,
    flags: c_int,
) -> Option<c_int> {
    // SAFETY: this function's contract.
    unsafe { plan_by_flags(dir, path, flags) }.refusal()
}

macro_rules! opens {
    ($($name:ident($dir:expr; $($argument:ident: $type:ty),*; $path:ident, $flags:expr) => $real:ident;)+) => { $(
        /// # Safety
        ///
        /// As for open(2).
        #[inline]
        pub(super) unsafe fn $name($($argument: $type),*) -> c_int {
            // SAFETY: this function's contract.
            match unsafe { plan_by_flags($dir, $path, $flags) } {
                // SAFETY: the guest's own arguments.
                Plan::Real => unsafe { real!($real)($($argument),*) },
                Plan::At(place) => {
                    let $path = place.path();
                    // SAFETY: a C string that outlives the call, and the guest's other arguments.
                    unsafe { real!($real)($($argument),*) }
                }
                Plan::Fail(errno) => Failure::failure(errno),
            }
        }
    )+ };
}

const CREATES: c_int = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC;

opens! {
    plain(libc::AT_FDCWD; path: *const c_char, flags: c_int, mode: mode_t; path, flags) => open;
    plain64(libc::AT_FDCWD; path: *const c_char, flags: c_int, mode: mode_t; path, flags) => open64;
    at(dir; dir: c_int, path: *const c_char, flags: c_int, mode: mode_t; path, flags) => openat;
    at64(dir; dir: c_int, path: *const c_char, flags: c_int, mode: mode_t; path, flags) => openat64;
    checked(libc::AT_FDCWD; path: *const c_char, flags: c_int; path, flags) => __open_2;
    checked64(libc::AT_FDCWD; path: *const c_char, flags: c_int; path, flags) => __open64_2;
    checked_at(dir; dir: c_int, path: *const c_char, flags: c_int; path, flags) => __openat_2;
    checked_at64(dir; dir: c_int, path: *const c_char, flags: c_int; path, flags) => __openat64_2;
    create(libc::AT_FDCWD; path: *const c_char, mode: mode_t; path, CREATES) => creat;
    create64(libc::AT_FDCWD; path: *const c_char, mode: mode_t; path, CREATES) => creat64;
}
