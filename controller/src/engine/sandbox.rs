//! The sandboxes of a run, and the tests that speak to us: what they have open, and what began in them.

mod whose;

use std::collections::{HashMap, HashSet};

use super::{Asker, Stand};
use crate::intake::process::Pid;
use crate::rules::{Frame, Levels, Origin, Policy};

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
}
