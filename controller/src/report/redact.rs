//! Secrets are taken out of what is printed and of what is written beside the configuration.
//!
//! A value is secret by its name: of a header, a variable, a flag, a member of a document, a field of
//! a form or of a query. The user-info of a URL is secret too.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value as Json;

use crate::fields::{Fields, Value};

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Names end with one of these, when all but letters and digits is taken out of them.
const ENDINGS: [&str; 17] = [
    "accesskey",
    "accesskeyid",
    "apikey",
    "authorization",
    "clientassertion",
    "cookie",
    "credential",
    "credentials",
    "jwt",
    "passphrase",
    "passwd",
    "privatekey",
    "pwd",
    "secretkey",
    "sessionid",
    "signature",
    "token",
];

/// Names have one of these in them.
const PARTS: [&str; 2] = ["password", "secret"];

/// Most characters of a name.
const NAME_CHARS_MAX: usize = 100;

/// Whether what goes by this name is secret.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    if name.len() > NAME_CHARS_MAX {
        return false;
    }
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    ENDINGS.iter().any(|ending| plain.ends_with(ending))
        || PARTS.iter().any(|part| plain.contains(part))
}

/// The fields without secrets.
#[must_use]
pub fn fields(fields: &Fields) -> Fields {
    fields.iter().fold(Fields::new(), |clean, (name, it)| clean.with(name, value(name, it)))
}

/// A field's value without secrets.
#[must_use]
pub fn value(name: &str, value: &Value) -> Value {
    marked(name, value, REDACTED)
}

/// Characters without secrets.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    marked_text(text, REDACTED)
}

/// Arguments of a program without secrets.
#[must_use]
pub fn words(words: &[Vec<u8>]) -> Vec<Vec<u8>> {
    marked_words(words, REDACTED)
}

/// A field's value, with `mark` in the place of secrets.
pub(super) fn marked(name: &str, value: &Value, mark: &str) -> Value {
    match value {
        Value::Text(_) | Value::Bytes(_) | Value::Number(_) if is_secret(name) => mark.into(),
        Value::Text(text) => marked_text(text, mark).into_owned().into(),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => marked_text(text, mark).into_owned().into_bytes().into(),
            Err(_) => value.clone(),
        },
        Value::Words(words) => marked_words(words, mark).into(),
        Value::Pairs(pairs) => {
            let pair = |(name, text): &(String, String)| {
                let secret = is_secret(name) && !text.is_empty();
                let text = if secret { mark.to_owned() } else { marked_text(text, mark).into() };
                (name.clone(), text)
            };
            pairs.iter().map(pair).collect::<Vec<_>>().into()
        }
        Value::Json(document) => marked_json(document, mark).into(),
        Value::Number(number) => (*number).into(),
    }
}

/// Arguments: a secret stands behind its flag, in the same word or in the next.
fn marked_words(words: &[Vec<u8>], mark: &str) -> Vec<Vec<u8>> {
    let mut before = "";
    let mut marked = Vec::with_capacity(words.len());
    for word in words {
        let Ok(text) = std::str::from_utf8(word) else {
            before = "";
            marked.push(word.clone());
            continue;
        };
        marked.push(marked_word(before, text, mark).into_owned().into_bytes());
        before = text;
    }
    marked
}

fn marked_word<'a>(before: &str, word: &'a str, mark: &str) -> Cow<'a, str> {
    let flag = before.starts_with('-') && !before.contains('=');
    let secret = flag && is_secret(before) && !word.starts_with('-');
    let user = matches!(before, "-u" | "--user") && word.contains(':'); // curl's, and a password
    if secret || user { Cow::Owned(mark.to_owned()) } else { marked_text(word, mark) }
}

