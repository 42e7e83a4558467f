//! Transcripts of clients.

use serde_json::json;

use super::frame::Bind;
use super::{BEGIN, CLOSE, CONNECT, PORT, Postgres, QUERY, said};
use crate::fields::{Fields, Value};
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::{End, Event, Fault};
use crate::plugins::transcript::Transcript;

mod bounds;
mod extended;
mod login;
mod queries;
mod server;

/// The first message of a client.
fn startup(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut body = 196_608_u32.to_be_bytes().to_vec();
    for (name, value) in pairs {
        body.extend([name.as_bytes(), b"\0", value.as_bytes(), b"\0"].concat());
    }
    body.push(0);
    [&u32::try_from(body.len() + 4).unwrap().to_be_bytes(), body.as_slice()].concat()
}

fn user() -> Vec<u8> {
    startup(&[("user", "ada"), ("database", "app")])
}

fn client() -> Transcript {
    Transcript::of(&Postgres, "db.example.com", PORT)
}

impl Transcript {
    /// The client logs in, with nothing of it kept.
    fn logged_in(mut self) -> Self {
        self.on(Event::Client(&user()));
        assert_eq!(kinds(&self.output.client).last(), Some(&'Z'), "{:?}", self.output);
        self
    }

    /// The client says this; the types of what it hears.
    fn said(&mut self, bytes: &[u8]) -> String {
        self.on(Event::Client(bytes));
        kinds(&self.output.client).into_iter().collect()
    }
}

fn query(sql: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    said::put_query(&mut bytes, sql);
    bytes
}

fn parse(name: &str, sql: &str, types: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    said::put(&mut bytes, b'P', |out| {
        said::string(out, name);
        said::string(out, sql);
        out.extend(u16::try_from(types.len()).unwrap().to_be_bytes());
        types.iter().for_each(|oid| out.extend(oid.to_be_bytes()));
    });
    bytes
}

/// Binds the statement without a name; all in text, or all in binary.
fn bind(parameters: &[Option<&[u8]>], binary: bool) -> Vec<u8> {
    let parameters = parameters.iter().map(|value| value.map(<[u8]>::to_vec)).collect();
    let bind = Bind { formats: vec![binary], parameters, results: vec![binary], ..Bind::default() };
    let mut bytes = Vec::new();
    said::put_bind(&mut bytes, &bind);
    bytes
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    said::put(&mut bytes, kind, |out| out.extend_from_slice(body));
    bytes
}

fn execute(rows_max: u32) -> Vec<u8> {
    message(b'E', &[b"\0", rows_max.to_be_bytes().as_slice()].concat())
}

fn sync() -> Vec<u8> {
    message(b'S', b"")
}

/// The messages that a client hears: type and body.
fn messages(mut bytes: &[u8]) -> Vec<(char, Vec<u8>)> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let length = u32::from_be_bytes(bytes[1..5].try_into().unwrap()) as usize;
        found.push((char::from(bytes[0]), bytes[5..=length].to_vec()));
        bytes = &bytes[length + 1..];
    }
    found
}

fn kinds(bytes: &[u8]) -> Vec<char> {
    messages(bytes).into_iter().map(|(kind, _)| kind).collect()
}

/// The bodies of the messages of this type, with zeros as `|`.
fn bodies(client: &Transcript, kind: char) -> Vec<String> {
    let all = messages(&client.output.client).into_iter();
    let bodies = all.filter(|(known, _)| *known == kind);
    bodies.map(|(_, body)| String::from_utf8_lossy(&body).replace('\0', "|")).collect()
}

fn rows(rows: serde_json::Value) -> Fields {
    Fields::new().with("rows", rows)
}

fn error(code: &str) -> Fields {
    Fields::new().with("error", json!({ "code": code, "message": "no" }))
}

fn fault(kind: FaultKind, after: u64) -> Fault {
    Fault { kind, after, delay_ms: 1 }
}

/// The statements that were asked about, with their parameters.
fn asked(client: &Transcript) -> Vec<String> {
    let words = |fields: &Fields| match fields.get("parameters") {
        Some(Value::Words(words)) => {
            words.iter().map(|word| format!(" {}", String::from_utf8_lossy(word))).collect()
        }
        _ => String::new(),
    };
    let line = |(_, fields): &(&str, Fields)| {
        format!("{}{}", fields.text("sql").unwrap_or_default(), words(fields))
    };
    client.asked().iter().map(line).collect()
}
