//! System calls made from this library's own text, by which the kernel backstop's filter knows them
//! as decided: it lets through what comes from `page::GATE_BASE`.
//!
//! In a run with a backstop, libc's own function of a watched call is not called: [`call`] and
//! [`wait`] make the system call in its place, as libc does. What else the library asks of the kernel
//! is inlined into its text by rustix. A library that lies elsewhere says of each such call that it is
//! its own ([`Inside::Own`]), which costs a notification.
//!
//! libc's own text still makes these watched calls for a hook:
//!
//! | hook | system calls | known as decided by |
//! |---|---|---|
//! | getaddrinfo, gethostby\*, getnameinfo, res_\* | connect, sendto, sendmmsg; openat | the thread's word, `Inside::Lookup` |
//! | getaddrinfo_a that waits | none: it is made of getaddrinfo's | |
//! | getaddrinfo_a that does not | the same, in threads of libc's own | nothing: they are asked about once more |
//! | fopen, freopen, opendir, scandir, mkst\*, ftw, fts_open | openat | the thread's word, `Inside::Open` |
//! | fts_read, ftw below the first directory | openat | ftw as above; fts_read by nothing |
//! | execvp, execvpe, execlp | execve, once for each folder of PATH | the start's number in the environment |
//! | posix_spawn, pidfd_spawn, system, popen, wordexp | execve, in the child | the same |
//! | posix_spawn's file actions | openat, in the child | nothing: what is opened for a program is asked about |
//! | dlopen, dlmopen, and the loader at each start | openat | nothing |
//! | syscall(2), of numbers that no hook stands for | any | nothing: libc's own function makes them |
#![expect(unsafe_code, reason = "system calls with a guest's own arguments")]

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicU32, Ordering};

use bigfoot_ipc::page::{GATE_BASE, GATE_BYTES, Inside};

use crate::cabi;
use crate::inside::Stay;

/// What the backstop of this run watches: bits of `page::watch`.
#[unsafe(link_section = ".data.start")] // crate::start says why
static WATCHED: AtomicU32 = AtomicU32::new(0);

/// Beside those bits: the backstop watches, and the library does not lie where it looks for it. Loaders
/// before glibc 2.36 choose another place, and so does any whose place is taken.
pub(crate) const ELSEWHERE: u32 = 1 << 31;

/// Takes note of what the backstop of this run watches.
pub(crate) fn watch(bits: u32) {
    let text = (watch as *const c_void).addr() as u64;
    let is_home = (GATE_BASE..GATE_BASE + GATE_BYTES).contains(&text);
    let elsewhere = if bits == 0 || is_home { 0 } else { ELSEWHERE };
    WATCHED.store(bits | elsewhere, Ordering::Relaxed);
}

/// Whether the backstop watches any of these: bits of `page::watch`, or [`ELSEWHERE`].
#[inline(always)]
pub(crate) fn watches(bits: u32) -> bool {
    WATCHED.load(Ordering::Relaxed) & bits != 0
}

/// A system call that is no cancellation point (pthreads(7)).
///
/// # Safety
///
/// As for the system call of this number.
pub(crate) unsafe fn call<R: Returned>(number: i64, [a, b, c, d, e, f]: [usize; 6]) -> R {
    // SAFETY: this function's contract.
    R::returned(unsafe { enter(number, a, b, c, d, e, f) })
}

/// Whether the kernel can read the word that this byte is part of: it reads a mask of signals there,
/// and then refuses what is to be done with it (rt_sigprocmask(2)).
pub(crate) fn can_read(at: *const c_void) -> bool {
    const NOTHING: usize = 0x7fff; // neither SIG_BLOCK nor another
    let (word, bytes) = (at as usize & !7, 8);
    if word == 0 {
        return false; // no mask, to the kernel; and no object of a guest's
    }
    // SAFETY: the kernel judges the address, and changes nothing.
    let result = unsafe { enter(libc::SYS_rt_sigprocmask, NOTHING, word, 0, bytes, 0, 0) };
    result != -(libc::EFAULT as isize)
}

/// A system call that is a cancellation point.
///
/// # Safety
///
/// As for the system call of this number.
pub(crate) unsafe fn wait<R: Returned>(number: i64, [a, b, c, d, e, f]: [usize; 6]) -> R {
    let own = Stay::enter(Inside::Own);
    // SAFETY: this function's contract.
    let result = unsafe { enter_cancellable(number, a, b, c, d, e, f) };
    drop(own);
    R::returned(result)
}

