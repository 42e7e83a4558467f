//! Interactions for people: in words, and as mocks to paste.

use super::{BULK, COUNT, DELETE, GET, INDEX, MGET, MSEARCH, REQUEST, SEARCH, UPDATE, USUAL_PORT};
use crate::fields::{Fields, Value};
use crate::plugins::card::Shape;

/// `search in users-*`, `get 42 in users`, `GET /_cluster/health`.
pub(super) fn words(shape: &Shape, fields: &Fields) -> String {
    let text = |name: &str| fields.text(name).unwrap_or_default();
    if shape.source == REQUEST {
        return format!("{} {}", text("method"), text("path"));
    }
    let id = fields.text("id").map(|id| format!(" {id}")).unwrap_or_default();
    let index = fields.text("index").map(|index| format!(" in {index}")).unwrap_or_default();
    format!("{}{id}{index}", shape.summary)
}

/// What a pasted mock names: the host, and of a port only an unusual one.
pub(super) fn paste(shape: &Shape, fields: &Fields) -> Vec<(&'static str, Value)> {
    let usual = Value::Number(i64::from(USUAL_PORT));
    let named = shape.fields.iter().filter(|field| field.name != "query");
    let given = named.filter_map(|field| Some((field.name, fields.get(field.name)?.clone())));
    given.filter(|(name, value)| *name != "port" || *value != usual).collect()
}

/// An answer that makes a pasted mock whole.
pub(super) fn reply(shape: &Shape) -> &'static str {
    match shape.source {
        INDEX => r#"{ json = { result = "created" } }"#,
        GET => "{ json = { found = true, _source = {} } }",
        SEARCH => r#"{ json = { hits = { total = { value = 0, relation = "eq" }, hits = [] } } }"#,
        UPDATE => r#"{ json = { result = "updated" } }"#,
        DELETE => r#"{ json = { result = "deleted" } }"#,
        BULK => "{ json = { errors = false, items = [] } }",
        COUNT => "{ json = { count = 0 } }",
        MGET => "{ json = { docs = [] } }",
        MSEARCH => "{ json = { responses = [] } }",
        _ => "{ json = {} }",
    }
}
