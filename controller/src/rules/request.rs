//! Requests of a rule: methods and a glob over paths, or commands and a database.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use super::fault::Fault;
use super::host::Host;
use super::path::Glob;
use super::port::Ports;
use super::word;
use crate::call::Request;
use crate::plugins;

/// The requests that a rule speaks of.
#[derive(Debug, Clone)]
pub(super) struct Requests {
    /// Of which protocol.
    pub(super) protocol: &'static str,
    pub(super) host: Host,
    pub(super) ports: Ports,
    /// Methods, or commands; empty for all.
    pub(super) methods: Vec<String>,
    /// None for all.
    pub(super) part: Option<Part>,
}

/// The part of a server that a rule speaks of.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// Paths.
    Path(Glob),
    /// The number of a database.
    Database(i64),
}

impl Requests {
    /// Whether a request on a connection to their hosts is one of them.
    pub(super) fn is(&self, request: &Request) -> bool {
        let method = method(request);
        let named = self.methods.is_empty() || self.methods.iter().any(|own| *own == method);
        named && self.part.as_ref().is_none_or(|part| part.has(request))
    }
}

impl Part {
    fn has(&self, request: &Request) -> bool {
        match self {
            Self::Path(glob) => {
                let url = request.fields.text("url").unwrap_or_default();
                glob.has(OsString::from_vec(path(&url)))
            }
            Self::Database(number) => request.fields.number("db") == Some(*number),
        }
    }
}

/// The method of a request, or its command: told, or the last word of its source.
pub(super) fn method(request: &Request) -> Cow<'_, str> {
    let told = request.fields.text("method").or_else(|| request.fields.text("command"));
    told.unwrap_or_else(|| request.source.split_once(':').map_or("", |(_, command)| command).into())
}

/// What stands before the address of a rule: methods, with how many bytes they and the blanks take.
pub(super) fn methods(text: &str) -> Result<(Vec<String>, usize), Fault> {
    let Some((head, rest)) = text.split_once(char::is_whitespace) else {
        return Ok((Vec::new(), 0));
    };
    if head.contains([':', '/']) || !rest.contains("://") {
        return Ok((Vec::new(), 0));
    }
    let methods: Vec<String> = head.split(',').map(str::to_owned).collect();
    let usual =
        |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    match methods.iter().find(|method| method.is_empty() || !method.chars().all(usual)) {
        None => {
            methods.iter().try_for_each(|method| known(method, rest, head))?;
            Ok((methods, text.len() - rest.trim_start().len()))
        }
        Some(odd) => Err(Fault::at(0..head.len(), format!("`{odd}` is no method"), "not a method")
            .help("methods are written in capitals, with a comma between them: `GET,HEAD`")),
    }
}

/// Whether there is such a method, or such a command of the protocol of an address.
fn known(method: &str, address: &str, head: &str) -> Result<(), Fault> {
    let wrong = |message: String, help: String| {
        Err(Fault::at(0..head.len(), message, "not a method").help(help))
    };
    let scheme = address.trim_start().split(':').next().unwrap_or_default().to_ascii_lowercase();
    let card = plugins::with_scheme(&scheme).map(|(card, _)| card);
    if let Some(card) = card.filter(|card| card.firewall.contains(&"command")) {
        let unfit = plugins::plugin(card.name).and_then(|plugin| plugin.rules(method).err());
        return unfit.map_or(Ok(()), |unfit| wrong(unfit.message, unfit.help.unwrap_or_default()));
    }
    match meant(method) {
        None => Ok(()),
        Some((odd, near)) => {
            wrong(format!("`{odd}` is no method"), format!("did you mean `{near}`?"))
        }
    }
}

/// The method that was probably meant by one that is near it; others may be methods of a server's own.
fn meant(method: &str) -> Option<(&str, &'static str)> {
    const KNOWN: [&str; 9] =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    if KNOWN.contains(&method) {
        return None;
    }
    word::nearest(method, KNOWN).map(|near| (method, near))
}

/// Reads a glob over paths, in which `*` crosses `/`. What is written as `%2A` is meant literally.
pub(super) fn glob(text: &str) -> Result<Glob, Fault> {
    let whole = 0..text.len();
    if let Some(at) = text.find(['?', '#']) {
        let message = "rules do not speak of queries and fragments";
        return Err(Fault::at(at..text.len(), message, "cannot be seen").help("leave it out"));
    }
    let glob = literal(text);
    if glob.split('/').any(|part| matches!(part, "." | "..")) {
        let message = "`.` and `..` lead nowhere in the path of a request";
        return Err(
            Fault::at(whole, message, "can never match").help("write the path without them")
        );
    }
    Glob::text(&glob).map_err(|fault| super::url::spanning(fault, whole))
}

/// A glob with what is percent-encoded spelled out. Bytes that are no characters are `?`.
fn literal(text: &str) -> String {
    let mut glob = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let bytes = escaped(rest);
        if bytes.is_empty() {
            let end = rest.char_indices().nth(1).map_or(rest.len(), |(at, _)| at);
            glob.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        for chunk in bytes.utf8_chunks() {
            glob.push_str(&globset::escape(chunk.valid()));
            glob.extend(std::iter::repeat_n('?', chunk.invalid().len()));
        }
        rest = &rest[3 * bytes.len()..];
    }
    glob
}

/// The bytes that a text begins with, where it begins with percent-encoded ones.
fn escaped(text: &str) -> Vec<u8> {
    let chunks = text.as_bytes().chunks(3);
    chunks.map_while(byte).collect()
}

/// The byte that is written as `%41` here.
fn byte(text: &[u8]) -> Option<u8> {
    let [b'%', high, low] = text else {
        return None;
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// The path of an address as rules see it: decoded, without `.` and `..`.
pub(super) fn path(url: &str) -> Vec<u8> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    without_dots(&decoded(path))
}

fn decoded(path: &str) -> Vec<u8> {
    let mut plain = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = rest.get(..3).and_then(byte);
        plain.push(escape.unwrap_or(*first));
        rest = if escape.is_some() { &rest[3..] } else { after };
    }
    plain
}

fn without_dots(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut open = false; // whether the path ends with a slash
    for part in path.strip_prefix(b"/").unwrap_or(path).split(|byte| *byte == b'/') {
        open = matches!(part, b"." | b"..");
        match part {
            b"." => {}
            b".." => drop(kept.pop()),
            part => kept.push(part),
        }
    }
    if open && !kept.is_empty() {
        kept.push(b"");
    }
    [b"/", kept.join(&b'/').as_slice()].concat()
}

/// A path that matches these bytes alone, as a rule has it.
pub(super) fn exactly(path: &[u8]) -> String {
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()+,;=:@/".contains(&byte);
    let spelled = path.iter().map(|byte| match usual(*byte) {
        true => char::from(*byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    spelled.collect()
}
