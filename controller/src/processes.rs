//! The processes of a run: which are guests and which are tools, which program each runs, and which
//! starts were met by a hello.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use crate::intake::process::Pid;
use crate::intake::program::{Identity, Target};
use crate::report::{Blind, Coverage, Reason};
use crate::tools::{Tools, is_build_script};

mod image;

use image::{informs, is_shell, shell_command};

pub use image::Image;

/// What a process is to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A launcher or build tool, with only such between it and the run.
    Tool,
    /// A build script, or what it started: all below it are tools too.
    BuildScript,
    /// What the run is about.
    Guest,
}

impl Role {
    /// Whether it has no guard level.
    #[must_use]
    pub fn is_tool(self) -> bool {
        self != Self::Guest
    }
}

/// A process.
#[derive(Debug, Clone)]
pub struct Process {
    /// What it is to the run.
    pub role: Role,
    /// What it counts as.
    pub image: Option<Image>,
    /// Process and lineage that started its program.
    pub by: Option<(Pid, u32)>,
    /// The process that it was forked from, where its program is that one's.
    pub fork_of: Option<Pid>,
    /// Number of the start of its program, or of that of the process that it was forked from.
    pub start: u64,
    started: Option<u64>,
    /// It runs a program that was started as such, and has made no call yet.
    fresh: bool,
    /// Its program was started as no call of its starter's own.
    plumbed: bool,
}

/// Why a guest's start of a program is no call of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnStart {
    /// Its own executable or interpreter again.
    Again,
    /// A helper of it, which works for it.
    Helper,
    /// A program that only tells about the machine.
    Informs,
    /// A shell by which it starts one of those.
    ByShell,
    /// A wrapper becomes what it wraps.
    Wrapped,
}

/// A program that was started.
#[derive(Debug, Clone)]
pub struct Started {
    /// The program.
    pub target: Target,
    /// Its arguments behind its name, joined by blanks.
    pub line: String,
    /// Process and lineage that started it; None for the run's command.
    pub by: Option<(Pid, u32)>,
    /// Why it was no call of the starter's own.
    pub own: Option<OwnStart>,
    /// In a process of its own: posix_spawn(3), system(3).
    pub spawns: bool,
}

/// A start that waits for its hello.
#[derive(Debug)]
struct Start {
    process: Process,
    program: PathBuf,
    blind: Option<Reason>,
    /// The file that runs, and the interpreter that a script leads to.
    files: [Option<Identity>; 2],
    /// In a process of its own.
    spawns: bool,
    met: bool,
    failed: bool,
    /// A stand-in of ours: it says no hello, and nobody misses it.
    stands_in: bool,
    /// Another program has its number, by an environment that was passed on.
    passed_on: bool,
}

impl Start {
    fn is_over(&self) -> bool {
        self.met || self.failed || self.passed_on
    }

    fn runs(&self, file: Identity) -> bool {
        self.files.contains(&Some(file))
    }
}

/// The processes of a run.
#[derive(Debug)]
pub struct Processes {
    tools: Tools,
    known: HashMap<Pid, Process>,
    starts: Vec<Start>,
    armed: u64,
    tool_count: u64,
    outside: bool,
    /// The kernel backstop watches them all.
    watched: bool,
    /// Programs that were started and would have gained privileges, but for the backstop.
    held_down: Option<BTreeSet<PathBuf>>,
    /// Processes that start a program which only the backstop saw, and when each began: their next hello
    /// is of this start.
    expected: HashMap<Pid, (u64, u64)>,
}

/// A start that the environment of a program names which is about to run: only the backstop saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The start's number.
    pub start: u64,
    /// The process's parent.
    pub parent: Pid,
    /// It runs in its parent's memory, as a child of vfork(2) or posix_spawn(3).
    pub shares: bool,
    /// The program that it still runs.
    pub running: Option<Identity>,
}

/// What a process runs whose call only the backstop saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Running {
    /// The start that its environment names.
    pub start: Option<u64>,
    /// Its executable.
    pub file: Option<Identity>,
}

/// Most processes that are expected to say hello.
const EXPECTED_MAX: usize = 1 << 16;

impl Processes {
    /// None yet.
    #[must_use]
    pub fn new(tools: Tools) -> Self {
        Self {
            tools,
            known: HashMap::new(),
            starts: Vec::new(),
            armed: 0,
            tool_count: 0,
            outside: false,
            watched: false,
            held_down: None,
            expected: HashMap::new(),
        }
    }

    /// The run was joined by its environment alone: who starts a program and is not known is the
    /// user's own shell.
    pub fn joined_from_outside(&mut self) {
        self.outside = true;
    }

    /// The kernel backstop watches every process: what says no hello is seen all the same.
    /// Where `gains` is false, no program gains privileges by being started (no_new_privs).
    pub fn watch(&mut self, gains: bool) {
        self.watched = true;
        let privileged = self.starts.iter().filter(|it| it.blind == Some(Reason::Privileged));
        self.held_down = (!gains).then(|| privileged.map(|it| it.program.clone()).collect());
    }

