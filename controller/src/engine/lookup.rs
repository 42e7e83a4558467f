//! Name look-ups: answered by a mock, by a stand-in where the later connection must be known by its
//! name, by the real name server, or not at all.

use std::net::{IpAddr, SocketAddr};

use bigfoot_ipc::guest::{Transport, Verdict};
use bigfoot_ipc::page::ticket_address;

use super::connect::opening_of;
use super::decide::{Decided, Known};
use super::findings::Fault;
use super::mocked::{Deed, Settled};
use super::{Asker, Claim, Engine, Outcome, Sought};
use crate::call::{Call, Connect, Lookup, Peer, Query};
use crate::fields::Fields;
use crate::mocks::Act;
use crate::plugins;
use crate::plugins::conversation::Reply;
use crate::plugins::dns::{self, Family};
use crate::report::Code;
use crate::rules::Level;
use crate::timeline::Layer;
use crate::verdict::Sandboxed;

mod repeats;

pub(super) use repeats::Repeats;

impl Engine {
    pub(super) fn look_up(
        &mut self,
        asker: &Asker,
        query: Query,
        known: bool,
        sought: Sought,
    ) -> Outcome {
        if let Some(outcome) = self.mocked_look_up(asker, &query, sought) {
            return outcome;
        }
        let name = match &query {
            Query::Name(name) => Some(name.clone()),
            Query::Address(_) => None,
        };
        let possible = matches!(sought, Sought::Addresses(_));
        let call = Call::Lookup(Lookup { query });
        match name {
            Some(name) if self.stands_in(asker, &name) => {
                self.stand_in(asker, call, &name, possible)
            }
            Some(name) if !known && self.needs_stand_in(asker, &call) => {
                self.stand_in(asker, call, &name, possible)
            }
            _ => self.decide(asker, call, known),
        }
    }

    /// Whether this name must be known at the later connection.
    pub(super) fn stands_in(&self, asker: &Asker, name: &str) -> bool {
        self.policies(asker).any(|policy| policy.stands_in(name))
            || self.mocks.places(asker.stand.owner()).stands_in(name)
    }

    /// Whether a mock for any host may answer what would be refused here.
    fn needs_stand_in(&mut self, asker: &Asker, call: &Call) -> bool {
        self.mocks.places(asker.stand.owner()).has_any()
            && matches!(
                self.judged(asker, call, Known { plumbing: true, ..Known::default() }),
                Decided::Real { said: false }
            )
            && (asker.stand.sandboxed != Sandboxed::Outside
                || self.policy.level(call) == Level::Error)
    }

    fn stand_in(&mut self, asker: &Asker, call: Call, name: &str, possible: bool) -> Outcome {
        let found = if possible { self.names.stand_in_for(name) } else { None };
        match found {
            Some((v4, v6)) => Verdict::Answer { v4: v4.octets(), v6: v6.octets() }.into(),
            // Other records than addresses are no look-up of what a mock answers at.
            None if !possible && !self.policies(asker).any(|policy| policy.stands_in(name)) => {
                self.decide(asker, call, false)
            }
            None => self.refuse(asker, call, Code::Denied, None),
        }
    }

    /// A look-up by libc that a mock answers.
    fn mocked_look_up(&mut self, asker: &Asker, query: &Query, sought: Sought) -> Option<Outcome> {
        if !self.mocks.names(dns::SOURCE, asker.stand.owner()) {
            return None;
        }
        match (query, sought) {
            (Query::Name(name), Sought::Addresses(None)) => self.both(asker, name),
            (Query::Name(name), Sought::Addresses(family)) => {
                let fields = dns::family(name, family?);
                self.settle_look_up(asker, query, fields)
                    .map(|settled| self.told(settled, |reply| dns::verdict_of(reply, family)))
            }
            (Query::Name(name), Sought::Records(kind)) => {
                self.by_name_server(asker, query, dns::records_of(name, kind?))
            }
            (Query::Address(address), _) => {
                self.by_name_server(asker, query, dns::pointer(*address))
            }
            (Query::Name(_), Sought::Name) => None,
        }
    }

    /// The addresses of both families: by a mock for both, else by one for each.
    fn both(&mut self, asker: &Asker, name: &str) -> Option<Outcome> {
        let query = Query::Name(name.to_owned());
        if let Some(settled) = self.settle_look_up(asker, &query, dns::both(name)) {
            return Some(self.told(settled, |reply| dns::verdict_of(reply, None)));
        }
        let [v4, v6] = [Family::V4, Family::V6]
            .map(|family| self.settle_look_up(asker, &query, dns::family(name, family)));
        match (v4, v6) {
            (Some(Settled::Mocked(v4, recorded)), Some(Settled::Mocked(v6, _))) => {
                let settled = Settled::Mocked(v4, recorded);
                Some(self.told(settled, |v4| dns::merged(Some(v4), Some(&v6))))
            }
            (Some(settled @ Settled::Mocked(..)), None) => {
                Some(self.told(settled, |reply| dns::merged(Some(reply), None)))
            }
            (None, Some(settled @ Settled::Mocked(..))) => {
                Some(self.told(settled, |reply| dns::merged(None, Some(reply))))
            }
            // One of them is to be real: then the one call is.
            (Some(Settled::Mocked(..)), Some(settled))
            | (Some(settled), _)
            | (_, Some(settled)) => Some(self.told(settled, |reply| dns::verdict_of(reply, None))),
            (None, None) => None,
        }
    }

