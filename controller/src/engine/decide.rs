//! A call that no mock answers: rules, sandbox and guard level decide it.

use bigfoot_ipc::guest::Verdict;

use super::findings::{About, Fault, code_of, words_of};
use super::{Asker, Engine, Outcome};
use crate::call::Call;
use crate::report::Code;
use crate::rules::Policy;
use crate::verdict::{Circumstances, Judgement, Sandboxed, judge};

/// Most sandboxes that are named as those that a call may be of.
const CANDIDATES_MAX: usize = 8;

/// What is known of a call beyond itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    /// It is no call of the tests' own.
    pub(super) plumbing: bool,
    /// It is one, though a tool makes it: a mock speaks of it.
    pub(super) strict: bool,
    /// A mock lets it pass.
    pub(super) passes: bool,
}

/// How a call is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decided {
    /// The real call; `said` if a rule or a mock lets it through, rather than that nothing forbids it.
    Real { said: bool },
    /// The real call, and a warning.
    Warned,
    /// None: why, and the rule that spoke with its place.
    Refused(Code, Option<(String, String)>),
}

impl Engine {
    /// Decides a call, and notes what there is to say of it.
    pub(super) fn decide(&mut self, asker: &Asker, call: Call, plumbing: bool) -> Outcome {
        match self.judged(asker, &call, Known { plumbing, ..Known::default() }) {
            Decided::Real { .. } => Verdict::Allow.into(),
            Decided::Warned => {
                let undescribed = self.note(asker, Fault::warning(call));
                Outcome { undescribed, ..Verdict::Allow.into() }
            }
            Decided::Refused(code, rule) => self.refuse(asker, call, code, rule),
        }
    }

    /// What rules, sandbox and level say of a call, and nothing noted.
    pub(super) fn judged(&mut self, asker: &Asker, call: &Call, known: Known) -> Decided {
        let Known { plumbing, strict, passes } = known;
        if !plumbing {
            self.processes.called(asker.pid);
        }
        let process = self.processes.get(asker.pid);
        let by_tool = !strict && process.is_some_and(|process| process.role.is_tool());
        let (test, sandbox) = (asker.test.as_deref(), asker.stand.sandboxed);
        let inner = self.sandboxes.rules(asker.stand.test);
        let about = Circumstances { by_tool, plumbing, test, passes, sandbox, inner };
        match judge(&self.policy, call, about) {
            denied @ Judgement::Denied(_) => decided(denied),
            other => decided(self.denied_elsewhere(asker, call).unwrap_or(other)),
        }
    }

    /// What is denied by the path behind a link is denied by the link.
    fn denied_elsewhere(&self, asker: &Asker, call: &Call) -> Option<Judgement<'_>> {
        let linked = call.at(asker.linked.as_ref()?)?;
        let inner = self.sandboxes.rules(asker.stand.test);
        let decision = self.policy.speak_around(inner, &linked, asker.test.as_deref());
        matches!(decision, crate::rules::Decision::Denied { .. })
            .then_some(Judgement::Denied(decision))
    }

    /// Notes a finding; its number if it is a new one, whose details are wanted.
    pub(super) fn note(&mut self, asker: &Asker, fault: Fault) -> Option<usize> {
        self.findings.note(asker, &self.policy, fault)
    }

    pub(super) fn refuse(
        &mut self,
        asker: &Asker,
        call: Call,
        code: Code,
        rule: Option<(String, String)>,
    ) -> Outcome {
        let about = self.about_refused(asker, &call, code);
        let fault = Fault { call, code, rule, refused: true, about };
        let undescribed = self.note(asker, fault);
        Outcome { undescribed, ..Verdict::Deny { errno: nix::libc::EACCES }.into() }
    }

    /// What helps with a libc call that was refused: in a sandbox a mock of its protocol; which sandbox
    /// it came too late for.
    fn about_refused(&self, asker: &Asker, call: &Call, code: Code) -> Option<About> {
        match code {
            Code::Unmocked => self.about_call(asker, call),
            Code::Late | Code::Unattributed => {
                Some(About { parts: self.which(asker), ..About::default() })
            }
            _ => None,
        }
    }

    /// The sandbox that a late call came too late for, or those that a call may be of.
    pub(super) fn which(&self, asker: &Asker) -> Vec<(&'static str, Vec<String>)> {
        if asker.stand.sandboxed != Sandboxed::Unknown {
            return vec![("sandbox", vec![self.sandboxes.words(asker.stand)])];
        }
        let mut open = self.sandboxes.candidates(asker.pid);
        if let Some(more) = open.len().checked_sub(CANDIDATES_MAX).filter(|more| *more > 0) {
            open.truncate(CANDIDATES_MAX);
            open.push(format!("and {more} more"));
        }
        let why = "its thread was made by none of these tests, such as a pool's that several share";
        let mend = "make the pool or client in the test, or let its thread enter the test (in Rust: `bigfoot::current()` and `Test::enter`)";
        vec![("sandbox", open), ("why", vec![why.to_owned()]), ("mend", vec![mend.to_owned()])]
    }

    /// The rules of the run, and of the asker's test.
    pub(super) fn policies(&self, asker: &Asker) -> impl Iterator<Item = &Policy> {
        self.sandboxes.rules(asker.stand.test).into_iter().chain([&self.policy])
    }
}

fn decided(judgement: Judgement<'_>) -> Decided {
    match judgement {
        Judgement::Pass => Decided::Real { said: false },
        Judgement::Passed | Judgement::Allowed(_) => Decided::Real { said: true },
        Judgement::Warned => Decided::Warned,
        Judgement::Guarded => Decided::Refused(Code::Guarded, None),
        Judgement::Unmocked => Decided::Refused(Code::Unmocked, None),
        Judgement::Late => Decided::Refused(Code::Late, None),
        Judgement::Unattributed => Decided::Refused(Code::Unattributed, None),
        Judgement::Denied(decision) => Decided::Refused(code_of(decision), words_of(decision)),
    }
}
