//! A call that the kernel holds up, decoded: numbers and registers become what [`super`] decides about.

use bigfoot_ipc::guest::{Call, Peer, Transport};
use nix::libc;

use super::address::{self, Address};
#[cfg(target_arch = "x86_64")]
use super::filter::{I386, i386};
use super::memory::{Memory, Unreadable};
use super::sys::Notification;

/// A call that the kernel holds up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trapped {
    /// connect(2).
    Connect {
        /// The guest's socket.
        socket: i32,
        /// To whom.
        to: Address,
    },
    /// sendto(2), sendmsg(2), sendmmsg(2): of the last, the first message that has an address.
    Send(Send),
    /// execve(2), execveat(2).
    Exec(Exec),
    /// open(2), openat(2), openat2(2), creat(2).
    Open(Open),
    /// recvfrom(2) with room for the sender's address.
    Receive(Receive),
    /// seccomp(2), of a filter with a listener of its own.
    Listener,
    /// Nothing that reaches the outside, or nothing that the kernel would do.
    Nothing,
}

/// A datagram, or the first bytes of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Send {
    /// The guest's socket.
    pub socket: i32,
    /// To whom.
    pub to: Address,
    /// Where the bytes are: address and length of each piece.
    pub pieces: Vec<(u64, u64)>,
    /// As in sendmsg(2).
    pub flags: i32,
    /// It carries more than bytes: descriptors, credentials (cmsg(3)).
    pub ancillary: bool,
    /// Messages of the same call before this one, which have no address.
    pub before: u32,
    /// Messages of the same call behind it have other addresses: it must go alone.
    pub alone: bool,
    /// Of sendmmsg(2): where the length that was sent is to be written.
    pub length_at: Option<u64>,
}

/// The start of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exec {
    /// Its path as given; empty where `directory` is the file itself.
    pub file: Vec<u8>,
    /// Where a relative path starts: a descriptor, or `AT_FDCWD`.
    pub directory: i32,
    /// The arguments, each ended by a zero byte.
    pub arguments: Vec<u8>,
    /// The start that its environment names (`BIGFOOT_RUN`), if it does.
    pub named: Option<u64>,
}

/// The opening of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its path as given.
    pub path: Vec<u8>,
    /// Where a relative path starts: a descriptor, or `AT_FDCWD`.
    pub directory: i32,
    /// As in open(2).
    pub flags: i32,
}

/// The receipt of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receive {
    /// The guest's socket.
    pub socket: i32,
    /// Where the bytes go, and how many at most.
    pub into: (u64, u64),
    /// As in recvfrom(2).
    pub flags: i32,
    /// Where the sender's address goes, and where its length stands.
    pub sender: (u64, u64),
}

impl Trapped {
    /// What is held up.
    ///
    /// # Errors
    ///
    /// Its arguments cannot be read, and it is none that may be decided without them.
    pub fn decode(told: &Notification, memory: &mut Memory) -> Result<Self, Unreadable> {
        let [a, b, c, d, e, f] = told.arguments;
        let kind = kind(told);
        let decoded = match &kind {
            Kind::Connect => connect(memory, a, b, c),
            Kind::SendTo => send_to(memory, [a, b, c, d, e, f]),
            Kind::SendMessage => message(memory, a, b, c),
            Kind::SendMessages => messages(memory, [a, b, c, d]),
            Kind::SocketCall => socket_call(memory, a, b),
            Kind::Exec => exec(memory, libc::AT_FDCWD, a, b, c),
            Kind::ExecAt => exec(memory, int(a), b, c, d),
            Kind::Open => open(memory, libc::AT_FDCWD, a, int(b)),
            Kind::Create => {
                open(memory, libc::AT_FDCWD, a, libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC)
            }
            Kind::OpenAt => open(memory, int(a), b, int(c)),
            // The flags come first (openat2(2)).
            Kind::OpenAt2 => {
                memory.bytes(c, 8).and_then(|how| open(memory, int(a), b, int(number(&how, 0))))
            }
            Kind::Receive => Ok(Self::Receive(Receive {
                socket: int(a),
                into: (b, c),
                flags: int(d),
                sender: (e, f),
            })),
            Kind::Listener => Ok(Self::Listener),
            Kind::Other => Ok(Self::Nothing),
        };
        match (decoded, kind) {
            (Err(Unreadable::Private), Kind::Connect) => {
                Ok(Self::Connect { socket: int(a), to: Address::unknown() })
            }
            (Err(Unreadable::Private), Kind::SendTo | Kind::SendMessage | Kind::SendMessages) => {
                Ok(Self::Send(Send::unknown(int(a))))
            }
            (Err(Unreadable::Private), Kind::SocketCall) if [3, 11, 16, 20].contains(&a) => {
                Ok(Self::Send(Send::unknown(-1)))
            }
            (decoded, _) => decoded,
        }
    }

