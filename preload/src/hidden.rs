//! The environment as the guest sees it: without the run's variables.
//!
//! The kernel's own block stays as it is. Some programs find what lies behind it (the auxiliary
//! vector) by walking over it, and those that start others by system calls of their own, as Go does,
//! pass it on. libc's `environ` leads to a copy of the pointers; each start of another program puts
//! our variables back ([`crate::environment`]).
#![expect(unsafe_code, reason = "makes and changes an environment in C's form")]

#[cfg(not(test))]
use core::cell::UnsafeCell;
#[cfg(not(test))]
use core::ffi::CStr;
use core::ffi::c_char;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

#[cfg(not(test))]
use bigfoot_ipc::RUN_VARIABLE;

#[cfg(not(test))]
use crate::scratch::Pages;
use crate::{cabi, start};

/// The copy, and how many entries it has.
#[unsafe(link_section = ".data.start")] // crate::start says why
static ENTRIES: AtomicPtr<*mut c_char> = AtomicPtr::new(null_mut());
#[unsafe(link_section = ".data.start")]
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Entries of a copy that needs no memory of its own.
#[cfg(not(test))]
const FEW: usize = 96;

#[cfg(not(test))]
struct Cell(UnsafeCell<[*mut c_char; FEW]>);
// SAFETY: borrowed once, by `hide`, before main.
#[cfg(not(test))]
unsafe impl Sync for Cell {}

#[cfg(not(test))]
#[unsafe(link_section = ".data.start")] // crate::start says why
static COPY: Cell = Cell(UnsafeCell::new([null_mut(); FEW]));

/// Places behind the entries for our variables while they are published, and for the null pointer.
const SPARE: usize = 3;

/// Leads libc's `environ` to a copy without our variables; the user's own LD_PRELOAD stays.
///
/// # Safety
///
/// Nobody else uses the environment meanwhile.
#[cfg(not(test))]
pub(crate) unsafe fn hide() {
    let from = start::environment();
    let (mut count, mut user) = (0, None);
    // SAFETY: the process's own environment.
    unsafe {
        cabi::each(from, |entry| {
            count += 1;
            user = user.or(own_part(entry));
        });
    }
    if user.is_none() && count + SPARE <= FEW {
        // SAFETY: this function's contract: called once.
        return unsafe { fill(from, &mut *COPY.0.get(), &mut []) };
    }
    let text = user.map_or(0, |user| NAME.len() + user.len() + 1);
    let array = (count + SPARE) * size_of::<*const c_char>();
    let Some(pages) = Pages::of(array + text) else {
        return; // seen, but not wrong
    };
    let (array, text) = pages.kept().split_at_mut(array);
    // SAFETY: pages are aligned for pointers, and zeroes are null pointers.
    let (_, array, _) = unsafe { array.align_to_mut::<*mut c_char>() };
    // SAFETY: likewise.
    unsafe { fill(from, array, text) };
}

/// # Safety
///
/// As for [`hide`]; `array` is all null pointers, and longer than the environment.
#[cfg(not(test))]
unsafe fn fill(
    from: *const *const c_char,
    array: &'static mut [*mut c_char],
    text: &'static mut [u8],
) {
    let start = array.as_mut_ptr();
    let (mut places, mut used) = (array.iter_mut(), 0);
    let mut text = Some(text);
    // SAFETY: the process's own environment.
    unsafe {
        cabi::each(from, |entry| {
            let entry = match own_part(entry) {
                Some(user) => text.take().map_or(null_mut(), |text| assignment(text, user)),
                None if is_ours(entry) => null_mut(),
                None => entry.as_ptr().cast_mut(),
            };
            if entry.is_null() {
                return;
            }
            if let Some(place) = places.next() {
                *place = entry;
                used += 1;
            }
        });
        COUNT.store(used, Ordering::Relaxed);
        ENTRIES.store(start, Ordering::Relaxed);
        start::environ = start;
    }
}

#[cfg(not(test))]
const NAME: &[u8] = b"LD_PRELOAD=";

/// Writes `LD_PRELOAD=` and this value, over zeroes.
#[cfg(not(test))]
fn assignment(text: &'static mut [u8], value: &[u8]) -> *mut c_char {
    for (place, byte) in text.iter_mut().zip(NAME.iter().chain(value)) {
        *place = *byte;
    }
    text.as_mut_ptr().cast()
}

/// The user's part of an LD_PRELOAD entry that begins with ours.
#[cfg(not(test))]
fn own_part(entry: &CStr) -> Option<&[u8]> {
    match entry.to_bytes().strip_prefix(start::preload_entry()?)? {
        [b':' | b' ', user @ ..] => Some(user),
        _ => None,
    }
}

#[cfg(not(test))]
fn is_ours(entry: &CStr) -> bool {
    let entry = entry.to_bytes();
    start::preload_entry().is_some_and(|ours| entry == ours)
        || entry.strip_prefix(RUN_VARIABLE.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
}

/// Puts an entry behind the others; false where the guest has an environment of its own making by
/// now. Whoever reads meanwhile meets the entry, or the end before it.
///
/// # Safety
///
/// `entry` is a C string that is never given back.
pub(crate) unsafe fn append(entry: *const c_char) -> bool {
    let entries = ENTRIES.load(Ordering::Relaxed);
    // SAFETY: libc's variable, read as libc's own functions read it.
    if entries.is_null() || unsafe { start::environ } != entries {
        return false;
    }
    let mut count = 0;
    // SAFETY: the process's own environment.
    unsafe { cabi::each(start::environment(), |_| count += 1) };
    if count + 1 >= COUNT.load(Ordering::Relaxed) + SPARE {
        return false;
    }
    // SAFETY: so many places were made, for as long as the process lives, and zeroes lie behind.
    unsafe {
        AtomicPtr::from_ptr(entries.add(count + 1)).store(null_mut(), Ordering::Relaxed);
        AtomicPtr::from_ptr(entries.add(count)).store(entry.cast_mut(), Ordering::Release);
    }
    true
}

/// Takes the last entry away again; false where it is not this one any more.
pub(crate) fn take_back(entry: *const c_char) -> bool {
    let entries = ENTRIES.load(Ordering::Relaxed);
    // SAFETY: libc's variable, read as libc's own functions read it.
    if entries.is_null() || unsafe { start::environ } != entries {
        return false;
    }
    let mut count = 0_usize;
    // SAFETY: the process's own environment.
    unsafe { cabi::each(start::environment(), |_| count += 1) };
    let Some(last) = count.checked_sub(1) else {
        return false;
    };
    // SAFETY: a place of the copy.
    let last = unsafe { AtomicPtr::from_ptr(entries.add(last)) };
    last.compare_exchange(entry.cast_mut(), null_mut(), Ordering::AcqRel, Ordering::Relaxed).is_ok()
}
