//! Name look-ups: answered by a mock, by a stand-in where the later connection must be known by its
//! name, by the real name server, or not at all.

use std::net::IpAddr;

use bigfoot_ipc::guest::Verdict;

use super::decide::Decided;
use super::findings::Fault;
use super::mocked::{Deed, Settled};
use super::{Asker, Engine, Outcome};
use crate::call::{Call, Lookup, Query};
use crate::fields::Fields;
use crate::mocks::table::Wanted;
use crate::plugins;
use crate::plugins::dns;
use crate::report::Code;
use crate::rules::Level;
use crate::timeline::Layer;
use crate::verdict::Sandboxed;

impl Engine {
    pub(super) fn look_up(
        &mut self,
        asker: &Asker,
        query: Query,
        known: bool,
        stand_in: bool,
    ) -> Outcome {
        if let Some(outcome) = self.mocked_look_up(asker, &query, stand_in) {
            return outcome;
        }
        let name = match &query {
            Query::Name(name) => Some(name.clone()),
            Query::Address(_) => None,
        };
        let call = Call::Lookup(Lookup { query });
        match name {
            Some(name) if self.stands_in(&name) => self.stand_in(asker, call, &name, stand_in),
            Some(name) if !known && self.needs_stand_in(asker, &call) => {
                self.stand_in(asker, call, &name, stand_in)
            }
            _ => self.decide(asker, call, known),
        }
    }

    /// Whether this name must be known at the later connection.
    pub(super) fn stands_in(&self, name: &str) -> bool {
        self.policy.stands_in(name) || self.mocks.places().stands_in(name)
    }

    /// Whether a mock for any host may answer what would be refused here.
    fn needs_stand_in(&mut self, asker: &Asker, call: &Call) -> bool {
        self.mocks.places().has_any()
            && matches!(self.judged(asker, call, true, false), Decided::Real { said: false })
            && (self.sandboxes.of(asker).0 != Sandboxed::Outside
                || self.policy.level(call) == Level::Error)
    }

    fn stand_in(&mut self, asker: &Asker, call: Call, name: &str, possible: bool) -> Outcome {
        let found = if possible { self.names.stand_in_for(name) } else { None };
        match found {
            Some((v4, v6)) => Verdict::Answer { v4: v4.octets(), v6: v6.octets() }.into(),
            None => self.refuse(asker, call, Code::Denied, None),
        }
    }

    /// A look-up that a mock answers.
    fn mocked_look_up(&mut self, asker: &Asker, query: &Query, numbers: bool) -> Option<Outcome> {
        if !numbers || !self.mocks.names(dns::SOURCE) {
            return None;
        }
        let fields = dns::fields_of(query);
        let (plugin, shape) = plugins::source(dns::SOURCE)?;
        let wanted = Wanted { plugin, shape, fields: &fields, test: asker.test.as_deref() };
        self.mocks.find(&wanted)?;
        let call = Call::Lookup(Lookup { query: query.clone() });
        let deed = Deed { plugin, shape, fields, call, layer: Layer::Preload, plumbing: false };
        Some(match self.settle(asker, deed) {
            Settled::Mocked(reply, recorded) => {
                self.remember_mocked(query, &reply.fields);
                let unlocated = self.unlocated(recorded);
                Outcome { unlocated, ..dns::verdict_of(&reply).into() }
            }
            Settled::Real(_, undescribed) => Outcome { undescribed, ..Verdict::Allow.into() },
            Settled::Refused(_, undescribed) => {
                Outcome { undescribed, ..Verdict::Deny { errno: nix::libc::EACCES }.into() }
            }
        })
    }

    /// The addresses that a mock gave are known by the name from now on.
    pub(super) fn remember_mocked(&mut self, query: &Query, reply: &Fields) {
        if let Query::Name(name) = query {
            for address in dns::addresses_of(reply) {
                self.names.remember(name, address);
            }
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
        let found = self.mocks.find(&deed.wanted(asker));
        let query = dns::query_of(&deed.fields);
        if found.is_some() {
            let settled = self.settle(asker, deed);
            if let (Settled::Mocked(reply, _), Some(query)) = (&settled, &query) {
                self.remember_mocked(query, &reply.fields);
            }
            return settled;
        }
        if let Some(Query::Name(name)) = &query {
            let call = Call::Lookup(Lookup { query: Query::Name(name.clone()) });
            if self.stands_in(name) || self.needs_stand_in(asker, &call) {
                return match self.names.stand_in_for(name) {
                    Some((v4, v6)) => Settled::Mocked(dns::stand_in(v4, v6), 0),
                    None => self.refused(asker, deed, Code::Denied, None),
                };
            }
        }
        let deed = match query {
            Some(query) => Deed { call: Call::Lookup(Lookup { query }), ..deed },
            None => deed,
        };
        // Real look-ups are no interactions of their own: what is done with the address is.
        match self.judged(asker, &deed.call, false, false) {
            Decided::Real { .. } => Settled::Real(0, None),
            Decided::Warned => {
                Settled::Real(0, self.note(asker, Fault::warning(deed.call.clone())))
            }
            Decided::Refused(code, rule) => self.refused(asker, deed, code, rule),
        }
    }
}
