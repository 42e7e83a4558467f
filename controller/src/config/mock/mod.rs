//! What the tables `mock` mean.
//!
//! | file | holds |
//! |---|---|
//! | `source` | which protocol and what of it, and which keys a table may have |
//! | `when`, `pattern` | what it waits for |
//! | `act`, `reply` | what happens then |
//! | `times` | how often |
//! | `steps` | what follows in a session |
//! | `document` | values as JSON |
//! | `unused` | mocks behind others that leave them nothing |

mod act;
mod document;
mod pattern;
mod reply;
mod source;
mod steps;
mod times;
mod unused;
mod when;

use std::ops::Range;
use std::sync::Arc;

use super::error::Error;
use super::schema::Reader;
use super::tree::{Entry, Node, Value};
use crate::fields::Fields;
use crate::mocks::{Act, Mock};
use crate::plugins::Kind;
use crate::rules::TestGlob;
use unused::Earlier;

/// Most mocks that a configuration may have.
const MOCKS_MAX: usize = 100_000;
/// Largest value of a reply, in bytes.
const VALUE_SIZE_MAX: usize = 16 << 20;

const KEYS: &[&str] = &[
    "source",
    "when",
    "reply",
    "times",
    "assert",
    "test",
    "required",
    "steps",
    "pass_through",
    "spy",
    "fault",
];

impl Reader<'_> {
    /// All mocks, in order.
    pub(super) fn mocks(&self, entry: &Entry) -> Result<Vec<Mock>, Error> {
        let nodes = self.list(&entry.node, "mock", "tables", "[[mock]]")?;
        if let Some(beyond) = nodes.get(MOCKS_MAX) {
            return Err(self.error(beyond, "there are more than 100,000 mocks", "one too many"));
        }
        let mut earlier = Earlier::default();
        let read = |node: &Node| {
            let mock = self.mock(node)?;
            match earlier.of(&mock) {
                Some(origin) => Err(self
                    .error(node, "this mock never answers", "is never asked")
                    .help(format!("the one at {origin} answers all of these"))),
                None => Ok(mock),
            }
        };
        nodes.iter().map(read).collect()
    }

    pub(super) fn mock(&self, node: &Node) -> Result<Mock, Error> {
        let about = self.about(node, "mock", KEYS)?;
        let real = self.real(node)?;
        let act = self.act(node, about.shape, real)?;
        let mock = Mock {
            plugin: about.plugin,
            shape: about.shape,
            when: self.when(node, about.shape)?,
            times: self.times(node, &act, real)?,
            act,
            test: self.test_glob(node)?,
            asserts: self.asserts(node)?,
            steps: self.steps(node, about, real)?,
            origin: self.origin_at(node.span.start),
        };
        self.fits(node, &mock)?;
        self.answers_somewhere(node, &mock)?;
        Ok(mock)
    }

    /// A mock of what is said on connections has to say on which.
    fn answers_somewhere(&self, node: &Node, mock: &Mock) -> Result<(), Error> {
        let card = mock.plugin.card();
        if card.kind != Kind::Connection || !mock.plugin.endpoints(mock).is_empty() {
            return Ok(());
        }
        let message = "this mock says nothing of where the connection goes";
        let fields = mock.shape.fields.iter().map(|field| field.name);
        let places: Vec<&str> =
            fields.filter(|name| matches!(*name, "host" | "port" | "path" | "url")).collect();
        Err(self
            .error(node, message, "would never answer")
            .help(format!("name one of these in `when`: {}", places.join(", "))))
    }

    fn test_glob(&self, node: &Node) -> Result<Option<TestGlob>, Error> {
        let Some(entry) = node.entry("test") else {
            return Ok(None);
        };
        let text = self.text(&entry.node, "test")?;
        TestGlob::parse(text)
            .map(Some)
            .map_err(|fault| self.error(&entry.node, fault.message, fault.label))
    }

    fn asserts(&self, node: &Node) -> Result<bool, Error> {
        let Some(entry) = node.entry("assert") else {
            return Ok(false);
        };
        match self.text(&entry.node, "assert")? {
            "match" => Ok(true),
            other => Err(self
                .error(&entry.node, format!("`{other}` is no way to assert"), "not known")
                .help("write `\"match\"` to let `when` count as the assertion, or leave it out")),
        }
    }

    /// The protocol has the last word on a mock.
    fn fits(&self, node: &Node, mock: &Mock) -> Result<(), Error> {
        let Err(unfit) = mock.plugin.check(mock.shape, mock) else {
            return Ok(());
        };
        let span = place(node, unfit.key, unfit_reply(mock));
        let error =
            self.source.error(span.unwrap_or(node.span.clone()), unfit.message, "cannot be");
        Err(unfit.help.into_iter().fold(error, Error::help))
    }
}

/// Which of several replies is the first that the protocol cannot carry.
fn unfit_reply(mock: &Mock) -> usize {
    let Act::Replies(replies) = &mock.act else {
        return 0;
    };
    let alone =
        |reply: &Arc<Fields>| Mock { act: Act::Replies(vec![reply.clone()]), ..mock.clone() };
    let unfit = |reply| mock.plugin.check(mock.shape, &alone(reply)).is_err();
    replies.iter().position(unfit).unwrap_or_default()
}

/// Where a key of a mock stands: `status`, or `reply.status` where both tables have it; of several
/// replies in the one of this number.
fn place(node: &Node, key: &str, number: usize) -> Option<Range<usize>> {
    let names: Vec<&str> = key.split('.').collect();
    let below = ["reply", "when", "fault"].iter().find_map(|table| node.at(&[*table, key]));
    let entry = node.at(&names).or(below).or_else(|| {
        let Value::List(replies) = &node.entry("reply")?.node.value else {
            return None;
        };
        replies.get(number)?.entry(key.trim_start_matches("reply."))
    })?;
    Some(entry.node.span.clone())
}

#[cfg(test)]
mod tests;
