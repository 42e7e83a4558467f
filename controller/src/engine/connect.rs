//! Connections: answered by a plugin where a mock or a rule needs it, else decided.

use std::net::SocketAddr;

use bigfoot_ipc::guest::{Transport, Verdict};
use bigfoot_ipc::page::ticket_address;

use super::mocked::{Deed, reply_of};
use super::{Asker, Claim, Engine, Outcome};
use crate::call::{Call, Connect, Peer};
use crate::fields::Fields;
use crate::plugins::conversation::Opening;
use crate::plugins::{self, Plugin};
use crate::rules::{Decision, Level, Policy, host};
use crate::shared::Event;
use crate::timeline::{How, Layer};

/// A connection or a datagram, with what the machine says of it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) transport: Transport,
    pub(super) peer: Peer,
    /// The server there is the tree's own.
    pub(super) own: bool,
    /// Nobody serves there, on this machine.
    pub(super) vacant: bool,
}

impl Engine {
    pub(super) fn connect(&mut self, asker: &Asker, asked: Asked) -> Outcome {
        let Asked { transport, peer, own, vacant } = asked;
        if matches!(&peer, Peer::UnixPath(path) if *path == self.setup.socket) {
            self.sandboxes.connected(asker);
            return Verdict::Allow.into();
        }
        let port = local_port(&peer);
        let names = match &peer {
            Peer::Internet(address) => self.names.of(address.ip()),
            _ => Vec::new(),
        };
        let asked_by_libc = asker.layer == Layer::Backstop && matches!(peer, Peer::UnixPath(_));
        let belongs = (asker.in_lookup || asked_by_libc) && is_name_service(&peer);
        let connect = Connect { transport, peer, names };
        let belongs = belongs || (asker.layer == Layer::Backstop && is_route_probe(&connect));
        if !belongs && let Some(outcome) = self.claim(asker, &connect, own) {
            return outcome;
        }
        let known = self.is_known(asker, &connect);
        let outcome = self.direct(asker, connect, own || belongs);
        let known = known.filter(|_| outcome.verdict == Verdict::Allow && outcome.real.is_none());
        self.vacancy(Outcome { known, ..outcome }, port, own, vacant)
    }

    /// The peer, if a connection to it is plainly allowed, by streams and datagrams, for every process and
    /// test, for as long as no name of its address is learned.
    fn is_known(&self, asker: &Asker, connect: &Connect) -> Option<SocketAddr> {
        let Peer::Internet(address) = connect.peer else {
            return None;
        };
        if self.wants_test(asker) || !self.sandboxes.is_empty() || asker.layer != Layer::Preload {
            return None;
        }
        let plainly = |transport| {
            let call = Call::Connect(Connect { transport, ..connect.clone() });
            match self.policy.speak(&call, None) {
                Decision::Allowed { .. } => true,
                Decision::Silent => self.policy.level(&call) == Level::Off,
                _ => false,
            }
        };
        let hosts = hosts_of(connect);
        let free = |transport| {
            let connect = Connect { transport, ..connect.clone() };
            let opening = opening_of(&connect);
            self.claimant(asker, &connect, &hosts, &opening).is_none()
        };
        let both = [Transport::Stream, Transport::Datagram];
        both.into_iter().all(|it| plainly(it) && free(it)).then_some(address)
    }

    /// A guest made a connection by a decision of its own.
    pub fn happened(&mut self, event: &Event) {
        let Event { process, peer, .. } = *event;
        self.processes.called(process);
        if self.records() {
            let names = self.names.of(peer.ip());
            let (transport, peer) = (Transport::Stream, Peer::Internet(peer));
            let connect = Connect { transport, peer, names };
            let opening = opening_of(&connect);
            self.record_direct(&self.attributed(&Asker::of(event)), connect, &opening);
        }
    }

    /// A connection that no plugin reads.
    fn direct(&mut self, asker: &Asker, connect: Connect, plumbing: bool) -> Outcome {
        let address = match connect.peer {
            Peer::Internet(address) => Some(address),
            _ => None,
        };
        let opening = opening_of(&connect);
        let outcome = self.decide(asker, Call::Connect(connect.clone()), plumbing);
        if outcome.verdict != Verdict::Allow {
            return outcome;
        }
        if !plumbing && self.records() {
            self.record_direct(asker, connect, &opening);
        }
        match address.and_then(|address| self.real(address)) {
            Some(real) => Outcome { real: Some(real), ..outcome },
            None => outcome,
        }
    }

