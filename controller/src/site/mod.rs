//! Where in the code a call was made, read from outside the guest.
//!
//! The guest's thread waits in a system call while its stack is read; names, files and lines are
//! looked up later, and only for what is reported.
//!
//! | module | job |
//! |---|---|
//! | `unwind` | registers and memory of a process become a [`Stack`] |
//! | `maps`, `memory`, `image` | what it needs: mappings, stack bytes, unwind tables |
//! | `resolve` | a [`Stack`] becomes [`Place`]s |
//! | `section`, `bytes`, `symbols` | what it needs: parts of ELF files, DWARF, symbol tables |
//! | `own` | which of the places is the user's own |
//! | `rust` | the test that libtest runs there |
//! | `thread` | the name of a thread that is about to be started |
//! | `script` | the script that an interpreter runs |

use std::path::PathBuf;

mod bytes;
mod image;
mod maps;
mod memory;
mod own;
mod resolve;
mod rust;
mod script;
mod section;
mod symbols;
mod thread;
mod unwind;

#[cfg(test)]
mod tests;

pub use own::call_site;
pub use resolve::{Place, Resolver};
pub use rust::rust_test;
pub use script::script;
pub use thread::thread_names;
pub use unwind::Unwinder;

/// The file that the code at an address of a process comes from. None for code that is in no file, and
/// where nobody may look.
#[must_use]
pub fn file_at(process: u32, address: u64) -> Option<PathBuf> {
    let maps = maps::Maps::of(process.cast_signed())?;
    maps.around(address)?.file.clone()
}

/// Where a thread stood: return addresses, innermost first, as places in files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Stack {
    /// The frames.
    pub frames: Vec<Frame>,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Frame {
    /// The executable or library; None for code that is in no file (a just-in-time compiler's).
    pub module: Option<PathBuf>,
    /// Address within the module as its own symbol table counts (stated virtual memory address).
    pub address: u64,
}
