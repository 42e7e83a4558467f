//! Subscriptions: a mock of SUBSCRIBE confirms them and gives what is published then.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{Said, Session};
use crate::fields::{Fields, Value};
use crate::plugins::conversation::{Answer, Desk, Fault, Output};
use crate::plugins::redis::asked::Asked;
use crate::plugins::redis::frame::{Version, put_bulk, put_head, put_line, put_null};
use crate::plugins::redis::value;

/// Most bytes that the names of all channels of a connection may have.
const NAMES_BYTES_MAX: usize = 1 << 20;

/// What a client is subscribed to.
#[derive(Debug, Default)]
pub(super) struct Channels {
    /// Kind and name.
    names: BTreeSet<(Kind, Vec<u8>)>,
    bytes: usize,
    /// The real server has the subscriptions.
    pub(super) are_real: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Channel,
    Pattern,
    Shard,
}

impl Kind {
    /// Of a command, and whether that subscribes.
    fn of(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "SUBSCRIBE" => (Self::Channel, true),
            "PSUBSCRIBE" => (Self::Pattern, true),
            "SSUBSCRIBE" => (Self::Shard, true),
            "UNSUBSCRIBE" => (Self::Channel, false),
            "PUNSUBSCRIBE" => (Self::Pattern, false),
            "SUNSUBSCRIBE" => (Self::Shard, false),
            _ => return None,
        })
    }

    /// The word by which what is published to it begins.
    fn message(self) -> &'static [u8] {
        match self {
            Self::Channel => b"message",
            Self::Pattern => b"pmessage",
            Self::Shard => b"smessage",
        }
    }
}

impl Channels {
    pub(super) fn is_about(&self, asked: &Asked) -> bool {
        Kind::of(&asked.name).is_some()
            || asked.name == "PING" && self.is_alone(Version::Two) && !self.are_real
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether the connection is for subscriptions alone: in RESP2 nothing else could be told apart.
    fn is_alone(&self, version: Version) -> bool {
        version == Version::Two && !self.names.is_empty()
    }

    /// What a server says of a request that has no place beside subscriptions.
    pub(super) fn refusal(&self, asked: &Asked, version: Version) -> Option<String> {
        let fits = Kind::of(&asked.name).is_some()
            || matches!(asked.name.as_str(), "PING" | "QUIT" | "RESET");
        (self.is_alone(version) && !fits).then(|| {
            format!(
                "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / \
                 RESET are allowed in this context",
                asked.name.to_ascii_lowercase()
            )
        })
    }

    fn has_room(&self, asked: &Asked) -> bool {
        let more: usize = asked.arguments().iter().map(Vec::len).sum();
        self.bytes + more + self.names.len() <= NAMES_BYTES_MAX
    }

    fn add(&mut self, kind: Kind, name: &[u8]) {
        if self.names.insert((kind, name.to_vec())) {
            self.bytes += name.len();
        }
    }

    fn remove(&mut self, kind: Kind, name: &[u8]) {
        if self.names.remove(&(kind, name.to_vec())) {
            self.bytes -= name.len();
        }
    }

    /// Those of a kind.
    fn all(&self, kind: Kind) -> Vec<Vec<u8>> {
        let own = self.names.iter().filter(|(known, _)| *known == kind);
        own.map(|(_, name)| name.clone()).collect()
    }

    /// How many a server counts together with one of this kind.
    fn count(&self, kind: Kind) -> usize {
        let together = |known: Kind| (known == Kind::Shard) == (kind == Kind::Shard);
        self.names.iter().filter(|(known, _)| together(*known)).count()
    }

    /// Takes note of a request; how many confirmations it gets.
    fn note(&mut self, kind: Kind, begins: bool, asked: &Asked) -> usize {
        let all = self.all(kind);
        let names = match asked.arguments() {
            [] => all.as_slice(),
            names => names,
        };
        for name in names {
            if begins { self.add(kind, name) } else { self.remove(kind, name) }
        }
        names.len().max(1)
    }
}

impl Session {
    pub(super) fn channel(&mut self, asked: &Asked, desk: &mut dyn Desk, output: &mut Output) {
        let Some((kind, begins)) = Kind::of(&asked.name) else {
            return self.ping(asked, output);
        };
        if begins && !self.channels.has_room(asked) {
            let said =
                Said::error("ERR bigfoot: these are more channels than a connection may have");
            return self.tell(said, asked, output);
        }
        let asks = begins || self.is_mocked && desk.names(asked.source());
        let answer =
            asks.then(|| desk.answer(asked.source(), asked.fields(&self.place, &self.client)));
        match answer {
            Some(Answer::Refused(why)) => {
                self.tell(Said::error(&format!("ERR bigfoot: {why}")), asked, output);
            }
            Some(Answer::Real(number)) => {
                self.pass_channel(Some(number), kind, begins, asked, output)
            }
            None if !self.is_mocked || self.channels.are_real => {
                self.pass_channel(None, kind, begins, asked, output);
            }
            None => self.confirm(kind, begins, asked, &Fields::new(), None, output),
            Some(Answer::Mocked(reply)) => {
                self.confirm(kind, begins, asked, &reply.fields, reply.fault, output);
            }
        }
    }

