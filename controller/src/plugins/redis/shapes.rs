//! What can be mocked, as data.

use super::form::Form;
use crate::plugins::card::{FaultKind, Field, FieldKind, Shape};

/// A connection is opened.
pub(super) const CONNECT_SOURCE: &str = "redis:connect";
/// A command that is in no table of ours, such as one of a module.
pub(super) const OTHER_SOURCE: &str = "redis:other";

const HOST: Field = Field {
    name: "host",
    kind: FieldKind::Word,
    summary: "host by the name that the guest used, or its address",
};
const PORT: Field = Field { name: "port", kind: FieldKind::Number, summary: "port" };
const PATH: Field = Field {
    name: "path",
    kind: FieldKind::Text,
    summary: "path of a Unix socket, in place of host and port",
};
const DB: Field = Field { name: "db", kind: FieldKind::Number, summary: "number of the database" };
const USER: Field =
    Field { name: "user", kind: FieldKind::Text, summary: "who logged in; none by default" };
const KEY: Field =
    Field { name: "key", kind: FieldKind::Bytes, summary: "the first key, or the first channel" };
const ARGS: Field =
    Field { name: "args", kind: FieldKind::Words, summary: "all that follows the command" };
const COMMAND: Field = Field { name: "command", kind: FieldKind::Word, summary: "`JSON.GET`, .." };
const VALUE: Field = Field {
    name: "value",
    kind: FieldKind::Json,
    summary: "what is there; it goes out as the type that the command answers",
};
const ERROR: Field =
    Field { name: "error", kind: FieldKind::Text, summary: "an error: `WRONGTYPE ..`" };
const MESSAGES: Field = Field {
    name: "messages",
    kind: FieldKind::Json,
    summary: "what is published then: payloads, or `{ channel, data }`",
};

const PLACE: &[Field] = &[HOST, PORT, PATH];
const PLAIN: &[Field] = &[HOST, PORT, PATH, DB, USER, ARGS];
const KEYED: &[Field] = &[HOST, PORT, PATH, DB, USER, KEY, ARGS];
const NAMED: &[Field] = &[HOST, PORT, PATH, DB, USER, COMMAND, ARGS];
const ANSWER: &[Field] = &[VALUE, ERROR];
const PUBLISHED: &[Field] = &[MESSAGES, ERROR];
const FAULTS: &[FaultKind] = &[
    FaultKind::Reset,
    FaultKind::Timeout,
    FaultKind::Slow,
    FaultKind::Garbage,
    FaultKind::Truncated,
];

pub(super) const CONNECT: Shape = Shape {
    source: CONNECT_SOURCE,
    summary: "connect",
    fields: PLACE,
    key: None,
    reply: &[],
    faults: &[FaultKind::Refuse, FaultKind::Timeout, FaultKind::Reset],
    opens: true,
};

pub(super) const OTHER: Shape = Shape {
    source: OTHER_SOURCE,
    summary: "a command that is not listed",
    fields: NAMED,
    key: Some("command"),
    reply: ANSWER,
    faults: FAULTS,
    opens: false,
};

/// That of a command in the table.
pub(super) const fn of_command(source: &'static str, has_key: bool, form: Form) -> Shape {
    Shape {
        source,
        summary: "a command",
        fields: if has_key { KEYED } else { PLAIN },
        key: if has_key { Some("key") } else { None },
        reply: if matches!(form, Form::Nothing) { PUBLISHED } else { ANSWER },
        faults: FAULTS,
        opens: false,
    }
}
