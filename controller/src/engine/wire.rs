//! What is asked on connections that plugins read.

use std::collections::{HashMap, VecDeque};

use bigfoot_ipc::guest::Registers;
use bigfoot_ipc::page::TICKETS;

use super::connect::{hosts_of, opening_of};
use super::findings::{About, Fault};
use super::mocked::{Deed, Settled, further_on, reply_of};
use super::{Asker, Details, Engine};
use crate::call::{Call, Connect, Peer, Request, Transport};
use crate::fields::{Fields, Value};
use crate::intake::process::Pid;
use crate::mocks::{Act, Matcher, Mock, Step, StepMock};
use crate::plugins::card::FieldKind;
use crate::plugins::conversation::{Answer, Reply, Wait};
use crate::plugins::dns;
use crate::plugins::layer::{self, Lifted};
use crate::plugins::{Plugin, source};
use crate::report::{Code, differ, paste};
use crate::timeline::{How, Interaction, Layer};

/// What a responder tells of a connection.
#[derive(Debug, Clone)]
pub enum Said {
    /// The client is off its protocol, or refused the run's certificate.
    Wrong {
        /// Which of the two.
        code: Code,
        /// What is wrong, in words.
        reason: String,
        /// The bytes at fault.
        bytes: Vec<u8>,
        /// It fails the run; else it is a warning.
        certain: bool,
    },
    /// What a real server answered to an interaction.
    Completed {
        /// The interaction.
        number: u64,
        /// The answer.
        reply: Fields,
    },
    /// It is over.
    Ended,
}

/// A connection that a plugin reads.
#[derive(Debug)]
struct Conversation {
    asker: Asker,
    connect: Connect,
    /// The server that was meant is the tree's own.
    own: bool,
    details: Details,
    session: Option<Session>,
}

/// The session that a mock opened.
#[derive(Debug)]
struct Session {
    mock: usize,
    steps: VecDeque<Step>,
}

/// Connections that plugins read, by their tickets.
#[derive(Debug, Default)]
pub(super) struct Conversations {
    next: u32,
    open: HashMap<u32, Conversation>,
    /// Interactions whose real answer is to be compared with what a mock says.
    expected: HashMap<u64, usize>,
    /// Steps that were left over: the mock, and how many of its steps came to be.
    left: Vec<Left>,
    /// The tickets of datagrams.
    datagrams: HashMap<Sender, u32>,
    /// Requests on connections that are not known: refused, and nothing else can be told of them.
    lost: u64,
}

/// Who sends datagrams, and to whom: one test of a process, or one lineage of threads where the test
/// is not known.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Sender {
    process: (Pid, u64),
    test: Option<String>,
    lineage: u32,
    peer: Peer,
}

impl Sender {
    fn of(asker: &Asker, peer: &Peer) -> Self {
        let lineage = if asker.test.is_some() { 0 } else { asker.lineage };
        let process = (asker.pid, asker.started);
        Self { process, test: asker.test.clone(), lineage, peer: peer.clone() }
    }
}

/// Steps of a session that were left over.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) mock: usize,
    pub(super) steps: Vec<Step>,
    pub(super) test: Option<String>,
}

impl Conversations {
    /// A connection is handed to a plugin: its ticket. Datagrams of one sender to one address have one,
    /// however they are sent.
    pub(super) fn ticket(&mut self, asker: &Asker, connect: &Connect, own: bool) -> u32 {
        let key = Sender::of(asker, &connect.peer);
        if connect.transport != Transport::Datagram {
            return self.open(asker, connect, own);
        }
        if let Some(known) = self.datagrams.get(&key).filter(|it| self.open.contains_key(it)) {
            return *known;
        }
        let ticket = self.open(asker, connect, own);
        self.datagrams.insert(key, ticket);
        ticket
    }

    fn open(&mut self, asker: &Asker, connect: &Connect, own: bool) -> u32 {
        let ticket = self.free();
        let conversation = Conversation {
            asker: asker.clone(),
            connect: connect.clone(),
            own,
            details: Details::default(),
            session: None,
        };
        self.open.insert(ticket, conversation);
        ticket
    }

