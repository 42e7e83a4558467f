//! The constructor, and what is known of the run from then on.
//!
//! A hook may be called before any constructor of ours, by a library that starts earlier. So the run
//! is read at the first question, and the constructor only does the rest.
#![expect(unsafe_code, reason = "reads and mends the environment that the loader left")]

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char};
#[cfg(not(test))]
use core::ffi::{c_int, c_void};
use core::ptr::null;
use core::sync::atomic::{AtomicU8, Ordering};

use bigfoot_ipc::known::{KNOWN, RINGS};
use bigfoot_ipc::{HELLOS, POLICY, RUN_VARIABLE, SOCKET, STAND_IN, STAND_INS, TICKETS};

#[cfg(not(test))]
use crate::hidden;
use crate::{cabi, shared};

unsafe extern "C" {
    pub(crate) static mut environ: *mut *mut c_char;
}

/// Bytes of a path here: as many as sun_path has (unix(7)).
const PATH_BYTES: usize = 108;
/// Bytes of `LD_PRELOAD=` and the path of this library.
const PRELOAD_BYTES: usize = 512;

/// What is known of the run.
struct Run {
    directory: [u8; PATH_BYTES],
    directory_bytes: usize,
    socket: [u8; PATH_BYTES],
    preload: [u8; PRELOAD_BYTES],
    preload_bytes: usize,
    start: u64,
    off: bool,
}

struct Cell(UnsafeCell<Run>);
// SAFETY: written once, by the thread that moves STATE from UNREAD to READING, and read only when
// STATE says IN_RUN.
unsafe impl Sync for Cell {}

static RUN: Cell = Cell(UnsafeCell::new(Run {
    directory: [0; PATH_BYTES],
    directory_bytes: 0,
    socket: [0; PATH_BYTES],
    preload: [0; PRELOAD_BYTES],
    preload_bytes: 0,
    start: 0,
    off: false,
}));
static STATE: AtomicU8 = AtomicU8::new(UNREAD);
const UNREAD: u8 = 0;
const READING: u8 = 1;
const NO_RUN: u8 = 2;
const IN_RUN: u8 = 3;

fn run() -> Option<&'static Run> {
    if STATE.compare_exchange(UNREAD, READING, Ordering::Acquire, Ordering::Acquire).is_ok() {
        // SAFETY: this thread alone moved STATE to READING.
        let found = read(unsafe { &mut *RUN.0.get() }).is_some();
        STATE.store(if found { IN_RUN } else { NO_RUN }, Ordering::Release);
    }
    // SAFETY: written before IN_RUN was stored, and never since.
    (STATE.load(Ordering::Acquire) == IN_RUN).then(|| unsafe { &*RUN.0.get() })
}

/// Whether this process belongs to a run that has anything to say of its calls.
#[inline]
pub(crate) fn in_a_run() -> bool {
    run().is_some()
}

/// Whether the run's guard is off, and no rule speaks.
pub(crate) fn is_off() -> bool {
    run().is_some_and(|run| run.off)
}

/// The path of the controller's socket.
pub(crate) fn socket_path() -> Option<&'static CStr> {
    CStr::from_bytes_until_nul(&run()?.socket).ok()
}

/// `LD_PRELOAD=` and the path of this library.
pub(crate) fn preload_entry() -> Option<&'static [u8]> {
    let run = run()?;
    run.preload.get(..run.preload_bytes)
}

/// The run's directory, and whether its guard is off.
pub(crate) fn directory() -> Option<(&'static [u8], bool)> {
    let run = run()?;
    Some((run.directory.get(..run.directory_bytes)?, run.off))
}

/// The path of the socket or file of this number in the run's directory.
pub(crate) fn answering(number: u32, space: &mut [u8; PATH_BYTES]) -> Option<&CStr> {
    let (directory, _) = directory()?;
    let name = bigfoot_ipc::answering(number);
    join(space, directory, core::str::from_utf8(&name).ok()?)
}

/// Bytes of the path of the stand-in, whose name is longer than the socket's.
pub(crate) const STAND_IN_BYTES: usize = PATH_BYTES + 8;

/// Maps what this process may decide by itself.
pub(crate) fn map_known() {
    let Some((directory, _)) = directory() else {
        return;
    };
    let [mut known, mut rings] = [[0; PATH_BYTES]; 2];
    let paths = join(&mut known, directory, KNOWN).zip(join(&mut rings, directory, RINGS));
    if let Some((known, rings)) = paths {
        shared::attach_known(known, rings);
    }
}

/// The path of the program that stands in for mocked ones.
pub(crate) fn stand_in(space: &mut [u8; STAND_IN_BYTES]) -> Option<&CStr> {
    join(space, directory()?.0, STAND_IN)
}

/// Whether this is the folder of the stand-ins on PATH.
pub(crate) fn is_stand_ins(folder: &[u8]) -> bool {
    let below = directory().and_then(|(directory, _)| folder.strip_prefix(directory));
    below.and_then(|below| below.strip_prefix(b"/")) == Some(STAND_INS.as_bytes())
}

