//! The narrowest rule that allows a call.

use std::net::{IpAddr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::command;
use super::parse;
use super::path::{Place, exactly};
use super::pattern::{self, Purpose};
use super::request;
use crate::call::{Call, Connect, Exec, Lookup, Open, Peer, Query, Request};
use crate::plugins::{self, Card};

/// Longest list of arguments that is spelled out, in bytes.
const ARGUMENTS_MAX: usize = 120;

/// Longest path of a directory that is spelled out where a whole path is too long for a rule.
const PATH_MAX: usize = 1000;

/// The first of the candidates that is a rule and means this call.
pub(super) fn rule(call: &Call) -> String {
    let place = Place::at("/");
    let means = |text: &String| {
        parse::pattern(text, &place).is_ok_and(|pattern| pattern.has(call, Purpose::Permit))
    };
    let whole = format!("{}:*", pattern::protocol(call));
    candidates(call).into_iter().find(means).unwrap_or(whole)
}

/// Rules that may fit, narrowest first.
fn candidates(call: &Call) -> Vec<String> {
    match call {
        Call::Connect(connect) => connection(connect),
        Call::Lookup(lookup) => look_up(lookup),
        Call::Open(open) => file(open),
        Call::Exec(exec) => program(exec),
        Call::Request(request) => requests(request),
        Call::Load(load) => named("native", Path::new(&load.library)),
    }
}

fn connection(connect: &Connect) -> Vec<String> {
    match &connect.peer {
        Peer::Internet(address) => {
            let names = connect.names.iter().map(|name| url(name, address.port()));
            names.chain([url(&host(*address), address.port())]).collect()
        }
        Peer::UnixPath(path) => {
            vec![format!("unix:{}", exactly(path.as_os_str().as_bytes())), "unix:*".to_owned()]
        }
        Peer::UnixAbstract(name) => vec![format!("unix:@{}", exactly(name)), "unix:@*".to_owned()],
        Peer::Other(family) => vec![format!("socket:family={family}")],
    }
}

/// One request by its method and path, then all of its method, then the connection.
fn requests(request: &Request) -> Vec<String> {
    let hosts = connection(&request.connect);
    let card = plugins::source(request.source).map(|(plugin, _)| plugin.card());
    if let Some(card) = card.filter(|card| card.firewall.contains(&"command")) {
        return commands(card, request, hosts);
    }
    let address = request.fields.text("url").unwrap_or_default();
    let method = request.fields.text("method").unwrap_or_default();
    let Peer::Internet(to) = &request.connect.peer else {
        return hosts;
    };
    if method.is_empty() {
        return hosts; // of a protocol that is not HTTP
    }
    let scheme = if address.starts_with("https:") { "https" } else { "http" };
    let names = request.connect.names.iter().cloned().chain([host(*to)]);
    let bases: Vec<_> = names.flat_map(|name| bases(scheme, &name, to.port())).collect();
    let path = request::exactly(&request::path(&address));
    let whole = bases.iter().map(|base| format!("{method} {base}{path}"));
    let whole = whole.filter(|_| path != "/"); // which means any path
    let all = bases.iter().map(|base| format!("{method} {base}"));
    whole.chain(all).chain(hosts).collect()
}

/// One command, then all of its protocol, then the connection.
fn commands(card: &Card, request: &Request, hosts: Vec<String>) -> Vec<String> {
    let Peer::Internet(to) = &request.connect.peer else {
        return hosts;
    };
    let schemes = || card.schemes.iter();
    let usual = schemes().find(|scheme| scheme.port == Some(to.port()));
    let scheme = usual.or(schemes().next()).map_or(card.name, |scheme| scheme.name);
    let names = request.connect.names.iter().cloned().chain([host(*to)]);
    let bases: Vec<_> = names.flat_map(|name| bases(scheme, &name, to.port())).collect();
    let of_command = bases.iter().map(|base| format!("{} {base}", request::method(request)));
    of_command.chain(bases.iter().cloned()).chain(hosts).collect()
}

/// Without the port where that is the scheme's own; and with it, since a number behind an address
/// would be a network's.
fn bases(scheme: &str, host: &str, port: u16) -> Vec<String> {
    let usual = plugins::with_scheme(scheme).and_then(|(_, scheme)| scheme.port) == Some(port);
    let bare = usual.then(|| format!("{scheme}://{host}"));
    bare.into_iter().chain([format!("{scheme}://{host}:{port}")]).collect()
}

fn host(address: SocketAddr) -> String {
    match address.ip().to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// The scheme that means this port, or else a scheme of the port's protocol and the port.
fn url(host: &str, port: u16) -> String {
    let schemes = || plugins::cards().flat_map(|card| card.schemes);
    if let Some(scheme) = schemes().find(|scheme| scheme.port == Some(port)) {
        return format!("{}://{host}", scheme.name);
    }
    let card = plugins::named(plugins::on_port(port));
    let scheme = card.and_then(|card| card.schemes.first()).map_or("socket", |scheme| scheme.name);
    format!("{scheme}://{host}:{port}")
}

fn look_up(lookup: &Lookup) -> Vec<String> {
    match &lookup.query {
        Query::Name(name) => vec![format!("dns:{name}"), format!("dns:~{}", regex::escape(name))],
        Query::Address(address) => vec![format!("dns:{}", address.to_canonical())],
    }
}

fn file(open: &Open) -> Vec<String> {
    let access = match (open.read, open.write) {
        (true, false) => "+r",
        (false, true) => "+w",
        _ => "",
    };
    let path = open.path.as_os_str().as_bytes();
    let start = path.get(..PATH_MAX).unwrap_or(path);
    let directory =
        start.iter().rposition(|byte| *byte == b'/').map_or(&b""[..], |end| &path[..end]);
    let below = format!("file{access}:{}/**", exactly(directory));
    vec![format!("file{access}:{}", exactly(path)), below]
}

fn program(exec: &Exec) -> Vec<String> {
    let line = command::line(exec);
    let arguments = match line.get(..ARGUMENTS_MAX) {
        Some(start) => format!("{}*", exactly(start)),
        None => exactly(&line),
    };
    // The name alone: where a program lies differs from machine to machine.
    let name = exec.program.file_name().map(Path::new).unwrap_or(&exec.program);
    let mut files = named("subprocess", name);
    files.extend(named("subprocess", &exec.program));
    let whole = files.iter().map(|file| format!("{file} {arguments}"));
    let (whole, files) = (whole.collect::<Vec<_>>(), files.clone());
    if line.is_empty() { files } else { whole.into_iter().chain(files).collect() }
}

/// A file by its path, or else by its name.
fn named(protocol: &str, path: &Path) -> Vec<String> {
    let spelled = |bytes: &[u8]| format!("{protocol}:{}", exactly(bytes).replace(' ', "?"));
    let name = path.file_name().map(|name| spelled(name.as_bytes()));
    std::iter::once(spelled(path.as_os_str().as_bytes())).chain(name).collect()
}