    /// The socket of the guest's that it is about.
    #[must_use]
    pub fn socket(&self) -> Option<i32> {
        match self {
            Self::Connect { socket, .. }
            | Self::Send(Send { socket, .. })
            | Self::Receive(Receive { socket, .. }) => Some(*socket),
            _ => None,
        }
    }

    /// Whether its process lets nobody read what it says.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        let to = match self {
            Self::Connect { to, .. } | Self::Send(Send { to, .. }) => to,
            _ => return false,
        };
        *to == Address::unknown()
    }

    /// As a message of a guest's. None where there is nothing to decide.
    #[must_use]
    pub fn call(&self, transport: Transport) -> Option<Call<'_>> {
        match self {
            Self::Connect { to, .. } | Self::Send(Send { to, .. }) => {
                let peer = to.peer().filter(|peer| !is_local(peer))?;
                Some(Call::Connect { transport, peer })
            }
            Self::Exec(exec) => Some(Call::Exec {
                file: &exec.file,
                directory: exec.directory,
                search: None,
                arguments: &exec.arguments,
                spawns: false,
            }),
            Self::Open(open) => {
                let (read, write) = open.ways();
                Some(Call::Open { path: &open.path, directory: open.directory, read, write })
            }
            Self::Receive(_) | Self::Listener | Self::Nothing => None,
        }
    }
}

impl Send {
    /// One of which nothing can be read.
    fn unknown(socket: i32) -> Self {
        Self {
            socket,
            to: Address::unknown(),
            pieces: Vec::new(),
            flags: 0,
            ancillary: true,
            before: 0,
            alone: false,
            length_at: None,
        }
    }
}

impl Open {
    /// Whether the file is read, and whether it is written, made or cut.
    fn ways(&self) -> (bool, bool) {
        let access = self.flags & libc::O_ACCMODE;
        let write = access != libc::O_RDONLY || self.flags & (libc::O_CREAT | libc::O_TRUNC) != 0;
        (access != libc::O_WRONLY, write)
    }
}

/// Families that reach this machine's kernel and nobody else.
fn is_local(peer: &Peer<'_>) -> bool {
    matches!(peer, Peer::Other(family) if [libc::AF_NETLINK, libc::AF_ALG].contains(&i32::from(*family)))
}

/// Which call it is, whatever its number.
enum Kind {
    Connect,
    SendTo,
    SendMessage,
    SendMessages,
    SocketCall,
    Exec,
    ExecAt,
    Open,
    Create,
    OpenAt,
    OpenAt2,
    Receive,
    Listener,
    Other,
}

