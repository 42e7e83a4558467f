//! What a guest does, in values of our own: owned, absolute, and free of the guest's C.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

pub use bigfoot_ipc::guest::Transport;

use crate::fields::Fields;

/// One external call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Call {
    /// A connection, or a datagram to an address.
    Connect(Connect),
    /// A name look-up.
    Lookup(Lookup),
    /// An opened file.
    Open(Open),
    /// A started program.
    Exec(Exec),
    /// A loaded library.
    Load(Load),
    /// A request on a connection that a plugin reads.
    Request(Request),
}

impl Call {
    /// The same call at another path; None if it has none.
    #[must_use]
    pub fn at(&self, path: &Path) -> Option<Self> {
        let path = path.to_owned();
        Some(match self {
            Self::Open(open) => Self::Open(Open { path, ..open.clone() }),
            Self::Exec(exec) => {
                Self::Exec(Exec { program: path, arguments: exec.arguments.clone() })
            }
            Self::Connect(connect) if matches!(connect.peer, Peer::UnixPath(_)) => {
                Self::Connect(Connect { peer: Peer::UnixPath(path), ..connect.clone() })
            }
            _ => return None,
        })
    }
}

/// A connection, or a datagram to an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Connect {
    /// Kind of socket.
    pub transport: Transport,
    /// To whom.
    pub peer: Peer,
    /// Names that the address was looked up by, latest first; normalised by [`crate::rules::host::normal`].
    pub names: Vec<String>,
}

/// The family of a peer that cannot be known: its process lets nobody read its memory.
pub const UNKNOWN_FAMILY: u16 = u16::MAX;

/// The other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Peer {
    /// Address and port.
    Internet(SocketAddr),
    /// A socket in the file system; absolute.
    UnixPath(PathBuf),
    /// A socket in the abstract name space, without the leading zero byte (unix(7)).
    UnixAbstract(Vec<u8>),
    /// Another address family, by its number.
    Other(u16),
}

/// A name look-up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lookup {
    /// What is looked up.
    pub query: Query,
}

/// What a look-up is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Query {
    /// A name, normalised by [`crate::rules::host::normal`].
    Name(String),
    /// An address whose name is wanted.
    Address(IpAddr),
}

/// An opened file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Open {
    /// Absolute, without `.`, `..` and doubled slashes; links are not followed.
    pub path: PathBuf,
    /// Whether it is read.
    pub read: bool,
    /// Whether it is written, made or cut.
    pub write: bool,
}

/// A started program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Exec {
    /// The file that is started: absolute, links not followed; as given where it was not found.
    pub program: PathBuf,
    /// The arguments, the program's own name first.
    pub arguments: Vec<Vec<u8>>,
}

/// A request on a connection that a plugin reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Request {
    /// The connection.
    pub connect: Connect,
    /// `http:request`.
    pub source: &'static str,
    /// What the plugin read; names are those of its card.
    pub fields: Fields,
}

/// A loaded library.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Load {
    /// Name or path as given.
    pub library: String,
}
