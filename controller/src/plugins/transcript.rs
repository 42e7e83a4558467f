//! A conversation on paper: what a client says, and what it must hear.

use std::collections::VecDeque;
use std::sync::Arc;

use bigfoot_ipc::guest::Transport;

use super::Plugin;
use super::conversation::{
    Answer, By, Conversation, Desk, Event, Fault, Foreseen, Opening, Output, Reply, Wait,
};
use crate::fields::{Fields, Value};
use crate::mocks::When;

/// A client of a plugin, and the desk that answers it.
#[derive(Debug)]
pub(crate) struct Transcript {
    conversation: Box<dyn Conversation>,
    desk: Paper,
    /// What the last event came to.
    pub output: Output,
}

/// A desk that answers from a list, and writes down what it was asked.
#[derive(Debug, Default)]
pub(crate) struct Paper {
    answers: VecDeque<(&'static str, Answer)>,
    named: Vec<&'static str>,
    waits: VecDeque<Vec<u8>>,
    foreseen: When,
    /// What was asked, in order.
    pub asked: Vec<(&'static str, Fields)>,
    /// What real servers answered.
    pub completed: Vec<(u64, Fields)>,
}

impl Desk for Paper {
    fn answer(&mut self, source: &'static str, fields: Fields) -> Answer {
        let waited = self.waits.front().is_none_or(|wanted| Some(wanted) == bytes_of(&fields));
        self.asked.push((source, fields));
        match self.answers.front() {
            Some((wanted, _)) if *wanted == source && waited => {
                self.waits.pop_front();
                self.answers.pop_front().unwrap().1
            }
            _ => Answer::Refused("no mock answers it".to_owned()),
        }
    }

    fn completed(&mut self, number: u64, reply: Fields) {
        self.completed.push((number, reply));
    }

    fn foresee(&mut self, source: &'static str, _: &Fields) -> Foreseen {
        let when = self.foreseen.clone();
        match self.answers.front() {
            Some((wanted, Answer::Mocked(reply))) if *wanted == source => {
                Foreseen { when, replies: vec![reply.fields.clone()], by: By::Mock }
            }
            Some((wanted, Answer::Real(_))) if *wanted == source => {
                Foreseen { by: By::Server, ..Foreseen::nobody() }
            }
            _ => Foreseen::nobody(),
        }
    }

    fn names(&self, source: &'static str) -> bool {
        self.named.contains(&source)
    }

    fn waits(&mut self, source: &'static str, fields: &Fields) -> Wait {
        let bytes = fields.bytes("bytes").unwrap_or_default();
        let (Some(wanted), Some((next, _))) = (self.waits.front(), self.answers.front()) else {
            return Wait::Match(bytes.len());
        };
        match (*next == source, bytes.starts_with(wanted), wanted.starts_with(&bytes)) {
            (true, true, _) => Wait::Match(wanted.len()),
            (true, _, true) => Wait::Prefix,
            _ => Wait::Never,
        }
    }
}

fn bytes_of(fields: &Fields) -> Option<&Vec<u8>> {
    match fields.get("bytes")? {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

impl Transcript {
    /// A client that connects to a host and port by TCP.
    pub fn of(plugin: &dyn Plugin, host: &str, port: u16) -> Self {
        Self::opened(plugin, &opening(host, port))
    }

    /// A client that connects in this way.
    pub fn opened(plugin: &dyn Plugin, opening: &Opening) -> Self {
        Self::waiting_for(plugin, opening).begun()
    }

    /// A client that is going to connect to a host and port by TCP, once it has [`Self::begun`].
    pub fn prepared(plugin: &dyn Plugin, host: &str, port: u16) -> Self {
        Self::waiting_for(plugin, &opening(host, port))
    }

    fn waiting_for(plugin: &dyn Plugin, opening: &Opening) -> Self {
        let conversation = plugin.converse(opening).expect("a conversation");
        Self { conversation, desk: Paper::default(), output: Output::default() }
    }

    /// Its connection is there.
    pub fn begun(mut self) -> Self {
        self.on(Event::Opened);
        self
    }

    /// The next interaction of this source gets this answer.
    pub fn mocked(mut self, source: &'static str, fields: Fields) -> Self {
        let reply = Reply { fields: Arc::new(fields), fault: None };
        self.desk.answers.push_back((source, Answer::Mocked(reply)));
        self
    }

    /// The next interaction of this source fails like this.
    pub fn failing(mut self, source: &'static str, fault: Fault) -> Self {
        let reply = Reply { fields: Arc::default(), fault: Some(fault) };
        self.desk.answers.push_back((source, Answer::Mocked(reply)));
        self
    }

    /// The next interaction of this source fails like this, behind some of these.
    pub fn failing_with(mut self, source: &'static str, fault: Fault, fields: Fields) -> Self {
        let reply = Reply { fields: Arc::new(fields), fault: Some(fault) };
        self.desk.answers.push_back((source, Answer::Mocked(reply)));
        self
    }

    /// The answer that was prepared last goes wrong like this.
    pub fn broken(mut self, fault: Fault) -> Self {
        if let Some((_, Answer::Mocked(reply))) = self.desk.answers.back_mut() {
            reply.fault = Some(fault);
        }
        self
    }

    /// The next interaction of this source is really made.
    pub fn passed(mut self, source: &'static str, number: u64) -> Self {
        self.desk.answers.push_back((source, Answer::Real(number)));
        self
    }

    /// The next exchange waits for these bytes; without them, any bytes are one.
    pub fn waiting(mut self, bytes: &[u8]) -> Self {
        self.desk.waits.push_back(bytes.to_owned());
        self
    }

    /// The next answer is a mock's that waits for this.
    pub fn foreseeing(mut self, when: When) -> Self {
        self.desk.foreseen = when;
        self
    }

    /// A mock or a step names this source.
    pub fn naming(mut self, source: &'static str) -> Self {
        self.desk.named.push(source);
        self
    }

    /// Something happens; what was left in the output from before is dropped.
    pub fn on(&mut self, event: Event<'_>) -> &Output {
        self.output = Output::default();
        self.conversation.on(event, &mut self.desk, &mut self.output);
        &self.output
    }

    /// The client sends these bytes and hears those.
    pub fn exchange(&mut self, bytes: &[u8], heard: &[u8]) -> &mut Self {
        self.on(Event::Client(bytes));
        assert_eq!(
            String::from_utf8_lossy(&self.output.client),
            String::from_utf8_lossy(heard),
            "after {:?}",
            String::from_utf8_lossy(bytes)
        );
        self
    }

    /// What was asked, in order.
    pub fn asked(&self) -> &[(&'static str, Fields)] {
        &self.desk.asked
    }

    /// What real servers answered.
    pub fn completed(&self) -> &[(u64, Fields)] {
        &self.desk.completed
    }
}

/// A connection by TCP, without TLS.
pub(crate) fn opening(host: &str, port: u16) -> Opening {
    Opening {
        host: host.to_owned(),
        port,
        transport: Transport::Stream,
        address: None,
        encrypted: false,
        alpn: None,
    }
}
