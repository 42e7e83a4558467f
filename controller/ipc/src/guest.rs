//! What a guest says and hears. One connection carries one [`Request`] and one [`Verdict`].
//!
//! A connection per question costs a few system calls more than one that is kept. In return there
//! is no descriptor in the guest that it could close, renumber, inherit or share: fork, vfork,
//! exec, threads and signal handlers need no care at all.

use core::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// A question of a guest: who asks, and what it is about to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request<'a> {
    /// Who asks.
    #[serde(borrow)]
    pub asker: Asker<'a>,
    /// What it is about to do.
    #[serde(borrow)]
    pub call: Call<'a>,
}

/// Who asks. The process is not told but read off the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker<'a> {
    /// [`crate::VERSION`] of the asker.
    pub version: u16,
    /// Thread that makes the call, as the guest numbers it.
    pub thread: u32,
    /// Thread at the top of the lineage: itself, or the one that (through others) created it.
    pub lineage: u32,
    /// Where the thread stands, to unwind its stack from outside.
    pub registers: Registers,
    /// Name of the running test as the runner published it in the environment, or empty.
    pub test: &'a [u8],
    /// Whether libc makes the call on behalf of a name look-up that was decided already.
    pub in_lookup: bool,
}

/// Where a thread stands. Zero throughout where the architecture is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registers {
    /// Instruction pointer.
    pub instruction: u64,
    /// Stack pointer.
    pub stack: u64,
    /// Frame pointer.
    pub frame: u64,
}

/// A libc call, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Call<'a> {
    /// A connection, or a datagram to an address: connect(2), sendto(2), sendmsg(2), sendmmsg(2).
    Connect {
        /// Kind of socket.
        transport: Transport,
        /// To whom.
        #[serde(borrow)]
        peer: Peer<'a>,
    },
    /// A name look-up, forwards or backwards: getaddrinfo(3), gethostbyaddr(3), res_query(3).
    Lookup {
        /// What is looked up.
        #[serde(borrow)]
        query: Query<'a>,
    },
    /// A look-up that was allowed had these results: 16 bytes an address, IPv4 as v4-mapped.
    Resolved {
        /// The name that was looked up.
        name: &'a [u8],
        /// Its addresses, end to end.
        addresses: &'a [u8],
    },
    /// A file is opened: open(2), fopen(3), opendir(3), mkstemp(3).
    Open {
        /// Path as given.
        path: &'a [u8],
        /// Directory that a relative path starts from: a descriptor, or `AT_FDCWD`.
        directory: i32,
        /// Whether the file is read.
        read: bool,
        /// Whether the file is written, made or cut.
        write: bool,
    },
    /// A program is started: execve(2), posix_spawn(3), system(3), popen(3).
    Exec {
        /// Path or name as given.
        file: &'a [u8],
        /// Directory that a relative path starts from: a descriptor, or `AT_FDCWD`.
        directory: i32,
        /// Value of PATH where the call searches it.
        search: Option<&'a [u8]>,
        /// The arguments, each ended by a zero byte.
        arguments: &'a [u8],
        /// Whether a new process is made for it (posix_spawn(3), system(3)), or the caller's replaced.
        spawns: bool,
    },
    /// The program start of this number came back with an error.
    ExecFailed {
        /// The number, from [`Verdict::Start`].
        start: u64,
    },
    /// A library is loaded: dlopen(3), dlmopen(3).
    Load {
        /// Name or path as given.
        library: &'a [u8],
    },
    /// A socket has been bound and, where it is a stream, listens: bind(2), listen(2).
    Serve {
        /// Kind of socket.
        transport: Transport,
        /// The kernel's number of the socket (socket(7), `SO_COOKIE`).
        cookie: u64,
        /// Inode of the socket in sockfs.
        inode: u64,
    },
    /// A stand-in for a mocked program tells what it was started with, and asks what to play.
    Stand {
        /// The number that [`Verdict::StandIn`] gave it.
        number: u64,
        /// The arguments, each ended by a zero byte.
        arguments: &'a [u8],
        /// The environment, each entry ended by a zero byte.
        environment: &'a [u8],
        /// What was read from standard input; None where the mock does not ask for it.
        input: Option<&'a [u8]>,
    },
    /// Another test runs in this process from now on: the asker names it.
    Test,
    /// The main thread starts another thread.
    Thread {
        /// Address of what the thread is given at its start.
        argument: u64,
    },
}

