//! Which operation a request is, by its method and path.

use super::{BULK, COUNT, DELETE, GET, INDEX, MGET, MSEARCH, REQUEST, SEARCH, UPDATE};
use crate::mocks::url::percent_decoded;

/// What a request is made to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) source: &'static str,
    pub(super) index: Option<String>,
    pub(super) id: Option<String>,
}

impl Target {
    /// Reads a method and a path as it is sent.
    pub(super) fn of(method: &str, path: &str) -> Self {
        let parts: Vec<_> =
            path.split('/').filter(|part| !part.is_empty()).map(percent_decoded).collect();
        let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
        let method = method.to_ascii_uppercase();
        let (source, index, id) = match parts.as_slice() {
            [index, kind, id] if is_index(index) => {
                (on_document(&method, kind), Some(*index), Some(*id))
            }
            [index, "_doc"] if is_index(index) && method == "POST" => {
                (Some(INDEX), Some(*index), None)
            }
            [index, operation] if is_index(index) => {
                (on_indices(&method, operation), Some(*index), None)
            }
            [operation] => (on_indices(&method, operation), None, None),
            _ => (None, None, None),
        };
        match source {
            Some(source) => {
                Self { source, index: index.map(str::to_owned), id: id.map(str::to_owned) }
            }
            None => Self { source: REQUEST, index: None, id: None },
        }
    }
}

/// Names that begin with an underscore are the API's own, but for the one of all indices.
pub(super) fn is_index(name: &str) -> bool {
    name == "_all" || !name.is_empty() && !name.starts_with('_')
}

fn on_document(method: &str, kind: &str) -> Option<&'static str> {
    match (method, kind) {
        ("PUT" | "POST", "_doc" | "_create") => Some(INDEX),
        ("GET" | "HEAD", "_doc") => Some(GET),
        ("DELETE", "_doc") => Some(DELETE),
        ("POST", "_update") => Some(UPDATE),
        _ => None,
    }
}

fn on_indices(method: &str, operation: &str) -> Option<&'static str> {
    match (method, operation) {
        ("GET" | "POST", "_search") => Some(SEARCH),
        ("GET" | "POST", "_count") => Some(COUNT),
        ("GET" | "POST", "_mget") => Some(MGET),
        ("GET" | "POST", "_msearch") => Some(MSEARCH),
        ("PUT" | "POST", "_bulk") => Some(BULK),
        _ => None,
    }
}
