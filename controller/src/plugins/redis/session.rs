//! A connection: its requests are answered one after the other, in order.
//!
//! | file | holds |
//! |---|---|
//! | `greeting` | log-in, settings and the like, which are answered without a mock |
//! | `transaction` | MULTI, EXEC, DISCARD |
//! | `channels` | subscriptions |
//! | `real` | the real server |
//! | `sending` | answers that take their time, or go wrong |

use std::time::Duration;

use super::asked::{Asked, Client};
use super::frame::{FRAME_BYTES_MAX, Wrong, put_error};
use super::place;
use super::request::Requests;
use super::shapes::CONNECT_SOURCE;
use super::value;
use crate::fields::{Fields, Value};
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::{
    Answer, Conversation, Desk, End, Event, Fault, Malformed, Opening, Output, Reply,
};

mod channels;
mod greeting;
mod real;
mod sending;
mod transaction;

use channels::Channels;
pub(super) use greeting::UNRULED;
use real::{Exec, Passing, Real};
#[cfg(test)]
pub(super) use sending::GARBAGE;
use sending::Sending;
use transaction::Queue;

/// Most bytes of a client that a report shows.
const SHOWN_BYTES_MAX: usize = 64;

/// A connection.
#[derive(Debug)]
pub(super) struct Session {
    place: Fields,
    client: Client,
    requests: Requests,
    client_ended: bool,
    stage: Stage,
    queue: Option<Queue>,
    channels: Channels,
    real: Real,
    /// Mocks may answer here; else only rules have it read.
    is_mocked: bool,
}

/// What happens to the next request.
#[derive(Debug)]
enum Stage {
    /// It is answered.
    Ready,
    /// It waits for the real server.
    Passing(Passing),
    /// It waits, since an answer is still being sent.
    Sending(Sending),
    /// It is not read: no answer ever comes.
    Silent,
    /// Nothing: the connection has ended.
    Over,
}

/// What is answered to a request.
#[derive(Debug)]
enum Said {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes, after a time; after 0 never.
    Late(Vec<u8>, Duration),
    /// These bytes, as far as they come.
    Faulty(Fault, Vec<u8>),
    /// What the real server answers; the number that the desk gave it.
    Real(Option<u64>),
    /// What the real server makes of a transaction.
    Exec(Box<Exec>),
    /// What the real server says to UNWATCH.
    Unwatch,
    /// These bytes, and nothing more.
    Last(Vec<u8>),
}

impl Conversation for Session {
    fn on(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        match event {
            Event::Opened => self.opened(desk, output),
            Event::Client(bytes) => self.requests.add(bytes),
            Event::ClientEnd => self.client_ended = true,
            Event::Wake => self.wake(output),
            Event::Upstream(bytes) => self.upstream(bytes, desk, output),
            Event::UpstreamEnd => self.lost("it closed the connection", output),
            Event::UpstreamFailed(why) => self.lost(why, output),
            Event::UpstreamOpened => {}
        }
        self.work(desk, output);
        self.bound(output);
    }
}

impl Session {
    pub(super) fn new(opening: &Opening) -> Self {
        Self {
            place: place::fields(opening),
            client: Client::default(),
            requests: Requests::default(),
            client_ended: false,
            stage: Stage::Ready,
            queue: None,
            channels: Channels::default(),
            real: Real::to(opening),
            is_mocked: false,
        }
    }

    fn opened(&mut self, desk: &mut dyn Desk, output: &mut Output) {
        self.is_mocked = desk.names("redis");
        if !self.is_mocked || !desk.names(CONNECT_SOURCE) {
            return; // then it is no interaction
        }
        match desk.answer(CONNECT_SOURCE, self.place.clone()) {
            Answer::Mocked(reply) => match reply.fault.map(|fault| fault.kind) {
                None => {}
                Some(FaultKind::Timeout) => self.stage = Stage::Silent,
                Some(_) => self.over(End::Reset, output),
            },
            Answer::Real(number) => desk.completed(number, Fields::new()),
            Answer::Refused(_) => self.over(End::Reset, output),
        }
    }

    /// Answers whatever has come, as far as it is whole.
    fn work(&mut self, desk: &mut dyn Desk, output: &mut Output) {
        while matches!(self.stage, Stage::Ready) {
            match self.requests.next() {
                Ok(Some(words)) => self.request(&Asked::new(words), desk, output),
                Ok(None) => return,
                Err(wrong) => self.off_protocol(wrong, output),
            }
        }
    }

    fn off_protocol(&mut self, wrong: Wrong, output: &mut Output) {
        malformed(output, format!("sent what Redis cannot read: {wrong}"), self.requests.rest());
        put_error(&mut output.client, &format!("ERR Protocol error: {wrong}"));
        self.over(End::Close, output);
    }

    fn request(&mut self, asked: &Asked, desk: &mut dyn Desk, output: &mut Output) {
        let said = match self.aside(asked) {
            Some(error) => Said::error(&error),
            None => match self.in_transaction(asked, desk, output) {
                Some(said) => said,
                None if self.channels.is_about(asked) => return self.channel(asked, desk, output),
                None => self.say(asked, desk, output),
            },
        };
        self.tell(said, asked, output);
    }

    /// What a server says of a request that it would not even look at here.
    fn aside(&mut self, asked: &Asked) -> Option<String> {
        let refusal = asked.refusal().filter(|_| self.is_mocked);
        let refusal = refusal.or_else(|| self.channels.refusal(asked, self.client.version))?;
        if let Some(queue) = &mut self.queue {
            queue.spoil();
        }
        Some(refusal)
    }

