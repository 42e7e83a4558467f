//! Protocols of paper.

use crate::mocks::{Act, Mock};
use crate::plugins::card::{Card, FaultKind, Field, FieldKind, Kind, Shape};
use crate::plugins::{Plugin, Unfit};

/// All of them.
pub(super) const PLUGINS: &[&dyn Plugin] = &[&Paper(&HTTP), &Paper(&SOCKET), &Paper(&CACHE)];

#[derive(Debug)]
struct Paper(&'static Card);

impl Plugin for Paper {
    fn card(&self) -> &'static Card {
        self.0
    }

    fn check(&self, _shape: &'static Shape, mock: &Mock) -> Result<(), Unfit> {
        let status = |fields: &crate::fields::Fields| {
            fields.number("status").filter(|status| !(100..600).contains(status))
        };
        let bad = match &mock.act {
            Act::Replies(replies) => replies.iter().find_map(|reply| status(reply)),
            Act::Fault(_, fields) | Act::Real(fields) => status(fields),
        };
        match bad {
            Some(status) => Err(Unfit {
                key: "status",
                message: format!("{status} is no status"),
                help: Some("a status has three digits".to_owned()),
            }),
            None => Ok(()),
        }
    }
}

const fn field(name: &'static str, kind: FieldKind) -> Field {
    Field { name, kind, summary: "" }
}

const fn card(name: &'static str, interactions: &'static [Shape]) -> Card {
    Card {
        name,
        summary: "",
        schemes: &[],
        ports: &[],
        firewall: &[],
        guard_default: true,
        kind: Kind::Call,
        examples: &[],
        interactions,
        mocks: &[],
    }
}

static HTTP: Card = card(
    "http",
    &[Shape {
        source: "http:request",
        summary: "a request",
        fields: &[
            field("method", FieldKind::Word),
            field("url", FieldKind::Url),
            field("query", FieldKind::Pairs),
            field("headers", FieldKind::Headers),
            field("body", FieldKind::Bytes),
            field("json", FieldKind::Json),
        ],
        key: Some("url"),
        reply: &[
            field("status", FieldKind::Number),
            field("headers", FieldKind::Headers),
            field("body", FieldKind::Bytes),
            field("json", FieldKind::Json),
            field("file", FieldKind::Path),
            field("names", FieldKind::Words),
        ],
        faults: &[FaultKind::Refuse, FaultKind::Reset, FaultKind::Timeout, FaultKind::Slow],
        opens: false,
    }],
);

static SOCKET: Card = card(
    "socket",
    &[
        Shape {
            source: "socket:connect",
            summary: "a connection",
            fields: &[field("host", FieldKind::Word), field("port", FieldKind::Number)],
            key: Some("host"),
            reply: &[],
            faults: &[FaultKind::Refuse],
            opens: true,
        },
        Shape {
            source: "socket:exchange",
            summary: "bytes and their answer",
            fields: &[field("bytes", FieldKind::Bytes), field("argv", FieldKind::Words)],
            key: None,
            reply: &[field("bytes", FieldKind::Bytes), field("close", FieldKind::Word)],
            faults: &[],
            opens: false,
        },
    ],
);

/// A protocol without mocks.
static CACHE: Card = card("cache", &[]);
