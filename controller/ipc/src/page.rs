//! The memory that a run shares with its guests.
//!
//! Two files in the run's directory. A guest maps `policy` for reading and `hellos` for writing,
//! once, in its constructor; both outlive the descriptors that they were opened with.

use core::sync::atomic::{AtomicU32, AtomicU64};

/// First word of both files: "bigf", and the layout's number.
pub const MAGIC: u32 = 0x6267_6601;

/// What a guest has to ask about, and what it may decide for itself.
#[repr(C)]
#[derive(Debug)]
pub struct Policy {
    /// [`MAGIC`].
    pub magic: AtomicU32,
    /// Which calls are asked about: bits of [`ask`]. The others are real calls.
    pub ask: AtomicU32,
}

/// Bits of [`Policy::ask`].
pub mod ask {
    /// Connections and datagrams; sockets that serve.
    pub const NETWORK: u32 = 1;
    /// Name look-ups.
    pub const NAMES: u32 = 2;
    /// Opened files.
    pub const FILES: u32 = 4;
    /// Loaded libraries.
    pub const LIBRARIES: u32 = 8;
    /// Started programs.
    pub const PROGRAMS: u32 = 16;
    /// All of them: what a guest assumes that finds no controller.
    pub const EVERYTHING: u32 = 31;
}

/// Number of slots in the ring. More program starts than this between two looks of the controller
/// are lost, and counted as lost.
pub const HELLO_SLOTS: usize = 1 << 15;

/// A ring of hellos.
#[repr(C)]
#[derive(Debug)]
pub struct Hellos {
    /// [`MAGIC`].
    pub magic: AtomicU32,
    /// Calls that were refused because their process could not ask.
    pub unasked: AtomicU32,
    /// Slots claimed since the run began; a slot's index is this, modulo [`HELLO_SLOTS`].
    pub claimed: AtomicU64,
    /// The slots.
    pub slots: [Hello; HELLO_SLOTS],
}

/// A process tells that our library is loaded in it.
#[repr(C)]
#[derive(Debug)]
pub struct Hello {
    /// Its number and its parent's (upper half), as the guest numbers processes.
    pub process: AtomicU64,
    /// The program start that its environment named, or zero for a fork.
    pub start: AtomicU64,
    /// One more than the index at which the slot was claimed; written last.
    pub sequence: AtomicU64,
}
