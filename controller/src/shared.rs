//! The memory shared with guests: the policy, written; the ring of hellos, read.
//!
//! Every byte of the ring is a guest's, and is taken for no more than a guest's word.
#![expect(unsafe_code, reason = "files of the run's own, mapped")]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::Ordering;

use bigfoot_ipc::page::{HELLO_SLOTS, Hellos, MAGIC, Policy};
use bigfoot_ipc::{HELLOS, POLICY};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A file mapped as one structure of atomics.
#[derive(Debug)]
struct Mapped<T> {
    start: NonNull<T>,
}

// SAFETY: the structures are atomics throughout.
unsafe impl<T> Send for Mapped<T> {}

impl<T> Mapped<T> {
    fn new(path: &Path, mode: u32) -> io::Result<Self> {
        let file = create(path, mode)?;
        file.set_len(size_of::<T>() as u64)?;
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a mapping at an address of the kernel's choice, of a file of this length.
        let start =
            unsafe { mmap(null_mut(), size_of::<T>(), protection, MapFlags::SHARED, &file, 0) }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start })
    }

    fn get(&self) -> &T {
        // SAFETY: mapped whole by `new`, zeroed, and every field an atomic.
        unsafe { self.start.as_ref() }
    }
}

impl<T> Drop for Mapped<T> {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`; borrows of `get` have ended.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), size_of::<T>()) };
    }
}

/// A new file that the guests may use, whatever user they become.
fn create(path: &Path, mode: u32) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(mode))?; // whatever the umask
    Ok(file)
}

/// A guest's hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello {
    /// The process.
    pub process: u32,
    /// Its parent.
    pub parent: u32,
    /// The program start that its environment named; zero for a fork.
    pub start: u64,
}

/// Both pages of a run.
#[derive(Debug)]
pub struct Shared {
    policy: Mapped<Policy>,
    hellos: Mapped<Hellos>,
    seen: u64,
}

impl Shared {
    /// Makes the files in the run's directory.
    ///
    /// # Errors
    ///
    /// The directory cannot be written, or there is no memory.
    pub fn new(directory: &Path) -> io::Result<Self> {
        let policy = Mapped::<Policy>::new(&directory.join(POLICY), 0o644)?;
        let hellos = Mapped::<Hellos>::new(&directory.join(HELLOS), 0o666)?;
        policy.get().magic.store(MAGIC, Ordering::Relaxed);
        hellos.get().magic.store(MAGIC, Ordering::Relaxed);
        Ok(Self { policy, hellos, seen: 0 })
    }

    /// Says which calls are asked about: bits of [`bigfoot_ipc::page::ask`].
    pub fn ask(&self, bits: u32) {
        self.policy.get().ask.store(bits, Ordering::Release);
    }

    /// Hellos since the last time, in order, and how many were lost in between.
    pub fn hellos(&mut self) -> (Vec<Hello>, u64) {
        let ring = self.hellos.get();
        let claimed = ring.claimed.load(Ordering::Acquire);
        let slots = HELLO_SLOTS as u64;
        if claimed < self.seen || claimed - self.seen > u64::MAX / 2 {
            return (Vec::new(), 0); // a guest wrote nonsense here
        }
        let lost = (claimed - self.seen).saturating_sub(slots);
        self.seen += lost;
        let mut found = Vec::new();
        while self.seen < claimed {
            let slot = &ring.slots[(self.seen % slots) as usize];
            if slot.sequence.load(Ordering::Acquire) != self.seen + 1 {
                break; // claimed but not written yet: the next time
            }
            let process = slot.process.load(Ordering::Relaxed);
            found.push(Hello {
                process: process as u32,
                parent: (process >> 32) as u32,
                start: slot.start.load(Ordering::Relaxed),
            });
            self.seen += 1;
        }
        (found, lost)
    }
}