/// The psABI's system call: number in rax, the fourth argument in r10 rather than rcx.
///
/// # Safety
///
/// As for the system call of this number.
#[unsafe(naked)]
unsafe extern "C-unwind" fn enter(
    number: i64,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> isize {
    core::arch::naked_asm!(
        ".cfi_startproc",
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rdx, rcx",
        "mov r10, r8",
        "mov r8, r9",
        "mov r9, qword ptr [rsp + 8]",
        "syscall",
        "ret",
        ".cfi_endproc",
    )
}

unsafe extern "C-unwind" {
    fn pthread_setcanceltype(to: c_int, from: *mut c_int) -> c_int;
}

/// The same, in which the thread may be cancelled at any moment, as libc does it: a request that is
/// there already is heeded before the call, and where cancellation is disabled, it stays so. Naked,
/// since no frame of Rust's may be unwound from between two calls; and past the linkage table, which
/// has no unwind tables.
///
/// # Safety
///
/// As for the system call of this number.
#[unsafe(naked)]
unsafe extern "C-unwind" fn enter_cancellable(
    number: i64,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> isize {
    core::arch::naked_asm!(
        ".cfi_startproc",
        "push rbx",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbx, 0",
        "sub rsp, 64",
        ".cfi_adjust_cfa_offset 64",
        "mov qword ptr [rsp], rdi",
        "mov qword ptr [rsp + 8], rsi",
        "mov qword ptr [rsp + 16], rdx",
        "mov qword ptr [rsp + 24], rcx",
        "mov qword ptr [rsp + 32], r8",
        "mov qword ptr [rsp + 40], r9",
        "mov edi, {asynchronous}",
        "lea rsi, [rsp + 48]",
        "call qword ptr [rip + {set}@GOTPCREL]",
        "mov rax, qword ptr [rsp]",
        "mov rdi, qword ptr [rsp + 8]",
        "mov rsi, qword ptr [rsp + 16]",
        "mov rdx, qword ptr [rsp + 24]",
        "mov r10, qword ptr [rsp + 32]",
        "mov r8, qword ptr [rsp + 40]",
        "mov r9, qword ptr [rsp + 80]",
        "syscall",
        "mov rbx, rax",
        "mov edi, dword ptr [rsp + 48]",
        "lea rsi, [rsp + 48]",
        "call qword ptr [rip + {set}@GOTPCREL]",
        "mov rax, rbx",
        "add rsp, 64",
        ".cfi_adjust_cfa_offset -64",
        "pop rbx",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_restore rbx",
        "ret",
        ".cfi_endproc",
        asynchronous = const 1, // PTHREAD_CANCEL_ASYNCHRONOUS
        set = sym pthread_setcanceltype,
    )
}

/// What a libc function returns.
pub(crate) trait Returned {
    /// From what the kernel returned; sets errno where that is an error number.
    fn returned(result: isize) -> Self;
}

/// Largest error number that the kernel returns, as its negative.
const ERRORS: isize = -4095;

fn or_errno(result: isize) -> isize {
    if !(ERRORS..0).contains(&result) {
        return result;
    }
    cabi::set_errno(-result as c_int);
    -1
}

impl Returned for isize {
    fn returned(result: isize) -> Self {
        or_errno(result)
    }
}

impl Returned for c_int {
    fn returned(result: isize) -> Self {
        or_errno(result) as Self
    }
}

/// An argument in a register.
pub(crate) trait Word {
    /// The register's value.
    fn word(self) -> usize;
}

impl Word for c_int {
    fn word(self) -> usize {
        self as isize as usize
    }
}

impl Word for u32 {
    fn word(self) -> usize {
        self as usize
    }
}

impl Word for usize {
    fn word(self) -> usize {
        self
    }
}

impl<T> Word for *const T {
    fn word(self) -> usize {
        self.addr()
    }
}

impl<T> Word for *mut T {
    fn word(self) -> usize {
        self.addr()
    }
}

/// Up to six arguments, as registers hold them.
macro_rules! registers {
    ($($word:expr),*) => {{
        let words = [$($crate::gate::Word::word($word)),*];
        let mut registers = [0; 6];
        for (register, word) in registers.iter_mut().zip(words) {
            *register = word;
        }
        registers
    }};
}