    fn pass_channel(
        &mut self,
        number: Option<u64>,
        kind: Kind,
        begins: bool,
        asked: &Asked,
        output: &mut Output,
    ) {
        let confirmations = self.channels.note(kind, begins, asked);
        self.channels.are_real = true;
        self.pass_confirmed(number, confirmations, asked, output);
    }

    /// What a server says to each name, and what is published then.
    fn confirm(
        &mut self,
        kind: Kind,
        begins: bool,
        asked: &Asked,
        reply: &Fields,
        fault: Option<Fault>,
        output: &mut Output,
    ) {
        if let Some(error) = reply.text("error") {
            return self.tell(Said::error(&error), asked, output);
        }
        let all = self.channels.all(kind);
        let names = match asked.arguments() {
            [] => all.iter().map(|name| Some(name.as_slice())).collect::<Vec<_>>(),
            names => names.iter().map(|name| Some(name.as_slice())).collect(),
        };
        let names = if names.is_empty() { vec![None] } else { names };
        let mut bytes = Vec::new();
        for name in names {
            if let Some(name) = name {
                if begins {
                    self.channels.add(kind, name)
                } else {
                    self.channels.remove(kind, name)
                }
            }
            self.confirmation(kind, asked, name, &mut bytes);
        }
        if let Some(Value::Json(messages)) = reply.get("messages") {
            self.publish(kind, asked, messages, &mut bytes);
        }
        let said = match fault {
            Some(fault) => Said::Faulty(fault, bytes),
            None => Said::Bytes(bytes),
        };
        self.tell(said, asked, output);
    }

    fn confirmation(&self, kind: Kind, asked: &Asked, name: Option<&[u8]>, out: &mut Vec<u8>) {
        put_head(out, self.client.version.or(b'>', b'*'), 3);
        put_bulk(out, asked.name.to_ascii_lowercase().as_bytes());
        match name {
            Some(name) => put_bulk(out, name),
            None => put_null(out, false, self.client.version),
        }
        put_line(out, b':', self.channels.count(kind).to_string().as_bytes());
    }

    fn publish(&self, kind: Kind, asked: &Asked, messages: &Json, out: &mut Vec<u8>) {
        let Some(first) = asked.arguments().first() else {
            return;
        };
        for message in messages.as_array().map(Vec::as_slice).unwrap_or_default() {
            let (channel, data) = match message.get("data") {
                Some(data) => (message.get("channel").and_then(value::bytes), value::bytes(data)),
                None => (None, value::bytes(message)),
            };
            let channel = channel.unwrap_or_else(|| first.as_slice().into());
            let pattern = (kind == Kind::Pattern).then_some(first.as_slice());
            let parts = [Some(kind.message()), pattern, Some(&channel), data.as_deref()];
            let parts: Vec<&[u8]> = parts.into_iter().flatten().collect();
            put_head(out, self.client.version.or(b'>', b'*'), parts.len());
            parts.iter().for_each(|part| put_bulk(out, part));
        }
    }

    /// In RESP2 a client that is subscribed hears a list, like all that it hears.
    fn ping(&mut self, asked: &Asked, output: &mut Output) {
        let mut bytes = Vec::new();
        put_head(&mut bytes, b'*', 2);
        put_bulk(&mut bytes, b"pong");
        put_bulk(&mut bytes, asked.arguments().first().map(Vec::as_slice).unwrap_or_default());
        self.tell(Said::Bytes(bytes), asked, output);
    }
}
