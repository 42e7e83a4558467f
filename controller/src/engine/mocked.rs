//! What a guest does in a protocol that can be mocked: a mock answers it, or rules, sandbox and guard
//! level decide it; and it is recorded.

use std::sync::Arc;

use super::decide::{Decided, Known};
use super::findings::{About, Fault};
use super::{Asker, Details, Engine, Stand};
use crate::call::{Call, Exec, Lookup, Peer, Query};
use crate::fields::{Fields, Value};
use crate::mocks::table::Wanted;
use crate::mocks::{Act, Mock};
use crate::plugins::card::Shape;
use crate::plugins::conversation::Reply;
use crate::plugins::{self, Plugin};
use crate::report::{Code, Request, differ, paste};
use crate::rules::TestGlob;
use crate::timeline::{Asserted, How, Interaction, Layer};
use crate::verdict::Sandboxed;

/// One thing that a guest does.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    pub(super) plugin: &'static dyn Plugin,
    pub(super) shape: &'static Shape,
    pub(super) fields: Fields,
    /// The call that it is, or that it belongs to.
    pub(super) call: Call,
    pub(super) layer: Layer,
    /// No call of the tests' own.
    pub(super) plumbing: bool,
    /// A call of the tests' own, whoever makes it.
    pub(super) strict: bool,
}

/// What becomes of it.
#[derive(Debug)]
pub(super) enum Settled {
    /// This is the answer. The number of what was recorded, whose details are wanted if nothing
    /// asserts it yet.
    Mocked(Reply, u64),
    /// The real call. The number of what was recorded, or 0; a finding whose details are wanted.
    Real(u64, Option<usize>),
    /// None: why, and a finding whose details are wanted.
    Refused(Code, Option<usize>),
}

impl Engine {
    /// Whether what the guests do is recorded at all.
    pub(super) fn records(&self) -> bool {
        self.setup.records || !self.mocks.is_empty() || !self.sandboxes.is_empty()
    }

    /// Answers one thing, by a mock or by the rules.
    pub(super) fn settle(&mut self, asker: &Asker, deed: Deed) -> Settled {
        match self.mocks.find(&deed.wanted(asker)) {
            Some(number) => self.by_mock(asker, deed, number),
            None => self.by_rules(asker, deed),
        }
    }

    pub(super) fn by_mock(&mut self, asker: &Asker, deed: Deed, number: usize) -> Settled {
        let Mock { act, asserts, origin, .. } = self.mocks.mock(number);
        let (act, asserts, origin) = (act.clone(), *asserts, origin.clone());
        match act {
            Act::Real(expected) => {
                let decided = self.judged(asker, &deed.call, deed.known(true));
                if let Decided::Refused(code, rule) = decided {
                    return self.refused(asker, deed, code, rule);
                }
                let lacks = self.setup.require_response && deed.shape.protocol() == "http";
                let asserts = asserts && !(lacks && expected.is_empty());
                let recorded = self.record(asker, deed, How::Passed(origin), asserts);
                self.mocks.use_up(number, asker.test.as_deref(), recorded);
                self.conversations.expect(recorded, number);
                Settled::Real(recorded, None)
            }
            act => {
                let recorded = self.record(asker, deed, How::Mocked(origin), asserts);
                let nth = self.mocks.use_up(number, asker.test.as_deref(), recorded);
                let reply = reply_of(&act, nth);
                self.replied(recorded, &reply);
                Settled::Mocked(reply, recorded)
            }
        }
    }

    /// What was recorded was answered with this.
    pub(super) fn replied(&mut self, recorded: u64, reply: &Reply) {
        if let Some(interaction) = self.timeline.get_mut(recorded) {
            interaction.reply = reply.fields.clone();
        }
    }

    pub(super) fn by_rules(&mut self, asker: &Asker, deed: Deed) -> Settled {
        match self.judged(asker, &deed.call, deed.known(false)) {
            Decided::Real { .. } if deed.plumbing => Settled::Real(0, None),
            Decided::Real { .. } => Settled::Real(self.record(asker, deed, How::Real, true), None),
            Decided::Warned => {
                let about = self.about(asker, &deed, Code::Guarded);
                let fault = Fault { about: Some(about), ..Fault::warning(deed.call.clone()) };
                let undescribed = self.note(asker, fault);
                Settled::Real(self.record(asker, deed, How::Real, true), undescribed)
            }
            Decided::Refused(code, rule) => self.refused(asker, deed, code, rule),
        }
    }

