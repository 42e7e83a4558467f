//! Arguments, environment, standard input and output, and how a process ends.
#![expect(unsafe_code, reason = "libc's calls, and what it started us with")]

use core::ffi::{CStr, c_char, c_int};
use std::ffi::CString;

use bigfoot_ipc::{RUN_VARIABLE, STAND_IN_VARIABLE};

/// What this process was started with.
pub(crate) struct Started {
    arguments: Vec<&'static CStr>,
    environment: Vec<&'static CStr>,
}

impl Started {
    /// # Safety
    ///
    /// Both are vectors of C strings that live as long as the process, each ended by a null pointer.
    pub(crate) unsafe fn new(argv: *const *const c_char, envp: *const *const c_char) -> Self {
        // SAFETY: this function's contract.
        unsafe { Self { arguments: strings(argv), environment: strings(envp) } }
    }

    /// The program's name without its folder.
    pub(crate) fn name(&self) -> String {
        let name = self.arguments.first().map_or(&b""[..], |name| name.to_bytes());
        let name = name.rsplit(|byte| *byte == b'/').next().unwrap_or(name);
        String::from_utf8_lossy(name).into_owned()
    }

    /// Takes the name of the program that it stands in for (prctl(2)).
    pub(crate) fn take_name(&self) {
        let mut name = self.name().into_bytes();
        name.push(0);
        // SAFETY: ends in a zero byte; the kernel takes the first 15 bytes.
        unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
    }

    /// The value of a variable.
    pub(crate) fn variable(&self, name: &[u8]) -> Option<&'static [u8]> {
        self.environment.iter().find_map(|entry| value(entry, name))
    }

    /// The arguments, each ended by a zero byte.
    pub(crate) fn arguments(&self) -> Vec<u8> {
        joined(self.arguments.iter())
    }

    /// The environment as the guest gave it, each entry ended by a zero byte.
    pub(crate) fn environment(&self) -> Vec<u8> {
        let ours = [RUN_VARIABLE.as_bytes(), STAND_IN_VARIABLE.as_bytes()];
        let is_ours = |entry: &&&CStr| ours.iter().any(|name| value(entry, name).is_some());
        joined(self.environment.iter().filter(|entry| !is_ours(entry)))
    }

    /// The environment of a program that this process becomes: within the run, under another number.
    /// Our library comes first in LD_PRELOAD, and is taken out where it cannot be loaded.
    fn of_program(&self, start: u64, arm: bool) -> Vec<CString> {
        let entry = |entry: &&CStr| -> Option<Vec<u8>> {
            if value(entry, STAND_IN_VARIABLE.as_bytes()).is_some() {
                return None;
            }
            if let Some(run) = value(entry, RUN_VARIABLE.as_bytes()) {
                let mut parts = run.splitn(3, |byte| *byte == b',');
                let folder = parts.next().unwrap_or_default();
                let off = parts.nth(1).map_or(Vec::new(), |off| [b",", off].concat());
                let number = format!(",{start}").into_bytes();
                return Some([RUN_VARIABLE.as_bytes(), b"=", folder, &number, &off].concat());
            }
            match value(entry, b"LD_PRELOAD") {
                Some(list) if !arm => {
                    let user = behind(list, b':')?;
                    Some([b"LD_PRELOAD=", user].concat())
                }
                _ => Some(entry.to_bytes().to_vec()),
            }
        };
        let entries = self.environment.iter().filter_map(entry);
        entries.filter_map(|entry| CString::new(entry).ok()).collect()
    }
}

/// What stands behind the first of these bytes; None if there is none.
fn behind(bytes: &[u8], first: u8) -> Option<&[u8]> {
    let at = bytes.iter().position(|byte| *byte == first)?;
    bytes.get(at + 1..)
}

fn value<'a>(entry: &'a CStr, name: &[u8]) -> Option<&'a [u8]> {
    entry.to_bytes().strip_prefix(name)?.strip_prefix(b"=")
}

fn joined<'a>(words: impl Iterator<Item = &'a &'static CStr>) -> Vec<u8> {
    words.flat_map(|word| word.to_bytes_with_nul()).copied().collect()
}

