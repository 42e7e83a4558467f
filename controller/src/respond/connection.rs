//! One client, and what its conversation wants done.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::asking::Asking;
use super::stream::Stream;
use crate::engine::{Claim, Said};
use crate::plugins::conversation::{Conversation, End, Event, Output, Untrusted, Upstream};
use crate::report::Code;

/// Bytes that wait for one side, from which on nothing more is read of the other.
const WAITING_MAX: usize = 1 << 20;
/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;
/// How long a closed client may take to close its side.
const LINGER: Duration = Duration::from_secs(2);

/// How the client is reached.
#[derive(Debug)]
pub(super) enum Client {
    /// By a connection of its own.
    Stream(Stream),
    /// By datagrams, from the responder's one socket: messages that are to be sent.
    Datagrams(VecDeque<Vec<u8>>),
}

/// One client.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) claim: Claim,
    pub(super) client: Client,
    pub(super) upstream: Option<Stream>,
    /// A connection to a real server that is wanted.
    pub(super) wanted: Option<(Upstream, Option<SocketAddr>)>,
    /// When it is to be woken.
    pub(super) wake: Option<Instant>,
    conversation: Box<dyn Conversation>,
    for_client: Buffer,
    for_upstream: Buffer,
    end: Option<End>,
    end_upstream: bool,
    /// The client's side is read no more.
    client_ended: bool,
    /// Everything is said; until then the client's close is waited for.
    closing: Option<Instant>,
    /// It is over.
    pub(super) over: bool,
}

/// Bytes that wait to be sent.
#[derive(Debug, Default)]
struct Buffer {
    bytes: Vec<u8>,
    sent: usize,
    /// Of a datagram socket: the messages, in place of the bytes.
    messages: VecDeque<Vec<u8>>,
}

impl Buffer {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn len(&self) -> usize {
        self.bytes.len() - self.sent + self.messages.len()
    }

    /// Sends what can be sent. False if the other side is gone.
    fn send(&mut self, to: &mut Stream) -> bool {
        while let Some(message) = self.messages.front() {
            match to.write(message) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                _ => drop(self.messages.pop_front()), // what cannot be sent is lost
            }
        }
        while self.sent < self.bytes.len() {
            match to.write(&self.bytes[self.sent..]) {
                Ok(0) => return false,
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        self.bytes.clear();
        self.sent = 0;
        true
    }
}

impl Connection {
    pub(super) fn new(claim: Claim, client: Client, conversation: Box<dyn Conversation>) -> Self {
        Self {
            claim,
            client,
            upstream: None,
            wanted: None,
            wake: None,
            conversation,
            for_client: Buffer::default(),
            for_upstream: Buffer::default(),
            end: None,
            end_upstream: false,
            client_ended: false,
            closing: None,
            over: false,
        }
    }

    /// Tells the conversation what happened, and does what it wants.
    pub(super) fn on(&mut self, event: Event<'_>, asking: &mut Asking) {
        if self.over {
            return;
        }
        if self.closing.is_some() {
            return self.behind(event, asking);
        }
        asking.ticket = self.claim.ticket;
        let mut output = Output::default();
        let conversation = &mut self.conversation;
        let done = catch_unwind(AssertUnwindSafe(|| conversation.on(event, asking, &mut output)));
        if done.is_err() {
            let reason = "sent what made the plugin panic; the connection was reset".to_owned();
            let (code, bytes) = (Code::Malformed, Vec::new());
            asking.tell(Said::Wrong { code, reason, bytes, certain: true });
            output = Output { end: Some(End::Reset), ..Output::default() };
        }
        self.take(output, asking);
    }

    /// What a client sends when its connection was closed is heard by a raw conversation, which may have
    /// something to tell of it, and by no other: there it may be a goodbye, or meant for the next one.
    fn behind(&mut self, event: Event<'_>, asking: &mut Asking) {
        let raw = self.claim.plugin.card().name == "socket";
        if !raw || !matches!(event, Event::Client(_)) {
            return;
        }
        let mut output = Output::default();
        asking.ticket = self.claim.ticket;
        self.conversation.on(event, asking, &mut output);
        self.take(Output { malformed: output.malformed, ..Output::default() }, asking);
    }

    fn take(&mut self, output: Output, asking: &Asking) {
        if let Some(malformed) = output.malformed {
            let (reason, bytes) = (malformed.reason, malformed.bytes);
            asking.tell(Said::Wrong { code: Code::Malformed, reason, bytes, certain: true });
        }
        if let Some(Untrusted { words: reason, certain }) = output.untrusted {
            let (code, bytes) = (Code::Untrusted, Vec::new());
            asking.tell(Said::Wrong { code, reason, bytes, certain });
        }
        self.for_client.push(&output.client);
        if let Client::Datagrams(messages) = &mut self.client {
            messages.extend(output.messages);
        }
        if let Some(upstream) = output.connect {
            let address = self.claim.opening.address;
            self.wanted = Some((upstream, address));
            (self.upstream, self.for_upstream) = (None, Buffer::default()); // of the one before
            self.end_upstream = false;
        }
        match &self.client {
            Client::Datagrams(_) if !output.upstream.is_empty() => {
                self.for_upstream.messages.push_back(output.upstream);
            }
            _ => self.for_upstream.push(&output.upstream),
        }
        self.end_upstream |= output.end_upstream;
        if let Some(time) = output.wake {
            self.wake = Some(Instant::now() + time);
        }
        self.end = output.end.or(self.end);
        self.send();
    }