    /// The next number that no connection has. Where all have one, more than the system has descriptors
    /// for, the next in turn is given again.
    fn free(&mut self) -> u32 {
        let tickets = TICKETS as u32;
        for _ in 0..tickets {
            self.next = self.next % (tickets - 1) + 1;
            if !self.open.contains_key(&self.next) {
                break;
            }
        }
        self.next
    }

    /// A real answer will come for what was recorded, and a mock says what it should be.
    pub(super) fn expect(&mut self, recorded: u64, mock: usize) {
        if recorded != 0 {
            self.expected.insert(recorded, mock);
        }
    }
}

impl Engine {
    /// Adds where a connection was opened.
    pub fn opened(&mut self, ticket: u32, details: Details) {
        if let Some(conversation) = self.conversations.open.get_mut(&ticket) {
            conversation.details = details;
        }
    }

    /// Who asks on a connection: who opened it, in the test that runs in its process now.
    fn asker_of(&self, ticket: u32) -> Option<Asker> {
        let conversation = self.conversations.open.get(&ticket)?;
        let mut asker = conversation.asker.clone();
        if let Some(test) = self.tests.get(&(asker.pid, asker.started)) {
            asker.test = Some(test.clone());
        }
        Some(asker)
    }

    /// Answers a request on a connection.
    pub fn answer(&mut self, ticket: u32, name: &'static str, fields: Fields) -> Answer {
        let known =
            self.asker_of(ticket).zip(self.conversations.open.get(&ticket)).zip(source(name));
        let Some(((asker, conversation), (plugin, shape))) = known else {
            self.conversations.lost += 1;
            return Answer::Refused("the connection is not known".to_owned());
        };
        let connect = conversation.connect.clone();
        let request = Request { connect, source: name, fields: short(&fields) };
        let plumbing = conversation.own;
        let call = Call::Request(request);
        let deed =
            Deed { plugin, shape, fields, call, layer: Layer::Wire, plumbing, strict: false };
        let settled = self.settle_on(ticket, &asker, deed);
        self.answered(ticket, settled)
    }

    fn settle_on(&mut self, ticket: u32, asker: &Asker, deed: Deed) -> Settled {
        if let Some(settled) = self.by_step(ticket, asker, &deed) {
            return settled;
        }
        if deed.shape.source == dns::SOURCE {
            return self.look_up_by_wire(asker, deed);
        }
        if let Some(settled) = self.by_layer(ticket, asker, &deed) {
            return settled;
        }
        if deed.shape.opens
            && let Some(number) = self.mocks.find(&deed.wanted(asker))
        {
            self.bind(ticket, number);
        }
        self.settle(asker, deed)
    }

    /// What a plugin above this one makes of it, where mocks of that one may answer here. A mock of the
    /// lower protocol comes first.
    fn by_layer(&mut self, ticket: u32, asker: &Asker, deed: &Deed) -> Option<Settled> {
        let connect = &self.conversations.open.get(&ticket)?.connect;
        let (hosts, port) = (hosts_of(connect), opening_of(connect).port);
        let places = self.mocks.places();
        let spoken = |plugin: &dyn Plugin| places.speak(&hosts, port, plugin.card().name);
        let Lifted { plugin, layer, shape, fields } =
            layer::lifted(deed.shape.source, &deed.fields, spoken)?;
        if self.mocks.find(&deed.wanted(asker)).is_some() {
            return None;
        }
        let upper = Deed { plugin, shape, fields, ..deed.clone() };
        Some(match self.settle(asker, upper) {
            Settled::Mocked(reply, recorded) => {
                let fields = layer.lower(shape.source, &reply.fields).into();
                Settled::Mocked(Reply { fields, fault: reply.fault }, recorded)
            }
            other => other,
        })
    }

    fn answered(&mut self, ticket: u32, settled: Settled) -> Answer {
        match settled {
            Settled::Mocked(reply, recorded) => {
                self.locate_on(ticket, recorded);
                Answer::Mocked(reply)
            }
            Settled::Real(recorded, undescribed) => {
                self.locate_on(ticket, recorded);
                self.describe_on(ticket, undescribed);
                Answer::Real(recorded)
            }
            Settled::Refused(code, undescribed) => {
                self.describe_on(ticket, undescribed);
                Answer::Refused(format!("{} {}", code.name(), code.title()))
            }
        }
    }

