//! What is said about texts that look like rules, and what to write instead.
//!
//! A rule that this version would have to read more widely than it is written is refused.

use super::fault::Fault;
use super::word;
use crate::plugins::{self, Card, Kind, Scheme};

/// Words of other tools and of the Python original, and what they are here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("psycopg2", "write `postgres`"),
    ("asyncpg", "write `postgres`"),
    ("pika", "write `amqp`"),
    ("popen", "write `subprocess`"),
    ("async_subprocess", "write `subprocess`"),
    ("asyncio", "write `subprocess`"),
    ("file_io", "write `file`"),
    ("database", "write `file:/path/of/the/database`: an SQLite database is a file"),
    ("db", "write `file:/path/of/the/database`: an SQLite database is a file"),
    ("aws", "this version sees host and port only: write `https://*.amazonaws.com`"),
    ("boto3", "this version sees host and port only: write `https://*.amazonaws.com`"),
    ("grpc", "this version sees host and port only: write `socket://HOST:PORT`"),
    ("grpcs", "this version sees host and port only: write `socket://HOST:PORT`"),
    (
        "mcp",
        "this version sees host and port, and programs: write `http://HOST` or `subprocess:PROGRAM`",
    ),
    (
        "celery",
        "this version sees host and port only: write `redis://HOST` or `amqp://HOST` for the broker",
    ),
    ("tcp", "write `socket`"),
    ("udp", "write `socket`"),
    ("exec", "write `subprocess`"),
];

/// A text without a colon.
pub(super) fn bare(text: &str) -> Fault {
    let whole = 0..text.len();
    let lower = text.to_ascii_lowercase();
    if text.is_empty() {
        return Fault::at(whole, "this rule is empty", "matches nothing")
            .help("`*` stands for everything");
    }
    let fault = Fault::at(
        whole,
        format!("`{text}` is no rule"),
        "a protocol and what it may reach are missing",
    );
    if let Some(help) = elsewhere(&lower) {
        return fault.help(help);
    }
    if lower == "websocket" {
        return fault.help(layered());
    }
    if let Some((method, rest)) = method(text) {
        return fault.help(format!("write `{method} https://{rest}` for requests"));
    }
    match plugins::named(&lower).or_else(|| plugins::with_scheme(&lower).map(|(card, _)| card)) {
        Some(card) => fault.help(format!("did you mean `{}:*`?", card.name)),
        None if lower == "unix" => fault.help("did you mean `unix:*`?"),
        None if text.starts_with(['/', '~', '.']) => fault.help(format!("write `file:{text}` or `subprocess:{text}`")),
        None => match nearest(&lower) {
            Some(near) => fault.help(format!("did you mean `{near}:*`?")),
            None => fault.help(format!("write `http://{text}` or `socket://{text}` for a host, `subprocess:{text}` for a program")),
        },
    }
}

/// A scheme that no card has.
pub(super) fn scheme(proto: &str, authority: &str) -> Fault {
    let lower = proto.to_ascii_lowercase();
    let own_syntax = plugins::named(&lower).is_some_and(|card| card.kind == Kind::Call);
    if own_syntax {
        return Fault::at(
            0..proto.len() + 3,
            format!("`{lower}` rules have no slashes"),
            "no `//` here",
        )
        .help(format!("write `{lower}:{}`", authority.trim_end_matches('/')));
    }
    unknown(&lower, proto)
}

/// A method and what follows it, without the slash that a path begins with.
fn method(text: &str) -> Option<(&str, String)> {
    let (method, rest) = text.split_once(' ')?;
    let capitals =
        !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase() || b == b',');
    let rest = rest.trim();
    let address = if rest.starts_with('/') { format!("HOST{rest}") } else { rest.to_owned() };
    capitals.then_some((method, address))
}

fn unknown(lower: &str, proto: &str) -> Fault {
    let fault = Fault::at(0..proto.len(), format!("unknown protocol `{proto}`"), "not a protocol");
    if let Some(help) = elsewhere(lower) {
        return fault.help(help);
    }
    match nearest(lower) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("`socket://HOST:PORT` speaks of every protocol; `bigfoot plugins` lists those with names"),
    }
}

fn elsewhere(word: &str) -> Option<&'static str> {
    ELSEWHERE.iter().find(|(name, _)| *name == word).map(|(_, help)| *help)
}

fn nearest(lower: &str) -> Option<&'static str> {
    let schemes = plugins::cards().flat_map(|card| card.schemes.iter().map(|scheme| scheme.name));
    let names = plugins::cards().map(|card| card.name);
    word::nearest(lower, schemes.chain(names).chain(["unix", "file+r", "file+w"]))
}

