//! What keeps a started program within the run: `LD_PRELOAD` with this library first and the
//! user's own behind it, and the run's variable; and what tells a stand-in its part.
//!
//! Both are hidden from the guest, so each start puts them into the environment that it was given,
//! however that was swapped, cleared or made anew.
#![expect(unsafe_code, reason = "builds an environment in C's form")]

use core::ffi::{CStr, c_char};
use core::ptr::null;

use bigfoot_ipc::{RUN_VARIABLE, STAND_IN_VARIABLE};

use crate::scratch::Pages;
use crate::{cabi, start};

/// Entries and bytes of an environment that fit on the stack. A larger one takes pages, which a
/// vfork(2) child leaves behind in its parent.
const ENTRIES: usize = 256;
pub(crate) const TEXT_BYTES: usize = 1024;

/// The start of a program, as the controller numbered it.
#[derive(Clone, Copy)]
pub(crate) struct Start {
    /// Its number.
    pub(crate) number: u64,
    /// Whether our library can be loaded into it.
    pub(crate) arm: bool,
    /// What a stand-in plays in its place.
    pub(crate) part: Option<Part>,
}

/// The part of a stand-in.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    /// What it says when it asks.
    pub(crate) number: u64,
    /// Whether it reads its standard input before.
    pub(crate) reads: bool,
}

/// Entries of ours at the most, and the null pointer.
const OURS: usize = 4;

/// Calls `act` with the environment that the program gets. None if there is no memory for it.
///
/// # Safety
///
/// `entries` is null or an environment in C's form.
pub(crate) unsafe fn with<R>(
    entries: *const *const c_char,
    start: Start,
    act: impl FnOnce(*const *const c_char) -> R,
) -> Option<R> {
    // SAFETY: this function's contract.
    let (count, user) = unsafe { survey(entries) };
    let text = user.map_or(0, <[u8]>::len) + TEXT_BYTES;
    if count + OURS <= ENTRIES && text <= 2 * TEXT_BYTES {
        let mut array = [null(); ENTRIES];
        let mut space = [0; 2 * TEXT_BYTES];
        // SAFETY: this function's contract.
        unsafe { fill(entries, start, user, &mut array, &mut space) }?;
        return Some(act(array.as_ptr()));
    }
    let mut array = Pages::of((count + OURS) * size_of::<*const c_char>())?;
    let mut space = Pages::of(text)?;
    // SAFETY: pages are aligned for pointers, and zeroes are null pointers.
    let (_, array, _) = unsafe { array.bytes().align_to_mut::<*const c_char>() };
    // SAFETY: this function's contract.
    unsafe { fill(entries, start, user, array, space.bytes()) }?;
    Some(act(array.as_ptr()))
}

/// How many entries there are, and the user's own LD_PRELOAD.
///
/// # Safety
///
/// As for [`with`].
unsafe fn survey<'a>(entries: *const *const c_char) -> (usize, Option<&'a [u8]>) {
    let (mut count, mut user) = (0, None);
    // SAFETY: this function's contract.
    unsafe {
        cabi::each(entries, |entry| {
            count += 1;
            user = user.or_else(|| user_preload(entry));
        });
    }
    (count, user)
}

/// The user's part of an LD_PRELOAD entry.
fn user_preload(entry: &CStr) -> Option<&[u8]> {
    let value = entry.to_bytes().strip_prefix(b"LD_PRELOAD=")?;
    let ours = start::preload_entry()?.strip_prefix(b"LD_PRELOAD=")?;
    match value.strip_prefix(ours) {
        Some([]) => None,
        Some([b':' | b' ', user @ ..]) => Some(user),
        _ => (!value.is_empty()).then_some(value),
    }
}

