//! Which decided call a thread stands inside of, told to the kernel backstop: the system calls that
//! libc makes for it come from libc's text, and belong to it.
//!
//! A call that is left by a return, a cancellation or an exception takes its word back. One that is
//! left by longjmp(3) leaves it until the thread enters the next one, or asks about another call, from
//! no deeper in its stack; meanwhile it speaks only for calls from libc's own text. A thread that ends
//! inside leaves it until a process starts under its number, or a thread of this number enters a call.

use core::sync::atomic::{AtomicU64, Ordering};

use bigfoot_ipc::page::{Inside, inside, watch};

use crate::{gate, shared, thread};

/// As long as this lives, the thread stands inside a call that was decided.
pub(crate) struct Stay {
    place: &'static AtomicU64,
    thread: u32,
    /// What the place holds afterwards: the word of the call that this one is part of, or zero.
    before: u64,
    /// Where that one was entered, or zero.
    outer: usize,
}

impl Stay {
    /// Enters. None where no backstop asks for it, and where there is no place: then what libc does
    /// is asked about.
    pub(crate) fn enter(what: Inside) -> Option<Self> {
        let watched = match what {
            Inside::Lookup => watch::CALLS | watch::FILES,
            Inside::Open => watch::FILES,
            Inside::Own => gate::ELSEWHERE,
        };
        if gate::watches(watched) { Self::told(what) } else { None }
    }

    #[cold]
    fn told(what: Inside) -> Option<Self> {
        forget_left();
        let stack_pointer = thread::stack_pointer();
        let outer = thread::entered();
        let thread = thread::id();
        let word = inside(thread, what);
        let (place, before) = match shared::places(thread).find(|place| holds(place, thread)) {
            Some(place) => (place, place.swap(word, Ordering::AcqRel)),
            None => (shared::places(thread).find(|place| change(place, 0, word))?, 0),
        };
        thread::enter(stack_pointer);
        Some(Self { place, thread, before, outer })
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let now = self.place.load(Ordering::Acquire);
        if holds(self.place, self.thread) {
            change(self.place, now, self.before);
        }
        thread::enter(self.outer);
    }
}

fn holds(place: &AtomicU64, thread: u32) -> bool {
    place.load(Ordering::Acquire) as u32 == thread
}

fn change(place: &AtomicU64, from: u64, to: u64) -> bool {
    place.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
}

/// Takes back the word of a call that this thread has left by longjmp(3).
#[inline(always)]
pub(crate) fn forget_left() {
    let entered = thread::entered();
    if entered != 0 && entered <= thread::stack_pointer() {
        take_back();
    }
}

#[cold]
fn take_back() {
    forget(thread::id());
    thread::enter(0);
}

/// Takes back what another has left under this thread's number.
pub(crate) fn forget(thread: u32) {
    for place in shared::places(thread) {
        let word = place.load(Ordering::Acquire);
        if word as u32 == thread {
            change(place, word, 0);
        }
    }
}