    fn record_direct(&mut self, asker: &Asker, connect: Connect, opening: &Opening) {
        if let Some((plugin, shape)) = plugins::source("socket:connect") {
            let fields = place_of(opening);
            let call = Call::Connect(connect);
            let deed = Deed {
                plugin,
                shape,
                fields,
                call,
                layer: asker.layer,
                plumbing: false,
                strict: false,
            };
            self.record(asker, deed, How::Real, true);
        }
    }

    /// Hands a connection to the plugin that may have to answer on it.
    fn claim(&mut self, asker: &Asker, connect: &Connect, own: bool) -> Option<Outcome> {
        if self.setup.responder == 0 {
            return None;
        }
        let mut opening = opening_of(connect);
        let hosts = hosts_of(connect);
        // A mock may know it by its address, or by another of its names.
        if let Some(host) = self.mocks.places(asker.stand.owner()).known_as(&hosts, opening.port) {
            opening.host.clone_from(host);
        }
        let plugin = self.claimant(asker, connect, &hosts, &opening)?;
        if let Some(refusal) = self.refusal(asker, connect, &hosts, &opening) {
            return Some(refusal);
        }
        let ticket = self.conversations.ticket(asker, connect, own);
        let verdict = match &connect.peer {
            Peer::Internet(_) => {
                let to = SocketAddr::new(ticket_address(ticket).into(), self.setup.responder);
                Verdict::Redirect { to }
            }
            _ => Verdict::Unix { number: ticket },
        };
        let real = opening.address.is_some_and(|address| self.real(address).is_none());
        let claim = Claim { ticket, plugin, opening, real, peer: None };
        Some(Outcome { claim: Some(claim), ..verdict.into() })
    }

    fn claimant(
        &self,
        asker: &Asker,
        connect: &Connect,
        hosts: &[String],
        opening: &Opening,
    ) -> Option<&'static dyn Plugin> {
        if matches!(connect.peer, Peer::Other(_) | Peer::UnixAbstract(_)) {
            return None;
        }
        if matches!(connect.peer, Peer::UnixPath(_)) && connect.transport != Transport::Stream {
            return None;
        }
        let speaks = |plugin: &&'static dyn Plugin| plugin.converse(opening).is_some();
        let mocked = self.mocks.places(asker.stand.owner()).at(hosts, opening.port).filter(speaks);
        mocked
            .or_else(|| self.resolver(asker, opening))
            .or_else(|| self.reader(asker, connect, opening))
    }

    /// Programs with resolvers of their own ask our name server where names must hold for them too.
    fn resolver(&self, asker: &Asker, opening: &Opening) -> Option<&'static dyn Plugin> {
        let asks = opening.port == 53;
        let owner = asker.stand.owner();
        let matters = self.mocks.names("dns:lookup", owner)
            || !self.mocks.places(owner).is_empty()
            || self.policies(asker).any(Policy::has_stand_ins);
        (asks && matters).then(|| plugins::plugin("dns")).flatten()
    }

    /// A rule that names a method, a path or the like needs the requests read.
    fn reader(
        &self,
        asker: &Asker,
        connect: &Connect,
        opening: &Opening,
    ) -> Option<&'static dyn Plugin> {
        let Peer::Internet(address) = &connect.peer else {
            return None;
        };
        let stream = opening.transport == Transport::Stream;
        let read = |policy: &Policy| policy.reads(&connect.names, address.ip(), address.port());
        stream.then(|| self.policies(asker).find_map(read)).flatten().and_then(plugins::plugin)
    }

    /// A connection that a mock wants refused comes to nothing here.
    fn refusal(
        &mut self,
        asker: &Asker,
        connect: &Connect,
        hosts: &[String],
        opening: &Opening,
    ) -> Option<Outcome> {
        let test = asker.test.as_deref();
        let number = self.mocks.refusal(hosts, opening.port, test, asker.stand.owner())?;
        let mock = self.mocks.mock(number);
        let (act, asserts, origin) = (mock.act.clone(), mock.asserts, mock.origin.clone());
        let deed = Deed {
            plugin: mock.plugin,
            shape: mock.shape,
            fields: refused_fields(mock, opening),
            call: Call::Connect(connect.clone()),
            layer: asker.layer,
            plumbing: false,
            strict: false,
        };
        let recorded = self.record(asker, deed, How::Mocked(origin), asserts);
        self.mocks.use_up(number, test, recorded);
        self.replied(recorded, &reply_of(&act, 0));
        let unlocated = self.unlocated(recorded);
        let verdict = Verdict::Deny { errno: nix::libc::ECONNREFUSED };
        Some(Outcome { unlocated, ..verdict.into() })
    }

    /// A guest that waits for a server of its own calls before it is there. Such a call fails as it
    /// would without us, and is forgiven once the tree serves at that port.
    fn vacancy(&mut self, outcome: Outcome, port: Option<u16>, own: bool, vacant: bool) -> Outcome {
        let Some(port) = port else {
            return outcome;
        };
        if own {
            self.findings.forgive(port);
        }
        match outcome.verdict {
            Verdict::Deny { .. } if vacant => {
                self.findings.await_server(port, outcome.undescribed);
                let verdict = Verdict::Deny { errno: nix::libc::ECONNREFUSED };
                Outcome { verdict, ..outcome }
            }
            Verdict::Deny { .. } => {
                self.findings.stop_waiting(port); // somebody else serves there
                outcome
            }
            _ => outcome,
        }
    }

    /// Name and port of a stand-in address.
    pub(super) fn real(&self, address: SocketAddr) -> Option<(String, u16)> {
        Some((self.names.stand_in(address.ip())?.to_owned(), address.port()))
    }
}

