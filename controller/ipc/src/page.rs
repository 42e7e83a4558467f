//! The memory that a run shares with its guests.
//!
//! Three files in the run's directory. A guest maps `policy` and `tickets` for reading and `hellos`
//! for writing, once, in its constructor; all outlive the descriptors that they were opened with.

use core::sync::atomic::{AtomicU32, AtomicU64};

/// First word of both files: "bigf", and the layout's number.
pub const MAGIC: u32 = 0x6267_6602;

/// What a guest has to ask about, and what it may decide for itself.
#[repr(C)]
#[derive(Debug)]
pub struct Policy {
    /// [`MAGIC`].
    pub magic: AtomicU32,
    /// Which calls are asked about: bits of [`ask`]. The others are real calls.
    pub ask: AtomicU32,
    /// Port at which redirected connections are answered; zero where there are none in this run.
    pub responder: AtomicU32,
    /// Not zero where connections may be answered by TLS under the run's own authority: then files of
    /// root certificates are opened by way of the controller.
    pub authority: AtomicU32,
    /// What the kernel backstop of this run watches: bits of [`watch`]; zero where there is none.
    pub backstop: AtomicU32,
}

/// Bits of [`Policy::backstop`].
pub mod watch {
    /// Connections, datagrams to an address, and program starts.
    pub const CALLS: u32 = 1;
    /// Opened files.
    pub const FILES: u32 = 2;
}

/// Where the preload library lies: its system calls are known to the backstop's filter by the address
/// that they are made from. Linked to this base, which the loader of glibc 2.36 and later keeps to;
/// below every position-independent program, outside the shadows and heaps of the sanitizers.
pub const GATE_BASE: u64 = 0x5540_0000_0000;

/// Most bytes of the library, in memory.
pub const GATE_BYTES: u64 = 16 << 20;

/// Number of tickets. A connection that is redirected goes to an address of its own on loopback,
/// [`ticket_address`], by which the answering side knows it, and the guest its real peer.
pub const TICKETS: usize = 1 << 20;

/// First of the addresses of tickets: 127.64.0.0; the ticket's number is added to it.
pub const TICKET_BASE: u32 = 0x7F40_0000;

/// To whom the redirected connections were meant.
#[repr(C)]
#[derive(Debug)]
pub struct Tickets {
    /// The slots.
    pub slots: [Ticket; TICKETS],
}

/// To whom one redirected connection was meant.
#[repr(C)]
#[derive(Debug)]
pub struct Ticket {
    /// Upper half of the address, IPv4 as v4-mapped, in network order read as big-endian.
    pub high: AtomicU64,
    /// Lower half.
    pub low: AtomicU64,
    /// 1 << 16 and the port; zero while the slot is empty. Written last.
    pub port: AtomicU32,
    /// Zero.
    pub reserved: AtomicU32,
}

/// Address of a ticket.
#[must_use]
pub fn ticket_address(number: u32) -> core::net::Ipv4Addr {
    core::net::Ipv4Addr::from(TICKET_BASE + number % TICKETS as u32)
}

/// The ticket whose address this is.
#[must_use]
pub fn ticket_at(address: core::net::Ipv4Addr) -> Option<u32> {
    u32::from(address).checked_sub(TICKET_BASE).filter(|number| (*number as usize) < TICKETS)
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
    /// Which test runs.
    pub const TESTS: u32 = 32;
    /// Threads that main threads start: a runner may give each a test's name.
    pub const THREADS: u32 = 64;
    /// All of them: what a guest assumes that finds no controller.
    pub const EVERYTHING: u32 = 127;
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
    /// Threads that stand inside a libc call that was decided: what libc does for it passes the
    /// backstop. A thread's place is its number modulo [`INSIDE_SLOTS`], or one of the
    /// [`INSIDE_TRIES`] - 1 behind it; each holds [`inside`] of a thread, or zero.
    pub inside: [AtomicU64; INSIDE_SLOTS],
    /// The slots.
    pub slots: [Hello; HELLO_SLOTS],
}

/// Number of places for threads that stand inside a decided call.
pub const INSIDE_SLOTS: usize = 1 << 16;

/// How many places are tried for one thread. Where all are taken, what libc does is asked about.
pub const INSIDE_TRIES: usize = 8;

/// What a thread stands inside of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// A name look-up.
    Lookup = 1,
    /// The opening of a file.
    Open = 2,
    /// A call of the preload library's own making, where it does not lie at [`GATE_BASE`].
    Own = 3,
}

/// The word of a thread that stands inside a decided call.
#[must_use]
pub const fn inside(thread: u32, inside: Inside) -> u64 {
    (inside as u64) << 32 | thread as u64
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
