//! The sandboxes of a run, and whose each call is: by the lineage of its thread, and by who started its
//! process. What cannot be told is not guessed.
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

use std::collections::{HashMap, HashSet};

use super::{Asker, Stand};
use crate::intake::process::Pid;
use crate::processes::Processes;
use crate::rules::{Frame, Levels, Origin, Policy};
use crate::timeline::Layer;
use crate::verdict::Sandboxed;

/// Most steps from a process to those that it was forked from.
const STEPS_MAX: usize = 16;
/// Most closed sandboxes of a test that are remembered, to tell of late calls.
const CLOSED_MAX: usize = 64;

/// The sandboxes of a run, and its tests. Both are numbered from 1, together.
#[derive(Debug, Default)]
pub(super) struct Sandboxes {
    last: u32,
    run: Option<RunSandbox>,
    tests: HashMap<u32, Test>,
    /// Tests by process and the thread at the top of the lineage.
    lineages: HashMap<(Pid, u32), Vec<u32>>,
    /// Threads that entered a test by themselves.
    entered: HashMap<(Pid, u32), Vec<u32>>,
    /// Tests of a process that have not ended.
    running: HashMap<Pid, Vec<u32>>,
    /// Program starts that were made by a test, and in which sandbox.
    starts: HashMap<u64, (u32, Option<u32>)>,
    /// The lineage of threads that connected to us.
    known: HashMap<(Pid, u32), u32>,
}

#[derive(Debug)]
struct RunSandbox {
    number: u32,
    open: bool,
}

/// A test that speaks to us.
#[derive(Debug)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) origin: Origin,
    pub(super) language: String,
    pid: Pid,
    thread: u32,
    lineage: u32,
    /// Open sandboxes, the innermost last.
    open: Vec<Open>,
    closed: Vec<Closed>,
    /// Its rules, outermost first, and the same as one policy.
    frames: Vec<(u32, Frame)>,
    inner: Policy,
    pub(super) any_order: bool,
    pub(super) ended: bool,
}

#[derive(Debug)]
struct Open {
    number: u32,
    since: Moment,
}

#[derive(Debug)]
struct Closed {
    number: u32,
    /// Threads that began in it.
    threads: HashSet<u32>,
    /// When it was open, in clock ticks since the machine started.
    ticks: (u64, u64),
}

/// What is known of a process when a sandbox is opened or closed.
#[derive(Debug, Clone, Default)]
pub struct Moment {
    /// Its threads.
    pub threads: HashSet<u32>,
    /// Clock ticks since the machine started.
    pub ticks: u64,
}

