//! Addresses of the web in their normal form (RFC 3986 §6.2).

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::plugins;
use crate::rules::host;

/// Longest address that is read, in bytes.
pub const LENGTH_MAX: usize = 64 << 10;

/// An address of the web, in its normal form: two that lead to the same place are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Url {
    /// Lower case.
    pub scheme: String,
    /// As [`crate::rules::host::normal`] has it; IPv6 without brackets.
    pub host: String,
    /// The port that it means, written or not.
    pub port: u16,
    /// Begins with `/`; without `.` and `..`.
    pub path: String,
    /// What follows the `?`, if there is one.
    pub query: Option<String>,
}

impl Url {
    /// Reads an address with scheme and host; None if it is none, or names a user.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LENGTH_MAX {
            return None;
        }
        let Split { scheme, authority, path, query } = Split::of(text)?;
        let scheme = checked_scheme(scheme)?;
        let (host, port) = endpoint(authority, default_port(&scheme))?;
        let path = without_dots(&encoded(path));
        Some(Self { scheme, host, port, path, query: query.map(encoded) })
    }

    /// The same without its query.
    #[must_use]
    pub fn without_query(&self) -> Self {
        Self { query: None, ..self.clone() }
    }

    /// The query's names and values in order, decoded as a form's (`+` is a blank).
    #[must_use]
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        let query = self.query.as_deref().unwrap_or_default();
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (form(name), form(value))
        };
        query.split('&').filter(|part| !part.is_empty()).map(pair).collect()
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        if default_port(&self.scheme) != Some(self.port) {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)?;
        self.query.as_ref().map_or(Ok(()), |query| write!(f, "?{query}"))
    }
}

/// A glob over addresses, written as their normal form is where its stars leave it whole.
pub(super) fn normal_glob(text: &str) -> String {
    let Some(Split { scheme, authority, path, query }) = Split::of(text) else {
        return text.to_owned();
    };
    let scheme = scheme.to_ascii_lowercase();
    let authority = authority.to_ascii_lowercase();
    let default = default_port(&scheme).map(|port| format!(":{port}"));
    let host = default.and_then(|port| authority.strip_suffix(&port)).unwrap_or(&authority);
    let path = match path {
        "" if query.is_none() && host.ends_with('*') => String::new(), // the star is the path too
        path => without_dots(&encoded(path)),
    };
    let query = query.map(|query| format!("?{}", encoded(query))).unwrap_or_default();
    format!("{scheme}://{host}{path}{query}")
}

/// The parts of an address, as they are written.
struct Split<'a> {
    scheme: &'a str,
    authority: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

impl<'a> Split<'a> {
    /// None without a scheme; the fragment is dropped, since no server is told of it.
    fn of(text: &'a str) -> Option<Self> {
        let text = text.split('#').next().unwrap_or_default();
        let (scheme, rest) = text.split_once("://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        Some(Self { scheme, authority, path, query })
    }
}

fn checked_scheme(text: &str) -> Option<String> {
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    (starts && text.bytes().all(usual)).then(|| text.to_ascii_lowercase())
}

fn default_port(scheme: &str) -> Option<u16> {
    plugins::with_scheme(scheme).and_then(|(_, scheme)| scheme.port)
}

fn endpoint(authority: &str, default: Option<u16>) -> Option<(String, u16)> {
    let end = authority.find(']').map_or(0, |at| at + 1);
    let (host, port) = match authority.get(end..)?.rfind(':') {
        Some(at) => (authority.get(..end + at)?, authority.get(end + at + 1..)?),
        None => (authority, ""),
    };
    let port = if port.is_empty() { default? } else { number(port)? };
    Some((checked_host(host)?, port))
}

fn number(port: &str) -> Option<u16> {
    port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse().ok())?
}

fn checked_host(text: &str) -> Option<String> {
    let brackets = text.starts_with('[');
    let host = host::normal(&percent_decoded(text));
    let odd = |byte: u8| byte <= b' ' || byte >= 0x7f || b"\"#%/:<>?@[\\]^`{|}".contains(&byte);
    let is_address = brackets && host.parse::<std::net::IpAddr>().is_ok();
    let is_name = !brackets && !host.is_empty() && !host.bytes().any(odd);
    (is_address || is_name).then_some(host)
}

/// The characters that mean themselves, and those that part an address (RFC 3986 §2.2, §2.3).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn is_plain(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,;=:@/?".contains(&byte)
}

/// Percent-encoding in its normal form: upper case, needed or not there.
fn encoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = escape(bytes, at);
        at += if escaped.is_some() { 3 } else { 1 };
        match escaped {
            Some(byte) if is_unreserved(byte) => out.push(char::from(byte)),
            None if is_plain(*byte) => out.push(char::from(*byte)),
            escaped => {
                let _ = write!(out, "%{:02X}", escaped.unwrap_or(*byte)); // a String takes everything
            }
        }
    }
    out
}

/// The byte that is written as `%xx` here.
fn escape(bytes: &[u8], at: usize) -> Option<u8> {
    let [b'%', high, low] = bytes.get(at..at + 3)? else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(*high)? << 4 | digit(*low)?)
}

/// The text without percent-encoding; bytes that are no UTF-8 are replaced.
pub(crate) fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = escape(bytes, at);
        at += if escaped.is_some() { 3 } else { 1 };
        out.push(escaped.unwrap_or(*byte));
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

fn form(text: &str) -> String {
    percent_decoded(&text.replace('+', " ")).into_owned()
}

/// The path without `.` and `..` (RFC 3986 §5.2.4); it begins with `/`.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut open = true; // whether the path ends with a slash
    for part in path.strip_prefix('/').unwrap_or(path).split('/') {
        open = matches!(part, "." | "..");
        match part {
            "." => {}
            ".." => drop(kept.pop()),
            part => kept.push(part),
        }
    }
    let end = if open && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}

#[cfg(test)]
mod tests;
