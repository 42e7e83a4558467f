//! Whose each call is: by the lineage of its thread, and by who started its process. What cannot be told
//! is not guessed.
//!
//! A call belongs to the first of these that there is:
//!
//! 1. the test that its thread entered by itself;
//! 2. the test that runs on the thread at the top of its lineage;
//! 3. the test that its process was started or forked by, however far up;
//! 4. the test of its process that has the name which the runner published, or that runs on the main
//!    thread, while there is no other: one test at a time runs there;
//! 5. where its process has open sandboxes, and its thread is of no test that is known: nobody's that
//!    can be told. Any of them may have caused it;
//! 6. the run.
//!
//! A test's call stands in the innermost sandbox that its test has open. Where it has none, a call of
//! the test's own thread is outside; of a thread or process that began in a sandbox it is late for that
//! one.

use super::{Closed, Sandboxes, Test};
use crate::engine::{Asker, Stand};
use crate::intake::process::Pid;
use crate::processes::Processes;
use crate::timeline::Layer;
use crate::verdict::Sandboxed;

/// Most steps from a process to those that it was forked from.
const STEPS_MAX: usize = 16;

/// Whose a call is.
enum Whose {
    /// A test's; with the sandbox that its process was started in.
    Test(u32, Option<u32>),
    /// The run's.
    Run,
    /// It may be of any of several.
    Unknown,
}

impl Sandboxes {
    /// Where a call of this asker stands.
    pub(in crate::engine) fn of(&self, asker: &Asker, processes: &Processes) -> Stand {
        if self.tests.is_empty() {
            return self.in_the_run();
        }
        match self.whose(asker, processes) {
            Whose::Test(number, born) => self.in_test(asker, number, born),
            Whose::Run => self.in_the_run(),
            Whose::Unknown => Stand { sandboxed: Sandboxed::Unknown, sandbox: None, test: None },
        }
    }

    fn in_the_run(&self) -> Stand {
        let Some(run) = &self.run else {
            return Stand::default();
        };
        let sandboxed = if run.open { Sandboxed::Inside } else { Sandboxed::Closed };
        Stand { sandboxed, sandbox: Some(run.number), test: None }
    }

    fn in_test(&self, asker: &Asker, number: u32, born: Option<u32>) -> Stand {
        let Some(test) = self.tests.get(&number) else {
            return self.in_the_run();
        };
        if let Some(open) = test.open.last() {
            let sandbox = Some(open.number);
            return Stand { sandboxed: Sandboxed::Inside, sandbox, test: Some(number) };
        }
        let own = asker.pid == test.pid && asker.thread == test.thread;
        let late = born.or_else(|| test.began_in(asker)).filter(|_| !own);
        match late {
            Some(sandbox) => {
                let sandbox = Some(sandbox);
                Stand { sandboxed: Sandboxed::Closed, sandbox, test: Some(number) }
            }
            None => Stand { test: Some(number).filter(|_| !test.ended), ..self.in_the_run() },
        }
    }

    fn whose(&self, asker: &Asker, processes: &Processes) -> Whose {
        if let Some(test) = self.entered.get(&(asker.pid, asker.thread)).and_then(|it| it.last()) {
            return Whose::Test(*test, None);
        }
        let (mut pid, mut lineage, mut tested) = (asker.pid, asker.lineage, None);
        for _ in 0..STEPS_MAX {
            if let Some(whose) = self.of_lineage(pid, lineage, asker.thread) {
                return whose;
            }
            tested = tested.or_else(|| self.running.get(&pid).filter(|tests| !tests.is_empty()));
            let Some(process) = processes.get(pid) else {
                break;
            };
            if let Some((test, sandbox)) = self.starts.get(&process.start) {
                return Whose::Test(*test, *sandbox);
            }
            match process.fork_of {
                Some(parent) if parent != pid => {
                    // What a thread forks is of its lineage; only what the main one does begins anew.
                    let anew = lineage == pid || lineage == asker.thread;
                    if anew && asker.layer != Layer::Backstop {
                        lineage = parent;
                    }
                    pid = parent;
                }
                _ => break,
            }
        }
        tested.map_or(Whose::Run, |running| self.of_process(asker, running))
    }

    /// By the thread at the top of the lineage.
    fn of_lineage(&self, pid: Pid, lineage: u32, thread: u32) -> Option<Whose> {
        let tests = self.lineages.get(&(pid, lineage))?;
        let running = || tests.iter().filter(|number| !self.has_ended(**number));
        let own = |number: &&u32| self.tests.get(*number).is_some_and(|it| it.thread == thread);
        if let Some(own) = running().rfind(own) {
            return Some(Whose::Test(*own, None));
        }
        let mut candidates = running().filter(|number| self.is_open(**number));
        match (candidates.next(), candidates.next()) {
            (Some(one), None) => Some(Whose::Test(*one, None)),
            (Some(_), Some(_)) => Some(Whose::Unknown),
            (None, _) => {
                let last = running().next_back().or_else(|| self.ended_of(tests, pid, thread));
                last.map(|it| Whose::Test(*it, None))
            }
        }
    }

    /// The last test of a lineage, where it has ended and the thread is its own or began in a sandbox of
    /// it. Another thread of it may be a pool's, which works for others by now.
    fn ended_of<'a>(&self, tests: &'a [u32], pid: Pid, thread: u32) -> Option<&'a u32> {
        tests.last().filter(|number| {
            self.tests.get(*number).is_some_and(|test| {
                let began_in = |it: &Closed| it.threads.contains(&thread);
                test.thread == thread || (test.pid == pid && test.closed.iter().any(began_in))
            })
        })
    }

    fn is_open(&self, number: u32) -> bool {
        self.tests.get(&number).is_some_and(|test| !test.open.is_empty())
    }

    /// By what else runs in the process, or in the one that it was forked from.
    fn of_process(&self, asker: &Asker, running: &[u32]) -> Whose {
        let named = |number: &&u32| {
            let name = self.tests.get(*number).map(|test| test.name.as_str());
            name.is_some() && name == asker.test.as_deref()
        };
        let mut same = running.iter().filter(named);
        if let (Some(one), None) = (same.next(), same.next()) {
            return Whose::Test(*one, None);
        }
        if let [one] = running
            && self.tests.get(one).is_some_and(|test| test.thread == test.pid)
        {
            return Whose::Test(*one, None);
        }
        let any_open = running.iter().any(|number| self.is_open(*number));
        if any_open && asker.test.is_none() { Whose::Unknown } else { Whose::Run }
    }

    /// Whether the test that is on the asker's stack helps to tell whose its call is.
    pub(in crate::engine) fn wants_stack(&self, asker: &Asker) -> bool {
        self.running.get(&asker.pid).is_some_and(|running| !running.is_empty())
            && !self.lineages.contains_key(&(asker.pid, asker.lineage))
            && !self.entered.contains_key(&(asker.pid, asker.thread))
    }
}

impl Test {
    /// The closed sandbox that a thread of it, or a process that was forked from it, began in.
    fn began_in(&self, asker: &Asker) -> Option<u32> {
        let within = |closed: &&Closed| match asker.pid == self.pid {
            true => closed.threads.contains(&asker.thread),
            false => (closed.ticks.0..=closed.ticks.1).contains(&asker.started),
        };
        self.closed.iter().rev().find(within).map(|closed| closed.number)
    }
}
