//! Parts of documents.

use std::borrow::Cow;

use serde_json::{Number, Value as Json};
use serde_json_path::JsonPath;

use crate::fields::Value;

/// Largest text that is read as a document, in bytes.
const DOCUMENT_SIZE_MAX: usize = 16 << 20;

/// The document that a value is, or that its characters are.
pub(super) fn document(value: &Value) -> Option<Cow<'_, Json>> {
    if let Value::Json(document) = value {
        return Some(Cow::Borrowed(document));
    }
    let bytes = value.bytes().filter(|bytes| bytes.len() <= DOCUMENT_SIZE_MAX)?;
    serde_json::from_slice(&bytes).ok().map(Cow::Owned)
}

/// Whether a document has this part: each member that is named, and as many elements, part by part.
pub(super) fn has(part: &Json, whole: &Json) -> bool {
    match (part, whole) {
        (Json::Object(part), Json::Object(whole)) => {
            part.iter().all(|(name, part)| whole.get(name).is_some_and(|member| has(part, member)))
        }
        (Json::Array(part), Json::Array(whole)) => {
            part.len() == whole.len()
                && part.iter().zip(whole).all(|(part, whole)| has(part, whole))
        }
        (part, whole) => same(part, whole),
    }
}

/// Whether a path finds its value: as the one node, or as the list of all nodes.
pub(super) fn finds((path, wanted): &(JsonPath, Json), whole: &Json) -> bool {
    let found = path.query(whole).all();
    if let [one] = found.as_slice()
        && same(wanted, one)
    {
        return true;
    }
    let Json::Array(wanted) = wanted else {
        return false;
    };
    wanted.len() == found.len() && wanted.iter().zip(found).all(|(wanted, one)| same(wanted, one))
}

/// Whether two documents are equal; numbers are by their value, so that 1 is 1.0.
pub(super) fn same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => same_number(one, other),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let member = |(name, value): (&String, &Json)| {
                other.get(name).is_some_and(|other| same(value, other))
            };
            one.len() == other.len() && one.iter().all(member)
        }
        (one, other) => one == other,
    }
}

fn same_number(one: &Number, other: &Number) -> bool {
    match (one.is_f64(), other.is_f64()) {
        (false, false) => one == other,
        _ => one.as_f64() == other.as_f64(),
    }
}
