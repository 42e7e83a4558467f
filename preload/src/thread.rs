//! A few words a thread: whose lineage it is of, and whether it stands inside a name look-up, or any
//! call that the kernel backstop knows of.
//!
//! `thread_local!` would go through `__tls_get_addr`, which may allocate after a guest has loaded
//! libraries of its own. The word here is in the initial block that every thread has from its start.
#![expect(unsafe_code, reason = "the thread's own word has no other way to it")]

use core::arch::{asm, global_asm};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use bigfoot_ipc::guest::Registers;
use bigfoot_ipc::page::Inside;

use crate::inside::Stay;

global_asm!(
    ".pushsection .tbss.bigfoot_thread,\"awT\",@nobits",
    ".globl bigfoot_thread",
    ".hidden bigfoot_thread",
    ".balign 8",
    ".type bigfoot_thread,@object",
    ".size bigfoot_thread,24",
    "bigfoot_thread:",
    ".zero 24",
    ".popsection",
);

/// The thread's own words. Signal handlers share them, hence the atomics.
struct Words {
    /// Stack pointer of the outermost name look-up, or zero.
    lookup: AtomicUsize,
    /// Thread at the top of the lineage, or zero where that is the thread itself.
    lineage: AtomicU32,
    /// The thread's own number, or zero where nobody has asked for it yet.
    number: AtomicU32,
    /// Stack pointer of the innermost call that the backstop was told of, or zero.
    entered: AtomicUsize,
}

fn words() -> &'static Words {
    let at: *const Words;
    // SAFETY: the initial-exec access of the psABI: thread pointer plus the offset in the GOT.
    unsafe {
        asm!(
            "mov {at}, qword ptr fs:[0]",
            "add {at}, qword ptr [rip + bigfoot_thread@GOTTPOFF]",
            at = out(reg) at,
            options(nostack, pure, readonly),
        );
    }
    // SAFETY: 24 zeroed, aligned bytes that live as long as the thread that asks.
    unsafe { &*at }
}

/// The thread's number (gettid(2)).
pub(crate) fn id() -> u32 {
    rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned()
}

/// The same, by a system call at the first time only. In a child of vfork(2), its parent's.
pub(crate) fn number() -> u32 {
    match words().number.load(Ordering::Relaxed) {
        0 => {
            let number = id();
            words().number.store(number, Ordering::Relaxed);
            number
        }
        known => known,
    }
}

/// The thread at the top of this one's lineage, likewise.
pub(crate) fn lineage_known() -> u32 {
    match words().lineage.load(Ordering::Relaxed) {
        0 => number(),
        known => known,
    }
}

/// In a new process: its thread has another number.
#[cfg(not(test))]
pub(crate) fn after_fork() {
    words().number.store(0, Ordering::Relaxed);
}

/// The thread at the top of this one's lineage.
pub(crate) fn lineage() -> u32 {
    match words().lineage.load(Ordering::Relaxed) {
        0 => id(),
        known => known,
    }
}

/// What a thread that this one creates has as its lineage; zero if it starts one of its own.
///
/// The main thread's children each start one: runners make a thread a test there.
pub(crate) fn lineage_of_child() -> u32 {
    let own = lineage();
    let process = rustix::process::getpid().as_raw_nonzero().get().cast_unsigned();
    if own == process { 0 } else { own }
}

/// Writes this thread's lineage down, so that a process which it forks has it too. The main thread's
/// is none: what it forks begins anew.
#[cfg(not(test))]
pub(crate) fn settle() {
    words().lineage.store(lineage_of_child(), Ordering::Relaxed);
}

/// Tells a new thread its lineage.
pub(crate) fn join(lineage: u32) {
    words().lineage.store(lineage, Ordering::Relaxed);
}

/// Where this thread stands, for the controller to unwind it from outside.
#[inline(always)]
pub(crate) fn registers() -> Registers {
    let (instruction, stack, frame): (u64, u64, u64);
    // SAFETY: reads three registers.
    unsafe {
        asm!(
            "lea {ip}, [rip]",
            "mov {sp}, rsp",
            "mov {fp}, rbp",
            ip = out(reg) instruction,
            sp = out(reg) stack,
            fp = out(reg) frame,
            options(nostack, nomem),
        );
    }
    Registers { instruction, stack, frame }
}

/// Where the innermost call was entered that the backstop was told of ([`Stay`]), or zero.
pub(crate) fn entered() -> usize {
    words().entered.load(Ordering::Relaxed)
}

/// Takes note of where such a call was entered.
pub(crate) fn enter(stack_pointer: usize) {
    words().entered.store(stack_pointer, Ordering::Relaxed);
}

/// As long as this lives, the thread stands inside a look-up that was decided.
pub(crate) struct InLookup {
    outer: usize,
    _stay: Option<Stay>,
}

impl InLookup {
    /// Enters; part of an outer one where there is one.
    pub(crate) fn enter() -> Self {
        let outer = if in_lookup() { words().lookup.load(Ordering::Relaxed) } else { 0 };
        let entered = if outer == 0 { stack_pointer() } else { outer };
        words().lookup.store(entered, Ordering::Relaxed);
        Self { outer, _stay: Stay::enter(Inside::Lookup) }
    }
}

impl Drop for InLookup {
    fn drop(&mut self) {
        words().lookup.store(self.outer, Ordering::Relaxed);
    }
}

/// Whether the thread stands inside a look-up. A look-up that was left by longjmp(3) lies deeper
/// in the stack than its successor, and so does not count.
pub(crate) fn in_lookup() -> bool {
    let entered = words().lookup.load(Ordering::Relaxed);
    entered != 0 && stack_pointer() < entered
}

/// The stack pointer.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let pointer: usize;
    // SAFETY: reads one register.
    unsafe { asm!("mov {sp}, rsp", sp = out(reg) pointer, options(nostack, nomem)) }
    pointer
}