    /// The answer to one request, whether it stands alone or in a transaction.
    fn say(&mut self, asked: &Asked, desk: &mut dyn Desk, output: &mut Output) -> Said {
        if let Some(words) = unsupported(asked, self.is_mocked) {
            malformed(output, format!("asked for {words}"), &asked.words.join(&b' '));
            return Said::error(&format!("ERR bigfoot: {words}, which this version does not mock"));
        }
        if let Some(said) = self.greet(asked, desk) {
            return said;
        }
        self.ask(asked, desk)
    }

    fn ask(&mut self, asked: &Asked, desk: &mut dyn Desk) -> Said {
        match desk.answer(asked.source(), asked.fields(&self.place, &self.client)) {
            Answer::Mocked(reply) => self.mocked(asked, &reply),
            Answer::Real(number) => Said::Real(Some(number)),
            Answer::Refused(why) => Said::error(&format!("ERR bigfoot: {why}")),
        }
    }

    fn mocked(&self, asked: &Asked, reply: &Reply) -> Said {
        let (bytes, is_null) = self.encoded(asked, &reply.fields);
        match (reply.fault, asked.waits_ms()) {
            (Some(fault), _) => Said::Faulty(fault, bytes),
            (None, Some(ms)) if is_null => Said::Late(bytes, Duration::from_millis(ms)),
            _ => Said::Bytes(bytes),
        }
    }

    /// A mock's answer, and whether it is that nothing is there.
    fn encoded(&self, asked: &Asked, reply: &Fields) -> (Vec<u8>, bool) {
        let mut bytes = Vec::new();
        if let Some(error) = reply.text("error") {
            put_error(&mut bytes, &error);
            return (bytes, false);
        }
        let form = asked.form();
        let given = match reply.get("value") {
            Some(Value::Json(value)) => Some(value.clone()),
            _ => value::absent(form),
        };
        let value = given.unwrap_or_default();
        if let Err(odd) = value::put(&mut bytes, form, &value, self.client.version) {
            bytes.clear();
            put_error(&mut bytes, &format!("ERR bigfoot: {} {odd}", asked.name));
        }
        (bytes, value.is_null())
    }

    /// Gives an answer.
    fn tell(&mut self, said: Said, asked: &Asked, output: &mut Output) {
        match said {
            Said::Bytes(bytes) => output.client.extend(bytes),
            Said::Last(bytes) => {
                output.client.extend(bytes);
                self.over(End::Close, output);
            }
            Said::Late(bytes, time) if !time.is_zero() => {
                self.stage = Stage::Sending(Sending::late(bytes, time, output));
            }
            Said::Late(..) => self.stage = Stage::Silent,
            Said::Faulty(fault, bytes) => self.fail(fault, bytes, output),
            Said::Real(number) => self.pass(number, asked, output),
            Said::Exec(exec) => self.pass_exec(*exec, asked, output),
            Said::Unwatch => self.pass_unwatch(asked, output),
        }
    }

    /// What is left waits, within bounds, or for nothing.
    fn bound(&mut self, output: &mut Output) {
        if matches!(self.stage, Stage::Over) {
            self.requests.clear();
            return;
        }
        if matches!(self.stage, Stage::Silent) {
            self.requests.clear();
        }
        if self.requests.waiting() > 2 * FRAME_BYTES_MAX {
            malformed(output, "sent more than 32 MiB ahead".to_owned(), self.requests.rest());
            return self.over(End::Reset, output);
        }
        if self.client_ended && !self.is_busy() {
            if matches!(self.stage, Stage::Ready) && self.requests.is_partial() {
                let reason = "ended in the middle of a request".to_owned();
                malformed(output, reason, self.requests.rest());
            }
            self.over(End::Close, output);
        }
    }

    /// Whether an answer is still to come, also to a client that says no more.
    fn is_busy(&self) -> bool {
        match &self.stage {
            Stage::Passing(passing) => !passing.blocks,
            Stage::Sending(sending) => sending.has_begun(),
            Stage::Ready | Stage::Silent | Stage::Over => false,
        }
    }

    fn over(&mut self, end: End, output: &mut Output) {
        self.stage = Stage::Over;
        output.end = Some(end);
    }
}

impl Said {
    fn error(text: &str) -> Self {
        let mut bytes = Vec::new();
        put_error(&mut bytes, text);
        Self::Bytes(bytes)
    }
}

/// What no mock answers, in words that say what it is of.
fn unsupported(asked: &Asked, is_mocked: bool) -> Option<&'static str> {
    Some(match asked.name.as_str() {
        "CLUSTER" | "READONLY" | "READWRITE" | "ASKING" if is_mocked => "Redis Cluster",
        "SENTINEL" if is_mocked => "Redis Sentinel",
        "MONITOR" if is_mocked => "MONITOR",
        "SYNC" | "PSYNC" | "REPLCONF" => "replication",
        "CLIENT" if asked.begins("REPLY") => "CLIENT REPLY",
        _ => return None,
    })
}

/// Notes what a client did, in words that follow "the client". The first of several is their cause.
fn malformed(output: &mut Output, reason: String, bytes: &[u8]) {
    let bytes = bytes.get(..SHOWN_BYTES_MAX).unwrap_or(bytes).to_vec();
    output.malformed.get_or_insert(Malformed { reason, bytes });
}
