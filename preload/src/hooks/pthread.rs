//! `pthread_create(3)`: a thread is of the lineage of the one that made it.
//!
//! What a new thread needs to know waits in one of a few slots, since nothing may be allocated. With
//! all of them taken, a thread starts a lineage of its own: less is known of it, nothing is wrong.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use libc::{pthread_attr_t, pthread_t};

use crate::{start, thread};

type Routine = Option<unsafe extern "C-unwind" fn(*mut c_void) -> *mut c_void>;

hook! {
    unsafe fn pthread_create(
        thread: *mut pthread_t, attributes: *const pthread_attr_t, routine: Routine, argument: *mut c_void,
    ) -> c_int => create;
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
    let lineage = if start::in_a_run() { thread::lineage_of_child() } else { 0 };
    let Some(slot) = slot(lineage, routine, argument) else {
        // SAFETY: the guest's own arguments.
        return unsafe { real!(pthread_create)(thread, attributes, routine, argument) };
    };
    let place = core::ptr::from_ref(slot).cast_mut().cast();
    // SAFETY: the slot is static, and the new thread gives it back.
    let done = unsafe { real!(pthread_create)(thread, attributes, Some(begin), place) };
    if done != 0 {
        slot.taken.store(0, Ordering::Release);
    }
    done
}

fn slot(lineage: u32, routine: Routine, argument: *mut c_void) -> Option<&'static Slot> {
    let routine = routine.filter(|_| lineage != 0)?;
    let free = |slot: &&Slot| {
        slot.taken.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_ok()
    };
    let slot = SLOTS.iter().find(free)?;
    slot.lineage.store(lineage, Ordering::Relaxed);
    slot.routine.store(routine as *mut c_void, Ordering::Relaxed);
    slot.argument.store(argument, Ordering::Relaxed);
    Some(slot)
}

/// # Safety
///
/// `place` is a taken slot.
unsafe extern "C-unwind" fn begin(place: *mut c_void) -> *mut c_void {
    // SAFETY: this function's contract; slots are static.
    let slot = unsafe { &*place.cast::<Slot>() };
    thread::join(slot.lineage.load(Ordering::Relaxed));
    let routine = slot.routine.load(Ordering::Relaxed);
    let argument = slot.argument.load(Ordering::Relaxed);
    slot.taken.store(0, Ordering::Release);
    // SAFETY: the guest's own function, as it was given to pthread_create(3).
    let routine: unsafe extern "C-unwind" fn(*mut c_void) -> *mut c_void =
        unsafe { core::mem::transmute(routine) };
    // SAFETY: the guest's own argument.
    unsafe { routine(argument) }
}
