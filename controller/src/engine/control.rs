//! What tests say: their rules, mocks, sandboxes and assertions, and what they hear.

use bigfoot_ipc::control::Outcome as Heard;

use super::mocked::{Deed, Settled, further_on};
use super::said::unlike;
use super::sandbox::{Beginning, Moment, Test};
use super::{Asker, Engine, Stand};
use crate::call::{Call, Load};
use crate::config::told::{Done, Expected};
use crate::fields::Fields;
use crate::intake::process::Pid;
use crate::mocks::{Matcher, Mock};
use crate::report::{Attribution, Broken, Code, Finding, differ, paste};
use crate::rules::{Frame, Origin};
use crate::timeline::{How, Interaction, Layer, Order, Unlike};
use crate::verdict::Sandboxed;

/// A word of a test, read and checked.
#[derive(Debug)]
pub enum Word {
    /// It begins.
    Begin(Beginning),
    /// A prepared answer.
    Mock(Box<Mock>),
    /// Rules inside all others.
    Rules(Frame),
    /// They hold no longer.
    Lift(u32),
    /// A sandbox.
    Open(Moment),
    /// It is closed.
    Close(u32, Moment),
    /// Assertions speak of any interaction, or of the oldest.
    AnyOrder(bool),
    /// What was done is as said.
    Assert(Box<Expected>),
    /// What the test found by looking itself.
    Judged(bool),
    /// It does what only it sees.
    Call(Box<Done>, Origin),
    /// What became of that.
    Returned(u64, Fields),
    /// A thread is its own.
    Enter(u32),
    /// The thread is not, from now on.
    Leave(u32),
    /// It ends: what was broken?
    Check(Moment),
    /// Its connection ended.
    Gone(Moment),
}

impl Word {
    /// Whether other kinds of calls may have to be asked about from now on.
    #[must_use]
    pub fn changes_what_is_asked(&self) -> bool {
        matches!(self, Self::Begin(_) | Self::Rules(_) | Self::Lift(_))
    }
}

/// What a test hears. Violations are worded by whoever can read the machine.
#[derive(Debug)]
pub enum Told {
    /// This.
    Heard(Heard),
    /// A promise is broken.
    Violated(Box<Broken>),
    /// The test has ended; what was broken, and what is to be said beside.
    Checked(Vec<Finding>, Vec<Broken>, Option<String>),
    /// Nobody hears; a note for the run's report.
    Note(Option<String>),
}

/// An assertion that the test decides.
#[derive(Debug)]
pub(super) struct Judging {
    expected: Box<Expected>,
    number: u64,
    /// Interactions that it found not to be as said.
    not: Vec<u64>,
}

impl Told {
    fn refused(reason: impl Into<String>) -> Self {
        Self::Heard(Heard::Refused { reason: reason.into() })
    }
}

/// Most calls of tests' own objects without an answer that are told of.
const UNCALLED_MAX: usize = 10_000;
/// Most interactions that are named as those that are left.
const LEFT_MAX: usize = 8;

impl Engine {
    /// Takes a word of a test; `speaker` is its connection.
    pub fn control(&mut self, speaker: u64, word: Word) -> Told {
        let word = match word {
            Word::Begin(beginning) => return self.begin(speaker, beginning),
            word => word,
        };
        let Some(test) = self.speakers.get(&speaker).copied() else {
            return match word {
                Word::Gone(_) => Told::Note(None),
                _ => Told::refused("the test has not said who it is"),
            };
        };
        if let Word::Gone(now) = word {
            self.speakers.remove(&speaker);
            return Told::Note(self.gone(test, &now));
        }
        if self.sandboxes.has_ended(test) {
            return Told::refused("this test was verified already; it is done once, at its end");
        }
        self.of_test(test, word)
    }

    fn begin(&mut self, speaker: u64, beginning: Beginning) -> Told {
        if self.speakers.contains_key(&speaker) {
            return Told::refused("this connection is another test's; each test has its own");
        }
        self.mocks.test_runs(&beginning.name);
        let test = self.sandboxes.begin(beginning);
        self.speakers.insert(speaker, test);
        Told::Heard(Heard::Welcome { test })
    }

