//! `struct hostent` of gethostbyname(3), written as libc writes it: into the caller's buffer, or
//! into memory that the next call writes again.

use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int};
use core::net::IpAddr;
use core::ptr::null_mut;

use libc::hostent;

/// A host: its name and its addresses, all of one family.
pub(super) struct Host<'a, A> {
    /// Without its zero byte.
    pub name: &'a [u8],
    /// `AF_INET` or `AF_INET6`.
    pub family: c_int,
    /// At least one.
    pub addresses: A,
}

impl<A: Iterator<Item = IpAddr> + Clone> Host<'_, A> {
    fn address_bytes(&self) -> usize {
        if self.family == libc::AF_INET { 4 } else { 16 }
    }

    /// Writes the entry, and what it points to into `bytes` of `buffer`; false if these are too few.
    ///
    /// # Safety
    ///
    /// Both may be written.
    pub(super) unsafe fn write(&self, entry: *mut hostent, buffer: *mut u8, bytes: usize) -> bool {
        let pointer = size_of::<*mut c_char>();
        let (count, size) = (self.addresses.clone().count(), self.address_bytes());
        let skip = buffer.align_offset(align_of::<*mut c_char>());
        let lists = skip.saturating_add((count + 2) * pointer); // no aliases; the addresses; two ends
        let name_at = lists.saturating_add(count * size);
        if name_at.saturating_add(self.name.len() + 1) > bytes {
            return false;
        }
        // SAFETY: all of it lies within the buffer, as was just seen; the lists are aligned.
        unsafe {
            let aliases = buffer.add(skip).cast::<*mut c_char>();
            aliases.write(null_mut());
            let list = aliases.add(1);
            for (index, address) in self.addresses.clone().take(count).enumerate() {
                let place = buffer.add(lists + index * size);
                copy(address, place);
                list.add(index).write(place.cast());
            }
            list.add(count).write(null_mut());
            let name = buffer.add(name_at);
            name.copy_from_nonoverlapping(self.name.as_ptr(), self.name.len());
            name.add(self.name.len()).write(0);
            entry.write(hostent {
                h_name: name.cast(),
                h_aliases: aliases,
                h_addrtype: self.family,
                h_length: size as c_int,
                h_addr_list: list,
            });
        }
        true
    }

    /// Writes it into the memory of the calls that have none of their caller's; null if it is too small.
    pub(super) fn shared(&self) -> *mut hostent {
        let memory = MEMORY.0.get();
        // SAFETY: memory for calls that are not made from two threads at a time (gethostbyname(3),
        // "MT-Unsafe race:hostbyname"), as they are with libc's own.
        unsafe {
            let entry = &raw mut (*memory).entry;
            let buffer = (&raw mut (*memory).buffer).cast::<u8>();
            if self.write(entry, buffer, size_of::<[usize; WORDS]>()) { entry } else { null_mut() }
        }
    }
}

/// # Safety
///
/// `place` has as many bytes as the address.
unsafe fn copy(address: IpAddr, place: *mut u8) {
    // SAFETY: this function's contract.
    unsafe {
        match address {
            IpAddr::V4(address) => place.cast::<[u8; 4]>().write(address.octets()),
            IpAddr::V6(address) => place.cast::<[u8; 16]>().write(address.octets()),
        }
    }
}

/// The longest name, and as many addresses as a verdict has, in words.
const WORDS: usize = 256;

struct Memory {
    entry: hostent,
    buffer: [usize; WORDS],
}

struct Shared(UnsafeCell<Memory>);
// SAFETY: shared as libc's own is: by calls that must not be made from two threads at a time.
unsafe impl Sync for Shared {}

static MEMORY: Shared = Shared(UnsafeCell::new(Memory {
    entry: hostent {
        h_name: null_mut(),
        h_aliases: null_mut(),
        h_addrtype: 0,
        h_length: 0,
        h_addr_list: null_mut(),
    },
    buffer: [0; WORDS],
}));

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader of the entry finds, in a buffer that starts at an odd address.
    fn written(bytes: usize) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
        let addresses: Vec<IpAddr> =
            ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().unwrap()).into();
        let addresses = addresses.into_iter();
        let host = Host { name: b"host.example", family: libc::AF_INET, addresses };
        let mut buffer = [0_u8; 128];
        // SAFETY: all zeroes is a valid hostent; both may be written, and outlive what is read.
        unsafe {
            let mut entry: hostent = core::mem::zeroed();
            if !host.write(&raw mut entry, buffer.as_mut_ptr().add(1), bytes) {
                return None;
            }
            assert_eq!((entry.h_addrtype, entry.h_length), (libc::AF_INET, 4));
            assert!((*entry.h_aliases).is_null());
            let mut found = Vec::new();
            while !(*entry.h_addr_list).is_null() {
                found.push((*entry.h_addr_list).cast::<[u8; 4]>().read().to_vec());
                entry.h_addr_list = entry.h_addr_list.add(1);
            }
            Some((core::ffi::CStr::from_ptr(entry.h_name).to_bytes().to_vec(), found))
        }
    }

    /// The entry points to the name and to every address, wherever the buffer lies.
    #[test]
    fn an_entry_holds_name_and_addresses() {
        let (name, addresses) = written(120).unwrap();

        assert_eq!(name, b"host.example");
        assert_eq!(addresses, [[192, 0, 2, 1], [192, 0, 2, 2]]);
    }

    /// A buffer that is too small is left alone, to the last byte.
    #[test]
    fn a_small_buffer_is_told() {
        let enough = (0..120).find(|bytes| written(*bytes).is_some()).unwrap();

        assert!((32 + 8 + 13..=32 + 8 + 13 + 7).contains(&enough), "{enough}");
        assert!((enough..120).all(|bytes| written(bytes).is_some()));
    }
}
