//! Rule strings.
//!
//! ```text
//! rule   = "*" | proto ":*" | [methods " "] scheme "://" host [":" ports] [path] | proto ":" rest
//! host   = name | glob | address ["/" bits] | "[" v6 ["/" bits] "]" ["/" bits] | "~" regex
//! ports  = port | port "-" port | "*"
//! path   = "/" | "/" glob | "/" number    a glob for http and https, a number for redis; "/" is any path
//! methods = method {"," method}           http and https; commands of redis
//! rest   = host                           dns
//!        | glob                           file, file+r, file+w, unix, native
//!        | "@" glob                       unix
//!        | name-or-glob [" " glob]        subprocess
//!        | "family=" number               socket
//! ```

use std::net::IpAddr;

use super::command::{Library, Program};
use super::fault::Fault;
use super::host::{self, Host};
use super::path::{Glob, Place};
use super::pattern::{Access, Pattern};
use super::refuse;
use super::request;
use super::url::{self, spanning};
use crate::plugins::{self, Card, Kind, Scheme};

/// Longest rule, in bytes.
const RULE_LENGTH_MAX: usize = 4096;

/// Reads a rule string. Blanks around it do not count.
pub(super) fn pattern(text: &str, place: &Place) -> Result<Pattern, Fault> {
    let before = text.len() - text.trim_start().len();
    rule(text.trim(), place).map_err(|fault| fault.shifted(before))
}

fn rule(text: &str, place: &Place) -> Result<Pattern, Fault> {
    if text.len() > RULE_LENGTH_MAX {
        return Err(Fault::at(0..text.len(), "this rule is too long", "more than 4096 bytes"));
    }
    if text == "*" {
        return Ok(Pattern::Everything);
    }
    let (methods, start) = request::methods(text)?;
    url_or_call(&text[start..], methods, place).map_err(|fault| fault.shifted(start))
}

fn url_or_call(text: &str, methods: Vec<String>, place: &Place) -> Result<Pattern, Fault> {
    let Some((proto, rest)) = text.split_once(':') else {
        return Err(refuse::bare(text));
    };
    let start = proto.len() + 1;
    match rest.strip_prefix("//") {
        Some(authority) if !is_path_scheme(proto) => {
            let (card, scheme) = scheme(proto, authority)?;
            let has_methods = ["method", "command"].iter().any(|name| card.firewall.contains(name));
            if !methods.is_empty() && !has_methods {
                return Err(refuse::methods(card, scheme, authority));
            }
            url::parse(card, scheme, authority, methods).map_err(|fault| fault.shifted(start + 2))
        }
        _ if !methods.is_empty() => Err(refuse::methods_of_call(text)),
        _ => call(proto, rest, place),
    }
}

fn is_path_scheme(proto: &str) -> bool {
    matches!(proto, "file" | "file+r" | "file+w" | "unix")
}

fn scheme(proto: &str, authority: &str) -> Result<(&'static Card, &'static Scheme), Fault> {
    let lower = proto.to_ascii_lowercase();
    plugins::with_scheme(&lower).ok_or_else(|| refuse::scheme(proto, authority))
}

/// What follows `proto:`.
fn call(proto: &str, rest: &str, place: &Place) -> Result<Pattern, Fault> {
    let lower = proto.to_ascii_lowercase();
    match settled(&lower, rest, place) {
        Some(pattern) => pattern.map_err(|fault| fault.shifted(proto.len() + 1)),
        None => Err(refuse::call(&lower, proto, rest)),
    }
}

/// The rules of protocols that have a syntax of their own, and whole protocols.
fn settled(name: &str, rest: &str, place: &Place) -> Option<Result<Pattern, Fault>> {
    Some(match (name, rest) {
        ("unix", "*") => Ok(Pattern::Unix),
        ("unix", rest) => unix(rest, place),
        ("file", "*") => Ok(Pattern::Protocol("file")),
        ("file" | "file+r" | "file+w", rest) => file(name, rest, place),
        (name, "*") => return whole(name).map(Ok),
        ("dns", rest) => dns(rest).map(Pattern::Dns),
        ("subprocess", rest) => refuse::slashes(name, rest)
            .and_then(|()| Program::parse(rest, place))
            .map(Pattern::Program),
        ("native", rest) => refuse::slashes(name, rest)
            .and_then(|()| Library::parse(rest, place))
            .map(Pattern::Library),
        ("socket", rest) if rest.starts_with("family=") => family(rest),
        _ => return None,
    })
}

fn whole(name: &str) -> Option<Pattern> {
    plugins::named(name)
        .filter(|card| card.kind != Kind::Layered)
        .map(|card| Pattern::Protocol(card.name))
}

fn file(proto: &str, rest: &str, place: &Place) -> Result<Pattern, Fault> {
    let access = match proto {
        "file+r" => Access::Read,
        "file+w" => Access::Write,
        _ => Access::Any,
    };
    match rest {
        "*" | "**" => Ok(Pattern::File(access, None)),
        rest => path(rest, place).map(|glob| Pattern::File(access, Some(glob))),
    }
}

fn path(rest: &str, place: &Place) -> Result<Glob, Fault> {
    let authority = rest.strip_prefix("//").is_some_and(|after| !after.starts_with('/'));
    if rest.is_empty() || authority {
        return Err(Fault::at(
            0..rest.len(),
            "the path is missing",
            "write `/` and the path, or a path relative to the configuration",
        ));
    }
    Glob::path(rest, place)
}

fn unix(rest: &str, place: &Place) -> Result<Pattern, Fault> {
    match rest.strip_prefix('@') {
        Some(name) => Glob::text(name).map(Pattern::UnixAbstract).map_err(|fault| fault.shifted(1)),
        None => path(rest, place).map(Pattern::UnixPath),
    }
}

fn dns(rest: &str) -> Result<Host, Fault> {
    refuse::slashes("dns", rest)?;
    if rest.starts_with('~') {
        return Host::parse(rest);
    }
    if let Some(address) = host::address(rest) {
        return Host::parse(&address.to_string());
    }
    if let Some((address, bits)) = network_parts(rest) {
        return Host::network(address, bits).map_err(|fault| spanning(fault, 0..rest.len()));
    }
    refuse::look_up_parts(rest)?;
    Host::parse(rest)
}

/// The address and the prefix of `10.0.0.0/8`, `fd00::/8`, `[fd00::]/8` or `[fd00::/8]`.
fn network_parts(text: &str) -> Option<(IpAddr, &str)> {
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let (address, bits) = inside.split_once('/')?;
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
    bare.parse().ok().map(|address| (address, bits))
}

fn family(rest: &str) -> Result<Pattern, Fault> {
    let number = rest.trim_start_matches("family=");
    let wrong =
        || Fault::at(0..rest.len(), "this is no address family", "a number, as in AF_NETLINK's 16");
    number.parse().map(Pattern::Family).map_err(|_| wrong())
}
