//! Transcripts of HTTP clients; here is what they are made of.

mod any_bytes;
mod codings;
mod fit;
mod one;
mod real;
mod two;

use super::Http;
use super::request::SOURCE;
use crate::fields::{Fields, Value};
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::{End, Event, Fault, Malformed, Opening};
use crate::plugins::transcript::{Transcript, opening};

fn client() -> Transcript {
    Transcript::of(&Http, "api.example.com", 80)
}

fn pairs(pairs: &[(&str, &str)]) -> Value {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Value::Pairs(pairs.iter().map(own).collect())
}

fn json(text: &str) -> Value {
    Value::Json(serde_json::from_str(text).expect("a document"))
}

fn body(text: &str) -> Fields {
    Fields::new().with("body", text)
}

fn fault(kind: FaultKind, after: u64, delay_ms: u64) -> Fault {
    Fault { kind, after, delay_ms }
}

/// A desk answers a request with these fields of its own, and goes wrong like this.
fn failing(fields: Fields, fault: Fault) -> Transcript {
    let transcript = client().mocked(SOURCE, fields);
    transcript.broken(fault)
}

/// The fields of the request that was asked about last.
fn asked(client: &Transcript) -> &Fields {
    &client.asked().last().expect("a request").1
}

fn reason(malformed: Option<&Malformed>) -> &str {
    malformed.map_or("", |malformed| malformed.reason.as_str())
}
