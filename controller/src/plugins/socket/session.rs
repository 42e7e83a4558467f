//! A connection of raw bytes. On a stream only the mocks know where one exchange ends and the next
//! begins, so the bytes gather until a mock has what it waits for, or none can have it any more. A
//! datagram is one exchange. Mocks and the real server may take turns: each exchange is asked about, and
//! only a connection that is let through as a whole is a pipe.

use std::mem;
use std::time::Duration;

use bigfoot_ipc::guest::Transport;

use super::{CONNECT, EXCHANGE, place};
use crate::fields::Fields;
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::{
    Answer, Conversation, Desk, End, Event, Malformed, Opening, Output, Reply, Wait,
};

mod relay;
mod send;

use relay::Relay;
use send::Sending;

/// Most bytes of a client that wait for a mock.
pub(super) const HEARD_BYTES_MAX: usize = 1 << 20;
/// Bytes of a client that a report shows.
const SHOWN_BYTES_MAX: usize = 64;

/// A connection, or the datagrams to one address.
#[derive(Debug)]
pub(super) struct Session {
    place: Fields,
    datagrams: bool,
    state: State,
    /// What the client said and nobody has answered yet.
    heard: Vec<u8>,
    client_ended: bool,
    /// Something was refused.
    refused: bool,
    /// The answering side said that it says no more.
    mute: bool,
    sending: Sending,
    relay: Relay,
}

/// What is done with what the client says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is answered.
    Talking,
    /// It waits, since an answer is still being sent.
    Sending,
    /// It goes to the real server, which has the whole connection.
    Relaying,
    /// Nothing: the connection has ended, or is silent for good.
    Over,
}

/// The end of this name.
pub(super) fn end(close: &str) -> Option<End> {
    match close {
        "close" => Some(End::Close),
        "half-close" => Some(End::HalfClose),
        "reset" => Some(End::Reset),
        _ => None,
    }
}

impl Conversation for Session {
    fn on(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        match event {
            Event::Opened => self.opened(desk, output),
            Event::Client(bytes) => self.client(bytes, desk, output),
            Event::ClientEnd => self.client_end(desk, output),
            Event::Wake => self.wake(desk, output),
            Event::UpstreamOpened => {}
            Event::Upstream(bytes) => self.upstream(bytes, desk, output),
            Event::UpstreamEnd => self.upstream_end(desk, output),
            Event::UpstreamFailed(_) => {
                self.relay.complete(desk);
                self.finish(End::Reset, output);
            }
        }
        if self.state == State::Over {
            self.relay.complete(desk); // nobody hears what may still come
        }
    }
}

impl Session {
    pub(super) fn new(opening: &Opening) -> Self {
        Self {
            place: place::fields(opening),
            datagrams: opening.transport == Transport::Datagram,
            state: State::Talking,
            heard: Vec::new(),
            client_ended: false,
            refused: false,
            mute: false,
            sending: Sending::default(),
            relay: Relay::to(opening),
        }
    }

    fn opened(&mut self, desk: &mut dyn Desk, output: &mut Output) {
        if !desk.names(CONNECT) {
            return; // then it is no interaction
        }
        match desk.answer(CONNECT, self.place.clone()) {
            Answer::Mocked(reply) => self.play(&reply, output),
            Answer::Real(number) => {
                if !self.datagrams {
                    self.state = State::Relaying;
                }
                self.relay.pass(number, &[], desk, output);
            }
            Answer::Refused(_) => {
                self.refused = true;
                self.finish(End::Reset, output);
            }
        }
    }

    fn client(&mut self, bytes: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        match self.state {
            State::Over => self.behind(bytes, output),
            State::Relaying => {
                self.relay.complete(desk);
                output.upstream.extend_from_slice(bytes);
            }
            State::Talking | State::Sending if self.datagrams => {
                self.exchange(bytes.to_vec(), desk, output);
            }
            State::Talking | State::Sending => {
                self.hear(bytes, output);
                self.exchanges(desk, output);
            }
        }
    }

    fn hear(&mut self, bytes: &[u8], output: &mut Output) {
        if self.heard.len() + bytes.len() <= HEARD_BYTES_MAX {
            self.heard.extend_from_slice(bytes);
            return;
        }
        let first = self.heard.iter().chain(bytes).take(SHOWN_BYTES_MAX);
        output.malformed = Some(Malformed {
            reason: format!("sent more than {HEARD_BYTES_MAX} bytes that no mock has an end for"),
            bytes: first.copied().collect(),
        });
        self.finish(End::Reset, output);
    }

    fn client_end(&mut self, desk: &mut dyn Desk, output: &mut Output) {
        self.client_ended = true;
        self.exchanges(desk, output);
        self.pass_ends(output);
    }

    /// Each side's end becomes the other's, once all that is being said is said.
    fn pass_ends(&mut self, output: &mut Output) {
        if !matches!(self.state, State::Talking | State::Relaying) {
            return;
        }
        let real = self.relay.is_used();
        output.end_upstream |= self.client_ended && real;
        match (self.client_ended, self.relay.ended) {
            (true, ended) if ended || !real => self.finish(End::Close, output),
            (false, true) if real && !self.mute => self.finish(End::HalfClose, output),
            _ => {}
        }
    }

    /// Answers whatever of a stream has come, as far as it is whole.
    fn exchanges(&mut self, desk: &mut dyn Desk, output: &mut Output) {
        while self.state == State::Talking && !self.heard.is_empty() {
            let Some(length) = self.next(desk) else {
                return;
            };
            let rest = self.heard.split_off(length);
            let bytes = mem::replace(&mut self.heard, rest);
            self.exchange(bytes, desk, output);
        }
    }

