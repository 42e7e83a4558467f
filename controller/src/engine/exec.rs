//! Started programs. A mocked one is stood in for ([`super::stand`]); any other is decided, and started
//! within the run.

use std::path::PathBuf;

use bigfoot_ipc::guest::Verdict;

use super::findings::{About, Fault};
use super::mocked::{Deed, Settled};
use super::{Asker, Engine, Outcome};
use crate::call::{Call, Exec};
use crate::fields::Fields;
use crate::intake::program::Target;
use crate::mocks::table::Wanted;
use crate::plugins;
use crate::plugins::conversation::Reply;
use crate::plugins::subprocess::SOURCE;
use crate::plugins::subprocess::answer::{self, Played, Told};
use crate::processes::Started;
use crate::report::Code;
use crate::rules::Level;
use crate::timeline::Layer;
use crate::tools;

/// The program is not there.
pub(super) const NOT_FOUND: Verdict = Verdict::Deny { errno: nix::libc::ENOENT };

/// The start of a program.
#[derive(Debug, Clone)]
pub(super) struct Starting {
    /// What is started.
    pub(super) target: Target,
    /// With which arguments.
    pub(super) arguments: Vec<Vec<u8>>,
    /// In a process of its own.
    pub(super) spawns: bool,
    /// What was found is a stand-in on PATH; the target is what lies behind it.
    pub(super) stood: bool,
    /// The directory that it is started in.
    pub(super) cwd: Option<PathBuf>,
    /// A program of its name is there, if not where it was looked for.
    pub(super) installed: bool,
}

/// What the mocks say of a start.
enum Spoken {
    /// Nothing.
    Nothing,
    /// It is settled, under this naming.
    Settled(Fields),
    /// It is settled when the process runs, perhaps by what it is given to read.
    Later { reads: bool },
}

impl Engine {
    pub(super) fn exec(&mut self, asker: &Asker, starting: Starting) -> Outcome {
        if asker.layer == Layer::Backstop && starting.stood {
            return Verdict::Allow.into(); // the stand-in on PATH, which asks by itself
        }
        let known = starting.fields();
        match self.mocks_of_start(asker, &known, starting.spawns) {
            Spoken::Nothing => self.unmocked_start(asker, &starting, &known),
            Spoken::Settled(fields) => self.mocked_start(asker, &starting, fields),
            Spoken::Later { .. } if asker.layer == Layer::Backstop => {
                self.cannot_stand_in(asker, &starting)
            }
            Spoken::Later { reads } => self.stand_later(asker, starting, reads),
        }
    }

    fn mocks_of_start(&self, asker: &Asker, known: &Fields, spawns: bool) -> Spoken {
        let Some((plugin, shape)) = self.program_mocks(asker) else {
            return Spoken::Nothing;
        };
        for fields in answer::namings(known) {
            let (test, owner) = (asker.test.as_deref(), asker.stand.owner());
            let wanted = Wanted { plugin, shape, fields: &fields, test, owner };
            let live = self.mocks.live(&wanted);
            let mut may = live.filter(|mock| answer::may_answer(mock, &fields, spawns));
            if let Some(first) = may.next() {
                if !answer::late(first, spawns) {
                    drop(may);
                    return Spoken::Settled(fields);
                }
                return Spoken::Later { reads: answer::reads(first) || may.any(answer::reads) };
            }
        }
        Spoken::Nothing
    }

    /// Whether a mock speaks of this program, whatever its arguments.
    fn speaks_of(&self, asker: &Asker, known: &Fields) -> bool {
        let Some((plugin, shape)) = self.program_mocks(asker) else {
            return false;
        };
        let owner = asker.stand.owner();
        let speaks = |fields: &Fields| {
            self.mocks.speaks_of(&Wanted { plugin, shape, fields, test: None, owner })
        };
        answer::namings(known).iter().any(speaks)
    }

    /// The plugin of programs, where there are mocks of it.
    pub(super) fn program_mocks(
        &self,
        asker: &Asker,
    ) -> Option<(&'static dyn plugins::Plugin, &'static plugins::card::Shape)> {
        plugins::source(SOURCE).filter(|_| self.mocks.names(SOURCE, asker.stand.owner()))
    }

    fn mocked_start(&mut self, asker: &Asker, starting: &Starting, fields: Fields) -> Outcome {
        self.processes.called(asker.pid);
        let Some(deed) = starting.deed(asker.layer, fields, false) else {
            return NOT_FOUND.into();
        };
        match self.settle(asker, deed) {
            Settled::Mocked(reply, recorded) => self.stood_in(asker, starting, &reply, recorded),
            settled => self.started(asker, starting, settled),
        }
    }

    /// A mock answers: the start fails, or a stand-in takes place.
    fn stood_in(
        &mut self,
        asker: &Asker,
        starting: &Starting,
        reply: &Reply,
        recorded: u64,
    ) -> Outcome {
        let unlocated = self.unlocated(recorded);
        if let Some(errno) = answer::failure(&reply.fields) {
            return Outcome { unlocated, ..Verdict::Deny { errno }.into() };
        }
        if asker.layer == Layer::Backstop {
            return self.cannot_stand_in(asker, starting);
        }
        let number = self.stand_ins.ready(Played::of(&reply.fields), recorded);
        let start = self.processes.stand_in(starting.noted(asker));
        self.sandboxes.born(start, asker.stand);
        Outcome { unlocated, ..Verdict::StandIn { start, number, reads: false }.into() }
    }

