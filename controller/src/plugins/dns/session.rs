//! A client of a name server: one message each way in datagrams, a stream of them over TCP.

use std::collections::VecDeque;

use bigfoot_ipc::guest::Transport;
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{RData, Record, RecordType};

use super::answer::{self, Missing};
use super::asked::{self, Family};
use super::frame::{self, Question, Wrong};
use super::{SOURCE, record};
use crate::fields::Fields;
use crate::plugins::conversation::{
    Answer, Conversation, Desk, End, Event, Malformed, Opening, Output, Reply, Upstream,
};

/// Most bytes that wait for a client or a server to be whole: the longest message and its length.
const STREAM_BYTES_MAX: usize = 2 + u16::MAX as usize;
/// Most bytes that one arrival may be answered with.
const OUTPUT_BYTES_MAX: usize = 4 << 20;
/// Most questions that wait for the real server.
const PENDING_MAX: usize = 1024;
/// Most bytes at fault that are told.
const FAULT_BYTES_MAX: usize = 64;
/// Most records of a real answer that are recorded.
const RECORDED_MAX: usize = 64;

/// A conversation with a client.
#[derive(Debug)]
pub(super) struct Session {
    upstream: Upstream,
    stream: bool,
    connected: bool,
    client_ended: bool,
    received: Vec<u8>,
    heard: Vec<u8>,
    pending: VecDeque<Pending>,
}

/// A question that the real server was asked.
#[derive(Debug)]
struct Pending {
    number: u64,
    question: Question,
}

impl Session {
    /// With a client that was opened this way.
    pub(super) fn new(opening: &Opening) -> Self {
        let name = opening.encrypted.then(|| (opening.host.clone(), Vec::new()));
        Self {
            upstream: Upstream { host: opening.host.clone(), port: opening.port, tls: name },
            stream: opening.transport == Transport::Stream,
            connected: false,
            client_ended: false,
            received: Vec::new(),
            heard: Vec::new(),
            pending: VecDeque::new(),
        }
    }
}

impl Conversation for Session {
    fn on(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        match event {
            Event::Client(bytes) if self.stream => self.client_stream(bytes, desk, output),
            Event::Client(message) => self.question(message, desk, output),
            Event::ClientEnd => self.client_end(output),
            Event::Upstream(bytes) if self.stream => self.upstream_stream(bytes, desk, output),
            Event::Upstream(message) => self.heard(message, desk, output),
            Event::UpstreamEnd => {
                self.lost("the real name server closed the connection", desk, output)
            }
            Event::UpstreamFailed(why) => self.lost(why, desk, output),
            Event::Opened | Event::UpstreamOpened | Event::Wake => {}
        }
        if self.client_ended && self.pending.is_empty() {
            output.end.get_or_insert(End::Close);
        }
    }
}

impl Session {
    fn client_stream(&mut self, bytes: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        let mut received = std::mem::take(&mut self.received);
        received.extend(bytes);
        let mut rest = &*received;
        while let Some((message, behind)) = frame::split(rest) {
            self.question(message, desk, output);
            rest = behind;
            if output.client.len() > OUTPUT_BYTES_MAX || output.end.is_some() {
                output.end = Some(End::Close);
                return;
            }
        }
        self.received = rest.to_vec();
    }

    fn client_end(&mut self, output: &mut Output) {
        self.client_ended = true;
        if !self.received.is_empty() {
            malformed(output, "ended within a DNS message", &self.received);
        }
    }

    fn question(&mut self, message: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        match frame::read(message) {
            Ok(question) => self.asked(question, message, desk, output),
            Err(Wrong { reason, answer, malformed: is_malformed }) => {
                if is_malformed {
                    malformed(output, reason, message);
                }
                match answer {
                    Some(answer) => self.say(&answer, output),
                    None if self.stream => output.end = Some(End::Close),
                    None => {}
                }
            }
        }
    }

    fn asked(
        &mut self,
        question: Question,
        message: &[u8],
        desk: &mut dyn Desk,
        output: &mut Output,
    ) {
        let query = &question.query;
        let name = record::recorded_name(query.name());
        match desk.answer(SOURCE, asked::look_up(name, query.query_type())) {
            Answer::Mocked(reply) => {
                if let Some(answer) = self.mocked(&question, &reply) {
                    self.say(&answer, output);
                }
            }
            Answer::Refused(why) => self.say(&question.refusal(&why), output),
            Answer::Real(number) => {
                self.forward(Pending { number, question }, message, desk, output)
            }
        }
    }