/// Reads the run out of the environment, and attaches to its memory.
fn read(run: &mut Run) -> Option<()> {
    let value = variable(RUN_VARIABLE.as_bytes())?;
    let mut parts = value.split(|byte| *byte == b',');
    let directory = parts.next()?;
    run.start = number(parts.next()?)?;
    run.off = parts.next() == Some(b"off");

    run.directory.get_mut(..directory.len())?.copy_from_slice(directory);
    run.directory_bytes = directory.len();
    join(&mut run.socket, directory, SOCKET)?;
    run.preload_bytes = own_entry(&mut run.preload)?;

    let [mut policy, mut hellos, mut tickets] = [[0; PATH_BYTES]; 3];
    let attached = shared::attach(
        join(&mut policy, directory, POLICY)?,
        join(&mut hellos, directory, HELLOS)?,
        join(&mut tickets, directory, TICKETS)?,
    );
    // A run whose guard was off and that has ended has nothing to say any more; any other that
    // cannot be reached refuses.
    (attached || !run.off).then_some(())
}

fn join<'a>(space: &'a mut [u8], directory: &[u8], file: &str) -> Option<&'a CStr> {
    let end = directory.len() + 1 + file.len();
    space.get_mut(..directory.len())?.copy_from_slice(directory);
    *space.get_mut(directory.len())? = b'/';
    space.get_mut(directory.len() + 1..end)?.copy_from_slice(file.as_bytes());
    *space.get_mut(end)? = 0;
    CStr::from_bytes_until_nul(space).ok()
}

fn own_entry(space: &mut [u8; PRELOAD_BYTES]) -> Option<usize> {
    // SAFETY: all zeroes is a valid Dl_info.
    let mut info: libc::Dl_info = unsafe { core::mem::zeroed() };
    // SAFETY: an address of this library, and a structure to fill.
    let found = unsafe { libc::dladdr((&raw const STATE).cast(), &raw mut info) };
    if found == 0 {
        return None;
    }
    // SAFETY: the loader's own string, which lives as long as the library.
    let path = unsafe { cabi::text(info.dli_fname) }?;
    let name = b"LD_PRELOAD=";
    space.get_mut(..name.len())?.copy_from_slice(name);
    space.get_mut(name.len()..name.len() + path.len())?.copy_from_slice(path);
    Some(name.len() + path.len())
}

fn number(digits: &[u8]) -> Option<u64> {
    core::str::from_utf8(digits).ok()?.parse().ok()
}

/// The value of an environment variable, as it stands now.
pub(crate) fn variable(name: &[u8]) -> Option<&'static [u8]> {
    let mut value = None;
    // SAFETY: the process's own environment: C strings, ended by a null pointer.
    unsafe {
        cabi::each(environment(), |entry| {
            let rest = entry.to_bytes().strip_prefix(name).and_then(|rest| rest.strip_prefix(b"="));
            value = value.or(rest);
        });
    }
    value
}

/// The process's environment, as exec(3) passes it on.
pub(crate) fn environment() -> *const *const c_char {
    // SAFETY: libc's variable, read as libc's own functions read it.
    let entries = unsafe { environ };
    if entries.is_null() { null() } else { entries.cast::<*const c_char>().cast_const() }
}

/// Before main: reads the run, finds every real function, hides our variables, and says hello.
#[cfg(not(test))]
#[ctor::ctor(unsafe)]
fn constructor() {
    let run = run();
    for hook in crate::hooks::all() {
        hook.real.settle();
    }
    // SAFETY: forgets the functions that this libc lacks.
    unsafe { libc::dlerror() };
    prepare_unwinder();
    let Some(run) = run else {
        return;
    };
    // A panic here becomes a refusal; a message would be the guest's output.
    std::panic::set_hook(Box::new(|_| {}));
    crate::hooks::test_name::read_environment();
    // SAFETY: before main, where nobody else changes the environment.
    unsafe { hidden::hide() };
    shared::hello(run.start);
    // SAFETY: the handler only writes into shared memory.
    unsafe { libc::pthread_atfork(None, None, Some(after_fork)) };
}

/// Has our unwinder fill its table of registers. It does so when it begins to unwind, but a cancelled
/// thread is unwound by the guest's, which only stops at our frames: with the table empty, ours aborts.
#[cfg(not(test))]
fn prepare_unwinder() {
    type Step = extern "C" fn(*mut c_void, *mut c_void) -> c_int;
    unsafe extern "C" {
        fn _Unwind_Backtrace(step: Step, argument: *mut c_void) -> c_int;
    }
    extern "C" fn stop(_frame: *mut c_void, _argument: *mut c_void) -> c_int {
        5 // _URC_END_OF_STACK
    }
    // SAFETY: the step looks at nothing and ends the walk at its first frame.
    unsafe { _Unwind_Backtrace(stop, core::ptr::null_mut()) };
}

#[cfg(not(test))]
unsafe extern "C" fn after_fork() {
    crate::hooks::after_fork();
    crate::published::after_fork();
    crate::known::after_fork();
    crate::thread::after_fork();
    shared::hello(0);
}
