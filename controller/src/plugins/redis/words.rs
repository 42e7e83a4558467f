//! What a guest did, for people.

use super::form::Form;
use super::shapes::{CONNECT_SOURCE, OTHER_SOURCE};
use super::table;
use crate::fields::{Fields, Value};

/// Most arguments that a line shows, and most bytes of each.
const SHOWN_MAX: usize = 5;
const SHOWN_BYTES_MAX: usize = 64;
/// The port that is not said.
const USUAL_PORT: i64 = 6379;

/// `GET user:1 at cache.example/2`, `connect to cache.example:6380`.
pub(super) fn words(source: &str, fields: &Fields) -> String {
    let place = place(fields);
    if source == CONNECT_SOURCE {
        return format!("connect to {place}");
    }
    let command = match (source, fields.text("command")) {
        (OTHER_SOURCE, Some(command)) => command.into_owned(),
        _ => command_of(source).to_owned(),
    };
    let db = fields.number("db").filter(|db| *db != 0);
    let db = db.map_or(String::new(), |db| format!("/{db}"));
    format!("{command}{} at {place}{db}", arguments(source, fields))
}

fn command_of(source: &str) -> &str {
    source.split_once(':').map_or(source, |(_, command)| command)
}

fn arguments(source: &str, fields: &Fields) -> String {
    let Some(Value::Words(words)) = fields.get("args").filter(|_| !is_secret(source)) else {
        return String::new();
    };
    let shown = words.iter().take(SHOWN_MAX).map(|word| {
        let start = word.get(..SHOWN_BYTES_MAX).unwrap_or(word);
        let more = if start.len() < word.len() { ".." } else { "" };
        format!(" {}{more}", start.escape_ascii())
    });
    let more = if words.len() > SHOWN_MAX { " .." } else { "" };
    shown.collect::<String>() + more
}

fn place(fields: &Fields) -> String {
    let Some(host) = fields.text("host") else {
        return fields.text("path").unwrap_or_default().into_owned();
    };
    match fields.number("port") {
        Some(USUAL_PORT) | None => host.into_owned(),
        Some(port) if host.contains(':') => format!("[{host}]:{port}"),
        Some(port) => format!("{host}:{port}"),
    }
}

/// Whether passwords stand in the arguments.
fn is_secret(source: &str) -> bool {
    matches!(source, "redis:AUTH" | "redis:HELLO" | "redis:ACL" | "redis:MIGRATE")
}

/// The place, and all arguments; the key is one of them.
pub(super) fn paste(source: &str, fields: &Fields) -> Vec<(&'static str, Value)> {
    let has_arguments =
        matches!(fields.get("args"), Some(Value::Words(words)) if !words.is_empty());
    let names = |name: &str| match name {
        "port" => fields.number("port") != Some(USUAL_PORT),
        "db" => fields.number("db") != Some(0),
        "args" => has_arguments && !is_secret(source),
        "key" | "user" => false,
        _ => true,
    };
    let named = fields.iter().filter(|(name, _)| names(name));
    named.map(|(name, value)| (name, value.clone())).collect()
}

/// An answer in the form of the command.
pub(super) fn paste_reply(source: &str) -> &'static str {
    let command = table::command(command_of(source));
    match command.and_then(|command| command.forms().next()) {
        Some(Form::Bulk | Form::Verbatim | Form::Any) => r#"{ value = "..." }"#,
        Some(Form::Integer | Form::Double | Form::Maybe(Form::Integer)) => "{ value = 1 }",
        Some(Form::Map(_) | Form::Pairs(_)) => r#"{ value = { "..." = "..." } }"#,
        Some(Form::List(Form::Bulk) | Form::Set | Form::Scan(_)) => r#"{ value = ["..."] }"#,
        Some(Form::Nothing) => r#"{ messages = ["..."] }"#,
        _ => "{}",
    }
}
