//! Functions in the loader's order of search, as dlsym(3) finds them for RTLD_NEXT: without its lock,
//! its memory and its message, so at the first use, wherever that is.
//!
//! It reads what the loader has mapped: its list of objects, link.h's `link_map`, and of each the table
//! by which its names are hashed (the gABI's dynamic section; glibc's `DT_GNU_HASH`). The list begins with
//! what the program was started with, in the order of search, and that is never unloaded. Its end is not
//! read: the loader itself stands behind libc, and before all that is loaded later. What is not plain is
//! [`Found::Unclear`], and asked of dlsym(3).
#![expect(unsafe_code, reason = "reads the loader's own tables")]

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::null;
use core::sync::atomic::{AtomicPtr, Ordering};

/// A function of some name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is here.
    At(*mut c_void),
    /// None of these objects has one.
    Nowhere,
    /// It cannot be told from the tables alone.
    Unclear,
}

/// An object that is loaded: the public part of `link_map`.
#[repr(C)]
struct Object {
    base: usize,
    name: *const c_char,
    dynamic: *const Entry,
    next: *const Object,
    previous: *const Object,
}

/// `r_debug`.
#[repr(C)]
struct Debug {
    version: c_int,
    first: *const Object,
    breakpoint: usize,
    state: c_int,
    loader: usize,
}

/// An entry of a dynamic section.
#[repr(C)]
#[derive(Clone, Copy)]
struct Entry {
    tag: u64,
    value: usize,
}

const STRINGS: u64 = 5;
const SYMBOLS: u64 = 6;
const GNU_HASH: u64 = 0x6fff_fef5;
const VERSIONS: u64 = 0x6fff_fff0;
/// Objects that have others searched in their place or beside them.
const AUXILIARY: u64 = 0x7fff_fffd;
const FILTER: u64 = 0x7fff_ffff;

/// The name of the kernel's own object, which stands in the list and is not searched.
const KERNELS: &[u8] = b"linux-vdso.so";

/// More objects than a process has, entries than a section, and names than hash alike.
const OBJECTS_MAX: usize = 1 << 14;
const ENTRIES_MAX: usize = 1 << 10;
const CHAIN_MAX: usize = 1 << 16;

unsafe extern "C" {
    static _r_debug: Debug;
}

/// The function of this name behind this library.
pub(crate) fn next(name: &CStr) -> Found {
    let Some(own) = own() else {
        return Found::Unclear;
    };
    // SAFETY: the loader's own variable, which it changes no more where it is read.
    let loader = unsafe { (&raw const _r_debug.loader).read() };
    let wanted = Wanted::new(name);
    let mut object = own.next;
    for _ in 0..OBJECTS_MAX {
        // SAFETY: null, or an object of the list that lives as long as the process.
        let Some(known) = (unsafe { object.as_ref() }) else {
            return Found::Unclear;
        };
        match known.find(&wanted) {
            Found::Nowhere if known.base == loader => return Found::Nowhere,
            Found::Nowhere => object = known.next,
            found => return found,
        }
    }
    Found::Unclear
}

/// This library's own function of this name.
pub(crate) fn ours(name: &CStr) -> Found {
    own().map_or(Found::Unclear, |own| own.find(&Wanted::new(name)))
}

/// The path that this library was loaded from.
pub(crate) fn path() -> Option<&'static [u8]> {
    // SAFETY: the loader's own string, which lives as long as the library.
    unsafe { crate::cabi::text(own()?.name) }
}

/// This library in the list of objects.
fn own() -> Option<&'static Object> {
    #[unsafe(link_section = ".data.start")] // crate::start says why
    static OWN: AtomicPtr<Object> = AtomicPtr::new(core::ptr::null_mut());
    let mut object: *const Object = OWN.load(Ordering::Relaxed);
    if object.is_null() {
        let dynamic = dynamic();
        // SAFETY: the loader's own variable; it is set before anything of a process runs.
        object = unsafe { (&raw const _r_debug.first).read() };
        for _ in 0..OBJECTS_MAX {
            // SAFETY: null, or an object of the list, of those that live as long as the process.
            match unsafe { object.as_ref() } {
                Some(other) if other.dynamic != dynamic => object = other.next,
                _ => break,
            }
        }
        OWN.store(object.cast_mut(), Ordering::Relaxed);
    }
    // SAFETY: null, or this library's, which is never unloaded.
    unsafe { object.as_ref() }.filter(|object| object.dynamic == dynamic())
}