    /// A mock answers, and nothing can take the program's place: what a program that is started without
    /// libc is to be stands in its starter's memory, which is not ours to write.
    fn cannot_stand_in(&mut self, asker: &Asker, starting: &Starting) -> Outcome {
        let why = "nothing can stand in for a program that is started by its path and without libc: start it by its name on PATH, or mock an error";
        let about = About { parts: vec![("mock", vec![why.to_owned()])], ..About::default() };
        let call = starting.call();
        let (code, about) = (Code::Guarded, Some(about));
        let undescribed = self.note(asker, Fault { call, code, rule: None, refused: true, about });
        Outcome { undescribed, ..Verdict::Deny { errno: nix::libc::EACCES }.into() }
    }

    /// A start that no mock answers.
    pub(super) fn unmocked_start(
        &mut self,
        asker: &Asker,
        starting: &Starting,
        known: &Fields,
    ) -> Outcome {
        let Starting { target, arguments, spawns, stood, .. } = starting;
        let mocked = self.speaks_of(asker, known);
        let sought = *stood || (mocked && !starting.installed);
        if target.is_missing() && !sought {
            return Verdict::Allow.into(); // a path search: the kernel says that it is not there
        }
        let again = self.processes.own_start(asker.pid, target, arguments, *spawns).is_some();
        let own = !mocked && (again || self.setup.own_program.as_ref() == Some(&target.real));
        let process = self.processes.get(asker.pid);
        let by_tool = process.is_some_and(|process| process.role.is_tool());
        let named = answer::namings(known).into_iter().next().unwrap_or_default();
        let settled = match starting.deed(asker.layer, named, own) {
            Some(deed) if target.is_missing() && self.policy.level(&deed.call) != Level::Off => {
                self.refused(asker, deed, Code::Unmocked, None)
            }
            // A script that is tested with mocks calls a mocked command in another way.
            Some(deed) if !by_tool || mocked => {
                self.by_rules(asker, Deed { strict: mocked, ..deed })
            }
            _ => match self.decide(asker, starting.call(), own) {
                Outcome { verdict: Verdict::Allow, undescribed, .. } => {
                    Settled::Real(0, undescribed)
                }
                refused => return refused,
            },
        };
        self.started(asker, starting, settled)
    }

    /// The real start, or none.
    pub(super) fn started(
        &mut self,
        asker: &Asker,
        starting: &Starting,
        settled: Settled,
    ) -> Outcome {
        let (real, undescribed) = match settled {
            Settled::Real(_, undescribed) => (true, undescribed),
            Settled::Refused(_, undescribed) => (false, undescribed),
            Settled::Mocked(..) => return Verdict::Deny { errno: nix::libc::EPROTO }.into(),
        };
        if starting.target.is_missing() {
            return Outcome { undescribed, ..NOT_FOUND.into() };
        }
        if !real {
            return Outcome { undescribed, ..Verdict::Deny { errno: nix::libc::EACCES }.into() };
        }
        let Starting { target, arguments, spawns, .. } = starting;
        let arm = !target.would_complain();
        let own = self.processes.own_start(asker.pid, target, arguments, *spawns);
        let start = self.processes.start(Started { own, ..starting.noted(asker) });
        self.sandboxes.born(start, asker.stand);
        if asker.layer == Layer::Backstop {
            self.processes.expect(asker.pid, asker.started, start);
        }
        Outcome { undescribed, ..Verdict::Start { start, arm }.into() }
    }
}

impl Starting {
    /// One that nobody asked about: a stand-in tells of it, which runs already.
    pub(super) fn unseen(target: Target, told: &Told) -> Self {
        let (arguments, cwd) = (told.arguments.clone(), told.cwd.clone());
        Self { target, arguments, spawns: false, stood: true, cwd, installed: true }
    }

    /// What is known of it by now.
    pub(super) fn fields(&self) -> Fields {
        answer::fields_of(&self.target.program, &self.arguments, self.cwd.as_deref())
    }

    pub(super) fn call(&self) -> Call {
        let Self { target, arguments, .. } = self;
        Call::Exec(Exec { program: target.program.clone(), arguments: arguments.clone() })
    }

    pub(super) fn deed(&self, layer: Layer, fields: Fields, plumbing: bool) -> Option<Deed> {
        let (plugin, shape) = plugins::source(SOURCE)?;
        let call = self.call();
        Some(Deed { plugin, shape, fields, call, layer, plumbing, strict: false })
    }

    pub(super) fn noted(&self, asker: &Asker) -> Started {
        let (target, line) = (self.target.clone(), tools::line(&self.arguments));
        Started {
            target,
            line,
            by: Some((asker.pid, asker.lineage)),
            own: None,
            spawns: self.spawns,
        }
    }
}
