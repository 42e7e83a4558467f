//! Sockets of every kind: raw bytes over TCP, UDP and Unix sockets, as scripts of expected and canned
//! bytes.

use super::card::{Card, FaultKind, Field, FieldKind, Kind, Scheme, Shape};
use super::conversation::{Conversation, Opening};
use super::{Endpoint, Plugin, Unfit};
use crate::fields::{Fields, Value};
use crate::mocks::{Mock, When};

mod check;
mod place;
mod session;
#[cfg(test)]
mod tests;
mod words;

/// The plugin.
#[derive(Debug)]
pub struct Socket;

/// A connection is opened.
const CONNECT: &str = "socket:connect";
/// The client sends bytes.
const EXCHANGE: &str = "socket:exchange";

const HOST: Field = Field {
    name: "host",
    kind: FieldKind::Word,
    summary: "host by the name that the guest used, or its address",
};
const PORT: Field = Field { name: "port", kind: FieldKind::Number, summary: "port" };
const TRANSPORT: Field =
    Field { name: "transport", kind: FieldKind::Word, summary: "tcp, udp or unix" };
const PATH: Field = Field {
    name: "path",
    kind: FieldKind::Text,
    summary: "path of a Unix socket, in place of host and port",
};
const CLOSE: Field = Field {
    name: "close",
    kind: FieldKind::Word,
    summary: "what becomes of the connection then: close, half-close or reset",
};

static CARD: Card = Card {
    name: "socket",
    summary: "Sockets of every kind: connections to ports that no other protocol has, and Unix sockets",
    schemes: &[Scheme { name: "socket", port: None }],
    ports: &[],
    firewall: &["host", "port", "path"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &[
        "socket://10.0.0.0/8:5000-5999",
        "socket://db.example.com:1521",
        "unix:/run/docker.sock",
        "socket:*",
    ],
    interactions: &[
        Shape {
            source: CONNECT,
            summary: "connect to",
            fields: &[HOST, PORT, TRANSPORT, PATH],
            key: Some("host"),
            reply: &[
                Field {
                    name: "bytes",
                    kind: FieldKind::Bytes,
                    summary: "what the server says first",
                },
                CLOSE,
            ],
            faults: &[
                FaultKind::Refuse,
                FaultKind::Timeout,
                FaultKind::Reset,
                FaultKind::HalfClose,
            ],
            opens: true,
        },
        Shape {
            source: EXCHANGE,
            summary: "send to",
            fields: &[
                HOST,
                PORT,
                TRANSPORT,
                PATH,
                Field {
                    name: "bytes",
                    kind: FieldKind::Bytes,
                    summary: "what the client sends; a datagram, or the next bytes of a stream",
                },
            ],
            key: Some("host"),
            reply: &[
                Field { name: "bytes", kind: FieldKind::Bytes, summary: "what the server answers" },
                CLOSE,
            ],
            faults: &[
                FaultKind::Reset,
                FaultKind::Timeout,
                FaultKind::Slow,
                FaultKind::Truncated,
                FaultKind::HalfClose,
            ],
            opens: false,
        },
    ],
    mocks: &[
        r#"[[mock]]
source = "socket:exchange"
when = { host = "printer.example.com", port = 9100, bytes = "STATUS\r\n" }
reply = { bytes = "READY\r\n" }
"#,
        r#"[[mock]]
source = "socket:connect"
when = { host = "mail.example.com", port = 2525 }
reply = { bytes = "220 ready\r\n" }
steps = [{ source = "socket:exchange", when = { bytes = "QUIT\r\n" }, reply = { bytes = "221 bye\r\n", close = "close" } }]
"#,
        r#"[[mock]]
source = "socket:exchange"
when = { path = "/run/app.sock", bytes = { hex = "0001" } }
reply = { bytes = { hex = "0002ff" } }
"#,
        r#"[[mock]]
source = "socket:connect"
when = { host = "db.example.com", port = 1521 }
fault = { kind = "refuse" }
"#,
    ],
};

impl Plugin for Socket {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn check(&self, shape: &'static Shape, mock: &Mock) -> Result<(), Unfit> {
        check::place(shape, &mock.when)?;
        check::transport(mock)?;
        check::expected(&mock.when)?;
        check::act(mock)
    }

    fn endpoint(&self, mock: &Mock) -> Option<Endpoint> {
        place::endpoint(&mock.when)
    }

    fn converse(&self, opening: &Opening) -> Option<Box<dyn Conversation>> {
        Some(Box::new(session::Session::new(opening)))
    }

    fn mock_key(&self, _: &'static Shape, when: &When) -> Option<String> {
        place::key(when)
    }

    fn words(&self, shape: &'static Shape, fields: &Fields) -> String {
        words::words(shape.source, fields)
    }

    fn paste(&self, _: &'static Shape, fields: &Fields) -> Vec<(&'static str, Value)> {
        words::paste(fields)
    }

    fn paste_reply(&self, shape: &'static Shape, _: &Fields) -> &'static str {
        if shape.source == EXCHANGE { r#"{ bytes = "..." }"# } else { "{}" }
    }
}
