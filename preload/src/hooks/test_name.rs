//! The running test, as runners publish it: `PYTEST_CURRENT_TEST`, `NEXTEST_TEST_NAME`; and the
//! functions by which a process changes its environment.
//!
//! Walking the environment at each call would race with setenv(3) in another thread, so the
//! functions that change it tell what they change.
#![expect(unsafe_code, reason = "C strings of the guest's")]

use core::ffi::{c_char, c_int};
use core::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering};

use bigfoot_ipc::guest::Call;
use bigfoot_ipc::page::ask;

use crate::cabi::{self, KeepErrno};
use crate::controller;
use crate::hook::fenced;

/// Bytes of a test's name that are told; a longer one is cut.
pub(crate) const TEST_BYTES_MAX: usize = 384;

const VARIABLES: [&[u8]; 2] = [b"PYTEST_CURRENT_TEST", b"NEXTEST_TEST_NAME"];

static BYTES: [AtomicU8; TEST_BYTES_MAX] = [const { AtomicU8::new(0) }; TEST_BYTES_MAX];
static LENGTH: AtomicUsize = AtomicUsize::new(0);
/// Odd while the name is being written.
static VERSION: AtomicU32 = AtomicU32::new(0);

hook! {
    unsafe fn setenv(name: *const c_char, value: *const c_char, overwrite: c_int) -> c_int => set;
    unsafe fn putenv(entry: *mut c_char) -> c_int => put;
    unsafe fn unsetenv(name: *const c_char) -> c_int => unset;
    unsafe fn clearenv() -> c_int => clear;
}

/// # Safety
///
/// As for setenv(3).
unsafe fn set(name: *const c_char, value: *const c_char, overwrite: c_int) -> c_int {
    // SAFETY: this function's contract.
    let done = unsafe { real!(setenv)(name, value, overwrite) };
    // SAFETY: likewise.
    if let (0, Some(name)) = (done, unsafe { cabi::text(name) }) {
        changed(name);
    }
    done
}

/// # Safety
///
/// As for putenv(3).
unsafe fn put(entry: *mut c_char) -> c_int {
    // SAFETY: this function's contract.
    let done = unsafe { real!(putenv)(entry) };
    // SAFETY: likewise.
    if let (0, Some(entry)) = (done, unsafe { cabi::text(entry) }) {
        changed(entry.split(|byte| *byte == b'=').next().unwrap_or(entry));
    }
    done
}

/// # Safety
///
/// As for unsetenv(3).
unsafe fn unset(name: *const c_char) -> c_int {
    // SAFETY: this function's contract.
    let done = unsafe { real!(unsetenv)(name) };
    // SAFETY: likewise.
    if let (0, Some(name)) = (done, unsafe { cabi::text(name) }) {
        changed(name);
    }
    done
}

/// # Safety
///
/// As for clearenv(3).
unsafe fn clear() -> c_int {
    // SAFETY: this function's contract.
    let done = unsafe { real!(clearenv)() };
    store(b"");
    tell();
    done
}

fn changed(name: &[u8]) {
    if VARIABLES.contains(&name) {
        read_environment();
        tell();
    }
}

/// Tells that another test runs, where that matters: what the process does on connections that it
/// opened before is this test's.
fn tell() {
    if crate::shared::asks(ask::TESTS) {
        let _errno = KeepErrno::new();
        fenced(|| controller::decide(Call::Test));
    }
}

/// Takes the name from the environment that the process was started with.
#[cfg(not(test))]
pub(crate) fn begin() {
    if let Some(name) = published() {
        store(name);
    }
}

/// Takes the name from the environment as it stands.
fn read_environment() {
    store(published().unwrap_or_default());
}

fn published() -> Option<&'static [u8]> {
    VARIABLES.iter().find_map(|variable| crate::start::variable(variable))
}

/// In a new process: whoever wrote the name when it was forked is not there.
pub(crate) fn after_fork() {
    if !VERSION.load(Ordering::Relaxed).is_multiple_of(2) {
        VERSION.fetch_add(1, Ordering::Relaxed);
        read_environment();
    }
}

fn store(name: &[u8]) {
    let version = VERSION.load(Ordering::Acquire);
    let free = version.is_multiple_of(2)
        && VERSION
            .compare_exchange(version, version + 1, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
    if !free {
        return; // another thread writes: as racy as the variable itself
    }
    for (place, byte) in BYTES.iter().zip(name) {
        place.store(*byte, Ordering::Relaxed);
    }
    LENGTH.store(name.len().min(TEST_BYTES_MAX), Ordering::Relaxed);
    VERSION.store(version + 2, Ordering::Release);
}

/// The name of the running test, or nothing where none is published.
pub(crate) fn current(space: &mut [u8; TEST_BYTES_MAX]) -> &[u8] {
    let before = VERSION.load(Ordering::Acquire);
    let length = LENGTH.load(Ordering::Relaxed).min(TEST_BYTES_MAX);
    for (byte, place) in space.iter_mut().zip(&BYTES).take(length) {
        *byte = place.load(Ordering::Relaxed);
    }
    let whole = before.is_multiple_of(2) && VERSION.load(Ordering::Acquire) == before;
    space.get(..length).filter(|_| whole).unwrap_or_default()
}
