//! What arrives at the engine, and what it answers.

use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;

use bigfoot_ipc::guest::{self, Registers, Transport, Verdict};

use super::stand::Standing;
use crate::call::{Load, Open, Peer, Query};
use crate::intake::process::Pid;
use crate::intake::program::Target;
use crate::intake::test_program::TestProgram;
use crate::plugins::Plugin;
use crate::plugins::conversation::Opening;
use crate::plugins::dns::Family;
use crate::plugins::subprocess::answer::Told;
use crate::processes::{Named, Running};
use crate::shared::Event;
use crate::site::Stack;
use crate::timeline::Layer;
use crate::verdict::Sandboxed;

/// Who asks.
#[derive(Debug, Clone)]
pub struct Asker {
    /// The process.
    pub pid: Pid,
    /// Its parent.
    pub parent: Pid,
    /// When it started; with its number, one of a kind.
    pub started: u64,
    /// Thread at the top of the calling thread's lineage.
    pub lineage: u32,
    /// The calling thread.
    pub thread: u32,
    /// Where the thread stands.
    pub registers: Registers,
    /// The running test, where one is known.
    pub test: Option<String>,
    /// libc makes the call on behalf of a name look-up.
    pub in_lookup: bool,
    /// The path of the call with links followed, where that is another: what is denied by its own
    /// path is denied by every other.
    pub linked: Option<PathBuf>,
    /// Which part of us saw the call.
    pub layer: Layer,
    /// What the process runs, where only the backstop saw the call.
    pub running: Running,
    /// Whose call it is, and where that stands to a sandbox: the engine's own finding.
    pub stand: Stand,
}

/// Whose call it is, and where it stands to a sandbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stand {
    /// In one, or in none.
    pub sandboxed: Sandboxed,
    /// Its sandbox, or the one that it comes too late for.
    pub sandbox: Option<u32>,
    /// The test that it belongs to, of those that speak to us.
    pub test: Option<u32>,
}

impl Stand {
    /// The test whose mocks answer it.
    #[must_use]
    pub fn owner(self) -> Option<u32> {
        self.test.filter(|_| self.sandboxed == Sandboxed::Inside)
    }

    /// What it is recorded with: its test's timeline, or its sandbox's.
    #[must_use]
    pub fn timeline(self) -> u32 {
        self.test.or(self.sandbox).unwrap_or_default()
    }
}

impl Asker {
    /// Who did something by a decision of its own.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self {
            pid: event.process,
            parent: 0,
            started: 0,
            lineage: event.lineage,
            thread: event.thread,
            registers: Registers::default(),
            test: None,
            in_lookup: false,
            linked: None,
            layer: Layer::Preload,
            running: Running::default(),
            stand: Stand::default(),
        }
    }
}

/// What is asked, with what the machine says of it.
#[derive(Debug, Clone)]
pub enum Asked {
    /// A connection or a datagram; `own` if the server there is the tree's.
    Connect {
        /// Kind of socket.
        transport: Transport,
        /// To whom.
        peer: Peer,
        /// The server there is the tree's own.
        own: bool,
        /// Nobody serves there, on this machine.
        vacant: bool,
    },
    /// A look-up; `known` if the machine needs nobody to answer it.
    Lookup {
        /// What is looked up.
        query: Query,
        /// The machine answers it by itself.
        known: bool,
        /// What of it.
        sought: Sought,
    },
    /// What an allowed look-up gave.
    Resolved {
        /// The name.
        name: String,
        /// Its addresses.
        addresses: Vec<IpAddr>,
    },
    /// A file.
    Open(Open),
    /// A program.
    Exec {
        /// What is started.
        target: Target,
        /// With which arguments.
        arguments: Vec<Vec<u8>>,
        /// In a process of its own.
        spawns: bool,
        /// What was found is a stand-in on PATH; the target is what lies behind it.
        stood: bool,
        /// The directory that it is started in.
        cwd: Option<PathBuf>,
        /// A program of its name is there, if not where it was looked for.
        installed: bool,
        /// The start that its environment names, where no hook saw it.
        named: Option<Named>,
    },
    /// A stand-in tells of itself, and asks what to do.
    Stand {
        /// The number that its start was given; 0 if it was started unseen.
        number: u64,
        /// What it tells.
        told: Told,
        /// What lies behind it on PATH, where it was started unseen.
        target: Option<Target>,
    },
    /// A start of this number came back.
    ExecFailed(u64),
    /// A library.
    Load(Load),
    /// Another test runs in the process: the asker names it.
    Test,
    /// A main thread starts a thread of one of these names.
    Thread {
        /// What is found of names; most threads have none, or one.
        names: Vec<String>,
        /// The program whose thread it is.
        program: Option<TestProgram>,
    },
}

/// What a look-up is to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// The addresses of a name: of both families, or of one.
    Addresses(Option<Family>),
    /// Records in the DNS's own form, of the type of this number where it is known.
    Records(Option<u16>),
    /// The name of an address.
    Name,
}

impl Sought {
    /// What a guest asks for.
    #[must_use]
    pub fn by(query: &guest::Query<'_>) -> Self {
        match query {
            guest::Query::Name(_) => Self::Addresses(None),
            guest::Query::Family { v6: false, .. } => Self::Addresses(Some(Family::V4)),
            guest::Query::Family { v6: true, .. } => Self::Addresses(Some(Family::V6)),
            guest::Query::Records(_) => Self::Records(None),
            guest::Query::Kind { kind, .. } => Self::Records(Some(*kind)),
            guest::Query::Address(_) => Self::Name,
        }
    }
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// For the guest.
    pub verdict: Verdict,
    /// The finding that lacks its details: see [`Engine::describe`].
    pub undescribed: Option<usize>,
    /// The verdict is a redirect to this name's real address, which has to be looked up first.
    pub real: Option<(String, u16)>,
    /// What was recorded lacks its details: see [`Engine::locate`].
    pub unlocated: Option<u64>,
    /// The connection is answered by a plugin.
    pub claim: Option<Claim>,
    /// A connection to this peer is plainly allowed, whoever makes it: nobody need ask again.
    pub known: Option<SocketAddr>,
    /// The answer for a stand-in, in place of the verdict.
    pub standing: Option<Standing>,
}

/// A connection that a plugin answers.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its ticket.
    pub ticket: u32,
    /// Who answers.
    pub plugin: &'static dyn Plugin,
    /// To whom it was opened.
    pub opening: Opening,
    /// The address that the guest asked for is a real one, and no stand-in.
    pub real: bool,
    /// The client, where it sends datagrams.
    pub peer: Option<SocketAddrV4>,
}

impl PartialEq for Claim {
    fn eq(&self, other: &Self) -> bool {
        (self.ticket, &self.opening) == (other.ticket, &other.opening)
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        Self {
            verdict,
            undescribed: None,
            real: None,
            unlocated: None,
            claim: None,
            known: None,
            standing: None,
        }
    }
}

/// What is known of a finding beyond the call: read while the guest waits.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Where the thread stood.
    pub stack: Stack,
    /// Command lines down to the process.
    pub chain: Vec<String>,
    /// Name of the thread.
    pub thread: Option<String>,
    /// Script that an interpreter runs.
    pub script: Option<String>,
}