fn marked_json(document: &Json, mark: &str) -> Json {
    match document {
        Json::Object(members) => {
            let member = |(name, it): (&String, &Json)| {
                let secret = is_secret(name) && !(it.is_null() || it.is_boolean());
                (name.clone(), if secret { mark.into() } else { marked_json(it, mark) })
            };
            Json::Object(members.iter().map(member).collect())
        }
        Json::Array(elements) => elements.iter().map(|it| marked_json(it, mark)).collect(),
        Json::String(text) => marked_text(text, mark).into(),
        _ => document.clone(),
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern of ours") // each is used by the tests below
}

/// `scheme://user:password@`.
static USER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)([a-z][a-z0-9+.-]*://)[^/?#\s]*@"));
/// `name=value` of a query, a form, a cookie, a flag, a connection string.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(^|[?&;\s,"'\[(])([A-Za-z0-9_.$%\[\]-]+)=("[^"]*"|'[^']*'|[^&;\s"']+)"#)
});
/// `"name": ` of a document.
static MEMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r#""([^"\\]{1,100})"\s*:\s*"#));
/// `Name: value` at the beginning of a line.
static HEADER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^([A-Za-z0-9_-]+):([ \t]*)([^\r\n]+)"));
/// The same in a command line, up to its quote or to the next argument that can be told.
static ARGUMENT: LazyLock<Regex> = LazyLock::new(|| {
    let name = "[A-Za-z0-9_-]*(?:authorization|cookie|api-?key|token|secret|password)";
    let end = r#"["'\r\n]|[ \t]-|[ \t][a-z]+://|$"#;
    pattern(&format!(r#"(?i)([ \t"']{name}:[ \t]+)[^\r\n"' \t][^\r\n"']*?({end})"#))
});
/// A part of a form in parts.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?s)(name="([^"]*)"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*?\r?\n)(.*?)(\r?\n--)"#)
});

fn marked_text<'a>(text: &'a str, mark: &str) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    if text.contains("://") {
        let user = |it: &Captures<'_>| format!("{}{mark}@", &it[1]);
        replace(&mut text, &USER, user);
    }
    if text.contains('"') {
        if let Some(marked) = marked_members(&text, mark) {
            text = Cow::Owned(marked);
        }
        replace(&mut text, &PART, |it| {
            let secret = is_secret(&it[2]) && !it[3].is_empty();
            format!("{}{}{}", &it[1], if secret { mark } else { &it[3] }, &it[4])
        });
    }
    if text.contains('=') {
        replace(&mut text, &PAIR, |it| {
            let value = if is_secret(&it[2]) { mark } else { &it[3] };
            format!("{}{}={value}", &it[1], &it[2])
        });
    }
    if text.contains(':') {
        replace(&mut text, &HEADER, |it| {
            let value = if is_secret(&it[1]) { mark } else { &it[3] };
            format!("{}:{}{value}", &it[1], &it[2])
        });
        replace(&mut text, &ARGUMENT, |it| format!("{}{mark}{}", &it[1], &it[2]));
    }
    text
}

fn replace(text: &mut Cow<'_, str>, pattern: &Regex, by: impl Fn(&Captures<'_>) -> String) {
    if let Cow::Owned(replaced) = pattern.replace_all(text, by) {
        *text = Cow::Owned(replaced);
    }
}

/// A document's text, perhaps cut, with its spaces as they were.
fn marked_members(text: &str, mark: &str) -> Option<String> {
    let mut marked = String::new();
    let mut copied = 0;
    for member in MEMBER.captures_iter(text) {
        let (Some(whole), Some(name)) = (member.get(0), member.get(1)) else { continue };
        let start = whole.end();
        if start < copied || !is_secret(name.as_str()) {
            continue; // inside of what was secret already, or none
        }
        let end = start + value_length(&text[start..]);
        if matches!(&text[start..end], "" | "true" | "false" | "null") {
            continue;
        }
        marked.push_str(&text[copied..start]);
        marked.push_str(&format!("\"{mark}\""));
        copied = end;
    }
    (copied > 0).then(|| marked + &text[copied..])
}

/// How many bytes a document's value takes that begins here.
fn value_length(text: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, character) in text.char_indices() {
        if quoted {
            quoted = escaped || character != '"';
            escaped = character == '\\' && !escaped;
            if !quoted && depth == 0 {
                return at + 1;
            }
            continue;
        }
        match character {
            '"' => quoted = true,
            '{' | '[' => depth += 1,
            '}' | ']' | ',' if depth == 0 => return at,
            '}' | ']' if depth == 1 => return at + 1,
            '}' | ']' => depth -= 1,
            _ if depth == 0 && character.is_whitespace() => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests;
