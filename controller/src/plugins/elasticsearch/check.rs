//! Whether a mock can ever match, and be answered by.

use std::net::IpAddr;

use super::REQUEST;
use super::layer::is_bare;
use super::path::{Target, is_index};
use crate::fields::{Fields, Value};
use crate::mocks::{Act, Matcher, Mock, When};
use crate::plugins::Unfit;
use crate::plugins::card::Shape;
use crate::rules::host::normal;

/// Whether this mock can ever match, and be answered by.
pub(super) fn mock(shape: &Shape, mock: &Mock) -> Result<(), Unfit> {
    waited_for(shape, &mock.when)?;
    match &mock.act {
        Act::Replies(replies) => replies.iter().try_for_each(|fields| reply(fields)),
        Act::Fault(_, fields) | Act::Real(fields) => reply(fields),
    }
}

fn waited_for(shape: &Shape, when: &When) -> Result<(), Unfit> {
    host(when)?;
    port(when)?;
    if shape.source == REQUEST {
        return path(when);
    }
    match exact(when, "index") {
        Some(name) if !is_index(&name) => {
            let help = "names that begin with `_` are paths of the API: `elasticsearch:request`";
            Err(unfit("index", format!("`{}` is no index", name.escape_debug()), help))
        }
        _ => Ok(()),
    }
}

/// Hosts are compared in the one form in which requests are told.
fn host(when: &When) -> Result<(), Unfit> {
    let Some(text) = exact(when, "host") else {
        return Ok(());
    };
    let normal = normal(&text);
    let bare = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let is_address = normal.parse::<IpAddr>().is_ok();
    match bare.trim_end_matches('/').rsplit_once(':') {
        Some((name, port)) if !is_address => {
            let help = format!("write `host = \"{name}\", port = {port}`");
            Err(unfit("host", format!("`{text}` has a port in it, which no host has"), &help))
        }
        _ if text.is_empty() || text.contains('/') => {
            let help = "write a name or an address";
            Err(unfit("host", format!("`{text}` is no host"), help))
        }
        _ if !normal.eq_ignore_ascii_case(&text) => {
            let message = format!("`{text}` is not how this host is told, so it never matches");
            Err(unfit("host", message, &format!("write `{normal}`")))
        }
        _ => Ok(()),
    }
}

fn port(when: &When) -> Result<(), Unfit> {
    match when.get("port").and_then(Matcher::only).and_then(Value::number) {
        Some(port) if !(1..=i64::from(u16::MAX)).contains(&port) => {
            Err(unfit("port", format!("{port} is no port"), "a port is a number from 1 to 65535"))
        }
        _ => Ok(()),
    }
}

fn path(when: &When) -> Result<(), Unfit> {
    let Some(path) = exact(when, "path") else {
        return Ok(());
    };
    if !path.starts_with('/') {
        return Err(unfit("path", format!("`{path}` is no path"), &format!("write `/{path}`")));
    }
    if path.contains('?') {
        let help = "write what follows it as `query = { name = \"value\" }`";
        return Err(unfit("path", "a path ends before its `?`".to_owned(), help));
    }
    known_elsewhere(&path, exact(when, "method"))
}

/// A path that is an operation by itself never comes as any other request.
fn known_elsewhere(path: &str, method: Option<String>) -> Result<(), Unfit> {
    let methods = match &method {
        Some(method) => vec![method.as_str()],
        None => vec!["GET", "HEAD", "PUT", "POST", "DELETE"],
    };
    let mut sources = methods.into_iter().map(|method| Target::of(method, path).source);
    match sources.next() {
        Some(source) if source != REQUEST && sources.all(|other| other != REQUEST) => {
            let message = format!("requests for `{path}` are told as `{source}`");
            Err(unfit("path", message, &format!("write `source = \"{source}\"`")))
        }
        _ => Ok(()),
    }
}

fn reply(fields: &Fields) -> Result<(), Unfit> {
    let status = fields.number("status");
    if let Some(status) = status.filter(|status| !(200..=599).contains(status)) {
        let message = format!("`{status}` is no status of an answer");
        return Err(unfit("status", message, "a status is a number from 200 to 599"));
    }
    let given = ["json", "body"].into_iter().filter(|name| fields.get(name).is_some());
    let given: Vec<_> = given.collect();
    match (given.as_slice(), status) {
        ([_, second], _) => {
            let message = "a reply has `json` or `body`, and not both".to_owned();
            Err(unfit(second, message, "leave one of them out"))
        }
        ([name], Some(status)) if is_bare(status) => {
            let message = format!("a response of status {status} has no body");
            Err(unfit(name, message, &format!("leave `{name}` out")))
        }
        _ => Ok(()),
    }
}

/// The characters that a field has to be, where it has to be some.
fn exact(when: &When, name: &str) -> Option<String> {
    when.get(name)?.only()?.text().map(String::from)
}

fn unfit(key: &'static str, message: String, help: &str) -> Unfit {
    Unfit { key, message, help: Some(help.to_owned()) }
}