/// A test that begins.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// Its process.
    pub pid: Pid,
    /// Its thread.
    pub thread: u32,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub origin: Origin,
    /// The language that lines to paste are written in.
    pub language: String,
}

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
    fn number(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// The whole run is a sandbox.
    pub(super) fn open_for_the_run(&mut self) {
        let number = self.number();
        self.run = Some(RunSandbox { number, open: true });
    }

    /// The run's sandbox is closed.
    pub(super) fn close_all(&mut self) {
        if let Some(run) = &mut self.run {
            run.open = false;
        }
    }

    /// Whether there are any, or may be.
    pub(super) fn is_empty(&self) -> bool {
        self.run.is_none() && self.tests.is_empty()
    }

    /// A thread that connected to us is of this lineage.
    pub(super) fn connected(&mut self, asker: &Asker) {
        self.known.insert((asker.pid, asker.thread), asker.lineage);
    }

    /// A test begins; its number.
    pub(super) fn begin(&mut self, beginning: Beginning) -> u32 {
        let Beginning { pid, thread, name, origin, language } = beginning;
        let number = self.number();
        let lineage = self.known.remove(&(pid, thread)).unwrap_or(thread);
        let test = Test {
            name,
            origin,
            language,
            pid,
            thread,
            lineage,
            open: Vec::new(),
            closed: Vec::new(),
            frames: Vec::new(),
            inner: Policy::default(),
            any_order: false,
            ended: false,
        };
        self.tests.insert(number, test);
        let tests = &self.tests;
        let same = self.lineages.entry((pid, lineage)).or_default();
        same.retain(|known| tests.get(known).is_some_and(|test| !test.ended)); // the last test of this thread
        same.push(number);
        self.running.entry(pid).or_default().push(number);
        number
    }

    /// A test ends; what its threads and processes do from now on is late or nobody's.
    pub(super) fn end(&mut self, number: u32) {
        let Some(test) = self.tests.get_mut(&number) else {
            return;
        };
        test.ended = true;
        test.frames.clear();
        test.inner = Policy::default();
        if let Some(running) = self.running.get_mut(&test.pid) {
            running.retain(|known| *known != number);
        }
        self.entered.retain(|_, tests| {
            tests.retain(|known| *known != number);
            !tests.is_empty()
        });
    }

    pub(super) fn test(&self, number: u32) -> Option<&Test> {
        self.tests.get(&number)
    }

    pub(super) fn test_mut(&mut self, number: u32) -> Option<&mut Test> {
        self.tests.get_mut(&number)
    }

    /// Whether a test was told all that there is to say of it.
    pub(super) fn has_ended(&self, number: u32) -> bool {
        self.tests.get(&number).is_some_and(|test| test.ended)
    }

    /// Opens a sandbox of a test; its number.
    pub(super) fn open(&mut self, test: u32, since: Moment) -> u32 {
        let number = self.number();
        if let Some(test) = self.tests.get_mut(&test) {
            test.open.push(Open { number, since });
        }
        number
    }

    /// Closes the innermost sandbox of a test, if it is this one.
    pub(super) fn close(&mut self, test: u32, sandbox: u32, now: &Moment) -> bool {
        let Some(test) = self.tests.get_mut(&test) else {
            return false;
        };
        let Some(open) = test.open.pop_if(|open| open.number == sandbox) else {
            return false;
        };
        if test.closed.len() >= CLOSED_MAX {
            test.closed.remove(0);
        }
        test.closed.push(Closed {
            number: sandbox,
            threads: now.threads.difference(&open.since.threads).copied().collect(),
            ticks: (open.since.ticks, now.ticks),
        });
        true
    }

    /// A thread belongs to a test until it leaves.
    pub(super) fn enter(&mut self, test: u32, thread: u32) {
        if let Some(of) = self.tests.get(&test) {
            self.entered.entry((of.pid, thread)).or_default().push(test);
        }
    }

    /// The thread leaves the test that it entered last. False if it had entered none.
    pub(super) fn leave(&mut self, test: u32, thread: u32) -> bool {
        let Some(pid) = self.tests.get(&test).map(|test| test.pid) else {
            return false;
        };
        let left = self.entered.get_mut(&(pid, thread)).and_then(|tests| {
            let at = tests.iter().rposition(|known| *known == test)?;
            Some(tests.remove(at))
        });
        left.is_some()
    }

    /// A program is started: whose it is.
    pub(super) fn born(&mut self, start: u64, stand: Stand) {
        if let Some(test) = stand.test {
            self.starts.insert(start, (test, stand.sandbox));
        }
    }

    /// The rules that hold for a test beside the run's.
    pub(super) fn rules(&self, test: Option<u32>) -> Option<&Policy> {
        let test = self.tests.get(&test?)?;
        Some(&test.inner).filter(|inner| !inner.frames().is_empty())
    }

    /// The rules of all tests that run.
    pub(super) fn all_rules(&self) -> impl Iterator<Item = &Policy> {
        let running = self.running.values().flatten();
        running.filter_map(|number| self.tests.get(number)).map(|test| &test.inner)
    }

    /// Where a call of this asker stands.
    pub(super) fn of(&self, asker: &Asker, processes: &Processes) -> Stand {
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
    pub(super) fn wants_stack(&self, asker: &Asker) -> bool {
        self.running.get(&asker.pid).is_some_and(|running| !running.is_empty())
            && !self.lineages.contains_key(&(asker.pid, asker.lineage))
            && !self.entered.contains_key(&(asker.pid, asker.thread))
    }

    /// The open sandboxes of a process, with the tests that they are of: for people.
    pub(super) fn candidates(&self, pid: Pid) -> Vec<String> {
        let running = self.running.get(&pid).into_iter().flatten();
        let tests = running.filter_map(|number| self.tests.get(number));
        let open = tests.filter_map(|test| Some((test, test.open.last()?.number)));
        open.map(|(test, number)| format!("sandbox {number} of {}", test.name)).collect()
    }

    /// A sandbox in words: `3, of tests::pays`.
    pub(super) fn words(&self, stand: Stand) -> String {
        let number = stand.sandbox.unwrap_or_default();
        match stand.test.and_then(|test| self.tests.get(&test)) {
            Some(test) => {
                format!("{number}, of {}; it was closed, and the call came after that", test.name)
            }
            None => format!("{number}, the run's; it closed when the command ended"),
        }
    }
}

impl Test {
    /// Whether a sandbox of it is open.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether this sandbox of it is open.
    pub(super) fn has_open(&self, sandbox: u32) -> bool {
        self.open.iter().any(|open| open.number == sandbox)
    }

    /// Its innermost open sandbox.
    pub(super) fn innermost(&self) -> Option<u32> {
        self.open.last().map(|open| open.number)
    }

    /// The process that it runs in.
    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    /// Its thread, and the top of that one's lineage.
    pub(super) fn thread(&self) -> (u32, u32) {
        (self.thread, self.lineage)
    }

    /// Puts rules inside all others.
    pub(super) fn add_rules(&mut self, number: u32, frame: Frame) {
        self.frames.push((number, frame));
        self.rebuild();
    }

    /// Takes the innermost rules away, if they have this number.
    pub(super) fn lift_rules(&mut self, number: u32) -> bool {
        let lifted = self.frames.pop_if(|(known, _)| *known == number).is_some();
        self.rebuild();
        lifted
    }

    fn rebuild(&mut self) {
        let frames = self.frames.iter().map(|(_, frame)| frame.clone()).collect();
        self.inner = Policy::new(frames, Levels::default());
    }

    /// The closed sandbox that a thread of it, or a process that was forked from it, began in.
    fn began_in(&self, asker: &Asker) -> Option<u32> {
        let within = |closed: &&Closed| match asker.pid == self.pid {
            true => closed.threads.contains(&asker.thread),
            false => (closed.ticks.0..=closed.ticks.1).contains(&asker.started),
        };
        self.closed.iter().rev().find(within).map(|closed| closed.number)
    }
}