    pub(super) fn refused(
        &mut self,
        asker: &Asker,
        deed: Deed,
        code: Code,
        rule: Option<(String, String)>,
    ) -> Settled {
        let about = Some(self.about(asker, &deed, code));
        let fault = Fault { call: deed.call.clone(), code, rule, refused: true, about };
        let undescribed = self.note(asker, fault);
        self.record(asker, deed, How::Refused, true);
        Settled::Refused(code, undescribed)
    }

    /// Writes down what a guest did. `said` if nothing more has to be said of it.
    pub(super) fn record(&mut self, asker: &Asker, deed: Deed, how: How, said: bool) -> u64 {
        if !self.records() {
            return 0;
        }
        let Stand { sandboxed: stands, sandbox, .. } = asker.stand;
        let asserted = match (stands, &how) {
            (Sandboxed::Outside, _) | (_, How::Real | How::Refused) => Asserted::Needless,
            _ if said => Asserted::Done,
            _ => Asserted::Open,
        };
        let interaction = Interaction {
            number: 0,
            plugin: deed.plugin,
            shape: deed.shape,
            fields: if asserted == Asserted::Open { deed.fields } else { digested(deed.fields) },
            reply: Arc::default(),
            how,
            call: deed.call,
            test: asker.test.clone(),
            process: (asker.pid, asker.lineage, asker.thread),
            layer: deed.layer,
            sandbox,
            asserted,
            details: Details::default(),
        };
        self.timeline.record_in(asker.stand.timeline(), interaction)
    }

    /// Whether the details of what was recorded are wanted for the report.
    pub(super) fn unlocated(&self, recorded: u64) -> Option<u64> {
        let open = |it: &&Interaction| it.asserted == Asserted::Open;
        self.timeline.get(recorded).filter(open).map(|it| it.number)
    }

    /// What helps to mend that something was not answered.
    fn about(&self, asker: &Asker, deed: &Deed, code: Code) -> About {
        let mut parts = Vec::new();
        if matches!(code, Code::Unmocked | Code::Guarded | Code::Mismatch) {
            parts.extend(self.nearest(&deed.wanted(asker)));
        }
        let helps = !matches!(code, Code::Late | Code::Unattributed); // it was made elsewhere, or too late
        if !helps {
            parts.extend(self.which(asker));
        }
        About {
            request: Some(Request {
                source: deed.shape.source,
                words: deed.plugin.words(deed.shape, &deed.fields),
                fields: deed.fields.clone(),
            }),
            parts,
            mock: helps.then(|| self.pasted(asker, deed.plugin, deed.shape, &deed.fields)),
        }
    }

    /// The nearest mocks, each with what differs, or how it was used up.
    pub(super) fn nearest(&self, wanted: &Wanted<'_>) -> Vec<(&'static str, Vec<String>)> {
        let line = |number: usize| {
            let mock = self.mocks.mock(number);
            let differing = differences(mock, wanted);
            let lines = if !self.mocks.is_for(number, wanted.test) {
                let tests = mock.test.as_ref().map_or("", TestGlob::text);
                vec![format!("{} is for the tests {tests} only", mock.origin)]
            } else if differing.is_empty() {
                vec![self.used_up(number, mock)]
            } else {
                differ::lines(&mock.origin.to_string(), &differing)
            };
            ("nearest", lines)
        };
        self.mocks.nearest(wanted).into_iter().map(line).collect()
    }

    /// Where a mock was used up that would have answered.
    fn used_up(&self, number: usize, mock: &Mock) -> String {
        let times = mock.times.max.unwrap_or_default();
        let times = if times == 1 { "once".to_owned() } else { format!("{times} times") };
        let last = self.mocks.last(number).and_then(|last| self.timeline.get(last));
        let by = last.map_or_else(String::new, |last| {
            let test = last.test.as_deref().map_or(String::new(), |test| format!(" of {test}"));
            format!(", last for call {}{test}", last.number)
        });
        format!("{} answers this and was used up: it answers {times}{by}", mock.origin)
    }

    /// A mock that would answer a libc call of which no plugin read more.
    pub(super) fn about_call(&self, asker: &Asker, call: &Call) -> Option<About> {
        let (plugin, shape, fields) = deed_of(call)?;
        let mock = Some(self.pasted(asker, plugin, shape, &fields));
        Some(About { request: None, parts: Vec::new(), mock })
    }
}

