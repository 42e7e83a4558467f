//! All state of a run, in one place, owned by one thread. Messages in, messages out; what has to be
//! read from the machine comes in with the message.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use bigfoot_ipc::guest::{Registers, Transport, Verdict};

use crate::call::{Call, Connect, Exec, Load, Lookup, Open, Peer, Query};
use crate::intake::process::Pid;
use crate::intake::program::Target;
use crate::names::Names;
use crate::processes::{Processes, Started};
use crate::report::{Attribution, Code, Coverage, Finding};
use crate::rules::{Decision, Policy};
use crate::site::Stack;
use crate::tools::{self, Tools};
use crate::verdict::{Circumstances, Judgement, judge};

/// Most findings kept; more are counted.
const FINDINGS_MAX: usize = 10_000;
/// Most of them that are warnings: a refusal finds room, or the run would pass for clean.
const WARNINGS_MAX: usize = FINDINGS_MAX / 2;
/// Most call sites that are known without reading the guest's stack again.
const SITES_MAX: usize = 100_000;

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
    },
    /// A look-up; `known` if the machine needs nobody to answer it.
    Lookup {
        /// What is looked up.
        query: Query,
        /// The machine answers it by itself.
        known: bool,
        /// A stand-in can be the answer.
        stand_in: bool,
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
    },
    /// A start of this number came back.
    ExecFailed(u64),
    /// A library.
    Load(Load),
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
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        Self { verdict, undescribed: None, real: None }
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

/// Where a call was made, as far as can be told without reading the stack.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Site {
    pid: Pid,
    thread: u32,
    stack: u64,
    frame: u64,
    call: Call,
    test: Option<String>,
}

/// A finding, and whose it is.
#[derive(Debug)]
pub struct Found {
    /// The finding.
    pub finding: Finding,
    /// Process and thread lineage, to find the test by.
    pub lineage: (Pid, u32),
}

/// All state of a run.
#[derive(Debug)]
pub struct Engine {
    policy: Policy,
    names: Names,
    processes: Processes,
    found: Vec<Found>,
    sites: HashMap<Site, usize>,
    dropped: u64,
}

impl Engine {
    /// A run under this policy, in which these are tools.
    #[must_use]
    pub fn new(policy: Policy, tools: Tools) -> Self {
        Self {
            policy,
            names: Names::default(),
            processes: Processes::new(tools),
            found: Vec::new(),
            sites: HashMap::new(),
            dropped: 0,
        }
    }

    /// The run's processes.
    pub fn processes(&mut self) -> &mut Processes {
        &mut self.processes
    }

    /// Whether a call's test must be known before it can be decided.
    #[must_use]
    pub fn wants_test(&self) -> bool {
        self.policy.wants_test()
    }

    /// Decides a call.
    pub fn ask(&mut self, asker: &Asker, asked: Asked) -> Outcome {
        self.processes.meet(asker.pid, asker.parent, asker.started);
        match asked {
            Asked::Connect { transport, peer, own } => self.connect(asker, transport, peer, own),
            Asked::Lookup { query, known, stand_in } => self.look_up(asker, query, known, stand_in),
            Asked::Resolved { name, addresses } => self.resolved(&name, &addresses),
            Asked::Open(open) => self.simple(asker, Call::Open(open)),
            Asked::Load(load) => self.simple(asker, Call::Load(load)),
            Asked::Exec { target, arguments, spawns } => {
                self.exec(asker, target, arguments, spawns)
            }
            Asked::ExecFailed(start) => {
                self.processes.came_back(start);
                Verdict::Allow.into()
            }
        }
    }

    fn connect(&mut self, asker: &Asker, transport: Transport, peer: Peer, own: bool) -> Outcome {
        let address = match peer {
            Peer::Internet(address) => Some(address),
            _ => None,
        };
        let names = address.map(|address| self.names.of(address.ip())).unwrap_or_default();
        let belongs = asker.in_lookup && is_name_service(&peer);
        let call = Call::Connect(Connect { transport, peer, names });
        let outcome = self.decide(asker, call, own || belongs);
        match address.and_then(|address| self.real(address)) {
            Some(real) if outcome.verdict == Verdict::Allow => {
                Outcome { real: Some(real), ..outcome }
            }
            _ => outcome,
        }
    }

