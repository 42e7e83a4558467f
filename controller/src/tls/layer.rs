//! The conversation between a guest's connection and the one inside that answers it.

use bigfoot_ipc::guest::Transport;
use rustls::Error;

use super::client::{Secure, words};
use super::session::Heard;
use super::upstream::{Became, Upstream};
use super::{Ends, Make, Wishes};
use crate::plugins::conversation::{
    Conversation, Desk, End, Event, Malformed, Opening, Output, Untrusted,
};

/// First bytes of TLS: a record of a handshake, of version 3 point something.
const HELLO: [u8; 2] = [0x16, 0x03];
/// The alert for a handshake that cannot be read; rustls does not always make one.
const DECODE_ERROR: [u8; 7] = [0x15, 0x03, 0x03, 0, 2, 2, 50];
/// Bytes at fault that are told.
const TOLD_BYTES_MAX: usize = 64;
/// How often one event may make the conversation ask for a server that cannot be.
const ATTEMPTS_MAX: usize = 4;

/// The conversation.
pub(super) struct Layered {
    opening: Opening,
    ends: Ends,
    wishes: Wishes,
    make: Option<Make>,
    inner: Option<Box<dyn Conversation>>,
    client: Client,
    upstream: Upstream,
}

/// How the client speaks.
enum Client {
    /// Not known yet; what it has said.
    Unknown(Vec<u8>),
    /// Without TLS.
    Plain,
    /// With TLS.
    Secure(Box<Secure>),
    /// Its connection is over.
    Over,
}

impl std::fmt::Debug for Layered {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let inner = &self.inner;
        out.debug_struct("Layered").field("inner", inner).finish_non_exhaustive()
    }
}

impl Layered {
    pub(super) fn new(opening: Opening, ends: Ends, wishes: Wishes, make: Make) -> Self {
        let client = Client::Unknown(Vec::new());
        let upstream = Upstream::default();
        Self { opening, ends, wishes, make: Some(make), inner: None, client, upstream }
    }

    fn peeks(&self) -> bool {
        self.wishes.waits_for_client && self.opening.transport == Transport::Stream
    }

    /// The client's first bytes.
    fn first(&mut self, mut said: Vec<u8>, bytes: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        said.extend_from_slice(bytes);
        if said.starts_with(&HELLO) {
            match Secure::new(&self.opening, &self.ends.authority, &self.wishes) {
                Ok(secure) => self.client = Client::Secure(Box::new(secure)),
                Err(error) => return self.garbled(&error, &said, output),
            }
            self.secure(&said, desk, output);
        } else if HELLO.starts_with(&said) {
            self.client = Client::Unknown(said);
        } else {
            self.begin(None, desk, output);
            self.tell(Event::Client(&said), desk, output);
        }
    }

    /// Makes the conversation inside: without TLS, or with it and this protocol.
    fn begin(&mut self, secure: Option<Option<Vec<u8>>>, desk: &mut dyn Desk, output: &mut Output) {
        self.opening.encrypted = secure.is_some();
        self.opening.alpn = secure.flatten();
        if !self.opening.encrypted {
            self.client = Client::Plain;
        }
        self.inner = self.make.take().and_then(|make| make(&self.opening));
        if self.inner.is_some() {
            self.tell(Event::Opened, desk, output);
        } else {
            self.client = Client::Over;
            output.end = Some(End::Reset);
        }
    }

    /// Bytes of a client that speaks TLS.
    fn secure(&mut self, bytes: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        let Client::Secure(secure) = &mut self.client else {
            return;
        };
        let heard = secure.session.hear(bytes, &mut output.client);
        let alpn = heard.opened.then(|| secure.session.alpn().map(<[u8]>::to_vec));
        let Heard { plain, ended, failed, .. } = heard;
        if let Some(alpn) = alpn {
            self.begin(Some(alpn), desk, output);
        }
        if !plain.is_empty() {
            self.mark_used();
            self.tell(Event::Client(&plain), desk, output);
        }
        match failed {
            Some(error) => self.failed(&error, bytes, desk, output),
            None if ended => self.client_ended(desk, output),
            None => {}
        }
    }

    /// The client sends no more.
    fn client_ended(&mut self, desk: &mut dyn Desk, output: &mut Output) {
        if let Client::Unknown(said) = &mut self.client {
            let said = std::mem::take(said);
            self.begin(None, desk, output);
            if !said.is_empty() {
                self.tell(Event::Client(&said), desk, output);
            }
        }
        if let Client::Secure(secure) = &self.client {
            let left = secure.left().map(|words| Untrusted { words, certain: false });
            output.untrusted = left.or(output.untrusted.take());
            if secure.session.is_handshaking() {
                self.client = Client::Over;
                output.end = Some(End::Close);
                return;
            }
        }
        self.tell(Event::ClientEnd, desk, output);
    }

