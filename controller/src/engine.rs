//! All state of a run, in one place, owned by one thread. Messages in, messages out; what has to be
//! read from the machine comes in with the message.

use std::net::{IpAddr, SocketAddr};

use bigfoot_ipc::guest::{Transport, Verdict};

use crate::call::{Call, Connect, Exec, Lookup, Peer, Query};
use crate::intake::program::Target;
use crate::names::Names;
use crate::processes::{Processes, Started};
use crate::report::{Code, Coverage};
use crate::rules::{Decision, Policy};
use crate::tools::{self, Tools};
use crate::verdict::{Circumstances, Judgement, judge};

mod findings;
mod question;

#[cfg(test)]
mod tests;

use findings::{Fault, Findings, code_of, words_of};

pub use findings::{Found, grouped};
pub use question::{Asked, Asker, Details, Outcome};

/// All state of a run.
#[derive(Debug)]
pub struct Engine {
    policy: Policy,
    names: Names,
    processes: Processes,
    findings: Findings,
}

impl Engine {
    /// A run under this policy, in which these are tools.
    #[must_use]
    pub fn new(policy: Policy, tools: Tools) -> Self {
        Self {
            policy,
            names: Names::default(),
            processes: Processes::new(tools),
            findings: Findings::default(),
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
            Asked::Connect { transport, peer, own, vacant } => {
                let port = local_port(&peer);
                let outcome = self.connect(asker, transport, peer, own);
                self.vacancy(outcome, port, own, vacant)
            }
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

    /// A guest that waits for a server of its own calls before it is there. Such a call fails as it
    /// would without us, and is forgiven once the tree serves at that port.
    fn vacancy(&mut self, outcome: Outcome, port: Option<u16>, own: bool, vacant: bool) -> Outcome {
        let Some(port) = port else {
            return outcome;
        };
        if own {
            self.findings.forgive(port);
        }
        match outcome.verdict {
            Verdict::Deny { .. } if vacant => {
                self.findings.await_server(port, outcome.undescribed);
                let verdict = Verdict::Deny { errno: nix::libc::ECONNREFUSED };
                Outcome { verdict, ..outcome }
            }
            Verdict::Deny { .. } => {
                self.findings.stop_waiting(port); // somebody else serves there
                outcome
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
        let linked = asker.linked.as_ref().and_then(|path| call.at(path));
        let judgement = match judge(&self.policy, &call, about) {
            denied @ Judgement::Denied(_) => denied,
            other => match linked.as_ref().map(|linked| self.policy.speak(linked, about.test)) {
                Some(decision @ Decision::Denied { .. }) => Judgement::Denied(decision),
                _ => other,
            },
        };
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
                let fault = Fault { call, code, rule: None, refused: false };
                let undescribed = self.findings.note(asker, &self.policy, fault);
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
        let fault = Fault { call, code, rule, refused: true };
        let undescribed = self.findings.note(asker, &self.policy, fault);
        Outcome { verdict: Verdict::Deny { errno: nix::libc::EACCES }, undescribed, real: None }
    }

    /// Adds what is known beyond the call to a finding.
    pub fn describe(&mut self, number: usize, details: Details) {
        self.findings.describe(number, details);
    }

    /// What was found and seen, and how many findings were too many to keep.
    #[must_use]
    pub fn finish(self) -> (Vec<Found>, Processes, u64) {
        let (found, dropped) = self.findings.finish();
        (found, self.processes, dropped)
    }
}

/// The port of an address on loopback.
fn local_port(peer: &Peer) -> Option<u16> {
    match peer {
        Peer::Internet(address) if address.ip().to_canonical().is_loopback() => {
            Some(address.port())
        }
        _ => None,
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

/// What was seen of the processes, as the report has it.
#[must_use]
pub fn coverage(processes: &Processes, lost: u64) -> Coverage {
    let mut coverage = processes.coverage();
    coverage.lost = lost;
    coverage
}