    fn of_test(&mut self, test: u32, word: Word) -> Told {
        match word {
            Word::Mock(mock) => self.prepare(test, *mock),
            Word::Rules(frame) => {
                self.last_rules += 1;
                let rules = self.last_rules;
                self.with(test, |it| it.add_rules(rules, frame));
                Told::Heard(Heard::Ruled { rules })
            }
            Word::Lift(rules) => {
                let lifted = self.with(test, |it| it.lift_rules(rules)).unwrap_or_default();
                done_if(lifted, "these rules are not the innermost ones; lift those first")
            }
            Word::Open(now) => {
                Told::Heard(Heard::Opened { sandbox: self.sandboxes.open(test, now) })
            }
            Word::Close(sandbox, now) => self.shut(test, sandbox, &now),
            Word::AnyOrder(on) => {
                if self.stands_open(test) {
                    return Told::refused(format!("in_any_order {INSIDE}"));
                }
                self.with(test, |it| it.any_order = on);
                Told::Heard(Heard::Done)
            }
            Word::Assert(expected) => self.assert(test, expected, Vec::new()),
            Word::Judged(holds) => self.judged_by_test(test, holds),
            Word::Call(done, origin) => self.called(test, *done, &origin),
            Word::Returned(number, reply) => {
                if let Some(interaction) = self.timeline.get_mut(number) {
                    interaction.reply = std::sync::Arc::new(reply);
                }
                Told::Heard(Heard::Done)
            }
            Word::Enter(thread) => {
                self.sandboxes.enter(test, thread);
                Told::Heard(Heard::Done)
            }
            Word::Leave(thread) => {
                done_if(self.sandboxes.leave(test, thread), "this thread had not entered the test")
            }
            Word::Check(now) => self.check(test, &now),
            Word::Begin(_) | Word::Gone(_) => Told::refused("said already"),
        }
    }

    fn with<T>(&mut self, test: u32, act: impl FnOnce(&mut Test) -> T) -> Option<T> {
        self.sandboxes.test_mut(test).map(act)
    }

    fn stands_open(&self, test: u32) -> bool {
        self.sandboxes.test(test).is_some_and(Test::is_open)
    }

    fn prepare(&mut self, test: u32, mock: Mock) -> Told {
        if let Some(sandbox) = self.sandboxes.test(test).and_then(Test::innermost) {
            return Told::refused(format!(
                "a mock is prepared before the sandbox is opened, and sandbox {sandbox} is open"
            ));
        }
        self.stand_ins.name(&mock);
        let mock = self.mocks.add(mock, Some(test)) as u64;
        Told::Heard(Heard::Mocked { mock })
    }

    fn shut(&mut self, test: u32, sandbox: u32, now: &Moment) -> Told {
        if !self.sandboxes.close(test, sandbox, now) {
            let inner = self.sandboxes.test(test).filter(|test| test.has_open(sandbox));
            return Told::refused(match inner.and_then(Test::innermost) {
                Some(inner) => format!("sandbox {inner} lies in sandbox {sandbox} and is open"),
                None => format!("sandbox {sandbox} is not open"),
            });
        }
        let open = self.timeline.open_of(test).count() as u64;
        let refused = self.findings_of(test).count() as u64;
        Told::Heard(Heard::Closed { open, refused })
    }

    fn findings_of(&self, test: u32) -> impl Iterator<Item = &Finding> {
        let own = self.findings.found.iter().filter(move |found| found.owner == Some(test));
        let refused = own.filter(|found| found.finding.refused && !found.forgiven);
        refused.map(|found| &found.finding)
    }

    /// The test's connection ended. If it was not verified, that is told.
    fn gone(&mut self, test: u32, now: &Moment) -> Option<String> {
        if self.sandboxes.has_ended(test) {
            return None;
        }
        self.close_all_of(test, now);
        self.sandboxes.end(test);
        self.mocks.ended(test);
        let test = self.sandboxes.test(test)?;
        Some(format!("{} ({}) ended without being verified", test.name, test.origin))
    }

    fn close_all_of(&mut self, test: u32, now: &Moment) -> Vec<u32> {
        let mut closed = Vec::new();
        while let Some(sandbox) = self.sandboxes.test(test).and_then(Test::innermost) {
            self.sandboxes.close(test, sandbox, now);
            closed.push(sandbox);
        }
        closed
    }

