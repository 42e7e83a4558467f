//! Mocks that cannot be: told when the configuration is read.

use super::{EXCHANGE, session};
use crate::fields::Fields;
use crate::mocks::{Act, Matcher, Mock, When};
use crate::plugins::Unfit;
use crate::plugins::card::{FaultKind, Shape};
use crate::plugins::conversation::Fault;
use crate::rules::host;

/// What a datagram can carry (udp(7)).
const DATAGRAM_BYTES_MAX: usize = 65_507;

fn unfit(key: &'static str, message: impl Into<String>, help: &str) -> Result<(), Unfit> {
    let help = (!help.is_empty()).then(|| help.to_owned());
    Err(Unfit { key, message: message.into(), help })
}

/// A mock names a host and port, or a path. A step of a session has those of its session.
pub(super) fn place(shape: &Shape, when: &When) -> Result<(), Unfit> {
    let [host, port, path] = ["host", "port", "path"].map(|name| when.get(name));
    let places = [host, port, path].iter().any(|place| place.is_some());
    let may_be_step = shape.source == EXCHANGE && when.get("bytes").is_some();
    if !places && !may_be_step {
        let message = "this would answer every connection";
        return unfit("host", message, "name its `host` or `port`, or the `path` of a Unix socket");
    }
    if path.is_some() && (host.is_some() || port.is_some()) {
        let message = "a Unix socket has a path and neither host nor port";
        return unfit("path", message, "write two mocks");
    }
    host.map_or(Ok(()), named)?;
    port.map_or(Ok(()), port_fits)?;
    path.map_or(Ok(()), path_fits)
}

fn named(matcher: &Matcher) -> Result<(), Unfit> {
    let Matcher::Exact(value) = matcher else {
        return Ok(());
    };
    let text = value.text().unwrap_or_default();
    if text.is_empty() {
        return unfit("host", "no host has an empty name", "");
    }
    if text.contains('/') {
        let message = format!("`{text}` is no host");
        return unfit("host", message, "write a name or an address; a Unix socket has a `path`");
    }
    match text.rsplit_once(':') {
        Some((name, port)) if host::normal(&text).parse::<std::net::IpAddr>().is_err() => {
            let help = format!("write `host = \"{name}\", port = {port}`");
            unfit("host", format!("`{text}` has a port in it, which no host has"), &help)
        }
        _ => in_normal_form(&text),
    }
}

/// Hosts are compared in the one form in which the guests' own are told.
fn in_normal_form(text: &str) -> Result<(), Unfit> {
    let normal = host::normal(text);
    if normal.eq_ignore_ascii_case(text) {
        return Ok(());
    }
    let message = format!("`{text}` is not how this host is told, so it never matches");
    unfit("host", message, &format!("write `{normal}`"))
}

fn port_fits(matcher: &Matcher) -> Result<(), Unfit> {
    match matcher {
        Matcher::Exact(value) if value.number().is_none_or(|n| !(1..=65_535).contains(&n)) => {
            let shown = value.text().unwrap_or_default();
            unfit("port", format!("`{shown}` is no port"), "ports are numbers from 1 to 65535")
        }
        _ => Ok(()),
    }
}

fn path_fits(matcher: &Matcher) -> Result<(), Unfit> {
    match matcher {
        Matcher::Exact(value) if !value.text().unwrap_or_default().starts_with('/') => {
            let help = "write the absolute path of the socket; abstract names cannot be mocked";
            unfit("path", "this path is not absolute, so it never matches", help)
        }
        _ => Ok(()),
    }
}

