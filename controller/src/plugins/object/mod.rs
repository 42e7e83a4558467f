//! Calls of a test's own objects, which no libc call shows: a shim reports them, and answers them as
//! it is told. None of [`super::PLUGINS`]: a configuration has no mocks of it.

use crate::fields::{Fields, Value};
use crate::plugins::Plugin;
use crate::plugins::card::{Card, Field, FieldKind, Kind, Shape};

/// The plugin.
#[derive(Debug)]
pub struct Object;

static CARD: Card = Card {
    name: "mock",
    summary: "objects of the test's own",
    schemes: &[],
    ports: &[],
    firewall: &[],
    guard_default: false,
    kind: Kind::Call,
    examples: &[],
    interactions: &[Shape {
        source: "mock:call",
        summary: "a call of an object",
        fields: &[
            Field { name: "name", kind: FieldKind::Text, summary: "as the test named it" },
            Field {
                name: "args",
                kind: FieldKind::Words,
                summary: "as the test's language shows them",
            },
        ],
        key: Some("name"),
        reply: &[
            Field { name: "returned", kind: FieldKind::Text, summary: "likewise" },
            Field { name: "raised", kind: FieldKind::Text, summary: "the error in words" },
        ],
        faults: &[],
        opens: false,
    }],
    mocks: &[],
};

impl Plugin for Object {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn words(&self, _: &'static Shape, fields: &Fields) -> String {
        let args = match fields.get("args") {
            Some(Value::Words(args)) => args.as_slice(),
            _ => &[],
        };
        let args: Vec<_> = args.iter().map(|arg| String::from_utf8_lossy(arg)).collect();
        format!("{}({})", fields.text("name").unwrap_or_default(), args.join(", "))
    }

    fn paste(&self, shape: &'static Shape, fields: &Fields) -> Vec<(&'static str, Value)> {
        let all = shape.fields.iter();
        all.filter_map(|field| Some((field.name, fields.get(field.name)?.clone()))).collect()
    }
}
