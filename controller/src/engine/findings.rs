//! What was refused or warned about, counted by call and call site.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::question::{Asker, Details};
use crate::call::{Call, Exec, Lookup, Query};
use crate::intake::process::Pid;
use crate::report::{Attribution, Code, Finding, Request};
use crate::rules::{Decision, Policy};
use crate::site::Stack;

/// Most findings kept; more are counted.
pub(super) const FINDINGS_MAX: usize = 10_000;
/// Most of them that are warnings: a refusal finds room, or the run would pass for clean.
pub(super) const WARNINGS_MAX: usize = FINDINGS_MAX / 2;
/// Most call sites that are known without reading the guest's stack again.
const SITES_MAX: usize = 100_000;

/// Where a call was made, as far as can be told without reading the stack.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Site {
    pid: Pid,
    thread: u32,
    stack: u64,
    frame: u64,
    call: Call,
    test: Option<String>,
    code: Code,
    refused: bool,
}

/// A finding, and whose it is.
#[derive(Debug)]
pub struct Found {
    /// The finding.
    pub finding: Finding,
    /// The test that it is of, of those that speak to us.
    pub(super) owner: Option<u32>,
    /// Process and thread lineage, to find the test by.
    pub lineage: (Pid, u32),
    /// It turned out to be a call of the tree to itself.
    pub(super) forgiven: bool,
}

/// A call that was refused or warned about, and why.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) call: Call,
    pub(super) code: Code,
    /// The rule that spoke, and where it stands.
    pub(super) rule: Option<(String, String)>,
    pub(super) refused: bool,
    /// What a plugin read of it, and what helps to mend it.
    pub(super) about: Option<About>,
}

/// What a plugin read of a call, and what helps to mend it.
#[derive(Debug, Default)]
pub(super) struct About {
    pub(super) request: Option<Request>,
    pub(super) parts: Vec<(&'static str, Vec<String>)>,
    pub(super) mock: Option<String>,
}

impl Fault {
    /// The guard level warns of it.
    pub(super) fn warning(call: Call) -> Self {
        Self { call, code: Code::Guarded, rule: None, refused: false, about: None }
    }
}

/// The findings of a run.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) found: Vec<Found>,
    sites: HashMap<Site, usize>,
    /// Findings of calls to loopback ports at which nobody served.
    awaiting: HashMap<u16, Vec<usize>>,
    pub(super) dropped: u64,
    /// Of these, refusals.
    pub(super) dropped_refusals: u64,
}

impl Findings {
    /// Takes note of a finding; its number if it is new and lacks its details.
    pub(super) fn note(&mut self, asker: &Asker, policy: &Policy, fault: Fault) -> Option<usize> {
        let Fault { call, code, rule, refused, about } = fault;
        let about = about.unwrap_or_default();
        let site = Site {
            pid: asker.pid,
            thread: asker.thread,
            stack: asker.registers.stack,
            // A path search goes round a loop, which may keep its counter here.
            frame: if matches!(call, Call::Exec(_)) { 0 } else { asker.registers.frame },
            call: searched(&call),
            test: asker.test.clone(),
            code,
            refused,
        };
        if let Some(known) = self.sites.get(&site).and_then(|at| self.found.get_mut(*at)) {
            let elsewhere = known.finding.call != call; // the next place of one path search
            known.finding.count += u64::from(!elsewhere);
            return None;
        }
        if self.found.len() >= if refused { FINDINGS_MAX } else { WARNINGS_MAX } {
            self.dropped += 1;
            self.dropped_refusals += u64::from(refused);
            return None;
        }
        let finding = Finding {
            code,
            refused,
            protocol: policy.protocol(&call),
            test: asker.test.clone().map_or(Attribution::Unknown, Attribution::Test),
            allow: policy.suggest(&call),
            call,
            layer: asker.layer,
            chain: Vec::new(),
            thread: None,
            stack: Stack::default(),
            script: None,
            rule,
            count: 1,
            request: about.request,
            parts: about.parts,
            mock: about.mock,
        };
        let number = self.found.len();
        self.found.push(Found {
            finding,
            owner: asker.stand.test,
            lineage: (asker.pid, asker.lineage),
            forgiven: false,
        });
        if self.sites.len() < SITES_MAX {
            self.sites.insert(site, number);
        }
        Some(number)
    }

    /// Adds what is known beyond the call to a finding.
    pub(super) fn describe(&mut self, number: usize, details: Details) {
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

    /// A finding is of a step in a session: a mock of its own would not help.
    pub(super) fn stands_in_session(&mut self, number: usize) {
        if let Some(found) = self.found.get_mut(number) {
            found.finding.mock = None;
            found.finding.parts.clear();
        }
    }

    /// Adds a part to what is told of a finding.
    pub(super) fn add_part(&mut self, number: usize, part: (&'static str, Vec<String>)) {
        if let Some(found) = self.found.get_mut(number) {
            found.finding.parts.insert(0, part);
        }
    }

    /// This finding, if it is a new one, is of a call to a port at which nobody serves.
    pub(super) fn await_server(&mut self, port: u16, number: Option<usize>) {
        let guarded = |number: &usize| {
            self.found.get(*number).is_some_and(|found| found.finding.code == Code::Guarded)
        };
        if let Some(number) = number.filter(guarded) {
            self.awaiting.entry(port).or_default().push(number);
        }
    }

    /// Another's server is at this port: who called there before was not waiting for one of its own.
    pub(super) fn stop_waiting(&mut self, port: u16) {
        self.awaiting.remove(&port);
    }

    /// The tree itself serves at this port: who called there before was waiting for it.
    pub(super) fn forgive(&mut self, port: u16) {
        for number in self.awaiting.remove(&port).unwrap_or_default() {
            if let Some(found) = self.found.get_mut(number) {
                found.forgiven = true;
                self.sites.retain(|_, at| *at != number);
            }
        }
    }

    /// All of them that were not forgiven, and how many were too many to keep.
    pub(super) fn finish(self) -> (Vec<Found>, u64) {
        let found = self.found.into_iter().filter(|found| !found.forgiven);
        (found.collect(), self.dropped)
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

/// The code of a refusal by a rule.
pub(super) fn code_of(decision: Decision<'_>) -> Code {
    match decision {
        Decision::Restricted { .. } => Code::Restricted,
        _ => Code::Denied,
    }
}

/// The rule that spoke, and where it stands.
pub(super) fn words_of(decision: Decision<'_>) -> Option<(String, String)> {
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
