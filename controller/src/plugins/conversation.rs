//! A conversation takes bytes and gives bytes. It knows no sockets, rules or sandboxes: what a
//! request is answered with, it asks its [`Desk`].
//!
//! It has two sides: the client, which is a guest, and the upstream, which is the real server that
//! the guest meant. The upstream is there only if the conversation asks for it, since a desk told
//! it to let a request through.

use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bigfoot_ipc::guest::Transport;

use super::card::FaultKind;
use crate::fields::Fields;
use crate::mocks::When;

/// To whom a guest opened a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The host, by the name that the guest knows it by; an address where there is no name, or
    /// the path of a Unix socket.
    pub host: String,
    /// The port; 0 for a Unix socket.
    pub port: u16,
    /// Kind of socket.
    pub transport: Transport,
    /// The address that the guest asked for; None for a Unix socket.
    pub address: Option<SocketAddr>,
    /// TLS was taken off: what the conversation sees was encrypted.
    pub encrypted: bool,
    /// What the client offered of the protocols that run over TLS (ALPN), the chosen one.
    pub alpn: Option<Vec<u8>>,
}

/// What happens on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// It is there: a server that speaks first does so.
    Opened,
    /// Bytes of the client; a whole message of a datagram socket.
    Client(&'a [u8]),
    /// The client sends no more.
    ClientEnd,
    /// The real server is connected.
    UpstreamOpened,
    /// Bytes of the real server; a whole message of a datagram socket.
    Upstream(&'a [u8]),
    /// The real server sends no more.
    UpstreamEnd,
    /// The real server could not be reached, or went away with an error: why.
    UpstreamFailed(&'a str),
    /// The time that was asked for in [`Output::wake`] is over.
    Wake,
}

/// What a conversation wants done, in this order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Bytes for the client; of a datagram socket each entry of `messages` is one message instead.
    pub client: Vec<u8>,
    /// Messages for the client of a datagram socket.
    pub messages: Vec<Vec<u8>>,
    /// A connection to the real server is wanted, at this host and port.
    pub connect: Option<Upstream>,
    /// Bytes for the real server; they wait until it is connected.
    pub upstream: Vec<u8>,
    /// No more bytes for the real server.
    pub end_upstream: bool,
    /// To be woken after this time.
    pub wake: Option<Duration>,
    /// What becomes of the client's connection once all bytes for it are sent.
    pub end: Option<End>,
    /// The client said what its protocol does not have; told in the report.
    pub malformed: Option<Malformed>,
    /// The client refused the run's certificate; told in the report.
    pub untrusted: Option<Untrusted>,
}

/// A real server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Name or address, or the path of a Unix socket.
    pub host: String,
    /// Port; 0 for a Unix socket.
    pub port: u16,
    /// With TLS: the name to verify, and the protocols to offer (ALPN).
    pub tls: Option<(String, Vec<Vec<u8>>)>,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing more is sent; what the client sends is still read.
    HalfClose,
    /// It is closed.
    Close,
    /// It is reset (TCP's RST).
    Reset,
}

/// A client that does not trust the run's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untrusted {
    /// What it did, and the way out: lines.
    pub words: String,
    /// It said so; else it left without a word, as clients do that only look whether somebody is there.
    pub certain: bool,
}

/// A client off its protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong, in words that follow "the client".
    pub reason: String,
    /// The bytes at fault, cut to 64.
    pub bytes: Vec<u8>,
}

/// What a request is answered with.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// By a mock.
    Mocked(Reply),
    /// By the real server. What it said is told by [`Desk::completed`], with this number.
    Real(u64),
    /// Not at all: why, in words for the client's own protocol.
    Refused(String),
}

/// A mock's answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reply {
    /// What the mock gives; names are those of the shape's `reply`.
    pub fields: Arc<Fields>,
    /// What goes wrong.
    pub fault: Option<Fault>,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// How.
    pub kind: FaultKind,
    /// After how many bytes of the answer.
    pub after: u64,
    /// Milliseconds between two bytes, or before the answer.
    pub delay_ms: u64,
}

/// Who a conversation asks.
pub trait Desk {
    /// What the guest did is recorded; how it is answered. `source` and the names are the card's.
    fn answer(&mut self, source: &'static str, fields: Fields) -> Answer;

    /// What a real server answered to the request of this number: the shape's `reply` fields.
    fn completed(&mut self, number: u64, reply: Fields);

    /// How these bytes (the field `bytes`) stand to what mocks or the next step wait for. Nothing is
    /// recorded.
    fn waits(&mut self, source: &'static str, fields: &Fields) -> Wait;

    /// What would answer this, so far as its fields are known: those that are not there yet may become
    /// anything. Nothing is recorded.
    fn foresee(&mut self, source: &'static str, fields: &Fields) -> Foreseen;

    /// Whether a mock or a step names this source: handshakes and the like are interactions only then.
    /// The name of a protocol stands for any source of it: else rules alone have the connection read.
    fn names(&self, source: &'static str) -> bool;
}

impl Foreseen {
    /// Nobody answers.
    #[must_use]
    pub fn nobody() -> Self {
        Self { when: When::default(), replies: Vec::new(), by: By::Nobody }
    }
}

/// How bytes stand to what mocks wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// A mock waits for as many of them.
    Match(usize),
    /// More bytes may make it so.
    Prefix,
    /// No mock waits for such bytes.
    Never,
}

/// What would answer something of which not all is known yet.
#[derive(Debug, Clone)]
pub struct Foreseen {
    /// What the mock or step waits for that would answer; empty where none would.
    pub when: When,
    /// What it gives, one a time.
    pub replies: Vec<Arc<Fields>>,
    /// Who answers.
    pub by: By,
}

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A mock or a step.
    Mock,
    /// The real server.
    Server,
    /// Nobody.
    Nobody,
}

/// One connection of a guest, answered in its protocol.
pub trait Conversation: Debug + Send {
    /// Takes what happened; says what is to be done.
    fn on(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output);
}