    /// Name and port of a stand-in address.
    fn real(&self, address: SocketAddr) -> Option<(String, u16)> {
        Some((self.names.stand_in(address.ip())?.to_owned(), address.port()))
    }

    fn look_up(&mut self, asker: &Asker, query: Query, known: bool, stand_in: bool) -> Outcome {
        let name = match &query {
            Query::Name(name) if self.policy.stands_in(name) => Some(name.clone()),
            _ => None,
        };
        let call = Call::Lookup(Lookup { query });
        match name {
            None => self.decide(asker, call, known),
            Some(name) if stand_in => match self.names.stand_in_for(&name) {
                Some((v4, v6)) => Verdict::Answer { v4: v4.octets(), v6: v6.octets() }.into(),
                None => self.refuse(asker, call, Code::Denied, None),
            },
            Some(_) => self.refuse(asker, call, Code::Denied, None),
        }
    }

    fn resolved(&mut self, name: &str, addresses: &[IpAddr]) -> Outcome {
        for address in addresses {
            self.names.remember(name, *address);
        }
        Verdict::Allow.into()
    }

    fn simple(&mut self, asker: &Asker, call: Call) -> Outcome {
        self.decide(asker, call, false)
    }

    fn exec(
        &mut self,
        asker: &Asker,
        target: Target,
        arguments: Vec<Vec<u8>>,
        spawns: bool,
    ) -> Outcome {
        if target.is_missing() {
            return Verdict::Allow.into(); // a path search: the kernel says that it is not there
        }
        let own = self.processes.own_start(asker.pid, &target, &arguments, spawns);
        let program = target.program.clone();
        let line = tools::line(&arguments);
        let call = Call::Exec(Exec { program, arguments });
        let mut outcome = self.decide(asker, call, own.is_some());
        if outcome.verdict == Verdict::Allow {
            let arm = !target.would_complain();
            let by = (asker.pid, asker.lineage);
            let start = self.processes.start(Started { target, line, by: Some(by), own });
            outcome.verdict = Verdict::Start { start, arm };
        }
        outcome
    }

    fn decide(&mut self, asker: &Asker, call: Call, plumbing: bool) -> Outcome {
        let process = self.processes.get(asker.pid);
        let by_tool = process.is_some_and(|process| process.role.is_tool());
        let about = Circumstances { by_tool, plumbing, test: asker.test.as_deref() };
        let judgement = judge(&self.policy, &call, about);
        let (code, rule) = match judgement {
            Judgement::Pass | Judgement::Allowed(_) => (None, None),
            Judgement::Warned | Judgement::Guarded => (Some(Code::Guarded), None),
            Judgement::Denied(decision) => (Some(code_of(decision)), words_of(decision)),
        };
        let warned = judgement == Judgement::Warned;
        if !plumbing {
            self.processes.called(asker.pid);
        }
        match code {
            None => Verdict::Allow.into(),
            Some(code) if warned => {
                let undescribed = self.note(asker, call, code, None, false);
                Outcome { verdict: Verdict::Allow, undescribed, real: None }
            }
            Some(code) => self.refuse(asker, call, code, rule),
        }
    }

    fn refuse(
        &mut self,
        asker: &Asker,
        call: Call,
        code: Code,
        rule: Option<(String, String)>,
    ) -> Outcome {
        let undescribed = self.note(asker, call, code, rule, true);
        Outcome { verdict: Verdict::Deny { errno: nix::libc::EACCES }, undescribed, real: None }
    }

    /// Takes note of a finding; its number if it is new and lacks its details.
    fn note(
        &mut self,
        asker: &Asker,
        call: Call,
        code: Code,
        rule: Option<(String, String)>,
        refused: bool,
    ) -> Option<usize> {
        let site = Site {
            pid: asker.pid,
            thread: asker.thread,
            stack: asker.registers.stack,
            frame: asker.registers.frame,
            call: searched(&call),
            test: asker.test.clone(),
        };
        if let Some(known) = self.sites.get(&site).and_then(|at| self.found.get_mut(*at)) {
            let elsewhere = known.finding.call != call; // the next place of one path search
            known.finding.count += u64::from(!elsewhere);
            return None;
        }
        if self.found.len() >= if refused { FINDINGS_MAX } else { WARNINGS_MAX } {
            self.dropped += 1;
            return None;
        }
        let finding = Finding {
            code,
            refused,
            protocol: self.policy.protocol(&call),
            test: asker.test.clone().map_or(Attribution::Unknown, Attribution::Test),
            allow: self.policy.suggest(&call),
            call,
            chain: Vec::new(),
            thread: None,
            stack: Stack::default(),
            script: None,
            rule,
            count: 1,
        };
        let number = self.found.len();
        self.found.push(Found { finding, lineage: (asker.pid, asker.lineage) });
        if self.sites.len() < SITES_MAX {
            self.sites.insert(site, number);
        }
        Some(number)
    }

