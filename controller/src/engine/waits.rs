//! How bytes that have come so far stand to what mocks wait for; nothing is recorded.

use super::Engine;
use super::connect::{hosts_of, opening_of};
use super::decide::{Decided, Known};
use super::wire::short;
use crate::call::{Call, Request};
use crate::fields::{Fields, Value};
use crate::mocks::table::Wanted;
use crate::mocks::{Act, Matcher, Mock, When};
use crate::plugins::card::{FieldKind, Shape};
use crate::plugins::conversation::{By, Foreseen, Wait};
use crate::plugins::source;

impl Engine {
    /// Whether a mock or a step that may answer on this connection is of this source, or of any source of
    /// this protocol.
    #[must_use]
    pub fn names_source(&self, ticket: u32, name: &str) -> bool {
        self.conversations.open.get(&ticket).is_some_and(|conversation| {
            let connect = &conversation.connect;
            let port = opening_of(connect).port;
            let owner = self.asker_of(ticket).and_then(|asker| asker.stand.owner());
            let (places, hosts) = (self.mocks.places(owner), hosts_of(connect));
            match name.contains(':') {
                true => places.names(&hosts, port, name),
                false => places.speak(&hosts, port, name),
            }
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
        let (test, owner) = (asker.test.as_deref(), asker.stand.owner());
        let wanted = Wanted { plugin, shape, fields, test, owner };
        let live = self.mocks.live(&wanted);
        live.map(|mock: &Mock| bytes_wait(&mock.when, shape, fields)).fold(Wait::Never, Wait::or)
    }
}

impl Engine {
    /// What would answer something on a connection, so far as its fields are known.
    pub fn foresee(&mut self, ticket: u32, name: &'static str, fields: Fields) -> Foreseen {
        let known = self.asker_of(ticket).zip(source(name));
        let Some((asker, (plugin, shape))) = known else {
            return Foreseen::nobody();
        };
        let conversation = self.conversations.open.get(&ticket);
        let session = conversation.and_then(|it| it.session.as_ref());
        if let Some(step) = session.and_then(|session| session.steps.front()) {
            let mut steps = step.mocks().iter().filter(|step| step.shape.source == name);
            let step = steps.find(|step| may_be(&step.when, shape, &fields));
            return step.map_or_else(Foreseen::nobody, |step| foreseen(&step.when, &step.act));
        }
        let (test, owner) = (asker.test.as_deref(), asker.stand.owner());
        let wanted = Wanted { plugin, shape, fields: &fields, test, owner };
        let mut live = self.mocks.live(&wanted);
        if let Some(mock) = live.find(|mock| may_be(&mock.when, shape, &fields)) {
            return foreseen(&mock.when, &mock.act);
        }
        drop(live);
        let Some((connect, plumbing)) = conversation.map(|it| (it.connect.clone(), it.own)) else {
            return Foreseen::nobody();
        };
        let call = Call::Request(Request { connect, source: name, fields: short(&fields) });
        let known = Known { plumbing, ..Known::default() };
        match self.judged(&asker, &call, known) {
            Decided::Refused(..) => Foreseen::nobody(),
            _ => Foreseen { by: By::Server, ..Foreseen::nobody() },
        }
    }
}

fn foreseen(when: &When, act: &Act) -> Foreseen {
    let (replies, by) = match act {
        Act::Replies(replies) => (replies.clone(), By::Mock),
        Act::Fault(_, reply) => (vec![reply.clone()], By::Mock),
        Act::Real(_) => (Vec::new(), By::Server),
    };
    Foreseen { when: when.clone(), replies, by }
}

/// Whether fields that are not there yet may still make it what a mock waits for.
fn may_be(when: &When, shape: &'static Shape, fields: &Fields) -> bool {
    when.differing(shape, fields).into_iter().all(|(name, _)| fields.get(name).is_none())
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

/// How the bytes of these fields stand to what a mock waits for; its other fields must be as they are.
fn bytes_wait(when: &When, shape: &'static Shape, fields: &Fields) -> Wait {
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
