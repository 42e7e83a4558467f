//! The name that a thread of a program in Rust gets, out of what it is given at its start.
//!
//! Rust's standard library keeps a thread's name as a C string, by address and length, two or three
//! addresses behind the argument of the thread's first function; where exactly, each version has
//! decided for itself. So all that lies there is looked through for an address and a length, one
//! behind the other, at which a text of just that length ends in the only zero byte. The kernel knows
//! no more than the first 15 bytes of a name, which most tests of a module have in common.
//!
//! What is found are C strings within the reach of a new thread: a test's name is there only if a
//! thread was named after it.

use std::collections::HashSet;
use std::io::IoSliceMut;

use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

/// How many addresses lie between the argument and the name's own, at most, and the argument itself.
const STEPS_MAX: usize = 3;

/// How many words of each piece of memory are looked at: as many as the largest has that leads to a
/// name. What lies behind it is another's.
const WORDS: usize = 8;

/// Longest name that is taken for one, with its zero byte.
const NAME_BYTES_MAX: u64 = 1024;

/// Most names that are found of one thread.
const NAMES_MAX: usize = 8;

/// Addresses of a program's own memory.
const ADDRESSES: std::ops::Range<u64> = 0x1_0000..0x8000_0000_0000;

/// The names behind the argument of a thread that is about to be started.
pub fn thread_names(process: i32, argument: u64) -> Vec<String> {
    let process = Pid::from_raw(process);
    let (mut seen, mut names) = (HashSet::from([argument]), Vec::new());
    let mut pieces = vec![argument];
    for _ in 0..STEPS_MAX {
        let mut further = Vec::new();
        for piece in pieces {
            let words = words(process, piece);
            names.extend(words.windows(2).filter_map(|pair| name(process, pair)));
            let addresses = words.into_iter().filter(|word| is_address(*word));
            further.extend(addresses.filter(|address| seen.insert(*address)));
        }
        pieces = further;
    }
    names.sort();
    names.dedup();
    names.truncate(NAMES_MAX);
    names
}

fn is_address(word: u64) -> bool {
    ADDRESSES.contains(&word) && word.is_multiple_of(8)
}

/// The C string at this address and of this length.
fn name(process: Pid, pair: &[u64]) -> Option<String> {
    let &[address, length] = pair else { return None };
    if !ADDRESSES.contains(&address) || !(2..=NAME_BYTES_MAX).contains(&length) {
        return None;
    }
    let length = usize::try_from(length).ok()?;
    let mut bytes = read(process, address, length);
    let ends =
        bytes.len() == length && bytes.iter().position(|byte| *byte == 0) == Some(length - 1);
    bytes.pop();
    String::from_utf8(bytes).ok().filter(|_| ends)
}

fn words(process: Pid, address: u64) -> Vec<u64> {
    let bytes = read(process, address, WORDS * size_of::<u64>());
    let (words, _) = bytes.as_chunks();
    words.iter().map(|word| u64::from_ne_bytes(*word)).collect()
}

/// As many bytes as can be read there.
fn read(process: Pid, address: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let from = usize::try_from(address).map(|base| RemoteIoVec { base, len: length });
    let filled = from.ok().and_then(|from| {
        process_vm_readv(process, &mut [IoSliceMut::new(&mut bytes)], &[from]).ok()
    });
    bytes.truncate(filled.unwrap_or(0));
    bytes
}

#[cfg(test)]
mod tests {
    use std::ffi::CString;

    use super::*;

    /// What is found behind an argument in this process.
    fn found<T>(argument: &T) -> Vec<String> {
        thread_names(std::process::id().cast_signed(), std::ptr::from_ref(argument) as u64)
    }

    fn name() -> Box<std::ffi::CStr> {
        CString::new("accept::tests::a_name").unwrap().into_boxed_c_str()
    }

    /// A name is found wherever the versions of the standard library keep it.
    #[test]
    fn a_name_is_found_behind_an_argument() {
        let thread = Box::new((1_u64, 1_u64, name(), 7_u64));
        let newer = (thread, Box::new(3_u64));

        assert_eq!(found(&newer), ["accept::tests::a_name"]);

        let older = Box::new((5_u64, newer));
        assert_eq!(found(&older), ["accept::tests::a_name"]);
    }

    /// An argument of a program's own words is no name: no string of Rust's, no text that happens to
    /// end in a zero byte, none that is longer or shorter than said.
    #[test]
    fn another_text_is_no_name() {
        let arguments = Box::new(("--skip".to_owned(), "tests::a_name\0tests::b\0"));
        let bytes = c"tests::a_name".to_bytes_with_nul();
        let (short, empty) = (Box::new(&bytes[..5]), Box::new(&bytes[13..]));

        assert_eq!(found(&arguments), [""; 0]);
        assert_eq!(found(&short), [""; 0]);
        assert_eq!(found(&empty), [""; 0]);
        assert_eq!(found(&u64::MAX), [""; 0]);
    }

    /// Nothing is found where nothing can be read.
    #[test]
    fn nothing_is_found_nowhere() {
        let own = std::process::id().cast_signed();

        for address in [0, 8, u64::MAX, u64::MAX - 7, 1 << 63] {
            assert!(thread_names(own, address).is_empty());
        }
        assert!(thread_names(i32::MAX, 0x1_0000).is_empty());
    }

    /// What leads back to itself is looked at once.
    #[test]
    fn a_circle_comes_to_an_end() {
        let mut circle = [0_u64; WORDS];
        let address = circle.as_ptr() as u64;
        circle.fill(address);

        assert!(found(&circle).is_empty());
    }
}