/// This library's own dynamic section.
fn dynamic() -> *const Entry {
    let section: *const Entry;
    // SAFETY: an address that the linker gives.
    unsafe {
        core::arch::asm!(
            "lea {section}, [rip + _DYNAMIC]",
            section = out(reg) section,
            options(nostack, nomem, pure, preserves_flags),
        );
    }
    section
}

/// A name and its hash.
struct Wanted<'a> {
    name: &'a [u8],
    hash: u32,
}

impl<'a> Wanted<'a> {
    fn new(name: &'a CStr) -> Self {
        let name = name.to_bytes();
        let step = |hash: u32, byte: &u8| hash.wrapping_mul(33).wrapping_add(u32::from(*byte));
        Self { name, hash: name.iter().fold(5381, step) }
    }
}

/// An ELF symbol.
#[repr(C)]
#[derive(Clone, Copy)]
struct Symbol {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: usize,
    size: u64,
}

const UNDEFINED: u16 = 0;
const ABSOLUTE: u16 = 0xfff1;
const FUNCTION: u8 = 2;
const GLOBAL: u8 = 1;
const WEAK: u8 = 2;

/// What an object says of its symbols.
struct Tables {
    strings: *const u8,
    symbols: *const Symbol,
    hashes: *const u32,
    versions: *const u16,
}

impl Object {
    fn find(&self, wanted: &Wanted<'_>) -> Found {
        // SAFETY: the loader's own string.
        if unsafe { crate::cabi::text(self.name) }.is_some_and(|name| name.starts_with(KERNELS)) {
            return Found::Nowhere;
        }
        let Some(tables) = self.tables() else {
            return Found::Unclear;
        };
        // SAFETY: an object that is loaded, as its dynamic section describes it.
        match unsafe { tables.find(wanted) } {
            Found::At(at) => Found::At(at.wrapping_byte_add(self.base)),
            other => other,
        }
    }

    fn tables(&self) -> Option<Tables> {
        let [mut strings, mut symbols, mut hashes, mut versions] = [0; 4];
        for index in 0..ENTRIES_MAX {
            // SAFETY: the section is ended by an entry of zeroes.
            let entry = unsafe { self.dynamic.add(index).read() };
            match entry.tag {
                0 => break,
                STRINGS => strings = self.at(entry.value),
                SYMBOLS => symbols = self.at(entry.value),
                GNU_HASH => hashes = self.at(entry.value),
                VERSIONS => versions = self.at(entry.value),
                AUXILIARY | FILTER => return None,
                _ => {}
            }
        }
        (strings != 0 && symbols != 0 && hashes != 0).then_some(Tables {
            strings: strings as *const u8,
            symbols: symbols as *const Symbol,
            hashes: hashes as *const u32,
            versions: versions as *const u16,
        })
    }

    /// An address in a dynamic section: the loader adds the base, but not where it cannot write.
    fn at(&self, value: usize) -> usize {
        if value < self.base { value.wrapping_add(self.base) } else { value }
    }
}

impl Tables {
    /// # Safety
    ///
    /// The tables are those of an object that is loaded.
    unsafe fn find(&self, wanted: &Wanted<'_>) -> Found {
        let hash = wanted.hash;
        // SAFETY: this function's contract: four words, the filter, the buckets, the chains.
        unsafe {
            let [buckets, first, words, shift] = self.hashes.cast::<[u32; 4]>().read();
            if buckets == 0 || !words.is_power_of_two() {
                return Found::Unclear;
            }
            let filter = self.hashes.add(4).cast::<u64>();
            let word = filter.add((hash as usize / 64) & (words as usize - 1)).read();
            if word >> (hash % 64) & word >> (hash.wrapping_shr(shift) % 64) & 1 == 0 {
                return Found::Nowhere;
            }
            let start = filter.add(words as usize).cast::<u32>();
            let index = start.add((hash % buckets) as usize).read();
            if index < first {
                return Found::Nowhere;
            }
            let chain = start.add(buckets as usize).wrapping_sub(first as usize);
            self.along(wanted, chain, index as usize)
        }
    }

