//! Requests as interactions, and replies as responses.

use serde_json::Value as Json;

use super::path::Target;
use super::{BULK, DELETE, GET, INDEX, MSEARCH, REQUEST};
use crate::fields::{Fields, Value};
use crate::mocks::url::{Url, percent_decoded};
use crate::plugins::Layer;

/// The API over HTTP.
#[derive(Debug)]
pub(super) struct Rest;

impl Layer for Rest {
    fn over(&self) -> &'static str {
        "http:request"
    }

    fn lift(&self, fields: &Fields) -> Option<(&'static str, Fields)> {
        let url = Url::parse(&fields.text("url")?)?;
        let method = fields.text("method")?;
        let Target { source, index, id } = Target::of(&method, &url.path);
        let mut lifted = Fields::new().with("host", url.host.as_str());
        lifted.set("port", i64::from(url.port));
        if source == REQUEST {
            lifted.set("method", method.into_owned());
            lifted.set("path", percent_decoded(&url.path).into_owned());
        }
        let named = [("index", index), ("id", id)];
        for (name, text) in named.into_iter().filter_map(|(name, text)| Some((name, text?))) {
            lifted.set(name, text);
        }
        if let Some(document) = sent(source, fields) {
            lifted.set("body", document);
        }
        lifted.set("query", fields.get("query").cloned().unwrap_or(Value::Pairs(Vec::new())));
        Some((source, lifted))
    }

    fn lower(&self, source: &'static str, reply: &Fields) -> Fields {
        let usual = if source == INDEX { 201 } else { 200 };
        let status = reply.number("status").unwrap_or(usual);
        let answer = Fields::new().with("status", status);
        let (kind, name, value) = match (reply.get("json"), reply.get("body")) {
            (Some(document), _) => (DOCUMENT, "json", document.clone()),
            (None, Some(body)) => (kind(body), "body", body.clone()),
            (None, None) if is_bare(status) => return answer.with("headers", headers(None)),
            (None, None) => (DOCUMENT, "body", Value::from("{}")),
        };
        answer.with("headers", headers(Some(kind))).with(name, value)
    }
}

/// What clients of every version read; newer ones ask for kinds of their own, but do not insist.
const DOCUMENT: &str = "application/json";
/// What the API's tables for people are.
const TEXT: &str = "text/plain; charset=UTF-8";

/// Whether a response of this status has no body.
pub(super) fn is_bare(status: i64) -> bool {
    matches!(status, 204 | 304)
}

/// Clients look for the first on every response, and end the talk without it.
fn headers(kind: Option<&str>) -> Vec<(String, String)> {
    let product = ("x-elastic-product", "Elasticsearch");
    let all = [product].into_iter().chain(kind.map(|kind| ("content-type", kind)));
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn kind(body: &Value) -> &'static str {
    let bytes = body.bytes().unwrap_or_default();
    let first = bytes.trim_ascii_start().first();
    if matches!(first, Some(b'{' | b'[')) { DOCUMENT } else { TEXT }
}

/// The document that was sent: of bulks and the like, a list of those on its lines.
fn sent(source: &'static str, fields: &Fields) -> Option<Json> {
    let body = fields.bytes("body").unwrap_or_default();
    match (source, fields.get("json")) {
        (GET | DELETE, _) => None,
        (BULK | MSEARCH, _) => lines(source, &body),
        (_, Some(Value::Json(document))) => Some(document.clone()),
        _ => serde_json::from_slice(&body).ok(),
    }
}

/// A search among several may have an empty line for a head.
fn lines(source: &'static str, body: &[u8]) -> Option<Json> {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let read = |line: &[u8]| match line {
        [] if source == MSEARCH => Ok(Json::Object(serde_json::Map::new())),
        line => serde_json::from_slice(line),
    };
    let kept = lines.filter(|line| source == MSEARCH || !line.is_empty());
    let documents: Option<Vec<Json>> = kept.map(|line| read(line).ok()).collect();
    documents.filter(|documents| !documents.is_empty() && !body.is_empty()).map(Json::Array)
}
