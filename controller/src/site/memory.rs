//! The stack of a thread, read in large pieces.

use std::io::IoSliceMut;

use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

use super::maps::Maps;

/// Bytes that are read at once.
const WINDOW_BYTES: usize = 256 << 10;

/// How often a piece is read for one stack. Most stacks fit into one.
const WINDOWS_MAX: u32 = 8;

/// The stack of a thread, from its stack pointer upwards.
#[derive(Debug)]
pub(super) struct Memory {
    process: Pid,
    /// Where the mapping that holds the stack ends.
    end: u64,
    /// Address of the first byte of `window`.
    start: u64,
    window: Vec<u8>,
    reads_left: u32,
}

impl Memory {
    /// The stack that this address lies on; empty if there is nothing there.
    pub fn at(process: i32, maps: &Maps, stack: u64) -> Self {
        let mut memory = Self {
            process: Pid::from_raw(process),
            end: maps.around(stack).map_or(stack, |mapping| mapping.end),
            start: stack,
            window: Vec::new(),
            reads_left: WINDOWS_MAX,
        };
        memory.read(stack);
        memory
    }

    /// The eight bytes at this address.
    pub fn word(&mut self, address: u64) -> Result<u64, ()> {
        if let Some(word) = self.seen(address) {
            return Ok(word);
        }
        if address < self.start || address >= self.end {
            return Err(());
        }
        self.read(address);
        self.seen(address).ok_or(())
    }

    fn seen(&self, address: u64) -> Option<u64> {
        let from = usize::try_from(address.checked_sub(self.start)?).ok()?;
        let bytes = self.window.get(from..from.checked_add(8)?)?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    }

    /// Makes the window start at this address.
    fn read(&mut self, address: u64) {
        let Some(left) = self.reads_left.checked_sub(1) else { return };
        self.reads_left = left;
        let length =
            WINDOW_BYTES.min(usize::try_from(self.end.saturating_sub(address)).unwrap_or(0));
        self.start = address;
        self.window.resize(length, 0);
        let filled = self.copy(address).unwrap_or(0);
        self.window.truncate(filled);
    }

    fn copy(&mut self, address: u64) -> Option<usize> {
        let from = RemoteIoVec { base: usize::try_from(address).ok()?, len: self.window.len() };
        process_vm_readv(self.process, &mut [IoSliceMut::new(&mut self.window)], &[from]).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> i32 {
        std::process::id().cast_signed()
    }

    /// What is read from outside is what stands there.
    #[test]
    fn a_word_is_read_where_it_stands() {
        let values = [1_u64, 2, 3, 4];
        let address = values.as_ptr() as u64;

        let mut memory = Memory::at(own(), &Maps::of(own()).unwrap(), address);

        assert_eq!(memory.word(address), Ok(1));
        assert_eq!(memory.word(address + 24), Ok(4));
        assert_eq!(memory.word(address - 8), Err(()));
    }

    /// Reading goes beyond the first piece, and no further than the mapping.
    #[test]
    fn reading_ends_with_the_mapping() {
        let values = vec![7_u64; 1 << 20]; // large enough for a mapping of its own
        let first = values.as_ptr() as u64;
        let last = first + (values.len() as u64 - 1) * 8;

        let mut memory = Memory::at(own(), &Maps::of(own()).unwrap(), first);

        assert_eq!(memory.word(last), Ok(7));
        assert_eq!(memory.word(u64::MAX - 3), Err(()));
    }

    /// A stack pointer that points nowhere is no stack.
    #[test]
    fn nothing_is_read_from_nowhere() {
        let maps = Maps::of(own()).unwrap();

        for address in [0, 8, u64::MAX, u64::MAX - 7, 1 << 63] {
            assert_eq!(Memory::at(own(), &maps, address).word(address), Err(()));
        }
    }
}