    /// Sends what can be sent, and ends what is to end.
    pub(super) fn send(&mut self) {
        let Client::Stream(client) = &mut self.client else {
            self.send_upstream();
            self.over |= self.end.is_some();
            return;
        };
        if self.closing.is_none() && !self.for_client.send(client) {
            self.over = true; // it is gone
            return;
        }
        if self.for_client.len() == 0 {
            match self.end.take() {
                Some(End::HalfClose) => client.end(),
                Some(End::Close) if self.client_ended => self.over = true,
                Some(End::Close) => {
                    client.end();
                    self.closing = Some(Instant::now() + LINGER);
                }
                Some(End::Reset) => {
                    client.reset();
                    self.over = true;
                }
                None => {}
            }
        }
        self.send_upstream();
    }

    fn send_upstream(&mut self) {
        let Some(upstream) = &mut self.upstream else {
            return;
        };
        if !self.for_upstream.send(upstream) {
            self.for_upstream = Buffer::default(); // reading tells that it is gone
        }
        if self.end_upstream && self.for_upstream.len() == 0 {
            upstream.end();
            self.end_upstream = false;
        }
    }

    /// The client's connection is closed in both directions, or broken: what it sent is still read, and
    /// then nobody is left to hear anything.
    pub(super) fn hung_up(&mut self) {
        self.over |= self.client_ended;
    }

    /// The client can be read.
    pub(super) fn read_client(&mut self, asking: &mut Asking, space: &mut [u8]) {
        let Client::Stream(client) = &mut self.client else {
            return;
        };
        match client.read(&mut space[..CHUNK]) {
            Ok(0) => self.client_ends(asking),
            Ok(read) => self.on(Event::Client(&space[..read]), asking),
            Err(error) if is_passing(error.kind()) => {}
            Err(_) => {
                self.client_ends(asking);
                self.over = true;
            }
        }
    }

    fn client_ends(&mut self, asking: &mut Asking) {
        if self.client_ended {
            return;
        }
        if self.closing.is_some() {
            self.over = true;
            return;
        }
        self.client_ended = true;
        self.on(Event::ClientEnd, asking);
        // A conversation that has nothing more to say to a client that is gone is over.
        let idle = self.for_client.len() == 0 && self.wake.is_none();
        self.over |= idle && self.upstream.is_none() && self.wanted.is_none();
    }

    /// The real server can be read.
    pub(super) fn read_upstream(&mut self, asking: &mut Asking, space: &mut [u8]) {
        let Some(upstream) = &mut self.upstream else {
            return;
        };
        match upstream.read(&mut space[..CHUNK]) {
            Ok(0) if !matches!(upstream, Stream::Udp(_)) => {
                self.upstream = None;
                self.on(Event::UpstreamEnd, asking);
                self.over |= self.client_ended && self.for_client.len() == 0;
            }
            Ok(read) => self.on(Event::Upstream(&space[..read]), asking),
            Err(error) if is_passing(error.kind()) => {}
            Err(error) => {
                self.upstream = None;
                self.on(Event::UpstreamFailed(&error.to_string()), asking);
            }
        }
    }

    /// The real server is there, or is not.
    pub(super) fn connected(&mut self, made: std::io::Result<Stream>, asking: &mut Asking) {
        match made {
            Ok(stream) => {
                self.upstream = Some(stream);
                self.on(Event::UpstreamOpened, asking);
                self.send_upstream();
            }
            Err(error) => self.on(Event::UpstreamFailed(&error.to_string()), asking),
        }
    }

    /// The time is over that was asked for, or that a closed client was given.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.wake.is_some_and(|wake| wake <= now) || self.closing.is_some_and(|end| end <= now)
    }

    pub(super) fn wake(&mut self, now: Instant, asking: &mut Asking) {
        self.over |= self.closing.is_some_and(|end| end <= now);
        if self.wake.is_some_and(|wake| wake <= now) {
            self.wake = None;
            self.on(Event::Wake, asking);
        }
    }

    /// When it is to be looked at next, whatever arrives.
    pub(super) fn next(&self) -> Option<Instant> {
        self.wake.into_iter().chain(self.closing).min()
    }

    /// Whether client and real server are to be read, and whether something waits to be sent to them.
    pub(super) fn interests(&self) -> [(bool, bool); 2] {
        let client = !self.client_ended && self.for_upstream.len() < WAITING_MAX;
        let upstream = self.for_client.len() < WAITING_MAX;
        let backed_up = self.for_client.len() >= WAITING_MAX;
        [(client && !backed_up, self.for_client.len() > 0), (upstream, self.for_upstream.len() > 0)]
    }
}

fn is_passing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