/// Kind of socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Transport {
    /// `SOCK_STREAM`.
    Stream,
    /// `SOCK_DGRAM`.
    Datagram,
    /// Anything else.
    Other,
}

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Peer<'a> {
    /// `AF_INET` and `AF_INET6`.
    Internet(SocketAddr),
    /// `AF_UNIX`: path, or a zero byte and an abstract name.
    Unix(&'a [u8]),
    /// Another address family, by number.
    Other(u16),
}

/// What a look-up is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Query<'a> {
    /// The addresses of a name.
    Name(&'a [u8]),
    /// Records of a name, answered in the DNS's own form: a stand-in address would be no answer.
    Records(&'a [u8]),
    /// The name of an address.
    Address(IpAddr),
    /// The addresses of one family of a name.
    Family {
        /// The name.
        name: &'a [u8],
        /// IPv6, else IPv4.
        v6: bool,
    },
    /// Records of one type of a name, answered in the DNS's own form.
    Kind {
        /// The name.
        name: &'a [u8],
        /// The type's number (RFC 1035, 3.2.2).
        kind: u16,
    },
}

/// What shall happen to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The real call.
    Allow,
    /// The real call, with this address in place of the guest's.
    Redirect {
        /// Address of the same family as the guest's.
        to: SocketAddr,
    },
    /// No real call; these addresses are the answer.
    Answer {
        /// Where an IPv4 address is asked for.
        v4: [u8; 4],
        /// Where an IPv6 address is asked for.
        v6: [u8; 16],
    },
    /// No real call; it fails with this error number.
    Deny {
        /// As in errno(3).
        errno: i32,
    },
    /// The real start of a program.
    Start {
        /// Number of this start, for the new program's hello.
        start: u64,
        /// Whether our library can be loaded into the program. Else it is taken out of the
        /// environment, since a loader of another class would complain about it.
        arm: bool,
    },
    /// No real call; these addresses are the answer.
    Found {
        /// How many of `addresses` there are.
        count: u8,
        /// 16 bytes each, IPv4 as v4-mapped; in order.
        addresses: [[u8; 16]; ADDRESSES_MAX],
    },
    /// No real call; the look-up fails with this code (`EAI_*` of getaddrinfo(3)).
    NotFound {
        /// As in netdb.h.
        code: i32,
    },
    /// The real call, with the Unix socket of this number in the run's folder ([`crate::answering`]).
    Unix {
        /// Its number.
        number: u32,
    },
    /// The real call, on the file of this number in the run's folder ([`crate::answering`]) in place
    /// of the guest's.
    File {
        /// Its number.
        number: u32,
    },
    /// The start of a stand-in in place of the program ([`crate::STAND_IN_VARIABLE`]).
    StandIn {
        /// Number of this start, for the new program's hello.
        start: u64,
        /// What the stand-in says when it asks.
        number: u64,
        /// Whether it reads its standard input to the end before it asks.
        reads: bool,
    },
}

/// Most addresses of [`Verdict::Found`].
pub const ADDRESSES_MAX: usize = 8;

/// What a stand-in does: the answer to [`Call::Stand`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cue<'a> {
    /// It plays this.
    #[serde(borrow)]
    Play(Part<'a>),
    /// It becomes the program that it stood in for.
    Become {
        /// The program's path.
        program: &'a [u8],
        /// Number of this start, for the new program's hello.
        start: u64,
        /// As of [`Verdict::Start`].
        arm: bool,
    },
}

/// What a stand-in plays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part<'a> {
    /// For standard output.
    #[serde(borrow)]
    pub output: &'a [u8],
    /// For standard error, afterwards.
    #[serde(borrow)]
    pub error: &'a [u8],
    /// Milliseconds to wait before it ends, behind what it wrote.
    pub delay_ms: u64,
    /// The exit code, 0 to 255, where no signal ends it.
    pub code: u8,
    /// The signal that it ends itself by; 0 for none.
    pub signal: u8,
}