    /// A mock's answer; none, where the mock is that there is none.
    fn mocked(&self, question: &Question, reply: &Reply) -> Option<Vec<u8>> {
        let query = &question.query;
        let (code, records) = match answer::records(reply, query.name(), query.query_type()) {
            Ok(records) => (ResponseCode::NoError, records),
            Err(Missing::Silence) => return None,
            Err(Missing::NoName) => (ResponseCode::NXDomain, Vec::new()),
            Err(Missing::Failure) => (ResponseCode::ServFail, Vec::new()),
            Err(Missing::NoData) => (ResponseCode::NoError, Vec::new()),
        };
        let bytes_max = if self.stream { usize::from(u16::MAX) } else { question.datagram_bytes() };
        Some(question.answer(code, records, bytes_max))
    }

    fn forward(
        &mut self,
        pending: Pending,
        message: &[u8],
        desk: &mut dyn Desk,
        output: &mut Output,
    ) {
        if self.pending.len() >= PENDING_MAX {
            let why = "too many questions wait for the real name server";
            self.fail(&pending, why, desk, output);
            return;
        }
        self.pending.push_back(pending);
        if !self.connected {
            self.connected = true;
            output.connect = Some(self.upstream.clone());
        }
        if self.stream {
            frame::put(&mut output.upstream, message);
        } else {
            output.upstream.extend(message);
        }
    }

    fn upstream_stream(&mut self, bytes: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        let mut heard = std::mem::take(&mut self.heard);
        heard.extend(bytes);
        let mut rest = &*heard;
        while let Some((message, behind)) = frame::split(rest) {
            self.heard(message, desk, output);
            rest = behind;
        }
        self.heard = rest.get(..rest.len().min(STREAM_BYTES_MAX)).unwrap_or_default().to_vec();
    }

    /// A real server's answer goes to the client as it is; one that nobody waits for is dropped.
    fn heard(&mut self, message: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        let Some((id, answer)) = frame::heard(message) else {
            return;
        };
        let Some(place) = self.pending.iter().position(|waiting| waiting.question.id() == id)
        else {
            return;
        };
        if let Some(waiting) = self.pending.remove(place) {
            desk.completed(waiting.number, completed(&waiting.question, answer.as_ref()));
            self.say(message, output);
        }
    }

    /// Nothing more will come: who waits is told so.
    fn lost(&mut self, why: &str, desk: &mut dyn Desk, output: &mut Output) {
        self.connected = false;
        self.heard.clear();
        for waiting in std::mem::take(&mut self.pending) {
            self.fail(&waiting, why, desk, output);
        }
    }

    fn fail(&self, waiting: &Pending, why: &str, desk: &mut dyn Desk, output: &mut Output) {
        desk.completed(waiting.number, failed(Missing::Failure));
        self.say(&waiting.question.failure(why), output);
    }

    fn say(&self, message: &[u8], output: &mut Output) {
        if self.stream {
            frame::put(&mut output.client, message);
        } else {
            output.messages.push(message.to_vec());
        }
    }
}

/// The first fault of an arrival is told.
fn malformed(output: &mut Output, reason: &str, bytes: &[u8]) {
    let bytes = bytes.get(..bytes.len().min(FAULT_BYTES_MAX)).unwrap_or_default().to_vec();
    output.malformed.get_or_insert(Malformed { reason: reason.to_owned(), bytes });
}

fn failed(missing: Missing) -> Fields {
    Fields::new().with("error", missing.name())
}

/// What a real server answered, as a mock would have it.
fn completed(question: &Question, answer: Option<&Message>) -> Fields {
    let Some(answer) = answer else {
        return failed(Missing::Failure);
    };
    let kind = question.query.query_type();
    let mut of_kind =
        answer.answers.iter().filter(|record| record.record_type() == kind).peekable();
    match (answer.metadata.response_code, of_kind.peek()) {
        (ResponseCode::NoError, Some(_)) => told(answer, of_kind.take(RECORDED_MAX), kind),
        (ResponseCode::NoError, None) => failed(Missing::NoData),
        (ResponseCode::NXDomain, _) => failed(Missing::NoName),
        _ => failed(Missing::Failure),
    }
}

fn told<'a>(answer: &Message, found: impl Iterator<Item = &'a Record>, kind: RecordType) -> Fields {
    let (mut ttl, mut texts) = (u32::MAX, Vec::new());
    for record in found {
        ttl = ttl.min(record.ttl);
        texts.push(record::text(&record.data).into_bytes());
    }
    let key = if Family::of_kind(kind).is_some() { "addresses" } else { "records" };
    let fields = Fields::new().with(key, texts).with("ttl", i64::from(ttl));
    let aliases = aliases(answer);
    if aliases.is_empty() || kind == RecordType::CNAME {
        return fields;
    }
    fields.with("aliases", aliases)
}

fn aliases(answer: &Message) -> Vec<Vec<u8>> {
    let alias = |record: &Record| match &record.data {
        RData::CNAME(alias) => Some(record::recorded_name(&alias.0).into_bytes()),
        _ => None,
    };
    answer.answers.iter().filter_map(alias).take(RECORDED_MAX).collect()
}
