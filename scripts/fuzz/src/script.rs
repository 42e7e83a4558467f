//! An input as a conversation, in a form that can be written by hand:
//!
//! ```text
//! #e2 0234
//! PRI * HTTP/2.0|cSM...|C|sHTTP/1.1 200 OK
//! ```
//!
//! The first line says how the connection was opened ([`Script::opening`]), and which answers are given
//! in turn ([`crate::clerk`]). What follows is said by the client, up to a mark; `|` before any other
//! letter, and the second of two, is no mark.
//!
//! | mark | from here on |
//! |---|---|
//! | `\|c`, `\|s` | the client, or the real server, says another piece |
//! | `\|C`, `\|S` | the client, or the real server, has said all |
//! | `\|F` | the real server could not be reached |
//! | `\|W` | the time is over that was asked for |

use bigfoot_controller::plugins::conversation::Opening;
use bigfoot_ipc::guest::Transport;

/// Longest first line, in bytes.
const HEAD_BYTES_MAX: usize = 64;

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The client says this.
    Client(Vec<u8>),
    /// The client has said all.
    ClientEnd,
    /// The real server says this.
    Server(Vec<u8>),
    /// The real server has said all.
    ServerEnd,
    /// The real server could not be reached, or is gone.
    ServerFails,
    /// The time is over.
    Wake,
}

/// A conversation to play.
#[derive(Debug, Clone)]
pub struct Script {
    /// Letters for [`Self::opening`].
    pub ways: Vec<u8>,
    /// Which answers are given.
    pub answers: Vec<u8>,
    /// What happens.
    pub parts: Vec<Part>,
}

impl Script {
    /// The script that an input is.
    pub fn of(input: &[u8]) -> Self {
        let (head, body) = split(input);
        let (ways, answers) = match head.iter().position(|byte| *byte == b' ') {
            Some(space) => (&head[..space], &head[space + 1..]),
            None => (head, &head[..0]),
        };
        Self { ways: ways.to_vec(), answers: answers.to_vec(), parts: parts(body) }
    }

    /// Whether the first line has this letter.
    pub fn has(&self, way: u8) -> bool {
        self.ways.contains(&way)
    }

    /// `u` datagrams, `x` a Unix socket, `e` TLS was taken off, `1` and `2` which HTTP it chose.
    pub fn opening(&self, port: u16) -> Opening {
        let unix = self.has(b'x');
        let alpn: Option<&[u8]> = match (self.has(b'2'), self.has(b'1')) {
            (true, _) => Some(b"h2"),
            (_, true) => Some(b"http/1.1"),
            _ => None,
        };
        Opening {
            host: if unix { "/run/a.sock" } else { "a.example" }.to_owned(),
            port: if unix { 0 } else { port },
            transport: if self.has(b'u') { Transport::Datagram } else { Transport::Stream },
            address: None,
            encrypted: self.has(b'e'),
            alpn: alpn.map(<[u8]>::to_vec),
        }
    }

    /// All that the client says, if nothing else happens.
    pub fn client_alone(&self) -> Option<Vec<u8>> {
        let pieces = self.parts.iter().map(|part| match part {
            Part::Client(bytes) => Some(bytes.as_slice()),
            _ => None,
        });
        pieces.collect::<Option<Vec<_>>>().map(|pieces| pieces.concat())
    }
}

/// The first line, if it is one of ours, and the rest.
fn split(input: &[u8]) -> (&[u8], &[u8]) {
    let start = &input[..input.len().min(HEAD_BYTES_MAX)];
    match (input.strip_prefix(b"#"), start.iter().position(|byte| *byte == b'\n')) {
        (Some(_), Some(end)) => (&input[1..end], &input[end + 1..]),
        _ => (&[], input),
    }
}

fn parts(body: &[u8]) -> Vec<Part> {
    let (mut parts, mut server, mut said) = (Vec::new(), false, Vec::new());
    let mut bytes = body.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let mark = bytes.peek().copied().filter(|_| byte == b'|');
        let Some(mark) = mark.filter(|mark| b"csCSFW|".contains(mark)) else {
            said.push(byte);
            continue;
        };
        bytes.next();
        if mark == b'|' {
            said.push(byte);
            continue;
        }
        say(&mut parts, server, &mut said);
        server = mark == b's' || (server && mark != b'c');
        parts.extend(match mark {
            b'C' => Some(Part::ClientEnd),
            b'S' => Some(Part::ServerEnd),
            b'F' => Some(Part::ServerFails),
            b'W' => Some(Part::Wake),
            _ => None,
        });
    }
    say(&mut parts, server, &mut said);
    parts
}

fn say(parts: &mut Vec<Part>, server: bool, said: &mut Vec<u8>) {
    if !said.is_empty() {
        let said = std::mem::take(said);
        parts.push(if server { Part::Server(said) } else { Part::Client(said) });
    }
}
