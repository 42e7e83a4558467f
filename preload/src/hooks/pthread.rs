//! `pthread_create(3)`, `thrd_create(3)`: a thread is of the lineage of the one that made it.
//!
//! What a new thread needs to know waits in one of a few slots, since nothing may be allocated. With
//! all of them taken, a thread starts a lineage of its own: less is known of it, nothing is wrong.
//!
//! Runners in Rust name a thread after the test that it runs. Where it matters which tests ran, the
//! controller is told of each thread that the main thread starts, before it is there: until then
//! nobody changes what it is given.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use libc::{pthread_attr_t, pthread_t};

use bigfoot_ipc::guest::Call;
use bigfoot_ipc::page::ask;

use crate::cabi::KeepErrno;
use crate::hook::fenced;
use crate::{controller, shared, start, thread};

type Routine = Option<unsafe extern "C-unwind" fn(*mut c_void) -> *mut c_void>;
/// C11's kind of routine, which returns a number.
type Start = Option<unsafe extern "C-unwind" fn(*mut c_void) -> c_int>;

hook! {
    unsafe fn pthread_create(
        thread: *mut pthread_t, attributes: *const pthread_attr_t, routine: Routine, argument: *mut c_void,
    ) -> c_int => create;
    unsafe fn thrd_create(thread: *mut pthread_t, routine: Start, argument: *mut c_void) -> c_int => create_c11;
}

/// What a new thread takes over.
struct Slot {
    taken: AtomicU32,
    lineage: AtomicU32,
    routine: AtomicPtr<c_void>,
    argument: AtomicPtr<c_void>,
}

static SLOTS: [Slot; 256] = [const {
    Slot {
        taken: AtomicU32::new(0),
        lineage: AtomicU32::new(0),
        routine: AtomicPtr::new(core::ptr::null_mut()),
        argument: AtomicPtr::new(core::ptr::null_mut()),
    }
}; 256];

/// # Safety
///
/// As for pthread_create(3).
unsafe fn create(
    thread: *mut pthread_t,
    attributes: *const pthread_attr_t,
    routine: Routine,
    argument: *mut c_void,
) -> c_int {
    tell(argument);
    let Some(slot) = routine.and_then(|routine| slot(routine as *mut c_void, argument)) else {
        // SAFETY: the guest's own arguments.
        return unsafe { real!(pthread_create)(thread, attributes, routine, argument) };
    };
    // SAFETY: the slot is static, and the new thread gives it back.
    slot.unless_made(unsafe {
        real!(pthread_create)(thread, attributes, Some(begin), slot.place())
    })
}

/// # Safety
///
/// As for thrd_create(3).
unsafe fn create_c11(thread: *mut pthread_t, routine: Start, argument: *mut c_void) -> c_int {
    let Some(slot) = routine.and_then(|routine| slot(routine as *mut c_void, argument)) else {
        // SAFETY: the guest's own arguments.
        return unsafe { real!(thrd_create)(thread, routine, argument) };
    };
    // SAFETY: the slot is static, and the new thread gives it back.
    slot.unless_made(unsafe { real!(thrd_create)(thread, Some(begin_c11), slot.place()) })
}

/// Tells what a thread of the main thread's is given, where that is asked for.
fn tell(argument: *mut c_void) {
    if shared::asks(ask::THREADS) && thread::lineage_of_child() == 0 {
        let _errno = KeepErrno::new();
        let argument = argument.addr() as u64;
        fenced(|| controller::decide(Call::Thread { argument }));
    }
}

fn slot(routine: *mut c_void, argument: *mut c_void) -> Option<&'static Slot> {
    let lineage = if start::in_a_run() { thread::lineage_of_child() } else { 0 };
    if lineage == 0 {
        return None;
    }
    let free = |slot: &&Slot| {
        slot.taken.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
    };
    let slot = SLOTS.iter().find(free)?;
    slot.lineage.store(lineage, Ordering::Relaxed);
    slot.routine.store(routine, Ordering::Relaxed);
    slot.argument.store(argument, Ordering::Relaxed);
    Some(slot)
}

impl Slot {
    /// What the new thread is given as its argument.
    fn place(&'static self) -> *mut c_void {
        core::ptr::from_ref(self).cast_mut().cast()
    }

    /// Gives the slot back if no thread was made; the result of making it.
    fn unless_made(&self, result: c_int) -> c_int {
        if result != 0 {
            self.taken.store(0, Ordering::Release);
        }
        result
    }

    /// Gives the slot back and takes the lineage over; the routine and its argument.
    fn take_over(&self) -> (*mut c_void, *mut c_void) {
        thread::join(self.lineage.load(Ordering::Relaxed));
        let routine = self.routine.load(Ordering::Relaxed);
        let argument = self.argument.load(Ordering::Relaxed);
        self.taken.store(0, Ordering::Release);
        (routine, argument)
    }
}

/// # Safety
///
/// `place` is a taken slot, with a routine of pthread_create(3)'s.
unsafe extern "C-unwind" fn begin(place: *mut c_void) -> *mut c_void {
    // SAFETY: this function's contract; slots are static.
    let (routine, argument) = unsafe { &*place.cast::<Slot>() }.take_over();
    // SAFETY: the guest's own function, as it was given to pthread_create(3).
    let routine: unsafe extern "C-unwind" fn(*mut c_void) -> *mut c_void =
        unsafe { core::mem::transmute(routine) };
    // SAFETY: the guest's own argument.
    unsafe { routine(argument) }
}

/// # Safety
///
/// `place` is a taken slot, with a routine of thrd_create(3)'s.
unsafe extern "C-unwind" fn begin_c11(place: *mut c_void) -> c_int {
    // SAFETY: this function's contract; slots are static.
    let (routine, argument) = unsafe { &*place.cast::<Slot>() }.take_over();
    // SAFETY: the guest's own function, as it was given to thrd_create(3).
    let routine: unsafe extern "C-unwind" fn(*mut c_void) -> c_int =
        unsafe { core::mem::transmute(routine) };
    // SAFETY: the guest's own argument.
    unsafe { routine(argument) }
}
