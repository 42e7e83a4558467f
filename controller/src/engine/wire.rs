//! What is asked on connections that plugins read.

use super::connect::{hosts_of, opening_of};
use super::mocked::{Deed, Settled};
use super::{Asker, Details, Engine, Stand};
use crate::call::{Call, Request};
use crate::fields::{Fields, Value};
use crate::plugins::conversation::{Answer, Reply};
use crate::plugins::layer::{self, Lifted};
use crate::plugins::{Plugin, dns, source};
use crate::timeline::Layer;
use crate::verdict::Sandboxed;

impl Engine {
    /// Adds where a connection was opened.
    pub fn opened(&mut self, ticket: u32, details: Details) {
        if let Some(conversation) = self.conversations.open.get_mut(&ticket) {
            conversation.details = details;
        }
    }

    /// Who asks on a connection: who opened it, in the test that runs in its process now.
    pub(super) fn asker_of(&self, ticket: u32) -> Option<Asker> {
        let conversation = self.conversations.open.get(&ticket)?;
        let mut asker = conversation.asker.clone();
        if let Some(test) = self.tests.get(&(asker.pid, asker.started)) {
            asker.test = Some(test.clone());
        }
        Some(self.now(asker))
    }

    /// Who opened a connection, where what is done on it stands now: in the test of the thread that
    /// opened it. One that was opened in a sandbox is late when that is closed and its test has no
    /// other, whoever uses it then.
    fn now(&self, asker: Asker) -> Asker {
        let opened = asker.stand;
        let mut asker = self.attributed(&asker);
        if opened.test.is_some()
            && opened.sandbox.is_some()
            && asker.stand.sandboxed == Sandboxed::Outside
        {
            asker.stand = Stand { sandboxed: Sandboxed::Closed, ..opened };
        }
        asker
    }

    /// Answers a request on a connection.
    pub fn answer(&mut self, ticket: u32, name: &'static str, fields: Fields) -> Answer {
        let known =
            self.asker_of(ticket).zip(self.conversations.open.get(&ticket)).zip(source(name));
        let Some(((asker, conversation), (plugin, shape))) = known else {
            self.conversations.lost += 1;
            return Answer::Refused("the connection is not known".to_owned());
        };
        let connect = conversation.connect.clone();
        let request = Request { connect, source: name, fields: short(&fields) };
        let plumbing = conversation.own;
        let call = Call::Request(request);
        let deed =
            Deed { plugin, shape, fields, call, layer: Layer::Wire, plumbing, strict: false };
        let settled = self.settle_on(ticket, &asker, deed);
        self.answered(ticket, settled)
    }

    fn settle_on(&mut self, ticket: u32, asker: &Asker, deed: Deed) -> Settled {
        if let Some(settled) = self.by_step(ticket, asker, &deed) {
            return settled;
        }
        if deed.shape.source == dns::SOURCE {
            return self.look_up_by_wire(asker, deed);
        }
        if let Some(settled) = self.by_layer(ticket, asker, &deed) {
            return settled;
        }
        if deed.shape.opens
            && let Some(number) = self.mocks.find(&deed.wanted(asker))
        {
            self.bind(ticket, number);
        }
        self.settle(asker, deed)
    }

    /// What a plugin above this one makes of it, where mocks of that one may answer here. A mock of the
    /// lower protocol comes first.
    fn by_layer(&mut self, ticket: u32, asker: &Asker, deed: &Deed) -> Option<Settled> {
        let connect = &self.conversations.open.get(&ticket)?.connect;
        let (hosts, port) = (hosts_of(connect), opening_of(connect).port);
        let places = self.mocks.places(asker.stand.owner());
        let spoken = |plugin: &dyn Plugin| places.speak(&hosts, port, plugin.card().name);
        let Lifted { plugin, layer, shape, fields } =
            layer::lifted(deed.shape.source, &deed.fields, spoken)?;
        if self.mocks.find(&deed.wanted(asker)).is_some() {
            return None;
        }
        let upper = Deed { plugin, shape, fields, ..deed.clone() };
        Some(match self.settle(asker, upper) {
            Settled::Mocked(reply, recorded) => {
                let fields = layer.lower(shape.source, &reply.fields).into();
                Settled::Mocked(Reply { fields, fault: reply.fault }, recorded)
            }
            other => other,
        })
    }

    fn answered(&mut self, ticket: u32, settled: Settled) -> Answer {
        match settled {
            Settled::Mocked(reply, recorded) => {
                self.locate_on(ticket, recorded);
                Answer::Mocked(reply)
            }
            Settled::Real(recorded, undescribed) => {
                self.locate_on(ticket, recorded);
                self.describe_on(ticket, undescribed);
                Answer::Real(recorded)
            }
            Settled::Refused(code, undescribed) => {
                self.describe_on(ticket, undescribed);
                Answer::Refused(format!("{} {}", code.name(), code.title()))
            }
        }
    }

    fn locate_on(&mut self, ticket: u32, recorded: u64) {
        let details = self.conversations.open.get(&ticket).map(|it| it.details.clone());
        let wanted = self.conversations.expected.contains_key(&recorded).then_some(recorded);
        let number = self.unlocated(recorded).or(wanted);
        if let (Some(number), Some(details)) = (number, details) {
            self.locate(number, details);
        }
    }

    pub(super) fn describe_on(&mut self, ticket: u32, undescribed: Option<usize>) {
        let details = self.conversations.open.get(&ticket).map(|it| it.details.clone());
        if let (Some(number), Some(details)) = (undescribed, details) {
            self.describe(number, details);
        }
    }
}

/// What rules may name of a request: its short fields, and no bodies.
pub(super) fn short(fields: &Fields) -> Fields {
    let is_short = |value: &Value| match value {
        Value::Text(text) => text.len() <= SHORT_BYTES_MAX,
        Value::Number(_) => true,
        _ => false,
    };
    let short = fields.iter().filter(|(_, value)| is_short(value));
    short.fold(Fields::new(), |kept, (name, value)| kept.with(name, value.clone()))
}

/// Longest field that a rule is held against, in bytes: the longest address of a request.
const SHORT_BYTES_MAX: usize = 64 << 10;
