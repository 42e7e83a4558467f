//! A protocol on paper, for tests: one thing that can be done, with a field of each kind.

use crate::fields::{Fields, Value};
use crate::plugins::Plugin;
use crate::plugins::card::{Card, Field, FieldKind, Kind, Shape};

/// The protocol.
#[derive(Debug)]
pub(crate) struct Fake;

const fn field(name: &'static str, kind: FieldKind) -> Field {
    Field { name, kind, summary: "" }
}

/// What can be done in it.
pub(crate) static SHAPE: Shape = Shape {
    source: "fake:request",
    summary: "request",
    fields: &[
        field("url", FieldKind::Text),
        field("body", FieldKind::Bytes),
        field("number", FieldKind::Number),
        field("argv", FieldKind::Words),
        field("headers", FieldKind::Headers),
        field("json", FieldKind::Json),
        field("host", FieldKind::Text),
        field("port", FieldKind::Number),
        field("env", FieldKind::Pairs),
    ],
    key: Some("url"),
    reply: &[
        field("status", FieldKind::Number),
        field("headers", FieldKind::Headers),
        field("body", FieldKind::Bytes),
    ],
    faults: &[],
    opens: false,
};

static CARD: Card = Card {
    name: "fake",
    summary: "",
    schemes: &[],
    ports: &[],
    firewall: &[],
    guard_default: false,
    kind: Kind::Call,
    examples: &[],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Fake {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn paste(&self, _: &'static Shape, fields: &Fields) -> Vec<(&'static str, Value)> {
        fields.iter().map(|(name, value)| (name, value.clone())).collect()
    }

    fn paste_reply(&self, _: &'static Shape, _: &Fields) -> &'static str {
        "{ status = 200 }"
    }
}
