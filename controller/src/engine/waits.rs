//! How bytes that have come so far stand to what mocks wait for; nothing is recorded.

use super::Engine;
use super::connect::{hosts_of, opening_of};
use crate::fields::{Fields, Value};
use crate::mocks::table::Wanted;
use crate::mocks::{Matcher, Mock, When};
use crate::plugins::card::{FieldKind, Shape};
use crate::plugins::conversation::Wait;
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
