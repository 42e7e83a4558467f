//! Our variables in libc's own environment, for as long as popen(3) or wordexp(3) starts a shell: they
//! give it that environment and take no other.
//!
//! One shell is started at a time, since each gets a number of its own.
#![expect(unsafe_code, reason = "changes libc's environment")]

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char};
use core::ptr::null;
use core::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::futex;

use crate::environment::{self, Start, TEXT_BYTES};
use crate::hooks::test_name::{setenv, unsetenv};
use crate::{cabi, hidden, start};

/// Zero, or one while a shell is being started, or two while others wait for that.
static STARTING: AtomicU32 = AtomicU32::new(0);

struct Cell(UnsafeCell<[u8; 2 * TEXT_BYTES]>);
// SAFETY: written only by whoever holds STARTING.
unsafe impl Sync for Cell {}

/// The variables. Not on the stack, since another thread may still read what was taken back.
static TEXT: Cell = Cell(UnsafeCell::new([0; 2 * TEXT_BYTES]));

/// Held while the variables are published.
struct Starting(());

impl Starting {
    fn enter() -> Self {
        if STARTING.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            while STARTING.swap(2, Ordering::Acquire) != 0 {
                let _ = futex::wait(&STARTING, futex::Flags::PRIVATE, 2, None);
            }
        }
        Self(())
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if STARTING.swap(0, Ordering::Release) == 2 {
            let _ = futex::wake(&STARTING, futex::Flags::PRIVATE, 1);
        }
    }
}

/// In a new process nobody is starting a shell.
#[cfg(not(test))]
pub(crate) fn after_fork() {
    STARTING.store(0, Ordering::Relaxed);
}

/// As long as this lives, the variables are published.
pub(crate) struct Published {
    preload: *const c_char,
    run: *const c_char,
    _starting: Starting,
}

impl Published {
    /// Puts them in. None if there is no memory for it.
    pub(crate) fn new(start: Start) -> Option<Self> {
        let starting = Starting::enter();
        let user = start::variable(b"LD_PRELOAD");
        // SAFETY: held by this thread alone, as `starting` says.
        let space = unsafe { &mut *TEXT.0.get() };
        let (preload, space) = environment::preload_text(start.arm, user, space)?;
        let (run, _) = environment::run_text(start.number, space)?;
        // Whatever comes now, `drop` takes back what was put in.
        let published = Self { preload: preload.unwrap_or(null()), run, _starting: starting };
        if let Some(preload) = preload {
            put(PRELOAD, preload, user.is_none())?;
        }
        put(RUN, run, true)?;
        Some(published)
    }
}

const PRELOAD: &CStr = c"LD_PRELOAD";
const RUN: &CStr = c"BIGFOOT_RUN";

fn put(name: &CStr, entry: *const c_char, is_new: bool) -> Option<()> {
    // SAFETY: the entry is static.
    if is_new && unsafe { hidden::append(entry) } {
        return Some(());
    }
    let skip = name.count_bytes() + 1;
    // SAFETY: both are C strings; the value starts behind the equals sign.
    let done = unsafe { real!(setenv)(name.as_ptr(), entry.add(skip), 1) };
    (done == 0).then_some(())
}

impl Drop for Published {
    fn drop(&mut self) {
        let _errno = cabi::KeepErrno::new();
        if !hidden::take_back(self.run) {
            // SAFETY: a C string.
            unsafe { real!(unsetenv)(RUN.as_ptr()) };
        }
        if !self.preload.is_null() && !hidden::take_back(self.preload) {
            // SAFETY: our own text.
            unsafe { restore_preload() };
        }
    }
}

/// The user's own value stays behind ours, and is put back.
///
/// # Safety
///
/// None beyond libc's own for its environment.
unsafe fn restore_preload() {
    let value = start::variable(b"LD_PRELOAD");
    let ours = start::preload_entry().and_then(|ours| ours.strip_prefix(b"LD_PRELOAD="));
    let user = value.zip(ours).and_then(|(value, ours)| value.strip_prefix(ours));
    // SAFETY: C strings; the user's part ends where the value does.
    unsafe {
        match user {
            Some([b':', user @ ..]) => {
                real!(setenv)(PRELOAD.as_ptr(), user.as_ptr().cast(), 1);
            }
            Some(_) => {
                real!(unsetenv)(PRELOAD.as_ptr());
            }
            None => {}
        }
    }
}
