//! Transcripts: who asks what, and what becomes of it.
//!
//! | file | what it shows |
//! |---|---|
//! | `calls` | levels, rules, and what passes by itself |
//! | `control` | what tests say, and whose each call is |
//! | `lookups` | look-ups that mocks answer |
//! | `names` | look-ups, stand-ins, and connections by name |
//! | `roles` | tools, build scripts, guests, forks |
//! | `programs` | mocked programs, and what their stand-ins are told |
//! | `starts` | which starts of programs are no calls of a guest's own |
//! | `layers` | what a plugin answers that reads another's interactions |
//! | `findings` | what is noted, once, and how it is put together |
//! | `mocks` | what mocks answer, what is recorded, and what is left over |
//! | `ran` | which tests ran, by their threads |
//! | `seen` | which processes count as seen |

mod calls;
mod control;
mod findings;
mod layers;
mod lookups;
mod mocks;
mod names;
mod programs;
mod ran;
mod roles;
mod seen;
mod starts;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use bigfoot_ipc::guest::Registers;

use std::net::{IpAddr, SocketAddr};

use bigfoot_ipc::guest::Transport;

use super::findings::*;
use super::*;
use super::{Ended, Said, Setup};
use crate::call::*;
use crate::config;
use crate::intake::process::Pid;
use crate::intake::program::Target;
use crate::processes::Started;
use crate::report::{Attribution, Code, Finding};
use crate::rules::{Frame, Level, Levels, Origin, Place, Rule, TestGlob};
use crate::site::Stack;
use crate::timeline::Layer;

/// The run's command in most transcripts.
const COMMAND: Pid = 100;
/// Port of the responder, in runs that have one.
const PORT: u16 = 4711;
/// Refused.
const REFUSED: Verdict = Verdict::Deny { errno: nix::libc::EACCES };

/// An engine, and a folder of programs to start.
struct Scene {
    engine: Engine,
    folder: PathBuf,
}

impl Scene {
    /// The level of everything that is guarded by default, and these rules.
    fn new(level: Level, frames: Vec<Frame>) -> Self {
        Self::of(Policy::new(frames, Levels::new(level, BTreeMap::new())))
    }

    /// What a configuration says.
    fn configured(text: &str) -> Self {
        let mut scene = Self::of(Policy::default());
        fs::write(scene.folder.join("bigfoot.toml"), text).unwrap();
        let config = config::load(&scene.folder, &config::Flags::default(), &|_| None);
        let config = config.unwrap_or_else(|error| panic!("{error}"));
        let setup = Setup { responder: PORT, ..config.setup() };
        scene.engine = Engine::new(config.policy, Tools::new(&[]).unwrap(), setup);
        scene
    }