    /// What of the three rules a test broke; it ends by that.
    fn check(&mut self, test: u32, now: &Moment) -> Told {
        self.judging.remove(&test);
        let closed = self.close_all_of(test, now);
        let note = (!closed.is_empty()).then(|| {
            let closed: Vec<String> = closed.iter().map(u32::to_string).collect();
            format!("the test ended with sandbox {} open", closed.join(", "))
        });
        self.unanswered_of(test);
        let name = self.sandboxes.test(test).map(|test| test.name.clone());
        let uncalled = self.uncalled.iter().filter(|(of, _)| *of == test);
        let mut broken: Vec<Broken> = uncalled.map(|(_, broken)| broken.clone()).collect();
        broken.extend(self.timeline.open_of(test).map(super::end::unasserted_one));
        broken.extend(self.left_steps_of(test));
        let lacking = self.mocks.lacking_of(test).into_iter();
        broken.extend(lacking.map(|lack| self.lacks(lack)));
        for broken in &mut broken {
            broken.test = name.clone().map_or(Attribution::Unknown, Attribution::Test);
        }
        let findings = self.findings_of(test).cloned().collect();
        self.sandboxes.end(test);
        self.mocks.ended(test);
        Told::Checked(findings, broken, note)
    }

    fn assert(&mut self, test: u32, expected: Box<Expected>, not: Vec<u64>) -> Told {
        if self.stands_open(test) {
            return Told::refused(format!("an assertion {INSIDE}"));
        }
        if expected.is_empty() {
            return self.says_nothing(test, &expected);
        }
        let any = self.sandboxes.test(test).is_some_and(|test| test.any_order);
        let order = if any { Order::Any } else { Order::Next };
        let of = (expected.plugin, expected.shape);
        match self.timeline.find_open(test, of, &expected.when, order, &not) {
            Ok(number) => self.found(test, expected, number, not),
            Err(unlike) => {
                let broken = self.unlike(test, &expected, &unlike, not.last().copied());
                Told::Violated(Box::new(broken))
            }
        }
    }

    fn found(&mut self, test: u32, expected: Box<Expected>, number: u64, not: Vec<u64>) -> Told {
        let Some(interaction) = self.timeline.get(number) else {
            return Told::refused("the interaction is gone");
        };
        let missing = missing(&expected, interaction);
        if !missing.is_empty() {
            let line = asserted_line(interaction, &expected.origin);
            return Told::refused(format!(
                "the assertion does not name {}, and the interaction has it; name it, or say that it may be anything{}",
                missing.join(", "),
                line.map(|line| format!(":\n  {line}")).unwrap_or_default()
            ));
        }
        let differing = unlike(expected.shape, &expected.reply, &interaction.reply);
        if !differing.is_empty() {
            let parts = vec![("answer", differ::lines("", &differing))];
            return Told::Violated(Box::new(self.mismatch(test, &expected, Some(number), parts)));
        }
        if expected.judged.is_empty() {
            self.timeline.mark(number);
            return Told::Heard(Heard::Asserted { interaction: number });
        }
        let fields = json_of(&interaction.fields, &expected.judged);
        self.judging.insert(test, Judging { expected, number, not });
        Told::Heard(Heard::Judge { interaction: number, fields })
    }

    fn judged_by_test(&mut self, test: u32, holds: bool) -> Told {
        let Some(Judging { expected, number, mut not }) = self.judging.remove(&test) else {
            return Told::refused("there is nothing to be judged");
        };
        if holds {
            self.timeline.mark(number);
            return Told::Heard(Heard::Asserted { interaction: number });
        }
        let any = self.sandboxes.test(test).is_some_and(|test| test.any_order);
        if !any {
            let fields = expected.judged.join(", ");
            let parts = vec![("judged", vec![format!("{fields}: not as the test wants it")])];
            return Told::Violated(Box::new(self.mismatch(test, &expected, Some(number), parts)));
        }
        not.push(number);
        self.assert(test, expected, not)
    }

    fn says_nothing(&self, test: u32, expected: &Expected) -> Told {
        let next = self.timeline.open_of(test).find(|it| it.shape.source == expected.shape.source);
        let line = next.and_then(|next| asserted_line(next, &expected.origin));
        let line = line.map(|line| format!(":\n  {line}")).unwrap_or_default();
        Told::refused(format!(
            "this assertion says nothing: whatever was done would be as it says. Name what was done{line}"
        ))
    }

