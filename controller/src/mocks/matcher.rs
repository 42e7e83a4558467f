//! Whether a value is the one that a mock waits for.
//!
//! | file | holds |
//! |---|---|
//! | `glob` | characters with stars in them |
//! | `json` | parts of documents |
//! | `words` | how both are shown to people: as a configuration has them |

use std::borrow::Cow;

use regex::bytes::{Regex, RegexBuilder};
use serde_json::Value as Json;
use serde_json_path::JsonPath;

use super::sql;
use super::url::{Url, normal_glob};
use crate::fields::Value;
use crate::plugins::card::FieldKind;
use crate::rules::Fault;

mod glob;
mod json;
pub mod words;

pub use glob::Glob;

/// Size to which a regular expression may compile, in bytes.
const REGEX_SIZE_MAX: usize = 1 << 20;

/// What a field has to be.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// This value, in the normal form of its kind.
    Exact(Value),
    /// Characters with `*` in them, as written: any characters stand there, `/` too.
    Glob(String, Glob),
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
    /// The same of an address of the web without its query, since that is a field of its own.
    UrlBase(Box<Matcher>),
    /// All of these.
    All(Vec<Matcher>),
}

impl Matcher {
    /// Characters with `*` in them, for a field of this kind.
    #[must_use]
    pub fn glob(kind: FieldKind, text: &str) -> Self {
        let normal = match kind {
            FieldKind::Word => Cow::Owned(text.to_lowercase()),
            FieldKind::Url => Cow::Owned(normal_glob(text)),
            FieldKind::Sql => Cow::Borrowed(sql::trimmed(text)),
            FieldKind::NormalSql => Cow::Owned(sql::normal(text)),
            _ => Cow::Borrowed(text),
        };
        Self::Glob(text.to_owned(), Glob::new(&normal))
    }

    /// A regular expression over the whole value, for a field of this kind.
    ///
    /// # Errors
    ///
    /// If it is none, or compiles to more than a mock may take.
    pub fn regex(kind: FieldKind, text: &str) -> Result<Self, Fault> {
        let build = |text: &str| {
            RegexBuilder::new(text)
                .case_insensitive(kind == FieldKind::Word)
                .size_limit(REGEX_SIZE_MAX)
                .build()
        };
        if text.is_empty() {
            return Err(fault(text, "this regular expression is empty", "matches nothing"));
        }
        build(text)
            .and_then(|_| build(&format!(r"\A(?:{text})\z"))) // alone first: `a)|(b` would fit into the parentheses
            .map(Self::Regex)
            .map_err(|error| wrong_regex(text, &error))
    }

    /// The one value that is waited for, if there is only one; of an address perhaps without its query.
    #[must_use]
    pub fn only(&self) -> Option<&Value> {
        match self {
            Self::Exact(value) => Some(value),
            Self::UrlBase(inner) => inner.only(),
            _ => None,
        }
    }

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

    /// Whether a value of this kind of field is the one.
    #[must_use]
    pub fn has(&self, kind: FieldKind, value: &Value) -> bool {
        match (self, value) {
            (Self::Words { words, rest }, Value::Words(values)) => has_words(words, *rest, values),
            (Self::Pairs(pairs), Value::Pairs(values)) => {
                let fold = kind == FieldKind::Headers;
                pairs.iter().all(|pair| has_pair(pair, values, fold))
            }
            (Self::Words { .. } | Self::Pairs(_), _) => false,
            (Self::Subset(part), value) => {
                json::document(value).is_some_and(|whole| json::has(part, &whole))
            }
            (Self::Paths(paths), value) => json::document(value)
                .is_some_and(|whole| paths.iter().all(|path| json::finds(path, &whole))),
            (Self::All(all), value) => all.iter().all(|matcher| matcher.has(kind, value)),
            (Self::UrlBase(inner), value) => {
                base(value).is_some_and(|base| inner.has_bytes(kind, base.as_bytes()))
            }
            (Self::Exact(Value::Words(_) | Value::Pairs(_)), value) => {
                matches!(self, Self::Exact(own) if own == value)
            }
            (Self::Exact(Value::Json(own)), value) => {
                json::document(value).is_some_and(|whole| json::same(own, &whole))
            }
            (Self::Exact(_) | Self::Glob(..) | Self::Regex(_), value) => {
                characters(value).is_some_and(|bytes| self.has_bytes(kind, &bytes))
            }
        }
    }

    /// Whether these characters or bytes are the ones, once they are in the normal form of their kind.
    fn has_bytes(&self, kind: FieldKind, bytes: &[u8]) -> bool {
        let bytes = normal(kind, bytes);
        match self {
            Self::Exact(own) => own.bytes().is_some_and(|own| normal(kind, &own) == bytes),
            Self::Glob(_, glob) => glob.has(&bytes),
            Self::Regex(regex) => regex.is_match(&bytes),
            _ => false,
        }
    }
}

fn has_words(words: &[Matcher], rest: bool, values: &[Vec<u8>]) -> bool {
    let enough = values.len() == words.len() || rest && values.len() > words.len();
    let mut pairs = words.iter().zip(values);
    enough && pairs.all(|(word, value)| word.has_bytes(FieldKind::Text, value))
}

fn has_pair((name, matcher): &(String, Matcher), values: &[(String, String)], fold: bool) -> bool {
    values.iter().any(|(other, value)| {
        let named = name == other || fold && name.eq_ignore_ascii_case(other);
        named && matcher.has_bytes(FieldKind::Text, value.as_bytes())
    })
}

/// The characters of a value that has any; of a document, those of a lone string or number.
fn characters(value: &Value) -> Option<Cow<'_, [u8]>> {
    match value {
        Value::Json(Json::String(text)) => Some(Cow::Borrowed(text.as_bytes())),
        Value::Json(Json::Number(number)) => Some(Cow::Owned(number.to_string().into_bytes())),
        value => value.bytes(),
    }
}

/// The form in which values of a kind are compared.
fn normal(kind: FieldKind, bytes: &[u8]) -> Cow<'_, [u8]> {
    let changed = match kind {
        FieldKind::Word => Some(String::from_utf8_lossy(bytes).to_lowercase()),
        FieldKind::Url => {
            std::str::from_utf8(bytes).ok().and_then(Url::parse).map(|url| url.to_string())
        }
        FieldKind::Sql => std::str::from_utf8(bytes).ok().map(|text| sql::trimmed(text).to_owned()),
        FieldKind::NormalSql => std::str::from_utf8(bytes).ok().map(sql::normal),
        FieldKind::Number => std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| text.trim().parse::<i64>().ok())
            .map(|number| number.to_string()),
        _ => None,
    };
    changed.map_or(Cow::Borrowed(bytes), |text| Cow::Owned(text.into_bytes()))
}

fn base(value: &Value) -> Option<String> {
    Some(Url::parse(&value.text()?)?.without_query().to_string())
}

fn fault(text: &str, message: &str, label: impl Into<String>) -> Fault {
    Fault { message: message.to_owned(), label: label.into(), span: 0..text.len(), help: None }
}

fn wrong_regex(text: &str, error: &regex::Error) -> Fault {
    if let regex::Error::CompiledTooBig(_) = error {
        let wrong = "this regular expression is too large";
        let help = Some("use smaller repetitions".to_owned());
        return Fault { help, ..fault(text, wrong, "larger than 1 MiB when compiled") };
    }
    let message = error.to_string(); // its last line says what is wrong
    let line = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
    fault(text, "this regular expression is not valid", line)
}

#[cfg(test)]
mod tests;