/// What a connection that was refused would have been, as far as its mock tells.
fn refused_fields(mock: &crate::mocks::Mock, opening: &Opening) -> Fields {
    let mut fields = Fields::new();
    for (name, matcher) in &mock.when.0 {
        if let crate::mocks::Matcher::Exact(value) = matcher {
            fields.set(name, value.clone());
        }
    }
    for (name, value) in place_of(opening).iter() {
        if mock.shape.field(name).is_some() && fields.get(name).is_none() {
            fields.set(name, value.clone());
        }
    }
    fields
}

/// Host and port, or the path of a Unix socket.
pub(super) fn place_of(opening: &Opening) -> Fields {
    let transport = match (opening.address, opening.transport) {
        (None, _) => "unix",
        (_, Transport::Datagram) => "udp",
        _ => "tcp",
    };
    let place = Fields::new().with("host", opening.host.as_str());
    let place = match opening.address {
        Some(_) => place.with("port", i64::from(opening.port)),
        None => place.with("path", opening.host.as_str()),
    };
    place.with("transport", transport)
}

/// To whom a connection was opened.
pub(super) fn opening_of(connect: &Connect) -> Opening {
    let (host, port, address) = match &connect.peer {
        Peer::Internet(address) => {
            let name = connect.names.first().cloned();
            let host = name.unwrap_or_else(|| address.ip().to_canonical().to_string());
            (host, address.port(), Some(*address))
        }
        Peer::UnixPath(path) => (path.to_string_lossy().into_owned(), 0, None),
        Peer::UnixAbstract(name) => (format!("@{}", String::from_utf8_lossy(name)), 0, None),
        Peer::Other(family) => (format!("family={family}"), 0, None),
    };
    Opening { host, port, transport: connect.transport, address, encrypted: false, alpn: None }
}

/// By what names a mock may know the peer.
pub(super) fn hosts_of(connect: &Connect) -> Vec<String> {
    let mut hosts = connect.names.clone();
    match &connect.peer {
        Peer::Internet(address) => {
            let address = address.ip().to_canonical();
            hosts.push(host::normal(&address.to_string()));
            if address.is_loopback() {
                hosts.push("localhost".to_owned());
            }
        }
        Peer::UnixPath(path) => hosts.push(path.to_string_lossy().into_owned()),
        _ => {}
    }
    hosts
}

/// The port of an address on loopback.
fn local_port(peer: &Peer) -> Option<u16> {
    match peer {
        Peer::Internet(address) if address.ip().to_canonical().is_loopback() => {
            Some(address.port())
        }
        _ => None,
    }
}

/// Whether a program with a resolver of its own asks the kernel which way to an address leads, as Go's
/// does to sort what it looked up (RFC 6724): a datagram socket that is connected sends nothing. It
/// takes the port of discard (RFC 863), at which no server of a name is.
fn is_route_probe(connect: &Connect) -> bool {
    const DISCARD: u16 = 9;
    let discards = matches!(connect.peer, Peer::Internet(address) if address.port() == DISCARD);
    discards && connect.transport == Transport::Datagram && !connect.names.is_empty()
}

/// Whether a server is one that libc asks for names: a cache's socket, or the DNS's port.
fn is_name_service(peer: &Peer) -> bool {
    match peer {
        Peer::Internet(address) => address.port() == 53,
        Peer::UnixPath(path) => {
            path.starts_with("/run/nscd")
                || path.starts_with("/var/run/nscd")
                || path.starts_with("/run/systemd/resolve")
                || path.starts_with("/run/systemd/userdb")
                || path.starts_with("/run/systemd/machine")
        }
        _ => false,
    }
}