/// Long values by their digests, so that what nothing more is asked of takes little room.
fn digested(fields: Fields) -> Fields {
    let long = |value: &Value| match value {
        Value::Bytes(bytes) => bytes.len() > KEPT_BYTES_MAX,
        Value::Text(text) => text.len() > KEPT_BYTES_MAX,
        Value::Json(document) => document.to_string().len() > KEPT_BYTES_MAX,
        _ => false,
    };
    if !fields.iter().any(|(_, value)| long(value)) {
        return fields;
    }
    let kept = fields
        .iter()
        .map(|(name, value)| (name, if long(value) { digest(value) } else { value.clone() }));
    kept.fold(Fields::new(), |fields, (name, value)| fields.with(name, value))
}

/// Longest value that is kept as it is once nothing more is asked of it, in bytes.
const KEPT_BYTES_MAX: usize = 64 << 10;

fn digest(value: &Value) -> Value {
    let bytes = match value {
        Value::Json(document) => document.to_string().into_bytes(),
        value => value.bytes().unwrap_or_default().into_owned(),
    };
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Value::Text(format!("{} bytes, SHA-256 {hex}", bytes.len()))
}

impl Deed {
    fn known(&self, passes: bool) -> Known {
        Known { plumbing: self.plumbing, strict: self.strict, passes }
    }

    pub(super) fn wanted<'a>(&'a self, asker: &'a Asker) -> Wanted<'a> {
        Wanted {
            plugin: self.plugin,
            shape: self.shape,
            fields: &self.fields,
            test: asker.test.as_deref(),
            owner: asker.stand.owner(),
        }
    }
}

/// The n-th answer of a mock, from 0.
pub(super) fn reply_of(act: &Act, nth: u64) -> Reply {
    match act {
        Act::Replies(replies) => {
            let nth = usize::try_from(nth).unwrap_or(usize::MAX);
            let fields = replies.get(nth).or(replies.last()).cloned().unwrap_or_default();
            Reply { fields, fault: None }
        }
        Act::Fault(fault, fields) => Reply { fields: fields.clone(), fault: Some(*fault) },
        Act::Real(_) => Reply::default(),
    }
}

/// What came, where as much of it as is shown is what was waited for.
pub(super) fn further_on(expected: &str, actual: String) -> String {
    if expected == actual { format!("{actual} (differs further on)") } else { actual }
}

/// What a mock waited for and what came, of the fields that differ.
fn differences(mock: &Mock, wanted: &Wanted<'_>) -> Vec<(&'static str, String, String)> {
    let differing = mock.when.differing(wanted.shape, wanted.fields);
    let pair = |(name, matcher): (&'static str, &crate::mocks::Matcher)| {
        let actual = wanted.fields.get(name).map_or_else(|| "nothing".to_owned(), paste::value);
        (name, matcher.words(), further_on(&matcher.words(), actual))
    };
    differing.into_iter().map(pair).collect()
}

/// A libc call in the words of the plugin that would mock it.
fn deed_of(call: &Call) -> Option<(&'static dyn Plugin, &'static Shape, Fields)> {
    match call {
        Call::Connect(connect) => {
            let Peer::Internet(address) = &connect.peer else {
                return None;
            };
            let host = connect.names.first().cloned().unwrap_or(address.ip().to_string());
            let port = address.port();
            if plugins::on_port(port) == "http" {
                return web(&host, port);
            }
            let (plugin, shape) = plugins::source("socket:exchange")?;
            let fields = Fields::new().with("host", host).with("port", i64::from(port));
            Some((plugin, shape, fields))
        }
        // What a name is looked up for is not known yet; mostly it is this.
        Call::Lookup(Lookup { query: Query::Name(name) }) => web(name, 443),
        Call::Exec(Exec { arguments, .. }) => {
            let (plugin, shape) = plugins::source("subprocess:run")?;
            Some((plugin, shape, Fields::new().with("argv", arguments.clone())))
        }
        _ => None,
    }
}

/// A request of the web at this host, whatever it asks for.
fn web(host: &str, port: u16) -> Option<(&'static dyn Plugin, &'static Shape, Fields)> {
    let (plugin, shape) = plugins::source("http:request")?;
    let scheme = if matches!(port, 443 | 8443) { "https" } else { "http" };
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let shown = if matches!(port, 80 | 443) { String::new() } else { format!(":{port}") };
    let url = format!("{scheme}://{host}{shown}/*");
    Some((plugin, shape, Fields::new().with("url", url)))
}