    fn unlike(
        &self,
        test: u32,
        expected: &Expected,
        unlike: &Unlike,
        judged: Option<u64>,
    ) -> Broken {
        match unlike {
            Unlike::Nothing | Unlike::NoneLeft => {
                let all = "nothing was recorded that is not asserted already".to_owned();
                let why = match judged {
                    Some(_) => "the test found none to be as it wants it".to_owned(),
                    None => all,
                };
                self.mismatch(test, expected, None, vec![("actual", vec![why])])
            }
            Unlike::Source(number) => self.mismatch(test, expected, Some(*number), Vec::new()),
            Unlike::Fields(number, names) => {
                let interaction = self.timeline.get(*number);
                let pair = |name: &&'static str| {
                    let matcher = expected.when.get(name)?;
                    let actual = interaction.and_then(|it| it.fields.get(name));
                    Some(differing(name, matcher, actual))
                };
                let pairs: Vec<_> = names.iter().filter_map(pair).collect();
                let parts = vec![("differs", differ::lines("", &pairs))];
                self.mismatch(test, expected, Some(*number), parts)
            }
        }
    }

    /// An assertion that does not hold.
    fn mismatch(
        &self,
        test: u32,
        expected: &Expected,
        actual: Option<u64>,
        parts: Vec<(&'static str, Vec<String>)>,
    ) -> Broken {
        let words = format!("{} {}", expected.shape.source, expected.when.words());
        let mut all = vec![("at", vec![expected.origin.to_string()])];
        let actual = actual.and_then(|number| self.timeline.get(number));
        if let Some(actual) = actual {
            let did = actual.plugin.words(actual.shape, &actual.fields);
            let number = actual.number;
            all.push((
                "actual",
                vec![format!("{did} ({}, the {number}. that was recorded)", actual.shape.source)],
            ));
            if let How::Mocked(origin) | How::Passed(origin) = &actual.how {
                all.push(("mock", vec![origin.to_string()]));
            }
        }
        all.extend(parts);
        let left: Vec<&Interaction> = self
            .timeline
            .open_of(test)
            .filter(|it| Some(it.number) != actual.map(|it| it.number))
            .collect();
        if !left.is_empty() {
            all.push(("left", left_lines(&left)));
            all.push((
                "mend",
                vec!["assert in the order in which it was done, or within in_any_order".to_owned()],
            ));
        }
        let name = self.sandboxes.test(test).map(|test| test.name.clone());
        Broken {
            code: Code::Mismatch,
            test: name.map_or(Attribution::Unknown, Attribution::Test),
            words: words.trim_end().to_owned(),
            parts: all,
            paste: actual.and_then(|actual| asserted_line(actual, &expected.origin)),
            count: 1,
        }
    }

    /// A test does what only it sees.
    fn called(&mut self, test: u32, done: Done, origin: &Origin) -> Told {
        let Some(asker) = self.asker_in(test) else {
            return Told::refused(format!(
                "{} is called outside a sandbox; open one first",
                done.plugin.words(done.shape, &done.fields)
            ));
        };
        let Done { plugin, shape, fields } = done;
        let library = plugin.words(shape, &fields);
        let deed = Deed {
            plugin,
            shape,
            fields,
            call: Call::Load(Load { library }),
            layer: Layer::Test,
            plumbing: false,
            strict: true,
        };
        let found = self.mocks.find(&deed.wanted(&asker));
        let Some(mock) = found else {
            return self.unanswered_call(test, &asker, deed, origin);
        };
        let nth = self.mocks.used(mock);
        let settled = self.by_mock(&asker, deed, mock);
        self.mocked_call(settled, mock as u64, nth, origin)
    }

    fn mocked_call(&mut self, settled: Settled, mock: u64, nth: u64, origin: &Origin) -> Told {
        match settled {
            Settled::Mocked(_, interaction) => {
                self.place(interaction, origin);
                Told::Heard(Heard::Answered { interaction, mock: Some(mock), nth })
            }
            Settled::Real(interaction, _) => {
                self.place(interaction, origin);
                Told::Heard(Heard::Answered { interaction, mock: None, nth })
            }
            Settled::Refused(..) => Told::refused("a rule speaks against it"),
        }
    }

    fn place(&mut self, interaction: u64, origin: &Origin) {
        if let Some(interaction) = self.timeline.get_mut(interaction) {
            interaction.details.script = Some(origin.to_string());
        }
    }

    fn unanswered_call(&mut self, test: u32, asker: &Asker, deed: Deed, origin: &Origin) -> Told {
        let words = deed.plugin.words(deed.shape, &deed.fields);
        let mut parts = vec![("at", vec![origin.to_string()])];
        parts.extend(self.nearest(&deed.wanted(asker)));
        let mend = "prepare an answer before the sandbox is opened: `returns(..)`".to_owned();
        parts.push(("mend", vec![mend]));
        self.record(asker, deed, How::Refused, true);
        let name = asker.test.clone().map_or(Attribution::Unknown, Attribution::Test);
        let broken =
            Broken { code: Code::Unmocked, test: name, words, parts, paste: None, count: 1 };
        if self.uncalled.len() < UNCALLED_MAX {
            self.uncalled.push((test, broken.clone()));
        }
        Told::Violated(Box::new(broken))
    }

    /// A test in its innermost sandbox, as one who asks.
    fn asker_in(&self, number: u32) -> Option<Asker> {
        let test = self.sandboxes.test(number)?;
        let sandbox = Some(test.innermost()?);
        let (thread, lineage) = test.thread();
        let pid: Pid = test.pid();
        Some(Asker {
            pid,
            parent: 0,
            started: 0,
            lineage,
            thread,
            registers: bigfoot_ipc::guest::Registers::default(),
            test: Some(test.name.clone()),
            in_lookup: false,
            linked: None,
            layer: Layer::Test,
            stand: Stand { sandboxed: Sandboxed::Inside, sandbox, test: Some(number) },
        })
    }

    /// A mock to paste, in the language of the asker's test.
    pub(super) fn pasted(
        &self,
        asker: &Asker,
        plugin: &'static dyn crate::plugins::Plugin,
        shape: &'static crate::plugins::card::Shape,
        fields: &Fields,
    ) -> String {
        let test = asker.stand.test.and_then(|test| self.sandboxes.test(test));
        match test.map(|test| test.language.as_str()) {
            Some("rust") => paste::rust::mock(plugin, shape, fields),
            _ => paste::mock(plugin, shape, fields),
        }
    }
}