    /// A client's TLS came to nothing. An alert about our certificate says that it is not trusted; one
    /// after something was said, that the client leaves.
    fn failed(&mut self, error: &Error, bytes: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        let (untrusted, leaves) = match (&self.client, error) {
            (Client::Secure(secure), Error::AlertReceived(alert)) => {
                (secure.distrusted(*alert), secure.used)
            }
            _ => (None, false),
        };
        if leaves {
            self.tell(Event::ClientEnd, desk, output);
        } else if untrusted.is_none() {
            return self.garbled(error, bytes, output);
        }
        let untrusted = untrusted.map(|words| Untrusted { words, certain: true });
        output.untrusted = untrusted.or(output.untrusted.take());
        output.end = Some(End::Close);
        self.client = Client::Over;
    }

    fn garbled(&mut self, error: &Error, bytes: &[u8], output: &mut Output) {
        let reason = match error {
            Error::AlertReceived(alert) => format!("ended TLS with the alert {}", words(*alert)),
            Error::PeerIncompatible(why) => {
                format!("offers no TLS that is spoken here, 1.2 or 1.3: {why:?}")
            }
            error => format!("speaks TLS that cannot be read: {error}"),
        };
        if matches!(&self.client, Client::Secure(secure) if secure.has_answered_nothing()) {
            output.client.extend_from_slice(&DECODE_ERROR);
        }
        let bytes = bytes.iter().take(TOLD_BYTES_MAX).copied().collect();
        output.malformed = Some(Malformed { reason, bytes });
        output.end = Some(End::Close);
        self.client = Client::Over;
    }

    /// Tells the conversation inside what happened, and has done what it says.
    fn tell(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        let mut failed = self.hand(event, desk, output);
        for _ in 0..ATTEMPTS_MAX {
            let Some(reason) = failed else {
                return;
            };
            failed = self.hand(Event::UpstreamFailed(&reason), desk, output);
        }
    }

    fn hand(
        &mut self,
        event: Event<'_>,
        desk: &mut dyn Desk,
        output: &mut Output,
    ) -> Option<String> {
        if matches!(self.client, Client::Over) {
            return None;
        }
        let mut said = Output::default();
        self.inner.as_mut()?.on(event, desk, &mut said);
        self.name_upstream(&mut said);
        let failed = self.upstream.send(&mut said, &self.ends.trust, output);
        self.answer(said, output);
        failed
    }

    /// A server is verified by the name that the client asked for, as the client would.
    fn name_upstream(&self, said: &mut Output) {
        if let (Client::Secure(secure), Some(connect)) = (&self.client, &mut said.connect)
            && let (Some(asked), Some((name, _))) = (secure.asked(), &mut connect.tls)
            && *name == self.opening.host
        {
            asked.clone_into(name);
        }
    }

    /// What the conversation inside has for the client.
    fn answer(&mut self, said: Output, output: &mut Output) {
        output.messages.extend(said.messages);
        output.wake = said.wake.or(output.wake);
        output.malformed = said.malformed.or(output.malformed.take());
        output.untrusted = said.untrusted.or(output.untrusted.take());
        match &mut self.client {
            Client::Secure(secure) => secure.answer(&said.client, said.end, output),
            _ => output.client.extend(said.client),
        }
        if said.end.is_some() {
            output.end = said.end;
        }
        if matches!(said.end, Some(End::Close | End::Reset)) {
            self.client = Client::Over;
        }
    }

    fn mark_used(&mut self) {
        if let Client::Secure(secure) = &mut self.client {
            secure.used = true;
        }
    }

    /// What the real server's side came to.
    fn upstream(&mut self, became: Vec<Became>, desk: &mut dyn Desk, output: &mut Output) {
        for became in became {
            match became {
                Became::Opened => self.tell(Event::UpstreamOpened, desk, output),
                Became::Said(plain) => self.tell(Event::Upstream(&plain), desk, output),
                Became::Ended => self.tell(Event::UpstreamEnd, desk, output),
                Became::Failed(why) => self.tell(Event::UpstreamFailed(&why), desk, output),
            }
        }
    }
}

impl Conversation for Layered {
    fn on(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        let peeks = self.peeks();
        match (event, &mut self.client) {
            (_, Client::Over) => {}
            (Event::Opened, _) if peeks => {}
            (Event::Opened, _) => self.begin(None, desk, output),
            (Event::Client(bytes), Client::Unknown(said)) => {
                let said = std::mem::take(said);
                self.first(said, bytes, desk, output);
            }
            (Event::Client(bytes), Client::Secure(_)) => self.secure(bytes, desk, output),
            (Event::ClientEnd, Client::Secure(secure)) if secure.session.has_ended() => {}
            (Event::ClientEnd, _) => self.client_ended(desk, output),
            (
                Event::UpstreamOpened
                | Event::Upstream(_)
                | Event::UpstreamEnd
                | Event::UpstreamFailed(_),
                _,
            ) => {
                let became = self.upstream.hear(event, output);
                self.upstream(became, desk, output);
            }
            (event, _) => self.tell(event, desk, output),
        }
    }
}
