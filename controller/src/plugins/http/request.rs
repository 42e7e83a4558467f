//! A request as it is asked about: read off HTTP/1.1 or HTTP/2, and told as fields.

use std::net::{IpAddr, Ipv6Addr};

use super::coding::{self, TooLarge};
use super::frame::{RequestHead, Wrong};
use super::headers::{self, Headers};
use crate::fields::Fields;
use crate::mocks::url::Url;
use crate::plugins::conversation::Opening;

/// The source of a request.
pub(super) const SOURCE: &str = "http:request";

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) method: String,
    /// In its normal form, with the query as sent.
    pub(super) url: String,
    /// As sent: path and query, a whole address, or `*`.
    pub(super) target: String,
    pub(super) headers: Headers,
    /// As sent, without the transfer coding.
    pub(super) body: Vec<u8>,
}

impl Asked {
    /// A request with this head on a connection that was opened this way.
    pub(super) fn new(head: RequestHead, opening: &Opening) -> Result<Self, Wrong> {
        if head.target.contains('#') {
            return Err("asked for a target with a fragment, which no server is told");
        }
        let scheme = if opening.encrypted { "https" } else { "http" };
        let host = authority(&head.headers, opening)?;
        let (scheme, authority, path) = match whole(&head.target) {
            Some((scheme, authority, path)) => (scheme, authority.to_owned(), path),
            None if head.target.starts_with('/') || head.target == "*" => {
                (scheme, host, head.target.as_str())
            }
            None => return Err("asked for a target that is none"),
        };
        if !is_authority(&authority) {
            return Err("named a host that is none");
        }
        let url = address(scheme, &authority, path);
        let (method, target, headers) = (head.method, head.target, head.headers);
        Ok(Self { method, url, target, headers, body: Vec::new() })
    }

    /// As the desk is told of it.
    pub(super) fn fields(&self) -> Result<Fields, TooLarge> {
        let body = coding::decoded(&self.headers, &self.body)?;
        let json = document(&self.headers, &body);
        let mut fields = Fields::new()
            .with("method", self.method.as_str())
            .with("url", self.url.as_str())
            .with("query", Url::parse(&self.url).map(|url| url.query_pairs()).unwrap_or_default())
            .with("headers", self.headers.pairs())
            .with("body", body);
        if let Some(json) = json {
            fields.set("json", json);
        }
        Ok(fields)
    }
}

/// What this version does not answer of requests like this, in words that follow "the client".
pub(super) fn beyond(method: &str, headers: &Headers) -> Option<Wrong> {
    if method == "CONNECT" {
        return Some("asked for a tunnel (CONNECT), which this version does not open");
    }
    if headers.has_token("upgrade", "websocket") {
        return Some("asked for a WebSocket, which this version does not answer");
    }
    is_grpc(headers).then_some("made a gRPC call, which this version does not answer")
}

/// Whether this is gRPC itself, and not its form for browsers.
pub(super) fn is_grpc(headers: &Headers) -> bool {
    let kind = headers.kind();
    kind == "application/grpc" || kind.starts_with("application/grpc+")
}

/// The document that a body is, where it is one.
pub(super) fn document(headers: &Headers, body: &[u8]) -> Option<serde_json::Value> {
    headers.is_json().then(|| serde_json::from_slice(body).ok()).flatten()
}

/// The parts of a target in absolute form, as proxies are asked.
fn whole(target: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = target.split_once("://")?;
    let scheme = ["http", "https"].into_iter().find(|name| scheme.eq_ignore_ascii_case(name))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at_checked(end)?;
    Some((scheme, authority, target))
}

/// The authority of a whole address.
pub(super) fn named(address: &str) -> Option<&str> {
    whole(address).map(|(_, authority, _)| authority)
}

/// The authority that the headers name, or else the one that the connection was opened to.
fn authority(headers: &Headers, opening: &Opening) -> Result<String, Wrong> {
    let mut hosts = headers.all("host");
    match (hosts.next(), hosts.next()) {
        (Some(_), Some(_)) => Err("named two hosts"),
        (Some(host), None) if !host.is_empty() => Ok(String::from_utf8_lossy(host).into_owned()),
        _ => Ok(opened(opening)),
    }
}

fn opened(opening: &Opening) -> String {
    let usual = if opening.encrypted { 443 } else { 80 };
    let host = match opening.host.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => bracketed(address),
        _ if opening.host.contains('/') => "localhost".to_owned(), // a Unix socket
        _ => opening.host.clone(),
    };
    match opening.port {
        0 => host,
        port if port == usual => host,
        port => format!("{host}:{port}"),
    }
}

fn bracketed(address: Ipv6Addr) -> String {
    format!("[{address}]")
}

fn is_authority(text: &str) -> bool {
    let usual = |byte: u8| headers::is_token(byte) || b":[]%()=;,".contains(&byte) || byte >= 0x80;
    !text.is_empty() && text.bytes().all(usual)
}

/// The address in its normal form, with the query as sent.
fn address(scheme: &str, authority: &str, target: &str) -> String {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let slash = if path.starts_with('/') { "" } else { "/" };
    let path = if path == "*" { "" } else { path };
    let base = format!("{scheme}://{authority}{slash}{path}");
    let base = Url::parse(&base).map_or(base, |url| url.to_string());
    match query {
        Some(query) => format!("{base}?{query}"),
        None => base,
    }
}
