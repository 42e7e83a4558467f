//! Whether a value is the one that a mock waits for.

use globset::GlobMatcher;
use regex::Regex;
use serde_json::Value as Json;
use serde_json_path::JsonPath;

use crate::fields::Value;
use crate::plugins::card::FieldKind;

/// What a field has to be.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// This value, in the normal form of its kind.
    Exact(Value),
    /// Characters with `*` in them: any characters stand there, `/` too.
    Glob(String, GlobMatcher),
    /// A regular expression over the whole value.
    Regex(Regex),
    /// Each word by its own; `rest` if more may follow.
    Words {
        /// In order.
        words: Vec<Matcher>,
        /// More may follow.
        rest: bool,
    },
    /// These names are there, with values that match.
    Pairs(Vec<(String, Matcher)>),
    /// These members and elements are there (RFC 7396's idea of a part).
    Subset(Json),
    /// What each JSONPath (RFC 9535) finds is this value; `$` is the whole document.
    Paths(Vec<(JsonPath, Json)>),
}

impl Matcher {
    /// What is part of a value that is as expected: members of a document, some of the headers, or the
    /// whole of anything else.
    #[must_use]
    pub fn part(kind: FieldKind, value: &Value) -> Self {
        match (kind, value) {
            (FieldKind::Json, Value::Json(document)) => Self::Subset(document.clone()),
            (_, Value::Pairs(pairs)) => {
                let exact = |(name, value): &(String, String)| {
                    (name.clone(), Self::Exact(Value::Text(value.clone())))
                };
                Self::Pairs(pairs.iter().map(exact).collect())
            }
            (_, value) => Self::Exact(value.clone()),
        }
    }

    /// As people write it.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{self:?}")
    }

    /// Whether a value of this kind of field is the one.
    #[must_use]
    pub fn has(&self, kind: FieldKind, value: &Value) -> bool {
        let _ = (kind, value);
        false
    }
}