const INSIDE: &str =
    "stands in an open sandbox; close that first, so that all is done that it speaks of";

fn done_if(done: bool, else_why: &str) -> Told {
    if done { Told::Heard(Heard::Done) } else { Told::refused(else_why) }
}

/// The fields that an assertion has to name, and does not.
fn missing(expected: &Expected, interaction: &Interaction) -> Vec<&'static str> {
    let wanted = interaction.plugin.paste(interaction.shape, &interaction.fields);
    let same = |name: &str| match name {
        "json" | "body" => expected.names("json") || expected.names("body"),
        name => expected.names(name),
    };
    wanted.into_iter().map(|(name, _)| name).filter(|name| !same(name)).collect()
}

/// A line that asserts this, where it is known how the test writes it.
pub(super) fn asserted_line(interaction: &Interaction, origin: &Origin) -> Option<String> {
    let Interaction { plugin, shape, fields, reply, .. } = interaction;
    origin.is_rust().then(|| paste::rust::assertion(*plugin, shape, fields, reply))
}

fn differing(
    name: &'static str,
    matcher: &Matcher,
    actual: Option<&crate::fields::Value>,
) -> (&'static str, String, String) {
    let actual = actual.map_or_else(|| "nothing".to_owned(), paste::value);
    (name, matcher.words(), further_on(&matcher.words(), actual))
}

fn left_lines(left: &[&Interaction]) -> Vec<String> {
    let line = |it: &&Interaction| {
        format!("the {}., {}", it.number, it.plugin.words(it.shape, &it.fields))
    };
    let mut lines: Vec<String> = left.iter().take(LEFT_MAX).map(line).collect();
    if left.len() > LEFT_MAX {
        lines.push(format!("and {} more", left.len() - LEFT_MAX));
    }
    lines
}

/// Fields as JSON: bytes that are no text as `{"hex": ".."}`.
fn json_of(fields: &Fields, names: &[&'static str]) -> String {
    use crate::fields::Value;
    use serde_json::{Map, Value as Json};
    let bytes = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => Json::from(text),
        Err(_) => serde_json::json!({ "hex": paste::hex(bytes) }),
    };
    let value = |value: &Value| match value {
        Value::Text(text) => Json::from(text.as_str()),
        Value::Bytes(it) => bytes(it),
        Value::Number(number) => Json::from(*number),
        Value::Words(words) => words.iter().map(|word| bytes(word)).collect(),
        Value::Pairs(pairs) => {
            pairs.iter().map(|(name, text)| serde_json::json!([name, text])).collect()
        }
        Value::Json(document) => document.clone(),
    };
    let all = names.iter().filter_map(|name| Some(((*name).to_owned(), value(fields.get(name)?))));
    Json::Object(all.collect::<Map<_, _>>()).to_string()
}
