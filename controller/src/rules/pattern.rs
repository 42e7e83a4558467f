//! What a rule matches.

use super::command::{Library, Program};
use super::host::Host;
use super::path::Glob;
use super::port::Ports;
use super::request::Requests;
use crate::call::{Call, Connect, Lookup, Open, Peer, Query, Request};
use crate::plugins::{self, Kind};

/// What a rule matches.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// `*`: all that is guarded.
    Everything,
    /// `redis:*`: all calls of a protocol.
    Protocol(&'static str),
    /// `redis://localhost`: connections.
    Connection(Host, Ports),
    /// `GET https://api.example.com/users/*`: requests.
    Requests(Requests),
    /// `dns:example.com`: look-ups.
    Dns(Host),
    /// `file:/glob`.
    File(Access, Option<Glob>),
    /// `unix:*`.
    Unix,
    /// `unix:/glob`.
    UnixPath(Glob),
    /// `unix:@glob`.
    UnixAbstract(Glob),
    /// `socket:family=16`.
    Family(u16),
    /// `subprocess:git push *`.
    Program(Program),
    /// `native:lib*.so`.
    Library(Library),
}

/// Which uses of a file a rule speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Both.
    Any,
    /// `file+r:`.
    Read,
    /// `file+w:`.
    Write,
}

/// What a rule is for. What is permitted must be so in all parts, what is forbidden in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Allow, and restrict.
    Permit,
    /// Deny.
    Forbid,
}

/// The protocol of a call.
pub(super) fn protocol(call: &Call) -> &'static str {
    match call {
        Call::Connect(Connect { peer: Peer::Internet(address), .. }) => {
            plugins::on_port(address.port())
        }
        Call::Connect(_) => "socket",
        Call::Lookup(_) => "dns",
        Call::Open(_) => "file",
        Call::Exec(_) => "subprocess",
        Call::Load(_) => "native",
        Call::Request(request) => request.source.split(':').next().unwrap_or(request.source),
    }
}

impl Pattern {
    /// Whether this call is meant.
    pub(super) fn has(&self, call: &Call, purpose: Purpose) -> bool {
        match (self, call) {
            (Self::Everything, _) => true,
            (pattern, Call::Request(request)) => pattern.has_request(request, purpose),
            (Self::Protocol(name), call) => has_protocol(name, call, purpose),
            (Self::Connection(host, ports), Call::Connect(connect)) => {
                has_connection(host, *ports, connect)
            }
            (
                Self::Connection(host, _) | Self::Requests(Requests { host, .. }),
                Call::Lookup(lookup),
            ) => purpose == Purpose::Permit && has_lookup(host, lookup),
            (Self::Dns(host), Call::Lookup(lookup)) => has_lookup(host, lookup),
            (Self::File(access, glob), Call::Open(open)) => {
                access.has(open, purpose) && glob.as_ref().is_none_or(|glob| glob.has(&open.path))
            }
            (Self::Program(program), Call::Exec(exec)) => program.is(exec),
            (Self::Library(library), Call::Load(load)) => library.is(load),
            (pattern, Call::Connect(connect)) => pattern.has_peer(&connect.peer),
            _ => false,
        }
    }

    /// A rule that speaks of a connection speaks of all that is asked on it.
    fn has_request(&self, request: &Request, purpose: Purpose) -> bool {
        let whole = || Call::Request(request.clone());
        match self {
            Self::Protocol("socket") => true,
            Self::Protocol(name) => protocol(&whole()) == *name,
            Self::Requests(requests) => {
                protocol(&whole()) == requests.protocol
                    && has_connection(&requests.host, requests.ports, &request.connect)
                    && requests.is(request)
            }
            pattern => pattern.has(&Call::Connect(request.connect.clone()), purpose),
        }
    }

    /// By which protocol a connection has to be read to know whether what is asked on it is meant.
    pub(super) fn reads(&self, connect: &Connect) -> Option<&'static str> {
        match self {
            Self::Requests(requests) => {
                has_connection(&requests.host, requests.ports, connect).then_some(requests.protocol)
            }
            _ => None,
        }
    }

    fn has_peer(&self, peer: &Peer) -> bool {
        match (self, peer) {
            (Self::Unix, Peer::UnixPath(_) | Peer::UnixAbstract(_)) => true,
            (Self::UnixPath(glob), Peer::UnixPath(path)) => glob.has(path),
            (Self::UnixAbstract(glob), Peer::UnixAbstract(name)) => glob.has(super::path::os(name)),
            (Self::Family(own), Peer::Other(family)) => own == family,
            _ => false,
        }
    }

    /// The protocol that alone this speaks of, where it is one whose calls are of their own kind.
    pub(super) fn kind(&self) -> Subject {
        match self {
            Self::Everything => Subject::Everything,
            Self::File(..) | Self::Protocol("file") => Subject::Files,
            Self::Library(_) | Self::Protocol("native") => Subject::Libraries,
            Self::Program(_) | Self::Protocol("subprocess") => Subject::Programs,
            Self::Protocol("dns") => Subject::Dns,
            Self::Dns(_) => Subject::Lookups,
            Self::Unix | Self::UnixPath(_) | Self::UnixAbstract(_) | Self::Family(_) => {
                Subject::Sockets
            }
            Self::Protocol(_) | Self::Connection(..) | Self::Requests(_) => Subject::Connections,
        }
    }
}

/// Which calls a rule has to be asked about for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// All that is guarded.
    Everything,
    /// Connections, and the look-ups that belong to them.
    Connections,
    /// Connections without names.
    Sockets,
    /// Look-ups, and connections to name servers.
    Dns,
    /// Look-ups.
    Lookups,
    /// Files.
    Files,
    /// Libraries.
    Libraries,
    /// Programs.
    Programs,
}

impl Access {
    fn has(self, open: &Open, purpose: Purpose) -> bool {
        match (self, purpose) {
            (Self::Any, _) => true,
            (Self::Read, Purpose::Permit) => !open.write,
            (Self::Read, Purpose::Forbid) => open.read,
            (Self::Write, Purpose::Permit) => !open.read,
            (Self::Write, Purpose::Forbid) => open.write,
        }
    }
}

/// Any name may be looked up for a protocol that may go anywhere.
fn has_protocol(name: &str, call: &Call, purpose: Purpose) -> bool {
    let connections = || plugins::named(name).is_some_and(|card| card.kind == Kind::Connection);
    match call {
        Call::Connect(_) if name == "socket" => true,
        Call::Lookup(_) if purpose == Purpose::Permit && connections() => true,
        call => protocol(call) == name,
    }
}

fn has_connection(host: &Host, ports: Ports, connect: &Connect) -> bool {
    let Peer::Internet(address) = &connect.peer else {
        return false;
    };
    let named = || connect.names.iter().any(|name| host.has_name(name));
    ports.contain(address.port()) && (host.has_address(address.ip()) || named())
}

fn has_lookup(host: &Host, lookup: &Lookup) -> bool {
    match &lookup.query {
        Query::Name(name) => host.has_name(name),
        Query::Address(address) => host.has_address(*address),
    }
}
