//! The constructor, and what is known of the run from then on.
//!
//! A hook may be called before any constructor of ours, by a library that starts earlier. So the run
//! is read at the first question, and the constructor only does the rest.
#![expect(unsafe_code, reason = "reads and mends the environment that the loader left")]

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char};
use core::ptr::null;
use core::sync::atomic::{AtomicU8, Ordering};

use bigfoot_ipc::known::{KNOWN, RINGS};
use bigfoot_ipc::{HELLOS, POLICY, RUN_VARIABLE, SOCKET, STAND_IN, STAND_INS, TICKETS};

#[cfg(not(test))]
use crate::hidden;
#[cfg(not(test))]
use crate::thread;
use crate::{cabi, shared, symbols};

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

// `.data.start`, here and elsewhere: what a start writes lies beside what the loader has written, since each
// page that is written first costs as much as some thousand instructions.
#[unsafe(link_section = ".data.start")]
static RUN: Cell = Cell(UnsafeCell::new(Run {
    directory: [0; PATH_BYTES],
    directory_bytes: 0,
    socket: [0; PATH_BYTES],
    preload: [0; PRELOAD_BYTES],
    preload_bytes: 0,
    start: 0,
    off: false,
}));
#[unsafe(link_section = ".data.start")]
static STATE: AtomicU8 = AtomicU8::new(UNREAD);
const UNREAD: u8 = 0;
const READING: u8 = 1;
const NO_RUN: u8 = 2;
const IN_RUN: u8 = 3;

fn run() -> Option<&'static Run> {
    if STATE.load(Ordering::Acquire) == UNREAD {
        begin();
    }
    // SAFETY: written before IN_RUN was stored, and never since.
    (STATE.load(Ordering::Acquire) == IN_RUN).then(|| unsafe { &*RUN.0.get() })
}

#[cold]
fn begin() {
    if STATE.compare_exchange(UNREAD, READING, Ordering::Acquire, Ordering::Acquire).is_ok() {
        // SAFETY: this thread alone moved STATE to READING.
        let found = read(unsafe { &mut *RUN.0.get() }).is_some();
        STATE.store(if found { IN_RUN } else { NO_RUN }, Ordering::Release);
    }
}

/// Whether the run was read, if there is one.
pub(crate) fn is_known() -> bool {
    STATE.load(Ordering::Acquire) > READING
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
    // SAFETY: the zero byte just written; none is before it in a path of the environment's, or in the name.
    Some(unsafe { CStr::from_ptr(space.as_ptr().cast()) })
}

fn own_entry(space: &mut [u8; PRELOAD_BYTES]) -> Option<usize> {
    let (name, path) = (b"LD_PRELOAD=", symbols::path()?);
    space.get_mut(..name.len())?.copy_from_slice(name);
    space.get_mut(name.len()..name.len() + path.len())?.copy_from_slice(path);
    Some(name.len() + path.len())
}

fn number(digits: &[u8]) -> Option<u64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
    let (first, rest) = digits.split_first()?;
    rest.iter()
        .try_fold(digit(first)?, |number, byte| number.checked_mul(10)?.checked_add(digit(byte)?))
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

/// Before main: hides our variables, and says hello.
#[cfg(not(test))]
#[ctor::ctor(unsafe)]
fn constructor() {
    let Some(run) = run() else {
        return;
    };
    crate::hooks::test_name::begin();
    // SAFETY: before main, where nobody else changes the environment.
    unsafe { hidden::hide() };
    shared::hello(run.start);
    // SAFETY: what the handlers need is there in a new process too.
    unsafe { __register_atfork(Some(before_fork), None, Some(after_fork), null()) };
}

#[cfg(not(test))]
type Handler = Option<unsafe extern "C" fn()>;

#[cfg(not(test))]
unsafe extern "C" {
    /// What libc's part of pthread_atfork(3) calls that is linked into each object, with that object's
    /// handle, which says when to forget the handlers: never here.
    fn __register_atfork(
        prepare: Handler,
        parent: Handler,
        child: Handler,
        object: *const core::ffi::c_void,
    ) -> core::ffi::c_int;
}

/// The child is of the lineage of the thread that makes it.
#[cfg(not(test))]
unsafe extern "C" fn before_fork() {
    thread::settle();
}

#[cfg(not(test))]
unsafe extern "C" fn after_fork() {
    crate::hooks::after_fork();
    crate::published::after_fork();
    crate::known::after_fork();
    thread::after_fork();
    shared::hello(0);
}
