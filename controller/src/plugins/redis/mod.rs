//! Redis, in both versions of its protocol: RESP2 and RESP3.
//!
//! | file | holds |
//! |---|---|
//! | `table`, `shapes` | the commands as data, and what can be mocked of them |
//! | `form`, `value` | plain values of mocks as the types that commands answer |
//! | `place`, `check`, `words` | where a mock answers, whether it can, and how it is told |
//! | `frame`, `request` | bytes; what clients send |
//! | `answer` | what real servers send |
//! | `asked` | a request as fields |
//! | `session` | a connection |
//!
//! Both directions are read here and by no library: to keep nesting and lengths within bounds all types
//! have to be known before anything is decoded, and little is left to do then.

mod answer;
mod asked;
mod check;
mod form;
mod frame;
mod place;
mod request;
mod session;
mod shapes;
mod table;
mod value;
mod words;

#[cfg(test)]
mod tests;

use bigfoot_ipc::guest::Transport;

use super::conversation::{Conversation, Opening};
use super::{Endpoint, Unfit};
use crate::fields::{Fields, Value};
use crate::mocks::{Matcher, Mock, When};
use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme, Shape};

/// The plugin.
#[derive(Debug)]
pub struct Redis;

static CARD: Card = Card {
    name: "redis",
    summary: "Redis",
    schemes: &[
        Scheme { name: "redis", port: Some(6379) },
        Scheme { name: "rediss", port: Some(6380) },
    ],
    ports: &[6379, 6380],
    firewall: &["host", "port", "command", "db"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &[
        "redis://localhost:6379",
        "redis://*.internal",
        "GET,MGET redis://cache.example.com",
        "redis://cache.example.com/2",
        "redis:*",
    ],
    interactions: table::SHAPES,
    mocks: &[
        r#"[[mock]]
source = "redis:GET"
when = { host = "cache.example.com", key = "user:1" }
reply = { value = "Ada" }
"#,
        r#"[[mock]]
source = "redis:HGETALL"
when = { key = "user:*", db = 2 }
reply = { value = { name = "Ada", age = 36 } }
"#,
        r#"[[mock]]
source = "redis:SET"
when = { args = ["user:1", "Ada", "..."] }
"#,
        r#"[[mock]]
source = "redis:INCR"
when = { key = "visits" }
reply = [{ value = 1 }, { error = "WRONGTYPE Operation against a key holding the wrong kind of value" }]
"#,
        r#"[[mock]]
source = "redis:SUBSCRIBE"
when = { key = "news" }
reply = { messages = ["first", { hex = "00ff" }] }
"#,
        r#"[[mock]]
source = "redis:connect"
when = { host = "cache.example.com" }
steps = [{ source = "redis:GET", when = { key = "a" } }, { source = "redis:SET", when = { key = "a" } }]
"#,
        r#"[[mock]]
source = "redis:GET"
when = { host = "localhost", port = 6379 }
pass_through = true
"#,
    ],
};

impl Plugin for Redis {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn check(&self, shape: &'static Shape, mock: &Mock) -> Result<(), Unfit> {
        check::mock(shape, mock)
    }

    fn endpoint(&self, mock: &Mock) -> Option<Endpoint> {
        self.endpoints(mock).into_iter().next()
    }

    fn endpoints(&self, mock: &Mock) -> Vec<Endpoint> {
        place::endpoints(&mock.when, CARD.ports)
    }

    fn converse(&self, opening: &Opening) -> Option<Box<dyn Conversation>> {
        let stream = opening.transport == Transport::Stream;
        stream.then(|| Box::new(session::Session::new(opening)) as Box<dyn Conversation>)
    }

    fn over_tls(&self) -> Option<&'static [&'static [u8]]> {
        Some(&[])
    }

    fn rules(&self, command: &str) -> Result<(), Unfit> {
        check::rule(command)
    }

    fn key(&self, shape: &'static Shape, fields: &Fields) -> Option<String> {
        fields.text(shape.key?).map(|key| key.into_owned())
    }

    fn mock_key(&self, shape: &'static Shape, when: &When) -> Option<String> {
        let key = shape.key?;
        let text = when.get(key).and_then(Matcher::only)?.text()?;
        Some(if key == "command" { text.to_ascii_uppercase() } else { text.into_owned() })
    }

    fn words(&self, shape: &'static Shape, fields: &Fields) -> String {
        words::words(shape.source, fields)
    }

    fn paste(&self, shape: &'static Shape, fields: &Fields) -> Vec<(&'static str, Value)> {
        words::paste(shape.source, fields)
    }

    fn paste_reply(&self, shape: &'static Shape, _: &Fields) -> &'static str {
        words::paste_reply(shape.source)
    }
}