fn kind(told: &Notification) -> Kind {
    let number = i64::from(told.number);
    #[cfg(target_arch = "x86_64")]
    if told.architecture == I386 {
        return match number {
            i386::CONNECT => Kind::Connect,
            i386::SENDTO => Kind::SendTo,
            i386::SENDMSG => Kind::SendMessage,
            i386::SENDMMSG => Kind::SendMessages,
            i386::SOCKETCALL => Kind::SocketCall,
            i386::EXECVE => Kind::Exec,
            i386::EXECVEAT => Kind::ExecAt,
            i386::OPEN => Kind::Open,
            i386::CREAT => Kind::Create,
            i386::OPENAT => Kind::OpenAt,
            i386::OPENAT2 => Kind::OpenAt2,
            i386::SECCOMP => Kind::Listener,
            _ => Kind::Other,
        };
    }
    match number {
        libc::SYS_connect => Kind::Connect,
        libc::SYS_sendto => Kind::SendTo,
        libc::SYS_sendmsg => Kind::SendMessage,
        libc::SYS_sendmmsg => Kind::SendMessages,
        libc::SYS_execve => Kind::Exec,
        libc::SYS_execveat => Kind::ExecAt,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_open => Kind::Open,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_creat => Kind::Create,
        libc::SYS_openat => Kind::OpenAt,
        libc::SYS_openat2 => Kind::OpenAt2,
        libc::SYS_recvfrom => Kind::Receive,
        libc::SYS_seccomp => Kind::Listener,
        _ => Kind::Other,
    }
}

/// A register that holds an int.
#[expect(clippy::cast_possible_truncation, reason = "registers hold narrower arguments")]
fn int(register: u64) -> i32 {
    register as i32
}

/// Eight bytes, or four, at a place in a structure.
fn number(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
}

fn connect(memory: &mut Memory, socket: u64, at: u64, length: u64) -> Result<Trapped, Unreadable> {
    if !address::is_taken(length) {
        return Ok(Trapped::Nothing);
    }
    let to = address::read(memory, at, length)?;
    Ok(Trapped::Connect { socket: int(socket), to })
}

fn send_to(memory: &mut Memory, arguments: [u64; 6]) -> Result<Trapped, Unreadable> {
    let [socket, data, count, flags, at, length] = arguments;
    if at == 0 || !address::is_taken(length) {
        return Ok(Trapped::Nothing);
    }
    Ok(Trapped::Send(Send {
        socket: int(socket),
        to: address::read(memory, at, length)?.of_datagram(),
        pieces: vec![(data, count)],
        flags: int(flags),
        ancillary: false,
        before: 0,
        alone: false,
        length_at: None,
    }))
}

/// Most pieces of a message (`UIO_MAXIOV`), and most messages of a call.
const PIECES_MAX: u64 = 1024;

/// `struct msghdr`: name, its length, pieces, their count, ancillary data, its length, flags; each in the
/// width of a pointer, but for the name's length, an int.
struct Head {
    name: (u64, u64),
    pieces: (u64, u64),
    ancillary: u64,
}

impl Head {
    /// Bytes of one.
    fn width(memory: &Memory) -> u64 {
        7 * memory.pointer_bytes()
    }

    fn read(memory: &mut Memory, at: u64) -> Result<Self, Unreadable> {
        let step = memory.pointer_bytes();
        let mut field =
            |index: u64| memory.pointer(at.checked_add(index * step).ok_or(Unreadable::Nonsense)?);
        let length = field(1)? & u64::from(u32::MAX);
        Ok(Self { name: (field(0)?, length), pieces: (field(2)?, field(3)?), ancillary: field(5)? })
    }

    fn send(
        &self,
        memory: &mut Memory,
        socket: u64,
        flags: u64,
    ) -> Result<Option<Send>, Unreadable> {
        let (name, length) = self.name;
        if name == 0 || length == 0 {
            return Ok(None);
        }
        let length = length.min(address::ADDRESS_BYTES_MAX); // as the kernel cuts it
        Ok(Some(Send {
            socket: int(socket),
            to: address::read(memory, name, length)?.of_datagram(),
            pieces: pieces(memory, self.pieces)?,
            flags: int(flags),
            ancillary: self.ancillary != 0,
            before: 0,
            alone: false,
            length_at: None,
        }))
    }
}

fn pieces(memory: &mut Memory, (at, count): (u64, u64)) -> Result<Vec<(u64, u64)>, Unreadable> {
    if count > PIECES_MAX {
        return Err(Unreadable::Nonsense);
    }
    let step = memory.pointer_bytes();
    (0..count)
        .map(|index| {
            let piece = at.checked_add(2 * index * step).ok_or(Unreadable::Nonsense)?;
            Ok((memory.pointer(piece)?, memory.pointer(piece + step)?))
        })
        .collect()
}

