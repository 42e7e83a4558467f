//! A mock or an assertion to paste into a configuration, made of what was recorded.

pub mod rust;

use serde_json::Value as Json;

use super::redact::{self, is_secret, marked};
use super::text::toml;
use crate::fields::{Fields, Value};
use crate::plugins::Plugin;
use crate::plugins::card::Shape;

/// Longest line of a table that stands on one line, in characters.
const LINE_CHARS_MAX: usize = 100;

/// Most bytes of a value that are pasted, or compared in lines.
const VALUE_BYTES_MAX: usize = 1024;

/// Matches anything: what stands in the place of a secret.
const ANYTHING: &str = "*";

/// A mock that would have answered this, with an answer to fill in.
#[must_use]
pub fn mock(plugin: &dyn Plugin, shape: &'static Shape, fields: &Fields) -> String {
    written(plugin, shape, fields, "")
}

/// The same mock, whose `when` counts as the assertion of what it answers.
#[must_use]
pub fn assertion(plugin: &dyn Plugin, shape: &'static Shape, fields: &Fields) -> String {
    written(plugin, shape, fields, "assert = \"match\"\n")
}

fn written(plugin: &dyn Plugin, shape: &'static Shape, fields: &Fields, more: &str) -> String {
    let values = plugin.paste(shape, fields);
    let is_long = |(name, value): &&(&'static str, Value)| {
        shape.key != Some(name) && size(value) > VALUE_BYTES_MAX
    };
    let (long, values): (Vec<_>, Vec<_>) = values.iter().partition(is_long);
    let when: Vec<(&str, String)> =
        values.iter().filter_map(|(name, value)| Some((*name, pattern(name, value)?))).collect();
    let left_out = |(name, value): &&(&str, Value)| left_out(name, value);
    let left_out: String = long.iter().map(left_out).collect();
    let head = format!("[[mock]]\nsource = {}\n{left_out}", toml(shape.source));
    let reply = format!("reply = {}\n", plugin.paste_reply(shape, fields));
    let line = format!("when = {}\n", inline(&when));
    if when.is_empty() {
        format!("{head}{reply}{more}")
    } else if line.chars().count() <= LINE_CHARS_MAX {
        format!("{head}{line}{reply}{more}")
    } else {
        let keys = when.iter().map(|(name, value)| format!("{} = {value}\n", key(name)));
        format!("{head}{reply}{more}[mock.when]\n{}", keys.collect::<String>())
    }
}

/// That a value is too long to be pasted, as a comment.
fn left_out(name: &str, value: &Value) -> String {
    format!("# {name} left out: {} bytes\n", size(value))
}

/// How many bytes a value is, without the marks around it.
fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Number(_) => 0,
        Value::Words(words) => words.iter().map(Vec::len).sum(),
        Value::Pairs(pairs) => pairs.iter().map(|(name, text)| name.len() + text.len()).sum(),
        Value::Json(document) => document.to_string().len(),
    }
}

/// A value as a configuration has it, without secrets: what is compared, and not what to paste. A long
/// one is cut.
#[must_use]
pub fn value(value: &Value) -> String {
    let size = size(value);
    let mut text = uncut(value);
    if size <= VALUE_BYTES_MAX {
        return text;
    }
    let end = (0..=VALUE_BYTES_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or_default());
    format!("{text}… ({size} bytes)")
}

fn uncut(value: &Value) -> String {
    let bytes = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) if is_printable(text) => toml(text),
        // More digits than of so many bytes are cut off anyway.
        _ => format!("{{ hex = \"{}\" }}", hex(bytes.get(..VALUE_BYTES_MAX).unwrap_or(bytes))),
    };
    match redact::value("", value) {
        Value::Text(text) => toml(&text),
        Value::Bytes(it) => bytes(&it),
        Value::Number(number) => number.to_string(),
        Value::Words(words) => list(&words.iter().map(|word| bytes(word)).collect::<Vec<_>>()),
        Value::Pairs(pairs) => {
            let entries: Vec<_> =
                pairs.iter().map(|(name, text)| (name.as_str(), toml(text))).collect();
            inline(&entries)
        }
        Value::Json(document) => shown(&document),
    }
}

/// A document in the notation of a configuration; what TOML has no word for stands in JSON's.
fn shown(document: &Json) -> String {
    match document {
        Json::String(text) => toml(text),
        Json::Array(elements) => list(&elements.iter().map(shown).collect::<Vec<_>>()),
        Json::Object(members) => {
            let entries: Vec<_> =
                members.iter().map(|(name, value)| (name.as_str(), shown(value))).collect();
            inline(&entries)
        }
        other => other.to_string(),
    }
}

