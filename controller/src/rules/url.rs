//! Rules that are URLs: a host and ports, of requests also methods and a path, or commands and a database.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::fault::Fault;
use super::host::Host;
use super::pattern::Pattern;
use super::port::Ports;
use super::refuse;
use super::request::{self, Part, Requests};
use crate::plugins::{Card, Scheme};

/// What follows `scheme://`.
pub(super) fn parse(
    card: &'static Card,
    scheme: &'static Scheme,
    text: &str,
    methods: Vec<String>,
) -> Result<Pattern, Fault> {
    refuse::url_parts(text)?;
    let (host, length) = host_part(text)?;
    let rest = &text[length..];
    let (ports, path) = match rest.strip_prefix(':') {
        Some(after) => {
            let ports = &after[..after.find('/').unwrap_or(after.len())];
            let read = Ports::parse(ports).map_err(|fault| fault.shifted(length + 1))?;
            (read, length + 1 + ports.len())
        }
        None => (scheme.port.map_or(Ports::Any, |port| Ports::Range(port, port)), length),
    };
    let part = match &text[path..] {
        "" | "/" | "/*" | "/**" => None,
        glob if card.firewall.contains(&"path") => {
            Some(Part::Path(request::glob(glob).map_err(|fault| fault.shifted(path))?))
        }
        number if card.firewall.contains(&"db") => Some(database(card, number, path)?),
        _ => return Err(refuse::path(card, scheme, text, path)),
    };
    if part.is_none() && methods.is_empty() {
        return Ok(Pattern::Connection(host, ports));
    }
    Ok(Pattern::Requests(Requests { protocol: card.name, host, ports, methods, part }))
}

/// `/2`: the number of a database.
fn database(card: &Card, text: &str, at: usize) -> Result<Part, Fault> {
    let digits = text.trim_start_matches('/');
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok());
    let wrong = || {
        let message = format!("`{text}` is no database of {}", card.name);
        Fault::at(at..at + text.len(), message, "not a number")
            .help("its databases have numbers: `/0`")
    };
    number.flatten().map(Part::Database).ok_or_else(wrong)
}

/// The host that a text begins with, and how many bytes it takes.
fn host_part(text: &str) -> Result<(Host, usize), Fault> {
    if text.starts_with('[') {
        return bracketed(text);
    }
    if text.starts_with('~') {
        let whole = text.find('/').unwrap_or(text.len());
        let end = port_suffix(&text[..whole]).unwrap_or(whole);
        return Host::parse(&text[..end]).map(|host| (host, end));
    }
    let authority = &text[..text.find('/').unwrap_or(text.len())];
    if authority.parse::<Ipv6Addr>().is_ok() {
        let help = format!("write `[{authority}]`");
        return Err(Fault::at(
            0..authority.len(),
            "an IPv6 address stands in brackets",
            "no brackets",
        )
        .help(help));
    }
    let end = text.find([':', '/']).unwrap_or(text.len());
    match text[..end].parse::<Ipv4Addr>() {
        Ok(address) => networked(text, IpAddr::V4(address), end),
        Err(_) => Host::parse(&text[..end]).map(|host| (host, end)),
    }
}

/// Where `:80` or `:80-90` begins at the end of a text.
fn port_suffix(text: &str) -> Option<usize> {
    let (before, after) = text.rsplit_once(':')?;
    let ports =
        !after.is_empty() && after.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    ports.then_some(before.len())
}

fn bracketed(text: &str) -> Result<(Host, usize), Fault> {
    let Some(close) = text.find(']') else {
        return Err(Fault::at(0..text.len(), "the bracket is not closed", "`]` is missing"));
    };
    let (inside, bits) = match text[1..close].split_once('/') {
        Some((inside, bits)) => (inside, Some(bits)),
        None => (&text[1..close], None),
    };
    let Ok(address) = inside.parse::<Ipv6Addr>() else {
        return Err(Fault::at(
            1..close,
            format!("`{inside}` is no IPv6 address"),
            "not an IPv6 address",
        ));
    };
    let address = IpAddr::V6(address);
    match bits {
        Some(bits) => Host::network(address, bits)
            .map_err(|fault| spanning(fault, 1..close))
            .map(|host| (host, close + 1)),
        None => networked(text, address, close + 1),
    }
}

/// An address that ends here, and the prefix that may follow it.
fn networked(text: &str, address: IpAddr, end: usize) -> Result<(Host, usize), Fault> {
    let digits = text[end..]
        .strip_prefix('/')
        .map(|rest| &rest[..rest.find([':', '/']).unwrap_or(rest.len())]);
    match digits {
        Some(bits) if !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let whole = end + 1 + bits.len();
            Host::network(address, bits)
                .map_err(|fault| spanning(fault, 0..whole))
                .map(|host| (host, whole))
        }
        _ => Host::parse(&address.to_string()).map(|host| (host, end)),
    }
}

pub(super) fn spanning(fault: Fault, span: Range<usize>) -> Fault {
    Fault { span, ..fault }
}
