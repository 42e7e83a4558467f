//! `system(3)` once more, as POSIX writes it (XSH, system()): with the environment as an argument.

use core::ffi::{CStr, c_char, c_int};
use core::mem::MaybeUninit;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicU32, Ordering};

use libc::{pid_t, sigaction, sigset_t};
use rustix::thread::futex;

use super::spawn::posix_spawn;
use crate::cabi;

type Words = *const *const c_char;

/// A shell, or what stands in for it, and its command.
pub(super) struct Shell<'a> {
    pub(super) file: &'a CStr,
    pub(super) command: *const c_char,
}

/// Runs a command by a shell and waits for it; `failed` is called if there was no shell to run.
///
/// # Safety
///
/// `command` is a C string and `envp` an environment.
pub(super) unsafe fn run_shell(shell: &Shell<'_>, envp: Words, failed: impl Fn()) -> c_int {
    let quiet = Quiet::enter();
    let mut child = 0;
    // SAFETY: this function's contract.
    let error = unsafe { spawn(&mut child, shell, envp, &quiet) };
    let status = if error == 0 {
        wait(child)
    } else {
        failed();
        127 << 8 // "as if the shell had ended by exit(127)"
    };
    drop(quiet);
    if error != 0 {
        cabi::set_errno(error);
    }
    status
}

/// # Safety
///
/// As for [`run_shell`].
unsafe fn spawn(child: &mut pid_t, shell: &Shell<'_>, envp: Words, quiet: &Quiet) -> c_int {
    let argv = [c"sh".as_ptr(), c"-c".as_ptr(), shell.command, null()];
    let mut attributes = MaybeUninit::uninit();
    let flags = libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK;
    // SAFETY: libc makes, fills and ends the attributes; everything outlives the call.
    unsafe {
        libc::posix_spawnattr_init(attributes.as_mut_ptr());
        libc::posix_spawnattr_setsigmask(attributes.as_mut_ptr(), &raw const quiet.mask);
        libc::posix_spawnattr_setsigdefault(attributes.as_mut_ptr(), &raw const quiet.heeded);
        #[expect(clippy::cast_possible_truncation, reason = "libc's own type for them")]
        libc::posix_spawnattr_setflags(attributes.as_mut_ptr(), flags as _);
        let attributes = attributes.as_ptr().cast();
        let shell = shell.file.as_ptr();
        let error = real!(posix_spawn)(child, shell, null(), attributes, argv.as_ptr(), envp);
        libc::posix_spawnattr_destroy(attributes.cast_mut().cast());
        error
    }
}

/// Waits for the shell. A thread that is cancelled meanwhile ends it.
fn wait(child: pid_t) -> c_int {
    unsafe extern "C-unwind" {
        fn waitpid(child: pid_t, status: *mut c_int, options: c_int) -> pid_t;
    }
    let end = End(child);
    let mut status = -1;
    // SAFETY: a place for the status.
    while unsafe { waitpid(child, &raw mut status, 0) } == -1 {
        if cabi::errno() != libc::EINTR {
            status = -1;
            break;
        }
    }
    core::mem::forget(end);
    status
}

/// Ends a shell when dropped.
struct End(pid_t);

impl Drop for End {
    fn drop(&mut self) {
        let Some(child) = rustix::process::Pid::from_raw(self.0) else {
            return;
        };
        let _ = rustix::process::kill_process(child, rustix::process::Signal::KILL);
        let options = rustix::process::WaitOptions::empty();
        let _ = rustix::io::retry_on_intr(|| rustix::process::waitpid(Some(child), options));
    }
}

/// SIGINT and SIGQUIT are ignored, SIGCHLD is blocked, as long as this lives. The first of several
/// threads ignores them, the last heeds them again.
struct Quiet {
    mask: sigset_t,
    /// Those of the two that a shell shall not ignore.
    heeded: sigset_t,
}

struct Before {
    count: u32,
    interrupt: sigaction,
    quit: sigaction,
}

struct Cell(core::cell::UnsafeCell<MaybeUninit<Before>>);
// SAFETY: used only by whoever holds LOCK.
unsafe impl Sync for Cell {}

static BEFORE: Cell = Cell(core::cell::UnsafeCell::new(MaybeUninit::zeroed()));
static LOCK: AtomicU32 = AtomicU32::new(0);

/// Runs with what was before, which nobody else has meanwhile.
fn with_before<R>(act: impl FnOnce(&mut Before) -> R) -> R {
    while LOCK.swap(1, Ordering::Acquire) != 0 {
        let _ = futex::wait(&LOCK, futex::Flags::PRIVATE, 1, None);
    }
    // SAFETY: held by this thread alone; all zeroes is a valid value.
    let result = act(unsafe { (*BEFORE.0.get()).assume_init_mut() });
    LOCK.store(0, Ordering::Release);
    let _ = futex::wake(&LOCK, futex::Flags::PRIVATE, 1);
    result
}

/// In a new process nobody holds the lock, and no other thread waits for a shell.
#[cfg(not(test))]
pub(crate) fn after_fork() {
    LOCK.store(0, Ordering::Relaxed);
    with_before(|before| before.count = 0);
}

impl Quiet {
    fn enter() -> Self {
        let mut quiet = Self { mask: empty(), heeded: empty() };
        let mut child = empty();
        // SAFETY: signal sets and actions of our own, and libc's statics under their lock.
        unsafe {
            with_before(|before| {
                if before.count == 0 {
                    let mut ignore: sigaction = core::mem::zeroed();
                    ignore.sa_sigaction = libc::SIG_IGN;
                    sigaction(libc::SIGINT, &raw const ignore, &raw mut before.interrupt);
                    sigaction(libc::SIGQUIT, &raw const ignore, &raw mut before.quit);
                }
                before.count += 1;
                for (signal, action) in
                    [(libc::SIGINT, &before.interrupt), (libc::SIGQUIT, &before.quit)]
                {
                    if action.sa_sigaction != libc::SIG_IGN {
                        libc::sigaddset(&raw mut quiet.heeded, signal);
                    }
                }
            });
            libc::sigaddset(&raw mut child, libc::SIGCHLD);
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const child, &raw mut quiet.mask);
        }
        quiet
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // SAFETY: as above.
        unsafe {
            with_before(|before| {
                before.count = before.count.saturating_sub(1);
                if before.count == 0 {
                    sigaction(libc::SIGINT, &raw const before.interrupt, null_mut());
                    sigaction(libc::SIGQUIT, &raw const before.quit, null_mut());
                }
            });
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.mask, null_mut());
        }
    }
}

fn empty() -> sigset_t {
    // SAFETY: no bits at all is the empty set, on Linux.
    unsafe { core::mem::zeroed() }
}