/// # Safety
///
/// As for [`Started::new`].
unsafe fn strings(vector: *const *const c_char) -> Vec<&'static CStr> {
    let mut all = Vec::new();
    let mut at = vector;
    while !at.is_null() {
        // SAFETY: the vector ends in a null pointer, which ends this loop.
        let word = unsafe { at.read() };
        if word.is_null() {
            break;
        }
        // SAFETY: every other pointer is a C string's.
        all.push(unsafe { CStr::from_ptr(word) });
        // SAFETY: the null pointer is still ahead.
        at = unsafe { at.add(1) };
    }
    all
}

/// Standard input to its end; None if it has more than `most` bytes, or cannot be read. One that is
/// closed has nothing.
pub(crate) fn input(most: usize) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    let mut space = [0_u8; 64 << 10];
    loop {
        // SAFETY: the space is as long as is said.
        let read = unsafe { libc::read(0, space.as_mut_ptr().cast(), space.len()) };
        match usize::try_from(read) {
            Ok(0) => return Some(all),
            Ok(read) => all.extend_from_slice(space.get(..read)?),
            Err(_) => match errno() {
                libc::EINTR => {}
                libc::EAGAIN => wait_for(0, libc::POLLIN),
                libc::EBADF => return Some(all),
                _ => return None,
            },
        }
        if all.len() > most {
            return None;
        }
    }
}

/// Puts what was read back before standard input, for a program that reads it again.
pub(crate) fn give_back(input: &[u8]) -> Option<()> {
    // SAFETY: a name in C's form; the file is this process's own.
    let file = unsafe { libc::memfd_create(c"stdin".as_ptr(), libc::MFD_CLOEXEC) };
    if file < 0 {
        return None;
    }
    write(file, input);
    // SAFETY: descriptors of this process.
    let moved = unsafe { libc::lseek(file, 0, libc::SEEK_SET) == 0 && libc::dup2(file, 0) == 0 };
    moved.then_some(())
}

/// Becomes a program, in the environment that the guest gave; why it does not.
pub(crate) fn become_program(
    started: &Started,
    program: &[u8],
    start: u64,
    arm: bool,
) -> std::io::Error {
    let Ok(program) = CString::new(program) else {
        return std::io::ErrorKind::InvalidInput.into();
    };
    let environment = started.of_program(start, arm);
    let pointers = |words: &[&CStr]| -> Vec<*const c_char> {
        words.iter().map(|word| word.as_ptr()).chain([core::ptr::null()]).collect()
    };
    let entries: Vec<&CStr> = environment.iter().map(|entry| &**entry).collect();
    let (arguments, entries) = (pointers(&started.arguments), pointers(&entries));
    // SAFETY: C strings, each vector ended by a null pointer.
    unsafe { libc::execve(program.as_ptr(), arguments.as_ptr(), entries.as_ptr()) };
    std::io::Error::last_os_error()
}

/// Writes all of it. What is not taken any more is dropped, as by most programs; SIGPIPE does what the
/// guest left it to do.
pub(crate) fn write(to: c_int, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: so many bytes are there.
        let written = unsafe { libc::write(to, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(written) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(_) => match errno() {
                libc::EINTR => {}
                libc::EAGAIN => wait_for(to, libc::POLLOUT),
                _ => return,
            },
        }
    }
}

/// Waits for a descriptor that the guest made non-blocking.
fn wait_for(descriptor: c_int, events: i16) {
    let mut polled = libc::pollfd { fd: descriptor, events, revents: 0 };
    // SAFETY: one structure of ours.
    unsafe { libc::poll(&raw mut polled, 1, -1) };
}

fn errno() -> c_int {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Ends with this exit code.
pub(crate) fn end(code: u8) -> ! {
    // SAFETY: nothing is left to be done.
    unsafe { libc::_exit(c_int::from(code)) }
}

/// Ends by this signal, without a core file.
pub(crate) fn end_by(signal: u8) -> ! {
    let signal = c_int::from(signal);
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: structures of ours, and a signal to this very process.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        libc::signal(signal, libc::SIG_DFL);
        let mut set: libc::sigset_t = core::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, signal);
        libc::sigprocmask(libc::SIG_UNBLOCK, &raw const set, core::ptr::null_mut());
        libc::kill(libc::getpid(), signal);
    }
    end(128_u8.saturating_add(u8::try_from(signal).unwrap_or(0))) // one that does not end a process
}

/// The number of this thread.
pub(crate) fn thread() -> u32 {
    // SAFETY: no arguments, no failure.
    unsafe { libc::gettid() }.cast_unsigned()
}