    /// Programs that would have gained privileges, but for the backstop.
    pub fn held_down(&self) -> impl Iterator<Item = &PathBuf> {
        self.held_down.iter().flatten()
    }

    /// Whether a start that only the backstop saw is one that a hook saw first, and that libc carries
    /// out just now. One that says an old number is a start of its own: that of a program which only
    /// passes its environment on.
    pub fn is_to_come(&mut self, pid: Pid, named: &Named, target: &Target) -> bool {
        let Named { start, parent, shares, running } = *named;
        let Some(slot) = self.slot(start).filter(|slot| !slot.is_over()) else {
            return false;
        };
        let starter = slot.process.by.map(|(pid, _)| pid);
        let by_starter = match starter {
            None => parent == std::process::id(), // the run's command, which we start
            Some(starter) if slot.spawns => shares && starter == parent,
            Some(starter) => starter == pid,
        };
        // libc hands a file that is no program to a shell (execvp(3)).
        let is_it = target.identity.is_none_or(|file| slot.runs(file)) || is_shell(&target.program);
        // What runs already was started: the number is not for what it starts.
        let again = !shares && running.is_some_and(|running| slot.runs(running));
        let to_come = by_starter && !again && is_it;
        slot.passed_on |= !to_come;
        to_come
    }

    /// A program is about to run in this process whose start only the backstop saw.
    pub fn expect(&mut self, pid: Pid, began: u64, start: u64) {
        if self.expected.len() >= EXPECTED_MAX {
            self.expected.clear(); // each is then known by its number, or as its parent's fork
        }
        self.expected.insert(pid, (began, start));
        self.becomes(pid, start);
    }

    /// A process that says no hello runs this: so it is known by its call. A static program, say, or one
    /// of its forks.
    pub fn runs(&mut self, pid: Pid, running: Running) {
        let Running { start: Some(start), file: Some(file) } = running else {
            return;
        };
        let is_it = self.slot(start).is_some_and(|it| !it.met && !it.failed && it.runs(file));
        if is_it && self.known.get(&pid).is_none_or(|known| known.start != start) {
            self.becomes(pid, start);
        }
    }

    fn becomes(&mut self, pid: Pid, start: u64) {
        let began = self.known.get(&pid).and_then(|known| known.started);
        if let Some(process) = self.slot(start).map(|slot| slot.process.clone()) {
            // What calls it made before is not known: it is no wrapper.
            self.known.insert(pid, Process { started: began, fresh: false, ..process });
        }
    }

    /// A process that is known.
    #[must_use]
    pub fn get(&self, pid: Pid) -> Option<&Process> {
        self.known.get(&pid)
    }

    /// A process asks. One that has not been heard of is a fork of its parent.
    pub fn meet(&mut self, pid: Pid, parent: Pid, started: u64) {
        match self.known.get_mut(&pid) {
            Some(known) if known.started.is_none_or(|known| known == started) => {
                known.started = Some(started);
            }
            _ => {
                let child = self.forked(parent, Some(started));
                self.known.insert(pid, child);
            }
        }
    }

    fn forked(&self, parent: Pid, started: Option<u64>) -> Process {
        match self.known.get(&parent) {
            Some(known) => {
                Process { started, fresh: false, fork_of: Some(parent), ..known.clone() }
            }
            None => Process {
                role: Role::Guest,
                image: None,
                by: None,
                fork_of: None,
                start: 0,
                started,
                fresh: false,
                plumbed: true,
            },
        }
    }

    /// A process made a call of its own.
    pub fn called(&mut self, pid: Pid) {
        if let Some(process) = self.known.get_mut(&pid) {
            process.fresh = false;
        }
    }

    /// A program is about to be started; the number that its hello will name.
    pub fn start(&mut self, started: Started) -> u64 {
        let starter = started.by.and_then(|(pid, _)| self.known.get(&pid));
        let role = match starter.map_or(Role::Tool, |starter| starter.role) {
            Role::BuildScript => Role::BuildScript,
            Role::Guest => Role::Guest,
            Role::Tool => self.role_below_tools(&started.target, &started.line),
        };
        let image = match (started.own, starter) {
            (Some(OwnStart::ByShell | OwnStart::Helper), Some(starter)) => starter.image.clone(),
            _ => Some(Image::of(&started.target)),
        };
        let plumbed = matches!(started.own, Some(own) if own != OwnStart::Wrapped);
        let start = self.starts.len() as u64 + 1;
        let process = Process {
            role,
            image,
            by: started.by,
            fork_of: None,
            start,
            started: None,
            fresh: true,
            plumbed,
        };
        let Target { program, blind, identity, interpreter, .. } = started.target;
        if blind == Some(Reason::Privileged)
            && let Some(held_down) = &mut self.held_down
        {
            held_down.insert(program.clone());
        }
        let files = [identity, interpreter.map(|(_, by)| by)];
        self.starts.push(Start {
            process,
            program,
            blind,
            files,
            spawns: started.spawns,
            met: false,
            failed: false,
            stands_in: false,
            passed_on: false,
        });
        start
    }