    /// The function among the names that hash alike: the default version of it.
    ///
    /// # Safety
    ///
    /// As for [`Tables::find`]; the chain is that of the object.
    unsafe fn along(&self, wanted: &Wanted<'_>, chain: *const u32, from: usize) -> Found {
        let mut found = Found::Nowhere;
        for index in from..from.saturating_add(CHAIN_MAX) {
            // SAFETY: this function's contract: a chain ends with an odd hash.
            let hash = unsafe { chain.wrapping_add(index).read() };
            if hash | 1 == wanted.hash | 1 {
                // SAFETY: what has a hash has a symbol.
                match (unsafe { self.judge(wanted, index) }, found) {
                    (Found::Nowhere, _) => {}
                    (new, Found::Nowhere) => found = new,
                    _ => return Found::Unclear, // dlsym(3) has rules for several
                }
            }
            if hash & 1 != 0 {
                return found;
            }
        }
        Found::Unclear
    }

    /// Whether the symbol of this number is the function.
    ///
    /// # Safety
    ///
    /// The object has so many symbols.
    unsafe fn judge(&self, wanted: &Wanted<'_>, index: usize) -> Found {
        // SAFETY: this function's contract.
        let symbol = unsafe { self.symbols.add(index).read() };
        // SAFETY: a symbol's name is a C string among the strings.
        let name = unsafe { CStr::from_ptr(self.strings.add(symbol.name as usize).cast()) };
        if name.to_bytes() != wanted.name || self.is_older(index) {
            return Found::Nowhere;
        }
        let (kind, binding) = (symbol.info & 15, symbol.info >> 4);
        let is_plain = kind == FUNCTION
            && (binding == GLOBAL || binding == WEAK)
            && ![UNDEFINED, ABSOLUTE].contains(&symbol.section)
            && symbol.value != 0;
        if symbol.section == UNDEFINED && symbol.value == 0 {
            Found::Nowhere // wanted there too
        } else if is_plain {
            Found::At(null::<c_void>().wrapping_byte_add(symbol.value).cast_mut())
        } else {
            Found::Unclear
        }
    }

    /// Whether this is a version that is kept for programs linked long ago.
    fn is_older(&self, index: usize) -> bool {
        const HIDDEN: u16 = 0x8000;
        // SAFETY: null, or a word for each symbol.
        let version =
            (!self.versions.is_null()).then(|| unsafe { self.versions.add(index).read() });
        version.is_some_and(|version| version & HIDDEN != 0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::ffi::CString;

    use super::*;

    /// Every function of libc's is where dlsym(3) finds it; what it does not find is nowhere.
    #[test]
    fn functions_are_where_dlsym_finds_them() {
        let table = include_str!("../../tests/symbols.toml");
        let names: HashSet<&str> =
            table.split(|byte: char| !byte.is_alphanumeric() && byte != '_').collect();
        let mut plain = 0;

        for name in names.iter().filter(|name| !name.is_empty()) {
            let name = CString::new(*name).unwrap();
            // SAFETY: a C string.
            let wanted = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
            match next(&name) {
                Found::At(found) => {
                    assert_eq!(found, wanted, "{name:?}");
                    plain += 1;
                }
                Found::Nowhere => assert!(wanted.is_null(), "{name:?}"),
                Found::Unclear => {} // a variable, several versions, an IFUNC: dlsym(3) is asked
            }
        }
        assert!(plain > 2000, "{plain}");
    }

    /// What is hooked is found without asking dlsym(3), which has a lock and may need memory.
    #[test]
    fn hooked_functions_are_plain() {
        let names = [
            c"connect",
            c"open",
            c"open64",
            c"fopen",
            c"getaddrinfo",
            c"posix_spawn",
            c"nftw",
            c"execve",
            c"pthread_create",
            c"dlopen",
            c"syscall",
            c"recvmsg",
            c"setenv",
            c"system",
        ];

        for name in names {
            assert!(matches!(next(name), Found::At(_)), "{name:?}");
        }
        assert_eq!(next(c"no_such_function"), Found::Nowhere);
    }

    /// This object's own functions are not behind it.
    #[test]
    fn what_is_behind_is_not_here() {
        assert_eq!(next(c"main"), Found::Nowhere);
        assert!(!path().unwrap_or(b"?").contains(&b'?'));
    }
}
