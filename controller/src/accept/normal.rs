//! An interaction as it is written down: without secrets, without what changes by itself, in a form
//! that can be compared.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use toml::{Table, Value as Toml};

use super::place::{Places, is_ephemeral, is_loopback};
use super::text;
use crate::fields::{Fields, Value};
use crate::plugins::card::{Field, FieldKind};
use crate::report::paste::{hex, is_printable};
use crate::report::redact;
use crate::timeline::Interaction;

/// Headers that change by themselves, or that a client's version decides, are left out.
pub(super) const VOLATILE: [&str; 22] = [
    "accept-encoding",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "connection",
    "content-length",
    "date",
    "host",
    "if-modified-since",
    "keep-alive",
    "sec-websocket-key",
    "te",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
    "x-amz-date",
    "x-amzn-trace-id",
    "x-correlation-id",
    "x-forwarded-for",
    "x-request-id",
];

/// Longest value that is written out, in bytes; of longer ones the length and a digest.
const VALUE_BYTES_MAX: usize = 4096;

/// Shortest boundary of a form in parts that is looked for in what a client sends.
const BOUNDARY_CHARS_MIN: usize = 6;

/// One kind of thing that was done.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// `http:request`.
    pub source: String,
    /// How often.
    pub count: u64,
    /// What it was.
    pub fields: Table,
    /// What it was answered with, in short.
    pub reply: Table,
}

impl Entry {
    /// What it is compared by: source, fields, and the numbers of the answer.
    pub fn key(&self) -> String {
        format!("{} {}", self.what(), text::sorted(&self.numbers()))
    }

    /// The same without the answer.
    pub fn what(&self) -> String {
        format!("{} {}", self.source, text::sorted(&self.fields))
    }

    /// The numbers of the answer, such as a status or a return code.
    pub fn numbers(&self) -> Table {
        let numbers = self.reply.iter().filter(|(_, value)| value.is_integer());
        numbers.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// The interactions, the same ones as one, in a stable order; and which they were.
pub(super) fn grouped(interactions: &[&Interaction], places: &Places) -> Vec<(Entry, Vec<usize>)> {
    let mut groups: BTreeMap<String, (Entry, Vec<usize>)> = BTreeMap::new();
    for (number, interaction) in interactions.iter().enumerate() {
        let entry = entry(interaction, places);
        let (entry, numbers) = groups.entry(entry.key()).or_insert_with(|| (entry, Vec::new()));
        entry.count += 1;
        numbers.push(number);
    }
    groups.into_values().collect()
}

/// One, with a count of none yet.
fn entry(interaction: &Interaction, places: &Places) -> Entry {
    let shape = interaction.shape;
    let writer = Writer { places, boundary: boundary(&interaction.fields) };
    Entry {
        source: shape.source.to_owned(),
        count: 0,
        fields: writer.table(&interaction.fields, shape.fields, true),
        reply: writer.table(&interaction.reply, shape.reply, false),
    }
}

/// Writes values down.
struct Writer<'a> {
    places: &'a Places,
    boundary: Option<String>,
}

impl Writer<'_> {
    /// Fields in the order of the card, but for empty ones. A program's environment is the machine's, and the headers of
    /// an answer are the server's: neither is written.
    fn table(&self, fields: &Fields, card: &[Field], asked: bool) -> Table {
        let mut table = Table::new();
        let shown = card.iter().filter(|field| match field.kind {
            FieldKind::Headers => asked,
            FieldKind::Pairs => field.name != "env",
            _ => true,
        });
        for field in shown {
            if let Some(value) = fields.get(field.name) {
                let value = self.value(field, &redact::value(field.name, value));
                if !is_empty(&value) {
                    table.insert(field.name.to_owned(), value);
                }
            }
        }
        let here = fields.text("host").is_some_and(|host| is_loopback(&host));
        if here && fields.number("port").is_some_and(is_ephemeral) {
            table.insert("port".to_owned(), "[port]".into());
        }
        table
    }

    fn value(&self, field: &Field, value: &Value) -> Toml {
        match value {
            Value::Text(text) => self.text(text),
            Value::Bytes(bytes) => self.bytes(bytes),
            Value::Number(number) => (*number).into(),
            Value::Words(words) => Toml::Array(words.iter().map(|word| self.bytes(word)).collect()),
            Value::Pairs(pairs) => self.pairs(field, pairs),
            Value::Json(document) => self.text(&pretty(document)),
        }
    }

    fn bytes(&self, bytes: &[u8]) -> Toml {
        match std::str::from_utf8(bytes) {
            Ok(text) if is_printable(text) => self.text(text),
            _ if bytes.len() > VALUE_BYTES_MAX => digest(bytes),
            _ => Toml::Table(Table::from_iter([("hex".to_owned(), hex(bytes).into())])),
        }
    }

    fn text(&self, text: &str) -> Toml {
        let text = match &self.boundary {
            Some(boundary) => text.replace(boundary.as_str(), "[boundary]"),
            None => text.to_owned(),
        };
        let text = self.places.replace(&text);
        if text.len() > VALUE_BYTES_MAX { digest(text.as_bytes()) } else { text.into() }
    }

    /// Names in order; those of headers in small letters, since their case says nothing.
    fn pairs(&self, field: &Field, pairs: &[(String, String)]) -> Toml {
        let headers = field.kind == FieldKind::Headers;
        let name = |name: &str| if headers { name.to_ascii_lowercase() } else { name.to_owned() };
        let mut lines: Vec<(String, Toml)> = pairs
            .iter()
            .map(|(known, value)| (name(known), value))
            .filter(|(known, _)| !(headers && VOLATILE.contains(&known.as_str())))
            .map(|(known, value)| {
                let line = self.text(&format!("{known}: {value}"));
                (known, line)
            })
            .collect();
        lines.sort_by(|(left, _), (right, _)| left.cmp(right));
        Toml::Array(lines.into_iter().map(|(_, line)| line).collect())
    }
}

/// Whether a value says no more than that there is none.
fn is_empty(value: &Toml) -> bool {
    match value {
        Toml::String(text) => text.is_empty(),
        Toml::Array(elements) => elements.is_empty(),
        _ => false,
    }
}

/// Members in order, a line each.
fn pretty(document: &Json) -> String {
    serde_json::to_string_pretty(&ordered(document)).unwrap_or_else(|_| document.to_string())
}

fn ordered(document: &Json) -> Json {
    match document {
        Json::Object(members) => {
            let members: BTreeMap<_, _> =
                members.iter().map(|(name, value)| (name.clone(), ordered(value))).collect();
            members.into_iter().collect()
        }
        Json::Array(elements) => elements.iter().map(ordered).collect(),
        _ => document.clone(),
    }
}

/// Length and SHA-256 of what is too long to be written.
fn digest(bytes: &[u8]) -> Toml {
    let digest = hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    Toml::Table(Table::from_iter([
        ("bytes".to_owned(), length.into()),
        ("sha256".to_owned(), digest.into()),
    ]))
}

/// What parts the parts of a form: chosen anew for each.
fn boundary(fields: &Fields) -> Option<String> {
    let lists = fields.iter().filter_map(|(_, value)| match value {
        Value::Pairs(pairs) => Some(pairs),
        _ => None,
    });
    let header = lists
        .flatten()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map(|(_, value)| value)?;
    let (_, rest) = header.split_once("boundary=")?;
    let boundary = rest.split(';').next()?.trim().trim_matches('"');
    (boundary.chars().count() >= BOUNDARY_CHARS_MIN).then(|| boundary.to_owned())
}