    fn locate_on(&mut self, ticket: u32, recorded: u64) {
        let details = self.conversations.open.get(&ticket).map(|it| it.details.clone());
        let wanted = self.conversations.expected.contains_key(&recorded).then_some(recorded);
        let number = self.unlocated(recorded).or(wanted);
        if let (Some(number), Some(details)) = (number, details) {
            self.locate(number, details);
        }
    }

    fn describe_on(&mut self, ticket: u32, undescribed: Option<usize>) {
        let details = self.conversations.open.get(&ticket).map(|it| it.details.clone());
        if let (Some(number), Some(details)) = (undescribed, details) {
            self.describe(number, details);
        }
    }

    /// A mock that opens a session says what comes next on its connection.
    fn bind(&mut self, ticket: u32, number: usize) {
        let steps: VecDeque<Step> = self.mocks.mock(number).steps.iter().cloned().collect();
        if let Some(conversation) = self.conversations.open.get_mut(&ticket)
            && !steps.is_empty()
        {
            conversation.session = Some(Session { mock: number, steps });
        }
    }

    /// In a session the next step answers; what is none of it is told as such.
    fn by_step(&mut self, ticket: u32, asker: &Asker, deed: &Deed) -> Option<Settled> {
        let conversation = self.conversations.open.get_mut(&ticket)?;
        let session = conversation.session.as_mut()?;
        let step = session.steps.front()?;
        let Some(at) = step.mocks().iter().position(|step| step.is(deed)) else {
            let waited = step.mocks().first().cloned()?;
            return Some(self.unlike_step(asker, deed.clone(), &waited));
        };
        let mock = session.mock;
        let taken = session.take(at)?;
        let asserts = self.mocks.mock(mock).asserts;
        let recorded = self.record(asker, deed.clone(), How::Mocked(taken.origin.clone()), asserts);
        let reply = reply_of(&taken.act, 0);
        self.replied(recorded, &reply);
        Some(Settled::Mocked(reply, recorded))
    }

    fn unlike_step(&mut self, asker: &Asker, deed: Deed, waited: &StepMock) -> Settled {
        let settled = self.refused(asker, deed.clone(), Code::Mismatch, None);
        let mut lines = vec![format!("{} waits for {}", waited.origin, waited.shape.source)];
        if waited.shape.source == deed.shape.source {
            lines = differ::lines(&waited.origin.to_string(), &waited.differences(&deed.fields));
        }
        if let Settled::Refused(_, Some(number)) = settled {
            self.findings.stands_in_session(number);
            self.findings.add_part(number, ("step", lines));
        }
        settled
    }

    /// Takes what a responder tells of a connection.
    pub fn said(&mut self, ticket: u32, said: Said) {
        match said {
            Said::Wrong { code, reason, bytes, certain } => {
                self.wrong(ticket, code, &reason, &bytes, certain);
            }
            Said::Completed { number, reply } => self.completed(number, reply),
            Said::Ended => self.conversation_ended(ticket),
        }
    }

    fn wrong(&mut self, ticket: u32, code: Code, reason: &str, bytes: &[u8], certain: bool) {
        let Some(asker) = self.asker_of(ticket) else {
            return;
        };
        let Some(conversation) = self.conversations.open.get(&ticket) else {
            return;
        };
        let call = Call::Connect(conversation.connect.clone());
        let reason = reason.lines().map(str::to_owned).collect();
        let mut parts = vec![("client", reason)];
        if !bytes.is_empty() {
            parts.push(("bytes", vec![String::from_utf8_lossy(bytes).escape_debug().to_string()]));
        }
        let about = Some(About { request: None, parts, mock: None });
        let fault = Fault { call, code, rule: None, refused: certain, about };
        let undescribed = self.note(&asker, fault);
        self.describe_on(ticket, undescribed);
    }

    /// Real answers that never came, although a mock says what they should be.
    pub(super) fn unanswered(&mut self) {
        let mut numbers: Vec<u64> = self.conversations.expected.keys().copied().collect();
        numbers.sort_unstable();
        for number in numbers {
            self.completed(number, Fields::new());
        }
    }

    /// Requests that could not be decided: their connection was not known.
    pub(super) fn lost(&self) -> u64 {
        self.conversations.lost
    }

