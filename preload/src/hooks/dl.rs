//! `dlopen(3)`, `dlmopen(3)`, `dlsym(3)`.
//!
//! The loader looks at who calls these (its RUNPATH, the object behind RTLD_NEXT), so a hook decides
//! and then jumps: libc's function sees the guest's own return address.

use core::ffi::{CStr, c_char, c_int, c_long, c_void};

use bigfoot_ipc::guest::{Call, Verdict};
use bigfoot_ipc::page::ask;

use crate::hook::{Real, fenced, search};
use crate::symbols::{self, Found};
use crate::{cabi, controller, shared};

static DLOPEN: Real = Real::new();
static DLMOPEN: Real = Real::new();

/// Defines a function that asks `$target`, with its own arguments, for an address and jumps there.
/// The three arguments that these functions have at most, and the alignment of the stack, are kept.
#[cfg(not(test))]
macro_rules! jump {
    ($name:ident by $target:ident) => {
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name() {
            core::arch::naked_asm!(
                ".cfi_startproc",
                "push rdi",
                ".cfi_adjust_cfa_offset 8",
                "push rsi",
                ".cfi_adjust_cfa_offset 8",
                "push rdx",
                ".cfi_adjust_cfa_offset 8",
                "call {target}",
                "pop rdx",
                ".cfi_adjust_cfa_offset -8",
                "pop rsi",
                ".cfi_adjust_cfa_offset -8",
                "pop rdi",
                ".cfi_adjust_cfa_offset -8",
                "jmp rax",
                ".cfi_endproc",
                target = sym $target,
            )
        }
    };
}

#[cfg(not(test))]
jump!(dlopen by dlopen_target);
#[cfg(not(test))]
jump!(dlmopen by dlmopen_target);
#[cfg(not(test))]
jump!(dlsym by dlsym_target);

/// # Safety
///
/// As for dlopen(3).
unsafe extern "C" fn dlopen_target(path: *const c_char, _flags: c_int) -> *const c_void {
    // SAFETY: this function's contract.
    if unsafe { allowed(path) } {
        DLOPEN.find("dlopen\0", 0).unwrap_or_default()
    } else {
        refused_open as *const c_void
    }
}

/// # Safety
///
/// As for dlmopen(3).
unsafe extern "C" fn dlmopen_target(
    _space: c_long,
    path: *const c_char,
    _flags: c_int,
) -> *const c_void {
    // SAFETY: this function's contract.
    if unsafe { allowed(path) } {
        DLMOPEN.find("dlmopen\0", 0).unwrap_or_default()
    } else {
        refused_mopen as *const c_void
    }
}

/// # Safety
///
/// `path` is null or a C string.
unsafe fn allowed(path: *const c_char) -> bool {
    if !shared::asks(ask::LIBRARIES) {
        return true;
    }
    // SAFETY: this function's contract.
    let Some(library) = (unsafe { cabi::text(path) }) else {
        return true; // the program itself
    };
    matches!(fenced(|| controller::decide(Call::Load { library })), Some(Verdict::Allow))
}

/// A path at which nothing is, so that dlerror(3) has something to say.
const REFUSED: &CStr = c"/refused-by-bigfoot";

type Open = unsafe extern "C" fn(*const c_char, c_int) -> *mut c_void;
type OpenIn = unsafe extern "C" fn(c_long, *const c_char, c_int) -> *mut c_void;

extern "C" fn refused_open(_path: *const c_char, flags: c_int) -> *mut c_void {
    let Some(real) = DLOPEN.find("dlopen\0", 0) else {
        return core::ptr::null_mut();
    };
    // SAFETY: dlopen(3) has this type.
    let real: Open = unsafe { core::mem::transmute(real) };
    // SAFETY: a C string.
    unsafe { real(REFUSED.as_ptr(), flags) }
}

extern "C" fn refused_mopen(space: c_long, _path: *const c_char, flags: c_int) -> *mut c_void {
    let Some(real) = DLMOPEN.find("dlmopen\0", 0) else {
        return core::ptr::null_mut();
    };
    // SAFETY: dlmopen(3) has this type.
    let real: OpenIn = unsafe { core::mem::transmute(real) };
    // SAFETY: a C string.
    unsafe { real(space, REFUSED.as_ptr(), flags) }
}

/// Where a look-up of a symbol goes. Who asks libc's own handle for a function that we hook is given
/// ours, so that a foreign-function interface passes through the same hooks.
extern "C" fn dlsym_target(handle: *mut c_void, _name: *const c_char) -> *const c_void {
    if handle == libc::RTLD_NEXT || handle == libc::RTLD_DEFAULT {
        return search().unwrap_or_default();
    }
    named as *const c_void
}

type Search = unsafe extern "C" fn(*mut c_void, *const c_char) -> *mut c_void;

/// # Safety
///
/// As for dlsym(3), with a handle of dlopen(3)'s.
unsafe extern "C" fn named(handle: *mut c_void, name: *const c_char) -> *mut c_void {
    let Some(real) = search() else {
        return core::ptr::null_mut();
    };
    // SAFETY: dlsym(3) has this type.
    let real: Search = unsafe { core::mem::transmute(real) };
    // SAFETY: this function's contract.
    let found = unsafe { real(handle, name) };
    if found.is_null() {
        return found;
    }
    // SAFETY: likewise: what was found has a name.
    ours(unsafe { CStr::from_ptr(name) }, found).unwrap_or(found)
}

/// The hook of this name, if libc's own function of this name is what was found.
fn ours(name: &CStr, found: *mut c_void) -> Option<*mut c_void> {
    let Found::At(hook) = symbols::ours(name) else {
        return None;
    };
    let is_real = match symbols::next(name) {
        Found::At(real) => real == found,
        Found::Nowhere => false, // dlsym(3) is not asked in vain: dlerror(3) would say so
        Found::Unclear => crate::hook::next(name) == found,
    };
    is_real.then_some(hook)
}