    /// How many bytes are the next exchange. None while that is not known.
    fn next(&self, desk: &mut dyn Desk) -> Option<usize> {
        let all = self.heard.len();
        match desk.waits(EXCHANGE, &self.place.clone().with("bytes", self.heard.clone())) {
            Wait::Prefix if !self.client_ended => None,
            Wait::Match(bytes) => Some(bytes.clamp(1, all)),
            Wait::Prefix | Wait::Never => Some(all),
        }
    }

    fn exchange(&mut self, bytes: Vec<u8>, desk: &mut dyn Desk, output: &mut Output) {
        if !self.datagrams {
            self.relay.complete(desk); // a datagram's answer may come behind the next datagram
        }
        match desk.answer(EXCHANGE, self.place.clone().with("bytes", bytes.clone())) {
            Answer::Mocked(reply) => self.play(&reply, output),
            Answer::Real(number) => {
                self.relay.complete(desk);
                self.relay.pass(number, &bytes, desk, output);
            }
            Answer::Refused(_) if self.datagrams => {}
            Answer::Refused(_) => self.refuse(output),
        }
    }

    /// What is refused is told by whoever refused it: nothing behind it is told again.
    fn refuse(&mut self, output: &mut Output) {
        self.refused = true;
        let end = if self.relay.is_used() { End::Reset } else { End::Close };
        self.finish(end, output);
    }

    /// Bytes behind those on which a mock closed the connection are no exchange that could be asked
    /// about, and no silence either.
    fn behind(&self, bytes: &[u8], output: &mut Output) {
        if self.refused || bytes.is_empty() || output.malformed.is_some() {
            return;
        }
        let reason = format!("sent {} bytes more than a mock closed it on", bytes.len());
        let bytes = bytes.iter().take(SHOWN_BYTES_MAX).copied().collect();
        output.malformed = Some(Malformed { reason, bytes });
    }

    /// Gives a mock's answer.
    fn play(&mut self, reply: &Reply, output: &mut Output) {
        let bytes = reply.fields.bytes("bytes").map(|bytes| bytes.into_owned());
        let after =
            reply.fault.map_or(0, |fault| usize::try_from(fault.after).unwrap_or(usize::MAX));
        let cut = |bytes: Option<Vec<u8>>| bytes.map(|all| all.into_iter().take(after).collect());
        let (bytes, end) = match reply.fault.map(|fault| fault.kind) {
            None | Some(FaultKind::Slow | FaultKind::Garbage) => {
                (bytes, reply.fields.text("close").and_then(|close| end(&close)))
            }
            Some(FaultKind::HalfClose) => (bytes, Some(End::HalfClose)),
            Some(FaultKind::Truncated) => (cut(bytes), Some(End::Close)),
            Some(FaultKind::Reset) => (cut(bytes), Some(End::Reset)),
            Some(FaultKind::Refuse) => (None, Some(End::Reset)),
            Some(FaultKind::Timeout) => return self.fall_silent(),
        };
        self.say(bytes, end, reply, output);
    }

    /// A stream says nothing any more; of datagrams this one is not answered.
    fn fall_silent(&mut self) {
        if !self.datagrams {
            self.state = State::Over;
        }
    }

    fn say(
        &mut self,
        bytes: Option<Vec<u8>>,
        end: Option<End>,
        reply: &Reply,
        output: &mut Output,
    ) {
        let delay = Duration::from_millis(reply.fault.map_or(0, |fault| fault.delay_ms));
        let slow = reply.fault.is_some_and(|fault| fault.kind == FaultKind::Slow);
        let bytes = bytes.filter(|_| !self.mute);
        if self.datagrams {
            self.sending.datagram(bytes, delay, output);
        } else if delay.is_zero() {
            output.client.extend(bytes.unwrap_or_default());
            end.into_iter().for_each(|end| self.finish(end, output));
        } else {
            self.state = State::Sending;
            self.sending.stream(bytes.unwrap_or_default(), slow, delay, end, output);
        }
    }

    fn wake(&mut self, desk: &mut dyn Desk, output: &mut Output) {
        if self.datagrams {
            return self.sending.next_datagram(output);
        }
        if self.state != State::Sending || !self.sending.next(output) {
            return;
        }
        self.state = State::Talking;
        if let Some(end) = self.sending.end() {
            self.finish(end, output);
        }
        self.exchanges(desk, output);
        self.pass_ends(output);
    }

    /// Ends the connection, or this half of it. Datagrams have none.
    fn finish(&mut self, end: End, output: &mut Output) {
        if self.datagrams {
            return;
        }
        output.end = Some(end);
        match end {
            End::HalfClose => self.mute = true,
            End::Close | End::Reset => {
                self.state = State::Over;
                let heard = mem::take(&mut self.heard);
                self.behind(&heard, output);
            }
        }
    }

    fn upstream(&mut self, bytes: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        self.relay.answered(bytes, desk);
        if self.datagrams {
            self.relay.complete(desk);
            output.messages.push(bytes.to_vec());
        } else if self.state != State::Over && !self.mute {
            output.client.extend_from_slice(bytes);
        }
    }

    fn upstream_end(&mut self, desk: &mut dyn Desk, output: &mut Output) {
        self.relay.complete(desk);
        self.relay.ended = true;
        self.pass_ends(output);
    }
}