/// The kind of socket is one that there is, and goes with the place.
pub(super) fn transport(mock: &Mock) -> Result<(), Unfit> {
    let Some(transport) = exact(&mock.when, "transport") else {
        return Ok(());
    };
    let path = mock.when.get("path").is_some();
    let internet = mock.when.get("host").is_some() || mock.when.get("port").is_some();
    match transport.as_str() {
        "tcp" | "udp" if path => {
            unfit("transport", format!("a Unix socket is not {transport}"), "leave it out")
        }
        "unix" if internet => {
            unfit("transport", "a Unix socket has neither host nor port", "name its `path`")
        }
        "tcp" | "udp" | "unix" => Ok(()),
        _ => unfit(
            "transport",
            format!("there is no transport `{transport}`"),
            "it is `tcp`, `udp` or `unix`",
        ),
    }
}

/// The bytes of a mock can come: some, and no more than are kept of what a client says.
pub(super) fn expected(when: &When) -> Result<(), Unfit> {
    let Some(Matcher::Exact(value)) = when.get("bytes") else {
        return Ok(());
    };
    let length = value.bytes().map_or(0, |bytes| bytes.len());
    if length == 0 {
        return unfit("bytes", "no bytes are never sent", "leave `bytes` out for any bytes");
    }
    if length > session::HEARD_BYTES_MAX {
        let most = session::HEARD_BYTES_MAX;
        return unfit("bytes", format!("these {length} bytes are more than the {most} kept"), "");
    }
    Ok(())
}

/// The answer can be given, and goes wrong in a way that it can.
pub(super) fn act(mock: &Mock) -> Result<(), Unfit> {
    match &mock.act {
        Act::Replies(replies) => replies.iter().try_for_each(|reply| answer(mock, reply)),
        Act::Fault(fault, reply) => answer(mock, reply).and_then(|()| failure(mock, *fault, reply)),
        Act::Real(_) => Ok(()),
    }
}

fn answer(mock: &Mock, reply: &Fields) -> Result<(), Unfit> {
    let close = reply.text("close");
    if let Some(close) = &close
        && session::end(close).is_none()
    {
        let message = format!("a connection cannot end by `{close}`");
        return unfit("close", message, "it is `close`, `half-close` or `reset`");
    }
    if !is_udp(&mock.when) {
        return Ok(());
    }
    if close.is_some() {
        return unfit("close", "datagrams have no connection to end", "leave it out");
    }
    let length = reply.bytes("bytes").map_or(0, |bytes| bytes.len());
    if length > DATAGRAM_BYTES_MAX {
        let message = format!("{length} bytes are more than a datagram holds");
        return unfit("bytes", message, "it holds 65507");
    }
    Ok(())
}

fn failure(mock: &Mock, fault: Fault, reply: &Fields) -> Result<(), Unfit> {
    let name = fault.kind.name();
    if fault.kind != FaultKind::Slow && reply.get("close").is_some() {
        let message = format!("the fault `{name}` says already how the connection ends");
        return unfit("close", message, "leave it out");
    }
    let length = reply.bytes("bytes").map_or(0, |bytes| bytes.len() as u64);
    let udp = is_udp(&mock.when);
    match fault.kind {
        FaultKind::Reset | FaultKind::HalfClose if udp => {
            let help = "write `timeout`, or `truncated`";
            unfit("fault", format!("datagrams have no connection for `{name}`"), help)
        }
        FaultKind::Refuse | FaultKind::Timeout if length > 0 => {
            unfit("bytes", format!("with the fault `{name}` nothing is answered"), "leave it out")
        }
        FaultKind::Truncated if fault.after >= length => {
            let message = format!("the answer has {length} bytes, so nothing of it is missing");
            unfit("after", message, "give the whole answer, and fewer bytes in `after`")
        }
        FaultKind::HalfClose if fault.after > 0 => {
            let help = "leave `after` out, or write `truncated`";
            unfit("after", "the half-close comes behind the whole answer", help)
        }
        _ => Ok(()),
    }
}

fn is_udp(when: &When) -> bool {
    exact(when, "transport").is_some_and(|transport| transport == "udp")
}

fn exact(when: &When, name: &str) -> Option<String> {
    match when.get(name)? {
        Matcher::Exact(value) => value.text().map(|text| text.to_ascii_lowercase()),
        _ => None,
    }
}
