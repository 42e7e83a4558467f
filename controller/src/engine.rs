//! All state of a run, in one place, owned by one thread. Messages in, messages out; what has to be
//! read from the machine comes in with the message.
//!
//! | module | job |
//! |---|---|
//! | `question` | what arrives, and what is answered |
//! | `connect`, `lookup`, `exec` | each kind of call, with what is special about it |
//! | `stand` | what stand-ins of mocked programs are told |
//! | `decide` | a call that no mock answers |
//! | `mocked` | a call that a mock answers; what is recorded |
//! | `wire` | what is asked on connections that plugins read |
//! | `tickets` | these connections, each by its ticket |
//! | `session` | what a mock that opens a session says comes next |
//! | `waits` | how bytes stand to what mocks wait for |
//! | `said` | what responders tell: real answers, clients off their protocol |
//! | `sandbox` | in which sandbox a call is made |
//! | `control` | what tests say, and hear |
//! | `assertion` | what they say that was done |
//! | `object` | calls that only a test sees |
//! | `ran` | which tests ran, and in which programs |
//! | `findings` | what was refused or warned about |
//! | `end` | what the run came to |

use std::collections::HashMap;
use std::path::PathBuf;

use bigfoot_ipc::guest::Verdict;
use bigfoot_ipc::page::ask;

use crate::call::Call;
use crate::intake::process::Pid;
use crate::mocks::{Mock, Table};
use crate::names::Names;
use crate::processes::Processes;
use crate::report::{Broken, Coverage};
use crate::rules::Policy;
use crate::timeline::Timeline;
use crate::tools::Tools;

mod assertion;
mod connect;
mod control;
mod decide;
mod end;
mod exec;
mod findings;
mod lookup;
mod mocked;
mod object;
mod question;
mod ran;
mod said;
mod sandbox;
mod session;
mod stand;
mod tickets;
mod waits;
mod wire;

#[cfg(test)]
mod tests;

use assertion::Judging;
use exec::Starting;
use findings::Findings;
use lookup::Repeats;
use sandbox::Sandboxes;
use stand::StandIns;
use tickets::Conversations;

pub use control::{Told, Word};
pub use end::{Ended, unasserted};
pub use findings::{Found, grouped};
pub use question::{Asked, Asker, Claim, Details, Outcome, Sought, Stand};
pub use ran::Ran;
pub use said::Said;
pub use sandbox::{Beginning, Moment};
pub use stand::Standing;

/// All state of a run.
#[derive(Debug)]
pub struct Engine {
    policy: Policy,
    names: Names,
    processes: Processes,
    findings: Findings,
    mocks: Table,
    timeline: Timeline,
    sandboxes: Sandboxes,
    conversations: Conversations,
    repeats: Repeats,
    stand_ins: StandIns,
    /// Tests by their connections.
    speakers: HashMap<u64, u32>,
    /// Assertions that their test decides.
    judging: HashMap<u32, Judging>,
    /// Calls of tests' own objects that no mock answered.
    uncalled: Vec<(u32, Broken)>,
    last_rules: u32,
    /// The test that runs in a process, told by its start, as its runner published it last.
    tests: HashMap<(Pid, u64), String>,
    ran: Ran,
    setup: Setup,
}

/// What a run has beside its policy.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Prepared answers, in order.
    pub mocks: Vec<Mock>,
    /// The whole run is one sandbox.
    pub sandbox: bool,
    /// What the guests do is recorded even where there is neither mock nor sandbox.
    pub records: bool,
    /// Real answers have to be asserted too (`[http] require_response`).
    pub require_response: bool,
    /// The file on which we listen: who connects there has something to tell us.
    pub socket: PathBuf,
    /// The program of ours: what guests start it for is no call of theirs.
    pub own_program: Option<PathBuf>,
    /// Port at which redirected connections are answered; 0 where none are.
    pub responder: u16,
}

impl Engine {
    /// A run under this policy, in which these are tools.
    #[must_use]
    pub fn new(policy: Policy, tools: Tools, mut setup: Setup) -> Self {
        let mut sandboxes = Sandboxes::default();
        if setup.sandbox {
            sandboxes.open_for_the_run();
        }
        let stand_ins = StandIns::new(&setup.mocks);
        let mocks = Table::new(std::mem::take(&mut setup.mocks));
        Self {
            policy,
            names: Names::default(),
            processes: Processes::new(tools),
            findings: Findings::default(),
            mocks,
            timeline: Timeline::default(),
            sandboxes,
            conversations: Conversations::default(),
            repeats: Repeats::default(),
            stand_ins,
            speakers: HashMap::new(),
            judging: HashMap::new(),
            uncalled: Vec::new(),
            last_rules: 0,
            tests: HashMap::new(),
            ran: Ran::default(),
            setup,
        }
    }