    /// A stand-in is about to be started: none of the run's own processes, and nothing is unseen of it.
    pub fn stand_in(&mut self, started: Started) -> u64 {
        let number = self.start(started);
        if let Some(start) = self.slot(number) {
            start.stands_in = true;
        }
        number
    }

    fn role_below_tools(&self, target: &Target, line: &str) -> Role {
        let by = target.interpreter.as_ref().map(|(path, _)| path);
        if is_build_script(&target.real) {
            Role::BuildScript
        } else if [Some(&target.program), Some(&target.real), by]
            .into_iter()
            .flatten()
            .any(|path| self.tools.contains(path, line))
        {
            Role::Tool
        } else {
            Role::Guest
        }
    }

    /// The start of this number came back with an error.
    pub fn came_back(&mut self, number: u64) {
        if let Some(start) = self.slot(number) {
            start.failed = true;
        }
    }

    fn slot(&mut self, number: u64) -> Option<&mut Start> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        self.starts.get_mut(index)
    }

    /// A process says hello, naming a start, or zero for a fork. `program` is asked for the program
    /// that runs where the number does not tell: the start of a process that no hook saw.
    pub fn hello(
        &mut self,
        pid: Pid,
        parent: Pid,
        number: u64,
        program: impl FnOnce() -> Option<Target>,
        began: impl FnOnce() -> Option<u64>,
    ) {
        self.armed += 1;
        let number = match self.expected.remove(&pid) {
            // Another process may have its number by now.
            Some((then, expected)) if number != 0 && began().is_none_or(|now| now == then) => {
                expected
            }
            _ => number,
        };
        // A program that gains no privileges loads our library like any.
        let held_down = self.held_down.is_some();
        let loads = |start: &Start| match start.blind {
            None => true,
            Some(reason) => held_down && reason == Reason::Privileged,
        };
        let met = self.slot(number).filter(|start| !start.met && loads(start)).map(|start| {
            start.met = true;
            start.process.clone()
        });
        let process = match met {
            Some(process) => process,
            None if number == 0 => self.forked(parent, None),
            None => {
                let unseen = self.unseen(self.repeated(parent, number), program());
                Process { start: number, ..unseen }
            }
        };
        if process.role.is_tool() && number != 0 {
            self.tool_count += 1;
        }
        self.known.insert(pid, process);
    }

    /// What started a program that says a number again: what nothing was seen of and the number
    /// was for, such as a static program; else its parent.
    fn repeated(&self, parent: Pid, number: u64) -> Option<Role> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        let blind = self.starts.get(index).filter(|start| start.blind.is_some());
        let parent = || self.known.get(&parent);
        let outside = || self.outside.then_some(Role::Tool);
        blind
            .map(|start| start.process.role)
            .or_else(|| parent().map(|parent| parent.role))
            .or_else(outside)
    }

    /// A program whose start no hook saw, such as a static program's child.
    fn unseen(&self, starter: Option<Role>, target: Option<Target>) -> Process {
        let role = match (starter, &target) {
            (Some(Role::BuildScript), _) => Role::BuildScript,
            (Some(Role::Tool), Some(target)) => self.role_below_tools(target, ""),
            _ => Role::Guest,
        };
        let image = target.as_ref().map(Image::of);
        Process {
            role,
            image,
            by: None,
            fork_of: None,
            start: 0,
            started: None,
            fresh: true,
            plumbed: true,
        }
    }

    /// Why this start would be no call of the process's own, if so.
    #[must_use]
    pub fn own_start(
        &self,
        pid: Pid,
        target: &Target,
        arguments: &[Vec<u8>],
        spawns: bool,
    ) -> Option<OwnStart> {
        let process = self.known.get(&pid)?;
        let image = process.image.as_ref()?;
        if image.is_again(target) {
            return Some(OwnStart::Again);
        }
        if image.helps(&target.real) {
            return Some(OwnStart::Helper);
        }
        if informs(&target.real) {
            return Some(OwnStart::Informs);
        }
        if is_shell(&target.program)
            && shell_command(arguments).is_some_and(|command| image.is_named_by(&command))
        {
            return Some(OwnStart::ByShell);
        }
        (process.fresh && !process.plumbed && !spawns).then_some(OwnStart::Wrapped)
    }

    /// What was seen so far.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        let mut blind: Vec<Blind> = Vec::new();
        let unmet = |start: &&Start| !start.met && !start.failed && !start.stands_in;
        for start in self.starts.iter().filter(unmet) {
            let reason = start.blind.unwrap_or(Reason::Silent);
            match blind
                .iter_mut()
                .find(|blind| blind.program == start.program && blind.reason == reason)
            {
                Some(known) => known.count += 1,
                None => blind.push(Blind { program: start.program.clone(), reason, count: 1 }),
            }
        }
        let unseen: u64 = blind.iter().map(|blind| blind.count).sum();
        let (by_backstop, blind) =
            if self.watched { (blind, Vec::new()) } else { (Vec::new(), blind) };
        Coverage {
            processes: self.armed + unseen,
            armed: self.armed,
            tools: self.tool_count,
            by_backstop,
            blind,
            ..Coverage::default()
        }
    }
}