    fn of(policy: Policy) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "bigfoot-engine-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let folder = folder.canonicalize().unwrap();
        Self { engine: Engine::new(policy, Tools::new(&[]).unwrap(), Setup::default()), folder }
    }

    /// A program in the scene's folder; two paths are two files.
    fn program(&self, path: &str) -> Target {
        self.script(path, "")
    }

    /// A file of these contents in the scene's folder.
    fn script(&self, path: &str, contents: &str) -> Target {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, contents).unwrap();
        Target::at(path)
    }

    /// The run's command is this program, and has said hello.
    fn command(mut self, path: &str) -> Self {
        let target = self.program(path);
        let number = self.engine.processes().start(Started {
            target,
            line: String::new(),
            by: None,
            own: None,
            spawns: false,
        });
        self.hello(COMMAND, 1, number);
        self
    }

    /// A process says hello, and names this start (zero: it is a fork).
    fn hello(&mut self, pid: Pid, parent: Pid, number: u64) {
        self.engine.processes().hello(pid, parent, number, || None, || None);
    }

    fn ask(&mut self, pid: Pid, asked: Asked) -> Outcome {
        self.engine.ask(&asker(pid), asked)
    }

    /// The verdict alone.
    fn verdict(&mut self, pid: Pid, asked: Asked) -> Verdict {
        self.ask(pid, asked).verdict
    }

    /// A process starts a program in a process of its own, which says hello as `child`.
    fn spawn(&mut self, pid: Pid, child: Pid, target: Target) {
        let number = self.started(pid, exec(target, &["name"], true));
        self.hello(child, pid, number);
    }

    /// A process becomes another program, and says hello as that.
    fn become_program(&mut self, pid: Pid, parent: Pid, target: Target) {
        let number = self.started(pid, exec(target, &["name"], false));
        self.hello(pid, parent, number);
    }

    /// The number of a start that is let through.
    fn started(&mut self, pid: Pid, asked: Asked) -> u64 {
        match self.verdict(pid, asked) {
            Verdict::Start { start, .. } => start,
            verdict => panic!("not started: {verdict:?}"),
        }
    }

    /// The role of a process.
    fn role(&mut self, pid: Pid) -> crate::processes::Role {
        self.engine.processes().get(pid).unwrap().role
    }

    /// Findings as they come into the report.
    fn findings(mut self) -> Vec<Finding> {
        grouped(std::mem::take(&mut self.engine.findings).finish().0)
    }

    fn coverage(&mut self) -> Coverage {
        coverage(self.engine.processes(), 0)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A process's first thread, always at the same place in its code.
fn asker(pid: Pid) -> Asker {
    Asker {
        pid,
        parent: 1,
        started: u64::from(pid),
        lineage: pid,
        thread: pid,
        registers: Registers { instruction: 1, stack: 2, frame: 3 },
        test: None,
        in_lookup: false,
        linked: None,
        layer: Layer::Preload,
        running: crate::processes::Running::default(),
        stand: Stand::default(),
    }
}

/// The same, within a test.
fn tester(pid: Pid, test: &str) -> Asker {
    Asker { test: Some(test.into()), ..asker(pid) }
}

fn connect(address: &str) -> Asked {
    let peer = Peer::Internet(address.parse().unwrap());
    Asked::Connect { transport: Transport::Stream, peer, own: false, vacant: false }
}

fn connect_unix(path: &str) -> Asked {
    Asked::Connect {
        transport: Transport::Stream,
        peer: Peer::UnixPath(path.into()),
        own: false,
        vacant: false,
    }
}

fn own_server(address: &str) -> Asked {
    let peer = Peer::Internet(address.parse().unwrap());
    Asked::Connect { transport: Transport::Stream, peer, own: true, vacant: false }
}

fn look_up(name: &str) -> Asked {
    Asked::Lookup { query: Query::Name(name.into()), known: false, sought: Sought::Addresses(None) }
}

fn records(name: &str) -> Asked {
    Asked::Lookup { query: Query::Name(name.into()), known: false, sought: Sought::Records(None) }
}

fn resolved(name: &str, address: &str) -> Asked {
    Asked::Resolved { name: name.into(), addresses: vec![address.parse().unwrap()] }
}

fn open(path: &str) -> Asked {
    Asked::Open(Open { path: path.into(), read: true, write: false })
}

fn load(library: &str) -> Asked {
    Asked::Load(Load { library: library.into() })
}

fn exec(target: Target, arguments: &[&str], spawns: bool) -> Asked {
    let arguments = arguments.iter().map(|word| word.as_bytes().to_vec()).collect();
    Asked::Exec { target, arguments, spawns, stood: false, cwd: None, installed: true, named: None }
}

fn rules(texts: &[&str]) -> Vec<Rule> {
    let place = Place::at("/");
    let rule = |text: &&str| Rule::parse(text, Origin::Flag("--rule"), &place).unwrap();
    texts.iter().map(rule).collect()
}

fn frame(flag: &'static str, fill: impl FnOnce(&mut Frame)) -> Frame {
    let mut frame = Frame::new(Origin::Flag(flag));
    fill(&mut frame);
    frame
}

fn allow(texts: &[&str]) -> Frame {
    frame("--allow", |frame| frame.allow = rules(texts))
}

fn deny(texts: &[&str]) -> Frame {
    frame("--deny", |frame| frame.deny = rules(texts))
}

fn restrict(texts: &[&str]) -> Frame {
    frame("--restrict", |frame| frame.restrict = rules(texts))
}

fn allow_in(test: &str, texts: &[&str]) -> Frame {
    frame("--allow", |frame| {
        frame.test = Some(TestGlob::parse(test).unwrap());
        frame.allow = rules(texts);
    })
}
