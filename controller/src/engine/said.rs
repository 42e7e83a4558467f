//! What responders tell of connections: real answers, clients that are off their protocol, ends.

use bigfoot_ipc::guest::Registers;

use super::findings::{About, Fault};
use super::mocked::further_on;
use super::{Asker, Engine, Stand};
use crate::call::Call;
use crate::fields::{Fields, Value};
use crate::mocks::{Act, Matcher};
use crate::plugins::card::{FieldKind, Shape};
use crate::report::{Code, Request, differ, paste};
use crate::timeline::{Interaction, Layer};

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

impl Engine {
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

    /// The same of one test.
    pub(super) fn unanswered_of(&mut self, test: u32) {
        let expected = self.conversations.expected.iter();
        let own = expected.filter(|(_, mock)| self.mocks.owner(**mock) == Some(test));
        let mut numbers: Vec<u64> = own.map(|(number, _)| *number).collect();
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
        let request = Request { source: shape.source, words: plugin.words(shape, &fields), fields };
        let parts = vec![("answer", differ::lines(&origin, &differing))];
        let about = Some(About { request: Some(request), parts, mock: None });
        let (asker, details) = (asker_of(interaction), interaction.details.clone());
        let fault = Fault { call, code: Code::Mismatch, rule: None, refused: true, about };
        if let Some(undescribed) = self.note(&asker, fault) {
            self.describe(undescribed, details);
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
        layer: Layer::Preload,
        running: crate::processes::Running::default(),
        stand: Stand::default(),
    }
}

/// The fields of a real answer that are not as expected: name, expected, actual.
pub(super) fn unlike(
    shape: &Shape,
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
