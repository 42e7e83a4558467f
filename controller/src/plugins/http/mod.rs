//! HTTP and HTTPS: HTTP/1.1 (RFC 9112) and HTTP/2 (RFC 9113), with the meaning of RFC 9110.
//!
//! | file | holds |
//! |---|---|
//! | `place`, `check` | what a mock waits for and whether HTTP can carry its answer |
//! | `session` | a connection: which version the client speaks |
//! | `one` | HTTP/1.1 with the client; `frame`, `headers`, `input` its messages |
//! | `two` | HTTP/2 with the client; `pipe` what h2 needs for it |
//! | `request`, `coding` | what is asked about, as fields |
//! | `reply` | what a mock answers, as a response |
//! | `real` | the real server |

mod check;
mod coding;
mod frame;
mod headers;
mod input;
mod one;
mod pipe;
mod place;
mod real;
mod reply;
mod request;
mod session;
mod told;
mod two;

#[cfg(test)]
mod tests;

use bigfoot_ipc::guest::Transport;

use super::conversation::{Conversation, Opening};
use super::{Endpoint, Unfit};
use crate::fields::{Fields, Value};
use crate::mocks::url::Url;
use crate::mocks::{Matcher, Mock, When};
use crate::plugins::Plugin;
use crate::plugins::card::{Card, FaultKind, Field, FieldKind, Kind, Scheme, Shape};

/// The plugin.
#[derive(Debug)]
pub struct Http;

static CARD: Card = Card {
    name: "http",
    summary: "HTTP and HTTPS",
    schemes: &[Scheme { name: "http", port: Some(80) }, Scheme { name: "https", port: Some(443) }],
    ports: &[80, 443, 8000, 8080, 8443],
    firewall: &["host", "port", "path", "method"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &[
        "http://localhost:8080",
        "https://*.example.com",
        "https://api.example.com/v1/*",
        "GET,HEAD https://api.example.com/users/*",
        "http://10.0.0.0/8",
        "http:*",
    ],
    interactions: &[Shape {
        source: request::SOURCE,
        summary: "a request",
        fields: &[
            Field { name: "method", kind: FieldKind::Word, summary: "GET, POST, .." },
            Field { name: "url", kind: FieldKind::Url, summary: "the whole address" },
            Field { name: "query", kind: FieldKind::Pairs, summary: "what follows its `?`" },
            Field { name: "headers", kind: FieldKind::Headers, summary: "as they were sent" },
            Field { name: "body", kind: FieldKind::Bytes, summary: "decoded" },
            Field { name: "json", kind: FieldKind::Json, summary: "the body as a document" },
        ],
        key: Some("url"),
        reply: &[
            Field { name: "status", kind: FieldKind::Number, summary: "200 unless it is given" },
            Field { name: "headers", kind: FieldKind::Headers, summary: "sent as they are given" },
            Field { name: "body", kind: FieldKind::Bytes, summary: "what is answered" },
            Field { name: "json", kind: FieldKind::Json, summary: "the same, as a document" },
            Field { name: "file", kind: FieldKind::Path, summary: "the same, from a file" },
        ],
        faults: &[
            FaultKind::Refuse,
            FaultKind::Reset,
            FaultKind::Timeout,
            FaultKind::Slow,
            FaultKind::Garbage,
            FaultKind::Truncated,
        ],
        opens: false,
    }],
    mocks: &[
        r#"[[mock]]
source = "http:request"
when = { method = "GET", url = "https://api.example.com/users/42" }
reply = { status = 200, json = { name = "Alice" } }
"#,
        r#"[[mock]]
source = "http:request"
when = { method = "POST", url = "https://api.example.com/users", json = { name = "Alice" } }
reply = { status = 201, headers = { location = "/users/42" } }
"#,
        r#"[[mock]]
source = "http:request"
when = { url = "https://*.example.com/*" }
fault = { kind = "reset", after = 100 }
times = "any"
"#,
    ],
};

impl Plugin for Http {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn check(&self, _: &'static Shape, mock: &Mock) -> Result<(), Unfit> {
        check::mock(mock)
    }

    fn endpoint(&self, mock: &Mock) -> Option<Endpoint> {
        self.endpoints(mock).into_iter().next()
    }

    fn endpoints(&self, mock: &Mock) -> Vec<Endpoint> {
        place::endpoints(&CARD, mock.when.get("url"))
    }

    fn converse(&self, opening: &Opening) -> Option<Box<dyn Conversation>> {
        let stream = opening.transport == Transport::Stream;
        stream.then(|| Box::new(session::Session::new(opening.clone())) as Box<dyn Conversation>)
    }

    fn over_tls(&self) -> Option<&'static [&'static [u8]]> {
        Some(&[b"h2", b"http/1.1", b"http/1.0"])
    }

    fn key(&self, _: &'static Shape, fields: &Fields) -> Option<String> {
        key(&fields.text("url")?)
    }

    fn mock_key(&self, _: &'static Shape, when: &When) -> Option<String> {
        key(&when.get("url").and_then(Matcher::only)?.text()?)
    }

    fn words(&self, _: &'static Shape, fields: &Fields) -> String {
        let method = fields.text("method").unwrap_or_default();
        format!("{method} {}", fields.text("url").unwrap_or_default())
    }

    fn paste(&self, _: &'static Shape, fields: &Fields) -> Vec<(&'static str, Value)> {
        let content = match (fields.get("json"), fields.bytes("body")) {
            (Some(_), _) => Some("json"),
            (None, Some(body)) if !body.is_empty() => Some("body"),
            _ => None,
        };
        let names = ["method", "url"].into_iter().chain(content);
        names.filter_map(|name| Some((name, fields.get(name)?.clone()))).collect()
    }

    fn paste_reply(&self, _: &'static Shape, _: &Fields) -> &'static str {
        "{ status = 200, json = {} }"
    }
}

/// An address in its normal form, without its query.
fn key(text: &str) -> Option<String> {
    Url::parse(text).map(|url| url.without_query().to_string())
}