    /// A real server answered: as the mock that let the request through says? No answer is none.
    fn completed(&mut self, number: u64, reply: Fields) {
        let Some(interaction) = self.timeline.get_mut(number) else {
            return;
        };
        interaction.reply = std::sync::Arc::new(reply);
        let Some(mock) = self.conversations.expected.remove(&number) else {
            return;
        };
        let Act::Real(expected) = &self.mocks.mock(mock).act else {
            return;
        };
        let differing = unlike(interaction.shape, expected, &interaction.reply);
        if differing.is_empty() {
            return;
        }
        let (call, shape, plugin, fields) = (
            interaction.call.clone(),
            interaction.shape,
            interaction.plugin,
            interaction.fields.clone(),
        );
        let origin = self.mocks.mock(mock).origin.to_string();
        let request = crate::report::Request {
            source: shape.source,
            words: plugin.words(shape, &fields),
            fields,
        };
        let parts = vec![("answer", differ::lines(&origin, &differing))];
        let about = Some(About { request: Some(request), parts, mock: None });
        let (asker, details) = (asker_of(interaction), interaction.details.clone());
        let fault = Fault { call, code: Code::Mismatch, rule: None, refused: true, about };
        if let Some(undescribed) = self.note(&asker, fault) {
            self.describe(undescribed, details);
        }
    }

    /// A connection is over: steps that did not come are left over.
    fn conversation_ended(&mut self, ticket: u32) {
        let test = self.asker_of(ticket).and_then(|asker| asker.test);
        let conversation = self.conversations.open.remove(&ticket);
        let Some(session) = conversation.and_then(|conversation| conversation.session) else {
            return;
        };
        if !session.steps.is_empty() {
            let steps = session.steps.into_iter().collect();
            self.conversations.left.push(Left { mock: session.mock, steps, test });
        }
    }

    /// What was left over, that of connections which are still open too.
    pub(super) fn left_over(&mut self) -> Vec<Left> {
        let open: Vec<u32> = self.conversations.open.keys().copied().collect();
        for ticket in open {
            self.conversation_ended(ticket);
        }
        std::mem::take(&mut self.conversations.left)
    }

    /// Whether a mock or a step that may answer on this connection is of this source.
    #[must_use]
    pub fn names_source(&self, ticket: u32, name: &str) -> bool {
        self.conversations.open.get(&ticket).is_some_and(|conversation| {
            let connect = &conversation.connect;
            let port = opening_of(connect).port;
            self.mocks.places().names(&hosts_of(connect), port, name)
        })
    }

    /// Whether bytes on a connection are what a mock or the next step waits for.
    #[must_use]
    pub fn waits(&self, ticket: u32, name: &'static str, fields: &Fields) -> Wait {
        let Some(asker) = self.asker_of(ticket) else {
            return Wait::Never;
        };
        let session = self.conversations.open.get(&ticket).and_then(|it| it.session.as_ref());
        if let Some(step) = session.and_then(|session| session.steps.front()) {
            let waits = step.mocks().iter().filter(|step| step.shape.source == name);
            return waits
                .map(|step| bytes_wait(&step.when, step.shape, fields))
                .fold(Wait::Never, Wait::or);
        }
        let Some((plugin, shape)) = source(name) else {
            return Wait::Never;
        };
        let wanted =
            crate::mocks::table::Wanted { plugin, shape, fields, test: asker.test.as_deref() };
        let live = self.mocks.live(&wanted);
        live.map(|mock: &Mock| bytes_wait(&mock.when, shape, fields)).fold(Wait::Never, Wait::or)
    }

    /// The process of a connection.
    #[must_use]
    pub fn process_of(&self, ticket: u32) -> Option<Pid> {
        self.conversations.open.get(&ticket).map(|it| it.asker.pid)
    }
}

impl Wait {
    /// The likelier of two: a match before a beginning.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Match(one), Self::Match(other)) => Self::Match(one.max(other)),
            (Self::Match(bytes), _) | (_, Self::Match(bytes)) => Self::Match(bytes),
            (Self::Prefix, _) | (_, Self::Prefix) => Self::Prefix,
            _ => Self::Never,
        }
    }
}