fn message(memory: &mut Memory, socket: u64, at: u64, flags: u64) -> Result<Trapped, Unreadable> {
    let head = Head::read(memory, at)?;
    Ok(head.send(memory, socket, flags)?.map_or(Trapped::Nothing, Trapped::Send))
}

fn messages(memory: &mut Memory, arguments: [u64; 4]) -> Result<Trapped, Unreadable> {
    let [socket, at, count, flags] = arguments;
    let step = Head::width(memory) + memory.pointer_bytes(); // its length, and what aligns the next
    let mut first: Option<Send> = None;
    for index in 0..(count & u64::from(u32::MAX)).min(PIECES_MAX) {
        let head = at.checked_add(index * step).ok_or(Unreadable::Nonsense)?;
        let send = Head::read(memory, head).and_then(|it| it.send(memory, socket, flags));
        match (&mut first, send) {
            (None, Err(why)) => return Err(why),
            (None, Ok(Some(send))) => {
                let length_at = Some(head + Head::width(memory));
                first = Some(Send { before: index as u32, length_at, ..send });
            }
            (Some(first), Ok(Some(send))) => first.alone |= first.to != send.to,
            (Some(first), Err(_)) => first.alone = true, // the kernel sends what is before it
            (_, Ok(None)) => {}
        }
    }
    Ok(first.map_or(Trapped::Nothing, Trapped::Send))
}

/// socketcall(2): the number of a call, and its arguments as a list.
fn socket_call(memory: &mut Memory, number: u64, at: u64) -> Result<Trapped, Unreadable> {
    let mut argument =
        |index: u64| memory.pointer(at.checked_add(4 * index).ok_or(Unreadable::Nonsense)?);
    match number {
        3 => {
            let (socket, to, length) = (argument(0)?, argument(1)?, argument(2)?);
            connect(memory, socket, to, length)
        }
        11 => {
            let mut all = [0; 6];
            for (index, slot) in (0..).zip(&mut all) {
                *slot = argument(index)?;
            }
            send_to(memory, all)
        }
        16 => {
            let (socket, head, flags) = (argument(0)?, argument(1)?, argument(2)?);
            message(memory, socket, head, flags)
        }
        20 => {
            let all = [argument(0)?, argument(1)?, argument(2)?, argument(3)?];
            messages(memory, all)
        }
        _ => Ok(Trapped::Nothing),
    }
}

/// Most bytes of arguments that are looked at.
const ARGUMENT_BYTES_MAX: usize = 1 << 20;

fn exec(
    memory: &mut Memory,
    directory: i32,
    file: u64,
    arguments: u64,
    environment: u64,
) -> Result<Trapped, Unreadable> {
    let file = memory.string(file)?;
    let mut words = Vec::new();
    for word in memory.list(arguments)? {
        words.extend(memory.string(word)?);
        words.push(0);
        if words.len() > ARGUMENT_BYTES_MAX {
            break;
        }
    }
    let named = named(memory, environment).unwrap_or(None);
    Ok(Trapped::Exec(Exec { file, directory, arguments: words, named }))
}

/// The start that an environment names: `BIGFOOT_RUN=FOLDER,NUMBER`.
fn named(memory: &mut Memory, environment: u64) -> Result<Option<u64>, Unreadable> {
    let name = bigfoot_ipc::RUN_VARIABLE.as_bytes();
    for entry in memory.list(environment)? {
        let entry = memory.string(entry)?;
        let value = entry.strip_prefix(name).and_then(|rest| rest.strip_prefix(b"="));
        if let Some(value) = value {
            let number = value.split(|byte| *byte == b',').nth(1);
            let number = number.and_then(|digits| std::str::from_utf8(digits).ok());
            return Ok(number.and_then(|digits| digits.parse().ok()));
        }
    }
    Ok(None)
}

fn open(memory: &mut Memory, directory: i32, path: u64, flags: i32) -> Result<Trapped, Unreadable> {
    Ok(Trapped::Open(Open { path: memory.string(path)?, directory, flags }))
}
