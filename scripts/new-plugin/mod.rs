//! Sample, a protocol of lines.
//!
//! | file | holds |
//! |---|---|
//! | `frame` | lines, and what stands in them |
//! | `session` | a connection |

mod frame;
mod session;
#[cfg(test)]
mod tests;

use bigfoot_ipc::guest::Transport;

use crate::fields::{Fields, Value};
use crate::mocks::{Act, Matcher, Mock};
use crate::plugins::card::{Card, Field, FieldKind, Kind, Scheme, Shape};
use crate::plugins::conversation::{Conversation, Opening};
use crate::plugins::{Endpoint, Hosts, Plugin, Unfit};
use crate::rules::host;

/// The plugin.
#[derive(Debug)]
pub struct Sample;

/// The client asks for a value.
const GET: &str = "sample:get";

/// Where servers usually are.
const PORT: u16 = 7654;

static CARD: Card = Card {
    name: "sample",
    summary: "Sample",
    schemes: &[Scheme { name: "sample", port: Some(PORT) }],
    ports: &[PORT],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["sample://localhost", "sample:*"],
    interactions: &[Shape {
        source: GET,
        summary: "get",
        fields: &[
            Field { name: "host", kind: FieldKind::Word, summary: "host, as the guest named it" },
            Field { name: "port", kind: FieldKind::Number, summary: "port" },
            Field { name: "key", kind: FieldKind::Text, summary: "what is asked for" },
        ],
        key: Some("key"),
        reply: &[Field {
            name: "value",
            kind: FieldKind::Bytes,
            summary: "what is there; without it, nothing is",
        }],
        faults: &[],
        opens: false,
    }],
    mocks: &[r#"[[mock]]
source = "sample:get"
when = { host = "sample.example.com", key = "user:1" }
reply = { value = "Ada" }
"#],
};

impl Plugin for Sample {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn check(&self, _: &'static Shape, mock: &Mock) -> Result<(), Unfit> {
        match &mock.act {
            Act::Replies(replies) => replies.iter().try_for_each(|reply| fits_a_line(reply)),
            Act::Real(reply) | Act::Fault(_, reply) => fits_a_line(reply),
        }
    }

    fn endpoint(&self, mock: &Mock) -> Option<Endpoint> {
        let host = match mock.when.get("host") {
            Some(Matcher::Exact(value)) => Hosts::One(host::normal(&value.text()?)),
            Some(pattern) => Hosts::Pattern(pattern.clone()),
            None => Hosts::Any,
        };
        let port = match mock.when.get("port") {
            Some(Matcher::Exact(value)) => u16::try_from(value.number()?).ok()?,
            _ => PORT,
        };
        Some(Endpoint { host, ports: port..=port })
    }

    fn converse(&self, opening: &Opening) -> Option<Box<dyn Conversation>> {
        let speaks = opening.transport == Transport::Stream;
        speaks.then(|| Box::new(session::Session::new(opening)) as Box<dyn Conversation>)
    }

    fn paste(&self, _: &'static Shape, fields: &Fields) -> Vec<(&'static str, Value)> {
        fields.iter().map(|(name, value)| (name, value.clone())).collect()
    }

    fn paste_reply(&self, _: &'static Shape, _: &Fields) -> &'static str {
        r#"{ value = "..." }"#
    }
}

fn fits_a_line(reply: &Fields) -> Result<(), Unfit> {
    let value = reply.bytes("value").unwrap_or_default();
    if value.len() > frame::VALUE_BYTES_MAX || value.iter().any(|byte| b"\r\n".contains(byte)) {
        let most = frame::VALUE_BYTES_MAX;
        let help = format!("it is one line of at most {most} bytes");
        let message = "no line can carry this value".to_owned();
        return Err(Unfit { key: "value", message, help: Some(help) });
    }
    Ok(())
}
