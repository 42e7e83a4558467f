//! Values and matchers as a configuration has them.

use std::fmt::Write;

use serde_json::Value as Json;

use super::Matcher;
use crate::fields::Value;

impl Matcher {
    /// As it would stand in a configuration: `"https://*.example.com/*"`, `["git", "..."]`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Exact(value) => exact(value),
            Self::Glob(text, _) if !text.contains('*') || text.starts_with('~') => {
                format!("{{ glob = {} }}", quoted(text))
            }
            Self::Glob(text, _) => quoted(text),
            Self::Regex(regex) => quoted(&format!("~{}", inner(regex.as_str()))),
            Self::Words { words, rest } => {
                let more = rest.then(|| quoted("..."));
                list(words.iter().map(word).chain(more))
            }
            Self::Subset(part) if !part.is_object() => document(part),
            Self::UrlBase(inner) => inner.words(),
            Self::Pairs(_) | Self::Subset(_) | Self::Paths(_) | Self::All(_) => {
                table(self.entries().into_iter())
            }
        }
    }

    /// The names that it speaks of, each with what it has to be.
    fn entries(&self) -> Vec<(String, String)> {
        match self {
            Self::Pairs(pairs) => {
                pairs.iter().map(|(name, matcher)| (key(name), matcher.words())).collect()
            }
            Self::Subset(Json::Object(members)) => {
                members.iter().map(|(name, value)| (key(name), document(value))).collect()
            }
            Self::Paths(paths) => paths.iter().map(path).collect(),
            Self::All(all) => all.iter().flat_map(Self::entries).collect(),
            _ => Vec::new(),
        }
    }
}

/// A word of a list, where three dots mean more than themselves.
fn word(matcher: &Matcher) -> String {
    match matcher {
        Matcher::Exact(Value::Text(text)) if text == "..." => {
            format!("{{ exact = {} }}", quoted(text))
        }
        matcher => matcher.words(),
    }
}

fn path((path, value): &(serde_json_path::JsonPath, Json)) -> (String, String) {
    (quoted(&path.to_string()), document(value))
}

/// A regular expression without what holds it to the whole value.
fn inner(regex: &str) -> &str {
    regex.strip_prefix(r"\A(?:").and_then(|rest| rest.strip_suffix(r")\z")).unwrap_or(regex)
}

/// Characters that would be taken for a pattern say that they are none.
fn exact(wanted: &Value) -> String {
    match wanted {
        Value::Text(text) if text.contains('*') || text.starts_with('~') => {
            format!("{{ exact = {} }}", quoted(text))
        }
        other => value(other),
    }
}

/// A value as a reply has it.
#[must_use]
pub fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Bytes(bytes) => characters(bytes),
        Value::Number(number) => number.to_string(),
        Value::Words(words) => list(words.iter().map(|word| characters(word))),
        Value::Pairs(pairs) => table(pairs.iter().map(|(name, value)| (key(name), quoted(value)))),
        Value::Json(json) => document(json),
    }
}

/// A string of TOML.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        let _ = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            c if c.is_control() => write!(out, "\\u{:04X}", u32::from(c)),
            c => write!(out, "{c}"),
        }; // a String takes everything
    }
    out.push('"');
    out
}

/// Bytes: as characters where they are any.
fn characters(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => quoted(text),
        Err(_) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{{ hex = \"{digits}\" }}")
        }
    }
}

fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_bare = !name.is_empty() && name.chars().all(bare);
    if is_bare { name.to_owned() } else { quoted(name) }
}

fn document(json: &Json) -> String {
    match json {
        Json::String(text) => quoted(text),
        Json::Array(items) => list(items.iter().map(document)),
        Json::Object(members) => {
            table(members.iter().map(|(name, value)| (key(name), document(value))))
        }
        other => other.to_string(),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

fn table(entries: impl Iterator<Item = (String, String)>) -> String {
    let entries: Vec<_> = entries.map(|(name, value)| format!("{name} = {value}")).collect();
    if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
}
