//! Memory for one question: some of the stack, or pages of the kernel's where that is too little.
#![expect(unsafe_code, reason = "pages of our own, mapped and unmapped")]

use core::ptr::{NonNull, null_mut};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Pages that are given back when this is dropped.
pub(crate) struct Pages {
    start: NonNull<u8>,
    bytes: usize,
}

impl Pages {
    /// Zeroed memory of this size, or None where the kernel gives none. Pages that are never
    /// touched cost nothing.
    pub(crate) fn of(bytes: usize) -> Option<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: an anonymous mapping at an address of the kernel's choice.
        let start =
            unsafe { mmap_anonymous(null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, flags) };
        Some(Self { start: NonNull::new(start.ok()?.cast())?, bytes })
    }

    /// The bytes.
    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: `of` mapped so many bytes here, and nobody else knows of them.
        unsafe { core::slice::from_raw_parts_mut(self.start.as_ptr(), self.bytes) }
    }
}

impl Pages {
    /// The bytes, never given back.
    pub(crate) fn kept(mut self) -> &'static mut [u8] {
        // SAFETY: mapped for as long as the process lives, since `drop` does not run.
        let bytes: &'static mut [u8] = unsafe { &mut *core::ptr::from_mut(self.bytes()) };
        core::mem::forget(self);
        bytes
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: mapped by `of`; the borrow of `bytes` has ended.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}