/// Who did what was recorded.
fn asker_of(interaction: &Interaction) -> Asker {
    let (pid, lineage, thread) = interaction.process;
    Asker {
        pid,
        parent: 0,
        started: 0,
        lineage,
        thread,
        registers: Registers::default(),
        test: interaction.test.clone(),
        in_lookup: false,
        linked: None,
    }
}

/// How the bytes of these fields stand to what a mock waits for; its other fields must be as they are.
fn bytes_wait(
    when: &crate::mocks::When,
    shape: &'static crate::plugins::card::Shape,
    fields: &Fields,
) -> Wait {
    let others = when.differing(shape, fields).into_iter().any(|(name, _)| name != "bytes");
    if others {
        return Wait::Never;
    }
    let bytes = fields.bytes("bytes").unwrap_or_default();
    match when.get("bytes") {
        None => Wait::Match(bytes.len()),
        Some(Matcher::Exact(wanted)) => {
            let wanted = wanted.bytes().unwrap_or_default();
            if bytes.starts_with(&wanted) {
                Wait::Match(wanted.len())
            } else if wanted.starts_with(&bytes) {
                Wait::Prefix
            } else {
                Wait::Never
            }
        }
        Some(matcher) if matcher.has(FieldKind::Bytes, &Value::Bytes(bytes.to_vec())) => {
            Wait::Match(bytes.len())
        }
        Some(_) => Wait::Prefix,
    }
}

/// What rules may name of a request: its short fields, and no bodies.
fn short(fields: &Fields) -> Fields {
    let is_short = |value: &Value| match value {
        Value::Text(text) => text.len() <= SHORT_BYTES_MAX,
        Value::Number(_) => true,
        _ => false,
    };
    let short = fields.iter().filter(|(_, value)| is_short(value));
    short.fold(Fields::new(), |kept, (name, value)| kept.with(name, value.clone()))
}

/// Longest field that a rule is held against, in bytes: the longest address of a request.
const SHORT_BYTES_MAX: usize = 64 << 10;

/// The fields of a real answer that are not as expected: name, expected, actual.
fn unlike(
    shape: &crate::plugins::card::Shape,
    expected: &Fields,
    actual: &Fields,
) -> Vec<(&'static str, String, String)> {
    let differs = |(name, value): &(&'static str, &Value)| {
        let kind = shape.reply_field(name).map_or(FieldKind::Text, |field| field.kind);
        let part = Matcher::part(kind, value);
        !part_of(actual, kind, name).is_some_and(|actual| part.has(kind, actual))
    };
    let pair = |(name, value): (&'static str, &Value)| {
        let kind = shape.reply_field(name).map_or(FieldKind::Text, |field| field.kind);
        let actual = part_of(actual, kind, name).map_or_else(|| "nothing".to_owned(), paste::value);
        let expected = paste::value(value);
        let actual = further_on(&expected, actual);
        (name, expected, actual)
    };
    expected.iter().filter(differs).map(pair).collect()
}

/// A part of an answer; a document that was not called one is in the body.
fn part_of<'a>(actual: &'a Fields, kind: FieldKind, name: &str) -> Option<&'a Value> {
    let body = || actual.get("body").filter(|_| kind == FieldKind::Json);
    actual.get(name).or_else(body)
}

impl Session {
    /// Takes one of the next steps.
    fn take(&mut self, at: usize) -> Option<StepMock> {
        match self.steps.front_mut()? {
            Step::AnyOrder(steps) if steps.len() > 1 => Some(steps.remove(at)),
            _ => self.steps.pop_front()?.mocks().get(at).cloned(),
        }
    }
}

impl StepMock {
    /// Whether this is what it waits for.
    fn is(&self, deed: &Deed) -> bool {
        self.shape.source == deed.shape.source && self.when.has(self.shape, &deed.fields)
    }

    /// What it waits for and what came, of the fields that differ.
    fn differences(&self, fields: &Fields) -> Vec<(&'static str, String, String)> {
        let pair = |(name, matcher): (&'static str, &Matcher)| {
            let actual = fields.get(name).map_or_else(|| "nothing".to_owned(), paste::value);
            (name, matcher.words(), further_on(&matcher.words(), actual))
        };
        self.when.differing(self.shape, fields).into_iter().map(pair).collect()
    }
}