    /// What a mock says of a look-up; None if there is none for it.
    fn settle_look_up(&mut self, asker: &Asker, query: &Query, fields: Fields) -> Option<Settled> {
        let deed = deed_of(query, fields)?;
        self.mocks.find(&deed.wanted(asker))?;
        let settled = self.settle(asker, deed);
        if let (Settled::Mocked(reply, _), Query::Name(name)) = (&settled, query) {
            self.remember_mocked(name, reply);
        }
        Some(settled)
    }

    fn told(&self, settled: Settled, verdict: impl FnOnce(&Reply) -> Verdict) -> Outcome {
        match settled {
            Settled::Mocked(reply, recorded) => {
                Outcome { unlocated: self.unlocated(recorded), ..verdict(&reply).into() }
            }
            Settled::Real(_, undescribed) => Outcome { undescribed, ..Verdict::Allow.into() },
            Settled::Refused(_, undescribed) => {
                Outcome { undescribed, ..Verdict::Deny { errno: nix::libc::EACCES }.into() }
            }
        }
    }

    /// What is no address is answered in the DNS's own form: the guest is told to ask us.
    fn by_name_server(&mut self, asker: &Asker, query: &Query, fields: Fields) -> Option<Outcome> {
        let deed = deed_of(query, fields)?;
        let number = self.mocks.find(&deed.wanted(asker))?;
        if matches!(self.mocks.mock(number).act, Act::Real(_)) {
            let settled = self.settle(asker, deed);
            return Some(self.told(settled, |reply| dns::verdict_of(reply, None)));
        }
        if self.setup.responder == 0 {
            return None;
        }
        let peer = Peer::Internet(NAME_SERVER);
        let connect = Connect { transport: Transport::Datagram, peer, names: Vec::new() };
        let ticket = self.conversations.ticket(asker, &connect, false);
        let to = SocketAddr::new(ticket_address(ticket).into(), self.setup.responder);
        let opening = opening_of(&connect);
        let claim = Claim { ticket, plugin: deed.plugin, opening, real: true, peer: None };
        Some(Outcome { claim: Some(claim), ..Verdict::Redirect { to }.into() })
    }

    /// The addresses that a mock gave are known by the name from now on.
    fn remember_mocked(&mut self, name: &str, reply: &Reply) {
        for address in dns::addresses_of(&reply.fields) {
            self.names.remember(name, address);
        }
    }

    pub(super) fn resolved(&mut self, name: &str, addresses: &[IpAddr]) -> Outcome {
        for address in addresses {
            self.names.remember(name, *address);
        }
        Verdict::Allow.into()
    }

    /// A look-up by a resolver of the program's own, which a plugin reads.
    pub(super) fn look_up_by_wire(&mut self, asker: &Asker, deed: Deed) -> Settled {
        let fits = |mock: usize| {
            let mock = self.mocks.mock(mock);
            deed.plugin.fits(deed.shape, &mock.when, &deed.fields)
        };
        if let Some(reply) = self.repeats.other_half(asker.pid, &deed.fields, fits) {
            return Settled::Mocked(reply, 0);
        }
        if let Some(mock) = self.mocks.find(&deed.wanted(asker)) {
            return self.mocked_by_wire(asker, deed, mock);
        }
        if let Some(reply) = self.repeats.silence(asker.pid, &deed.fields, fits) {
            return Settled::Mocked(reply, 0);
        }
        let Some(query) = dns::query_of(&deed.fields) else {
            return self.refused(asker, deed, Code::Denied, None);
        };
        let deed = Deed { call: Call::Lookup(Lookup { query: query.clone() }), ..deed };
        match query {
            Query::Name(name) if dns::is_of_addresses(&deed.fields) => {
                self.addresses_by_wire(asker, deed, &name)
            }
            _ => self.real_by_wire(asker, deed),
        }
    }

    fn mocked_by_wire(&mut self, asker: &Asker, deed: Deed, mock: usize) -> Settled {
        let fields = deed.fields.clone();
        let settled = self.settle(asker, deed);
        if let Settled::Mocked(reply, _) = &settled {
            if let Some(Query::Name(name)) = dns::query_of(&fields) {
                self.remember_mocked(&name, reply);
            }
            self.repeats.answered(asker.pid, &fields, mock, reply);
        }
        settled
    }

    fn addresses_by_wire(&mut self, asker: &Asker, deed: Deed, name: &str) -> Settled {
        if !self.stands_in(asker, name) && !self.needs_stand_in(asker, &deed.call) {
            return self.real_by_wire(asker, deed);
        }
        match self.names.stand_in_for(name) {
            Some((v4, v6)) => Settled::Mocked(dns::stand_in(v4, v6), 0),
            None => self.refused(asker, deed, Code::Denied, None),
        }
    }

    /// Real look-ups are no interactions of their own: what is done with the address is.
    fn real_by_wire(&mut self, asker: &Asker, deed: Deed) -> Settled {
        match self.judged(asker, &deed.call, Known::default()) {
            Decided::Real { .. } => Settled::Real(0, None),
            Decided::Warned => {
                Settled::Real(0, self.note(asker, Fault::warning(deed.call.clone())))
            }
            Decided::Refused(code, rule) => self.refused(asker, deed, code, rule),
        }
    }
}

/// The name server that libc's callers are told to ask in place of their own. Nobody is asked there.
const NAME_SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 53);

fn deed_of(query: &Query, fields: Fields) -> Option<Deed> {
    let (plugin, shape) = plugins::source(dns::SOURCE)?;
    let call = Call::Lookup(Lookup { query: query.clone() });
    Some(Deed {
        plugin,
        shape,
        fields,
        call,
        layer: Layer::Preload,
        plumbing: false,
        strict: false,
    })
}