/// # Safety
///
/// As for [`with`]; `array` is all null pointers, [`OURS`] longer than the environment.
unsafe fn fill(
    entries: *const *const c_char,
    start: Start,
    user: Option<&[u8]>,
    array: &mut [*const c_char],
    space: &mut [u8],
) -> Option<()> {
    let mut places = array.iter_mut();
    let (preload, space) = preload_text(start.arm, user, space)?;
    if let Some(preload) = preload {
        *places.next()? = preload;
    }
    let (run, space) = run_text(start.number, space)?;
    *places.next()? = run;
    if let Some(part) = start.part {
        *places.next()? = part_text(part, space)?;
    }
    // SAFETY: this function's contract.
    unsafe {
        cabi::each(entries, |entry| {
            if is_ours(entry) {
                return;
            }
            if let Some(place) = places.next() {
                *place = entry.as_ptr();
            }
        });
    }
    Some(())
}

fn is_ours(entry: &CStr) -> bool {
    let entry = entry.to_bytes();
    let is =
        |name: &str| entry.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="));
    is("LD_PRELOAD") || is(RUN_VARIABLE) || is(STAND_IN_VARIABLE)
}

/// `LD_PRELOAD=` ours, then the user's; and the space behind it.
pub(crate) fn preload_text<'a>(
    arm: bool,
    user: Option<&[u8]>,
    space: &'a mut [u8],
) -> Option<(Option<*const c_char>, &'a mut [u8])> {
    let ours: &[u8] = if arm { start::preload_entry()? } else { b"LD_PRELOAD=" };
    let between: &[u8] = if arm && user.is_some() { b":" } else { b"" };
    if !arm && user.is_none() {
        return Some((None, space));
    }
    let (text, rest) = concat(space, &[ours, between, user.unwrap_or_default(), b"\0"])?;
    Some((Some(text.as_ptr().cast()), rest))
}

/// The run's variable, with the number of this start; and the space behind it.
pub(crate) fn run_text(number: u64, space: &mut [u8]) -> Option<(*const c_char, &mut [u8])> {
    let (directory, off) = start::directory()?;
    let mut digits = [0; 20];
    let digits = decimal(number, &mut digits);
    let off: &[u8] = if off { b",off\0" } else { b"\0" };
    let parts = [RUN_VARIABLE.as_bytes(), b"=", directory, b",", digits, off];
    let (text, rest) = concat(space, &parts)?;
    Some((text.as_ptr().cast(), rest))
}

/// The variable of a stand-in.
fn part_text(part: Part, space: &mut [u8]) -> Option<*const c_char> {
    let mut digits = [0; 20];
    let digits = decimal(part.number, &mut digits);
    let reads: &[u8] = if part.reads { b",r\0" } else { b"\0" };
    let (text, _) = concat(space, &[STAND_IN_VARIABLE.as_bytes(), b"=", digits, reads])?;
    Some(text.as_ptr().cast())
}

/// What has a shell become a stand-in: a command line in C's form.
pub(crate) fn part_command<'a>(
    part: Part,
    stand_in: &CStr,
    space: &'a mut [u8],
) -> Option<&'a CStr> {
    let stand_in = stand_in.to_bytes();
    if stand_in.contains(&b'\'') {
        return None; // it could not be quoted
    }
    let mut digits = [0; 20];
    let digits = decimal(part.number, &mut digits);
    let reads: &[u8] = if part.reads { b",r" } else { b"" };
    let variable = STAND_IN_VARIABLE.as_bytes();
    let parts = [variable, b"=", digits, reads, b" exec '", stand_in, b"'\0"];
    let (text, _) = concat(space, &parts)?;
    CStr::from_bytes_with_nul(text).ok()
}

pub(crate) fn concat<'a>(space: &'a mut [u8], parts: &[&[u8]]) -> Option<(&'a [u8], &'a mut [u8])> {
    let length = parts.iter().map(|part| part.len()).sum();
    let (text, rest) = space.split_at_mut_checked(length)?;
    let mut at = 0;
    for part in parts {
        text.get_mut(at..at + part.len())?.copy_from_slice(part);
        at += part.len();
    }
    Some((text, rest))
}

fn decimal(number: u64, space: &mut [u8; 20]) -> &[u8] {
    let mut left = number;
    let mut used = 0;
    for place in space.iter_mut().rev() {
        *place = b'0' + (left % 10) as u8;
        left /= 10;
        used += 1;
        if left == 0 {
            break;
        }
    }
    space.get(20 - used..).unwrap_or_default()
}
