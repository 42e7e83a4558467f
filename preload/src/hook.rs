//! The macros `hook!` and `real!`, and the fence.
//!
//! redhook's own macro was too weak: it calls the real function inside `catch_unwind`, which aborts
//! a guest that cancels the thread, and after a panic it calls the real function all the same. Its
//! resolver goes through `dlsym`, which we hook, and panics on a symbol that a libc lacks. Ours
//! keeps its syntax. libc's own functions are found at their first use ([`crate::symbols`]): to find all
//! of them before main would cost a small program a tenth of its start.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use crate::symbols::{self, Found};
use crate::{gate, start};

/// Defines a libc function of ours, and finds libc's own for [`real!`].
///
/// The line holds C at the rim; what it does is in the function behind `=>`. In this crate's unit
/// tests the function is left out, since it would hook the test runner too.
///
/// Behind a comma stands the system call that takes the place of libc's own function where the kernel
/// backstop watches it: `call`, or `wait` for a cancellation point, in [`crate::gate`].
macro_rules! hook {
    ($(
        unsafe fn $name:ident($($argument:ident: $type:ty),* $(,)?) -> $return:ty => $body:ident
        $(, $how:ident $number:ident($($word:expr),*) if $watch:ident $(&& $also:expr)?)?;
    )+) => { $(
        #[cfg(not(test))]
        #[expect(unsafe_code, reason = "the symbol that the loader binds guests to")]
        #[unsafe(no_mangle)]
        unsafe extern "C-unwind" fn $name($($argument: $type),*) -> $return {
            // SAFETY: the guest's own arguments, under the contract of libc's function.
            unsafe { self::$body($($argument),*) }
        }

        #[allow(non_snake_case, clippy::allow_attributes, reason = "libc's names")]
        pub(crate) mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "not every signature needs them")]
            use super::*;

            static REAL: $crate::hook::Real = $crate::hook::Real::new();

            /// The address of libc's own function, where this libc has one.
            #[inline]
            pub(crate) fn find() -> Option<*mut core::ffi::c_void> {
                let watched = 0 $(| bigfoot_ipc::page::watch::$watch)?;
                REAL.find(concat!(stringify!($name), "\0"), watched)
            }

            /// libc's own function; ENOSYS where this libc has none.
            ///
            /// # Safety
            ///
            /// As for the function itself.
            #[expect(unsafe_code, reason = "a call of libc's own function")]
            #[allow(
                dead_code,
                clippy::too_many_arguments,
                clippy::allow_attributes,
                reason = "libc's signatures, of which some go by a sibling"
            )]
            #[inline]
            pub(crate) unsafe fn call($($argument: $type),*) -> $return {
                let real = match REAL.at_hand() {
                    Some(real) => real,
                    None => {
                        $(
                            $crate::start::in_a_run(); // what is watched is known from there on
                            if $crate::gate::watches(bigfoot_ipc::page::watch::$watch) $(&& $also)? {
                                let registers = registers![$($word),*];
                                // SAFETY: this function's contract; libc's function makes this call.
                                return unsafe { $crate::gate::$how(libc::$number, registers) };
                            }
                        )?
                        match find() {
                            Some(real) => real,
                            None => return $crate::hook::Failure::failure(libc::ENOSYS),
                        }
                    }
                };
                type Function = unsafe extern "C-unwind" fn($($type),*) -> $return;
                // SAFETY: libc's function of this name has this type.
                let real = unsafe { core::mem::transmute::<*mut core::ffi::c_void, Function>(real) };
                // SAFETY: this function's contract.
                unsafe { real($($argument),*) }
            }
        }
    )+ };
}

/// libc's own function of this name.
macro_rules! real {
    ($name:ident) => {
        $name::call
    };
}

/// What a function returns when it fails; sets errno.
pub(crate) trait Failure {
    /// The value.
    fn failure(errno: c_int) -> Self;
}

impl Failure for c_int {
    fn failure(errno: c_int) -> Self {
        crate::cabi::set_errno(errno);
        -1
    }
}

