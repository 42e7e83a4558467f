//! What tests say: their rules, mocks, sandboxes and assertions, and what they hear.

use bigfoot_ipc::control::Outcome as Heard;

use super::sandbox::{Beginning, Moment, Test};
use super::{Asker, Engine};
use crate::config::told::{Done, Expected};
use crate::fields::Fields;
use crate::mocks::Mock;
use crate::plugins::Plugin;
use crate::plugins::card::Shape;
use crate::report::{Attribution, Broken, Finding, paste};
use crate::rules::{Frame, Origin};

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

impl Told {
    pub(super) fn refused(reason: impl Into<String>) -> Self {
        Self::Heard(Heard::Refused { reason: reason.into() })
    }
}

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

    pub(super) fn stands_open(&self, test: u32) -> bool {
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

    /// A mock to paste, in the language of the asker's test.
    pub(super) fn pasted(
        &self,
        asker: &Asker,
        plugin: &'static dyn Plugin,
        shape: &'static Shape,
        fields: &Fields,
    ) -> String {
        let test = asker.stand.test.and_then(|test| self.sandboxes.test(test));
        match test.map(|test| test.language.as_str()) {
            Some("rust") => paste::rust::mock(plugin, shape, fields),
            _ => paste::mock(plugin, shape, fields),
        }
    }
}

pub(super) const INSIDE: &str =
    "stands in an open sandbox; close that first, so that all is done that it speaks of";

fn done_if(done: bool, else_why: &str) -> Told {
    if done { Told::Heard(Heard::Done) } else { Told::refused(else_why) }
}