    /// The run's processes.
    pub fn processes(&mut self) -> &mut Processes {
        &mut self.processes
    }

    /// Whether a call's test must be known before it can be decided.
    #[must_use]
    pub fn wants_test(&self, asker: &Asker) -> bool {
        self.setup.records
            || self.policy.wants_test()
            || self.mocks.wants_test()
            || self.sandboxes.wants_stack(asker)
    }

    /// The asker with what is known of whose its call is.
    pub(super) fn attributed(&self, asker: &Asker) -> Asker {
        let stand = self.sandboxes.of(asker, &self.processes);
        let test = stand.test.and_then(|test| self.sandboxes.test(test));
        let name = test.map(|test| test.name.clone());
        Asker { stand, test: name.or_else(|| asker.test.clone()), ..asker.clone() }
    }

    /// Connections that plugins answer go to this port from now on.
    pub fn answers_at(&mut self, port: u16) {
        self.setup.responder = port;
    }

    /// The command has ended: what its processes do from now on comes too late for the run's sandbox.
    pub fn close(&mut self) {
        self.sandboxes.close_all();
    }

    /// Decides a call.
    pub fn ask(&mut self, asker: &Asker, asked: Asked) -> Outcome {
        self.processes.meet(asker.pid, asker.parent, asker.started);
        self.processes.runs(asker.pid, asker.running);
        let asker = &self.attributed(asker);
        if let Some(test) = &asker.test {
            self.mocks.test_runs(test);
        }
        match asked {
            Asked::Connect { transport, peer, own, vacant } => {
                self.connect(asker, connect::Asked { transport, peer, own, vacant })
            }
            Asked::Lookup { query, known, sought } => self.look_up(asker, query, known, sought),
            Asked::Resolved { name, addresses } => self.resolved(&name, &addresses),
            Asked::Open(open) => self.decide(asker, Call::Open(open), false),
            Asked::Load(load) => self.decide(asker, Call::Load(load), false),
            Asked::Exec { named: Some(named), ref target, .. }
                if self.processes.is_to_come(asker.pid, &named, target) =>
            {
                Verdict::Allow.into() // a hook saw it, and libc carries it out
            }
            Asked::Exec { target, arguments, spawns, stood, cwd, installed, .. } => {
                self.exec(asker, Starting { target, arguments, spawns, stood, cwd, installed })
            }
            Asked::Stand { number, told, target } => {
                let unseen = target.map(|target| Starting::unseen(target, &told));
                self.stand(asker, number, &told, unseen)
            }
            Asked::ExecFailed(start) => {
                self.processes.came_back(start);
                Verdict::Allow.into()
            }
            Asked::Test => {
                self.test_changed(asker);
                Verdict::Allow.into()
            }
            Asked::Thread { names, program } => {
                if let Some(program) = program {
                    self.ran.started(names, &program);
                }
                Verdict::Allow.into()
            }
        }
    }

    fn test_changed(&mut self, asker: &Asker) {
        match &asker.test {
            Some(test) => drop(self.tests.insert((asker.pid, asker.started), test.clone())),
            None => drop(self.tests.remove(&(asker.pid, asker.started))),
        }
    }

    /// Which kinds of calls have to be asked about: bits of [`bigfoot_ipc::page::ask`].
    #[must_use]
    pub fn asks(&self) -> u32 {
        let own = if self.records() {
            ask::NETWORK | ask::NAMES | ask::PROGRAMS | ask::TESTS
        } else {
            ask::PROGRAMS
        };
        let threads = if self.setup.records { ask::THREADS } else { 0 };
        let tests = self.sandboxes.all_rules();
        let own = self.policy.asks() | own | threads;
        tests.fold(own, |kinds, rules| kinds | rules.asks_by_rules())
    }

    /// Whether what was plainly allowed has to be asked about again: an address has another name.
    pub fn has_learned(&mut self) -> bool {
        self.names.has_learned()
    }

    /// Adds what is known beyond the call to a finding.
    pub fn describe(&mut self, number: usize, details: Details) {
        self.findings.describe(number, details);
    }

    /// Adds where it was done to what was recorded.
    pub fn locate(&mut self, interaction: u64, details: Details) {
        if let Some(interaction) = self.timeline.get_mut(interaction) {
            interaction.details = details;
        }
    }
}

/// What was seen of the processes, as the report has it.
#[must_use]
pub fn coverage(processes: &Processes, lost: u64) -> Coverage {
    let mut coverage = processes.coverage();
    coverage.lost = lost;
    coverage
}