fn layered() -> &'static str {
    "this version does not tell WebSocket from HTTP: write `ws://HOST`, `wss://HOST` or `http:*`"
}

/// A protocol without a syntax of its own, followed by something.
pub(super) fn call(lower: &str, proto: &str, rest: &str) -> Fault {
    let known = plugins::named(lower).or_else(|| plugins::with_scheme(lower).map(|(card, _)| card));
    let Some(card) = known else {
        return unknown(lower, proto);
    };
    let (start, end) = (proto.len() + 1, proto.len() + 1 + rest.len());
    if card.kind == Kind::Layered {
        return Fault::at(0..end, "this rule can never match", "no call is known as this")
            .help(layered());
    }
    if rest == "*" {
        return Fault::at(
            0..end,
            format!("`{proto}` is a scheme and no protocol"),
            "not a protocol",
        )
        .help(format!("write `{}:*` for the protocol, or `{proto}://*` for its port", card.name));
    }
    if is_host(rest) {
        return Fault::at(
            start..end,
            format!("a host stands after `{proto}://`"),
            "no `//` before this",
        )
        .help(format!(
            "write `{proto}://{rest}` for the host, or `{}:*` for the whole protocol",
            card.name
        ));
    }
    if card.firewall.contains(&"command") {
        let help = format!(
            "write `{rest} {proto}://HOST` for a command, or `{}:*` for the whole protocol",
            card.name
        );
        return Fault::at(start..end, "commands stand before the address", "not here").help(help);
    }
    if let (Some((method, rest)), "http") = (method(rest), card.name) {
        let help = format!("write `{method} {proto}://{rest}` for requests");
        return Fault::at(start..end, "methods stand before the address", "not here").help(help);
    }
    Fault::at(
        start..end,
        format!("this version sees host and port of {} calls only", card.name),
        "cannot be seen",
    )
    .help(format!("write `{proto}://HOST` for a host, or `{}:*` for the whole protocol", card.name))
}

/// Whether somebody who wrote this meant a host.
fn is_host(text: &str) -> bool {
    text.contains(['.', '*']) && !text.contains(' ')
        || text.starts_with("localhost")
        || text.starts_with('[')
}

/// Parts of a URL that no rule has.
pub(super) fn url_parts(text: &str) -> Result<(), Fault> {
    if text.starts_with('~') {
        return Ok(()); // a regular expression may contain all of them
    }
    let authority = &text[..text.find('/').unwrap_or(text.len())];
    if let Some(at) = authority.rfind('@') {
        return Err(Fault::at(0..at + 1, "rules do not speak of users and passwords", "user-info")
            .help(format!("write the host alone: `{}`", &authority[at + 1..])));
    }
    match text.find(['?', '#']) {
        Some(at) => Err(Fault::at(
            at..text.len(),
            "rules do not speak of queries and fragments",
            "cannot be seen",
        )
        .help("leave it out")),
        None => Ok(()),
    }
}

/// A path that stands in a URL.
pub(super) fn path(card: &Card, scheme: &Scheme, text: &str, at: usize) -> Fault {
    let message =
        format!("this version sees host and port of {} calls only, and no paths", card.name);
    Fault::at(at..text.len(), message, "cannot be seen").help(format!(
        "write `{}://{}`",
        scheme.name,
        &text[..at]
    ))
}

/// Methods before a URL of a protocol that has none.
pub(super) fn methods(card: &Card, scheme: &Scheme, authority: &str) -> Fault {
    let length = scheme.name.len() + 3 + authority.len();
    Fault::at(0..length, format!("{} calls have no methods", card.name), "no method before this")
        .help(format!("write `{}://{authority}`", scheme.name))
}

/// Methods before a rule that is no URL.
pub(super) fn methods_of_call(text: &str) -> Fault {
    Fault::at(0..text.len(), "methods stand before the address of an HTTP request", "no address")
        .help("write `GET https://HOST/PATH`")
}

/// `//` after a protocol that has no URLs.
pub(super) fn slashes(name: &str, rest: &str) -> Result<(), Fault> {
    match rest.strip_prefix("//") {
        Some(after) => {
            Err(Fault::at(0..2, format!("`{name}` rules have no slashes"), "no `//` here")
                .help(format!("write `{name}:{}`", after.trim_end_matches('/'))))
        }
        None => Ok(()),
    }
}

/// Parts that a look-up does not have.
pub(super) fn look_up_parts(rest: &str) -> Result<(), Fault> {
    let Some(at) = rest.find([':', '/']) else {
        return Ok(());
    };
    let part = if rest[at..].starts_with(':') { "port" } else { "path" };
    Err(Fault::at(at..rest.len(), format!("a look-up has no {part}"), "can never match")
        .help(format!("write `dns:{}`", &rest[..at])))
}