    /// Adds what is known beyond the call to a finding.
    pub fn describe(&mut self, number: usize, details: Details) {
        if let Some(Found { finding, .. }) = self.found.get_mut(number) {
            finding.stack = details.stack;
            finding.chain = details.chain;
            finding.script = details.script;
            if let (Attribution::Unknown, Some(thread)) = (&finding.test, &details.thread) {
                finding.test = Attribution::Thread(thread.clone());
            }
            finding.thread = details.thread;
        }
    }

    /// What was found and seen, and how many findings were too many to keep.
    #[must_use]
    pub fn finish(self) -> (Vec<Found>, Processes, u64) {
        (self.found, self.processes, self.dropped)
    }
}

/// Whether a server is one that libc asks for names: a cache's socket, or the DNS's port.
fn is_name_service(peer: &Peer) -> bool {
    match peer {
        Peer::Internet(address) => address.port() == 53,
        Peer::UnixPath(path) => {
            path.starts_with("/run/nscd")
                || path.starts_with("/var/run/nscd")
                || path.starts_with("/run/systemd/resolve")
                || path.starts_with("/run/systemd/userdb")
                || path.starts_with("/run/systemd/machine")
        }
        _ => false,
    }
}

/// A program's start by its name alone: a path search tries one folder after the other.
fn searched(call: &Call) -> Call {
    match call {
        Call::Exec(Exec { program, arguments }) => {
            let program = program.file_name().map_or_else(|| program.clone(), Into::into);
            Call::Exec(Exec { program, arguments: arguments.clone() })
        }
        call => call.clone(),
    }
}

fn code_of(decision: Decision<'_>) -> Code {
    match decision {
        Decision::Restricted { .. } => Code::Restricted,
        _ => Code::Denied,
    }
}

fn words_of(decision: Decision<'_>) -> Option<(String, String)> {
    match decision {
        Decision::Allowed { rule } | Decision::Denied { rule } => {
            Some((rule.text().to_owned(), rule.origin().to_string()))
        }
        Decision::Restricted { frame } => Some((frame.restrict(), frame.origin().to_string())),
        Decision::Silent => None,
    }
}

/// Puts findings together that are one: the same call by the same code for the same test; and leaves
/// out the look-ups that belong to connections which are reported themselves.
#[must_use]
pub fn grouped(found: Vec<Found>) -> Vec<Finding> {
    let connected: HashSet<(String, Attribution)> = found
        .iter()
        .filter_map(|found| match &found.finding.call {
            Call::Connect(connect) => Some((connect, &found.finding.test)),
            _ => None,
        })
        .flat_map(|(connect, test)| connect.names.iter().map(|name| (name.clone(), test.clone())))
        .collect();
    let belongs = |finding: &Finding| match &finding.call {
        Call::Lookup(Lookup { query: Query::Name(name) }) => {
            !finding.refused && connected.contains(&(name.clone(), finding.test.clone()))
        }
        _ => false,
    };
    let mut places = HashMap::new();
    let mut grouped: Vec<Finding> = Vec::new();
    for Found { finding, .. } in found {
        if belongs(&finding) {
            continue;
        }
        let key = (
            finding.code,
            finding.refused,
            finding.call.clone(),
            finding.test.clone(),
            finding.stack.clone(),
        );
        match places.entry(key) {
            Entry::Occupied(place) => {
                let place: &usize = place.get();
                grouped[*place].count += finding.count;
            }
            Entry::Vacant(place) => {
                place.insert(grouped.len());
                grouped.push(finding);
            }
        }
    }
    grouped
}

/// What was seen of the processes, as the report has it.
#[must_use]
pub fn coverage(processes: &Processes, lost: u64) -> Coverage {
    let mut coverage = processes.coverage();
    coverage.lost = lost;
    coverage
}

#[cfg(test)]
mod tests;
