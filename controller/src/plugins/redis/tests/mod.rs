//! Transcripts of clients.

mod any_bytes;
mod fit;
mod forms;
mod greetings;
mod real;
mod requests;
mod sessions;

use serde_json::{Value as Json, json};

use super::Redis;
use crate::fields::{Fields, Value};
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::{End, Event, Fault};
use crate::plugins::transcript::Transcript;

/// A client of a server that mocks answer for.
fn client() -> Transcript {
    client_naming(&[])
}

/// The same, and mocks name these.
fn client_naming(sources: &[&'static str]) -> Transcript {
    let waiting = Transcript::prepared(&Redis, "cache.example", 6379).naming("redis");
    sources.iter().fold(waiting, |client, source| client.naming(source)).begun()
}

/// A client of a server that is read for rules alone.
fn read() -> Transcript {
    Transcript::of(&Redis, "cache.example", 6379)
}

fn value(value: Json) -> Fields {
    Fields::new().with("value", value)
}

fn fault(kind: FaultKind, after: u64, delay_ms: u64) -> Fault {
    Fault { kind, after, delay_ms }
}

/// What was asked, as commands with their arguments.
fn asked(client: &Transcript) -> Vec<String> {
    let line = |(source, fields): &(&'static str, Fields)| {
        let Some(Value::Words(words)) = fields.get("args") else { return (*source).to_owned() };
        let words = words.iter().map(|word| format!(" {}", word.escape_ascii()));
        format!("{source}{}", words.collect::<String>())
    };
    client.asked().iter().map(line).collect()
}