impl Failure for isize {
    fn failure(errno: c_int) -> Self {
        crate::cabi::set_errno(errno);
        -1
    }
}

impl Failure for i64 {
    fn failure(errno: c_int) -> Self {
        crate::cabi::set_errno(errno);
        -1
    }
}

impl<T> Failure for *mut T {
    fn failure(errno: c_int) -> Self {
        crate::cabi::set_errno(errno);
        core::ptr::null_mut()
    }
}

/// What is called for libc's own function: null until the first use, and where a system call of ours
/// takes its place.
///
/// Only that: a name beside it would be an address too, which the loader adjusts at each start.
#[repr(transparent)]
pub(crate) struct Real(AtomicPtr<c_void>);

impl Real {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(core::ptr::null_mut()))
    }

    /// The function, where it can be called at once.
    #[inline]
    pub(crate) fn at_hand(&self) -> Option<*mut c_void> {
        let at_hand = self.0.load(Ordering::Relaxed);
        (!at_hand.is_null()).then_some(at_hand)
    }

    /// The function of this name, which ends in a zero byte; None where this libc has none. It is kept at
    /// hand unless the backstop watches one of these calls, bits of `page::watch`.
    #[inline]
    pub(crate) fn find(&self, name: &'static str, watched: u32) -> Option<*mut c_void> {
        self.at_hand().or_else(|| self.search(name, watched))
    }

    #[cold]
    #[inline(never)]
    fn search(&self, name: &'static str, watched: u32) -> Option<*mut c_void> {
        let found = next(CStr::from_bytes_with_nul(name.as_bytes()).ok()?);
        if watched == 0 || (start::is_known() && !gate::watches(watched)) {
            self.0.store(found, Ordering::Relaxed);
        }
        (!found.is_null()).then_some(found)
    }
}

/// The next object's function of this name, or null.
#[expect(unsafe_code, reason = "asks the loader, and calls what it gave")]
pub(crate) fn next(name: &CStr) -> *mut c_void {
    if let Found::At(found) = symbols::next(name) {
        return found;
    }
    type Search = unsafe extern "C" fn(*mut c_void, *const c_char) -> *mut c_void;
    let Some(search) = search() else {
        return core::ptr::null_mut();
    };
    // SAFETY: dlsym(3) has this type.
    let search: Search = unsafe { core::mem::transmute(search) };
    // SAFETY: `name` ends in a zero byte; RTLD_NEXT starts behind this library.
    unsafe { search(libc::RTLD_NEXT, name.as_ptr()) }
}

/// The real dlsym(3). Only dlvsym(3), which we do not hook, can find it.
#[expect(unsafe_code, reason = "asks the loader")]
pub(crate) fn search() -> Option<*mut c_void> {
    static DLSYM: AtomicPtr<c_void> = AtomicPtr::new(core::ptr::null_mut());
    unsafe extern "C" {
        fn dlvsym(handle: *mut c_void, name: *const c_char, version: *const c_char) -> *mut c_void;
    }
    let known = DLSYM.load(Ordering::Relaxed);
    if !known.is_null() {
        return Some(known);
    }
    // The version that this function has had since x86-64 exists; kept by every later libc.
    // SAFETY: both strings end in a zero byte.
    let found = unsafe { dlvsym(libc::RTLD_NEXT, c"dlsym".as_ptr(), c"GLIBC_2.2.5".as_ptr()) };
    DLSYM.store(found, Ordering::Relaxed);
    (!found.is_null()).then_some(found)
}

/// Runs a decision; a panic in it is None, which every caller takes as a refusal.
pub(crate) fn fenced<T>(decision: impl FnOnce() -> T) -> Option<T> {
    if !SILENT.load(Ordering::Relaxed) {
        be_silent();
    }
    std::panic::catch_unwind(core::panic::AssertUnwindSafe(decision)).ok()
}

/// Whether a panic says nothing: its message would be the guest's output.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Has panics say nothing, from the first decision on. Whoever comes while that is done does not wait.
#[cold]
fn be_silent() {
    if !SILENT.swap(true, Ordering::Relaxed) {
        std::panic::set_hook(Box::new(|_| {}));
    }
}