/// What a field has to be; None if TOML cannot say it.
fn pattern(name: &str, value: &Value) -> Option<String> {
    if let Value::Json(document) = value {
        return document_pattern(document);
    }
    let open = marked(name, value, ANYTHING);
    Some(match (&open, value) {
        (Value::Text(open), Value::Text(text)) => text_pattern(text, open),
        (Value::Text(open), _) => toml(open), // all of it was secret
        (Value::Bytes(open), Value::Bytes(bytes)) => bytes_pattern(bytes, open),
        (Value::Words(open), Value::Words(words)) => {
            let words = words.iter().zip(open).map(|(word, open)| bytes_pattern(word, open));
            list(&words.collect::<Vec<_>>())
        }
        (Value::Pairs(open), Value::Pairs(pairs)) => pairs_pattern(pairs, open),
        (Value::Number(number), _) => number.to_string(),
        _ => return None,
    })
}

/// `text`, or `open` where secrets were taken out of it.
fn text_pattern(text: &str, open: &str) -> String {
    if text != open && !open.starts_with('~') {
        toml(open)
    } else if text.contains('*') || text.starts_with('~') || text == "..." {
        format!("{{ exact = {} }}", toml(text))
    } else {
        toml(text)
    }
}

fn bytes_pattern(bytes: &[u8], open: &[u8]) -> String {
    match (std::str::from_utf8(bytes), std::str::from_utf8(open)) {
        (Ok(text), Ok(open)) if is_printable(text) => text_pattern(text, open),
        _ => format!("{{ hex = \"{}\" }}", hex(bytes)),
    }
}

/// Whether a text can be read where it stands.
pub(crate) fn is_printable(text: &str) -> bool {
    text.chars().all(|character| !character.is_control() || "\n\r\t".contains(character))
}

/// Two digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name that is there more than once has a list.
fn pairs_pattern(pairs: &[(String, String)], open: &[(String, String)]) -> String {
    let mut entries: Vec<(&str, Vec<String>)> = Vec::new();
    for ((name, text), (_, open)) in pairs.iter().zip(open) {
        let pattern = text_pattern(text, open);
        match entries.iter_mut().find(|(known, _)| known == name) {
            Some((_, patterns)) => patterns.push(pattern),
            None => entries.push((name, vec![pattern])),
        }
    }
    let entries = entries.into_iter().map(|(name, mut patterns)| match patterns.len() {
        1 => (name, patterns.remove(0)),
        _ => (name, list(&patterns)),
    });
    inline(&entries.collect::<Vec<_>>())
}

/// A mock gives a part of a document, so members that TOML cannot say, secrets, and names that would
/// be read as paths are left out.
fn document_pattern(document: &Json) -> Option<String> {
    let Json::Object(members) = document else {
        return literal(document);
    };
    let members = members.iter().filter(|(name, _)| !name.starts_with('$'));
    let part = members.map(|(name, value)| (name.clone(), value.clone())).collect();
    literal(&Json::Object(part)).filter(|part| part != EMPTY)
}

/// A table of nothing: it is a part of everything.
const EMPTY: &str = "{}";

fn literal(document: &Json) -> Option<String> {
    match document {
        Json::Null => None,
        Json::Bool(value) => Some(value.to_string()),
        Json::Number(number) => (number.is_i64() || number.is_f64()).then(|| number.to_string()),
        Json::String(text) => Some(toml(text)),
        Json::Array(elements) => {
            let elements: Option<Vec<String>> = elements.iter().map(literal).collect();
            elements.map(|elements| list(&elements))
        }
        Json::Object(members) => {
            let open = members.iter().filter(|(name, _)| !is_secret(name));
            let entries: Vec<(&str, String)> =
                open.filter_map(|(name, it)| Some((name.as_str(), literal(it)?))).collect();
            Some(inline(&entries))
        }
    }
}

fn list(elements: &[String]) -> String {
    format!("[{}]", elements.join(", "))
}

/// A table on one line.
fn inline(entries: &[(&str, String)]) -> String {
    if entries.is_empty() {
        return EMPTY.to_owned();
    }
    let entries = entries.iter().map(|(name, value)| format!("{} = {value}", key(name)));
    format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
}

/// A name as TOML has it: bare where it can be.
pub(crate) fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { toml(name) }
}

#[cfg(test)]
mod tests;
