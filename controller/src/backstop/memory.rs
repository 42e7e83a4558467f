//! The memory of a thread whose call is held up, read from outside (process_vm_readv(2)).
//!
//! What is read may be of any length and any nonsense; each kind of thing has a limit.

use std::collections::HashMap;
use std::io::IoSliceMut;

use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

/// Bytes that are read at once: what is mapped is mapped in pages.
const PAGE_BYTES: u64 = 4096;
/// Most pages that are read for one call.
const PAGES_MAX: usize = 1024;
/// Longest string: a path (limits.h), or one argument of many.
const STRING_BYTES_MAX: usize = 128 << 10;
/// Most strings of a list.
const WORDS_MAX: usize = 64 << 10;

/// A thread's memory.
#[derive(Debug)]
pub struct Memory {
    thread: Pid,
    /// Bytes of a pointer: 8, or 4 in a 32-bit program.
    pointer_bytes: u64,
    pages: HashMap<u64, Vec<u8>>,
}

/// Why it cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It is not there, or longer than any: the kernel could not read it either. Or its thread is gone.
    Nonsense,
    /// Its process lets nobody but root read it (`PR_SET_DUMPABLE`, prctl(2)).
    Private,
}

impl Memory {
    /// That of this thread, which runs a program of the machine's own width or a 32-bit one.
    #[must_use]
    pub fn of(thread: u32, narrow: bool) -> Self {
        Self {
            thread: Pid::from_raw(thread.cast_signed()),
            pointer_bytes: if narrow { 4 } else { 8 },
            pages: HashMap::new(),
        }
    }

    /// Bytes of a pointer.
    #[must_use]
    pub fn pointer_bytes(&self) -> u64 {
        self.pointer_bytes
    }

    /// As many bytes as `count` from an address on.
    ///
    /// # Errors
    ///
    /// Not all of them can be read.
    pub fn bytes(&mut self, address: u64, count: usize) -> Result<Vec<u8>, Unreadable> {
        let mut bytes = Vec::with_capacity(count.min(STRING_BYTES_MAX));
        while bytes.len() < count {
            let at = address.checked_add(bytes.len() as u64).ok_or(Unreadable::Nonsense)?;
            let piece = self.from(at)?;
            let take = piece.len().min(count - bytes.len());
            bytes.extend_from_slice(&piece[..take]);
        }
        Ok(bytes)
    }

    /// A string that ends in a zero byte.
    ///
    /// # Errors
    ///
    /// It cannot be read to its end, or is too long for one.
    pub fn string(&mut self, address: u64) -> Result<Vec<u8>, Unreadable> {
        let mut text = Vec::new();
        while text.len() < STRING_BYTES_MAX {
            let at = address.checked_add(text.len() as u64).ok_or(Unreadable::Nonsense)?;
            let piece = self.from(at)?;
            if let Some(end) = piece.iter().position(|byte| *byte == 0) {
                text.extend_from_slice(&piece[..end]);
                return Ok(text);
            }
            text.extend_from_slice(piece);
        }
        Err(Unreadable::Nonsense)
    }

    /// A number as wide as a pointer.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn pointer(&mut self, address: u64) -> Result<u64, Unreadable> {
        let mut wide = [0; 8];
        let narrow = self.bytes(address, self.pointer_bytes as usize)?;
        wide[..narrow.len()].copy_from_slice(&narrow);
        Ok(u64::from_le_bytes(wide))
    }

    /// Where the strings of a list are that ends in a null pointer, or as many of them as are looked at; none for a
    /// null list (execve(2)).
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn list(&mut self, address: u64) -> Result<Vec<u64>, Unreadable> {
        let mut found = Vec::new();
        if address == 0 {
            return Ok(found);
        }
        while found.len() < WORDS_MAX {
            let offset = found.len() as u64 * self.pointer_bytes;
            match self.pointer(address.checked_add(offset).ok_or(Unreadable::Nonsense)?)? {
                0 => return Ok(found),
                word => found.push(word),
            }
        }
        Ok(found)
    }

    /// What there is from an address to the end of its page: one byte at least.
    fn from(&mut self, address: u64) -> Result<&[u8], Unreadable> {
        let page = address - address % PAGE_BYTES;
        if !self.pages.contains_key(&page) {
            if self.pages.len() >= PAGES_MAX {
                return Err(Unreadable::Nonsense);
            }
            let read = self.read(page)?;
            self.pages.insert(page, read);
        }
        let read = self.pages.get(&page).ok_or(Unreadable::Nonsense)?;
        read.get((address - page) as usize..)
            .filter(|rest| !rest.is_empty())
            .ok_or(Unreadable::Nonsense)
    }

    fn read(&self, page: u64) -> Result<Vec<u8>, Unreadable> {
        let mut bytes = vec![0; PAGE_BYTES as usize];
        let from = RemoteIoVec {
            base: usize::try_from(page).map_err(|_| Unreadable::Nonsense)?,
            len: PAGE_BYTES as usize,
        };
        let read = process_vm_readv(self.thread, &mut [IoSliceMut::new(&mut bytes)], &[from]);
        bytes.truncate(read.map_err(|error| match error {
            Errno::EPERM => Unreadable::Private,
            _ => Unreadable::Nonsense,
        })?);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Memory {
        Memory::of(std::process::id(), false)
    }

    /// Strings, bytes and lists are read as a program has them, over the ends of pages too.
    #[test]
    fn memory_is_read_as_it_is() {
        let long = [vec![b'a'; 10_000], vec![0]].concat();
        let (first, second) = (c"one", c"two");
        let list = [first.as_ptr() as u64, second.as_ptr() as u64, 0];
        let mut memory = own();

        assert_eq!(memory.string(long.as_ptr() as u64).unwrap(), &long[..10_000]);
        assert_eq!(memory.bytes(long.as_ptr() as u64 + 9_998, 3).unwrap(), b"aa\0");
        let strings: Vec<_> = memory.list(list.as_ptr() as u64).unwrap();
        let strings: Vec<_> = strings.iter().map(|at| memory.string(*at).unwrap()).collect();
        assert_eq!(strings, [b"one".to_vec(), b"two".to_vec()]);
        assert_eq!(memory.list(0).unwrap(), [0; 0]);
    }

    /// A pointer of a 32-bit program has four bytes.
    #[test]
    fn narrow_pointers_are_read() {
        let words = [7_u32, 9, 0];
        let mut memory = Memory::of(std::process::id(), true);

        assert_eq!(memory.list(words.as_ptr() as u64).unwrap(), [7, 9]);
    }

    /// What is not there, or does not end, is unreadable, and nothing worse.
    #[test]
    fn nonsense_is_unreadable() {
        let endless = vec![b'a'; STRING_BYTES_MAX + 8192];

        for address in [0, 1, u64::MAX, u64::MAX - 4096, 1 << 47] {
            assert_eq!(own().string(address), Err(Unreadable::Nonsense));
            assert_eq!(own().bytes(address, 8), Err(Unreadable::Nonsense));
        }
        assert_eq!(own().string(endless.as_ptr() as u64), Err(Unreadable::Nonsense));
        let endless = vec![1_u64; WORDS_MAX + 1];
        assert_eq!(own().list(endless.as_ptr() as u64).map(|it| it.len()), Ok(WORDS_MAX));
    }
}
