//! Stand-ins: processes that play mocked programs. Each asks what to do, by the number that its start
//! was given.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use bigfoot_ipc::guest::{Cue, Verdict};
use nix::libc;

use super::exec::Starting;
use super::mocked::Settled;
use super::{Asker, Engine, Outcome};
use crate::fields::Fields;
use crate::mocks::Mock;
use crate::mocks::table::Wanted;
use crate::plugins::subprocess::answer::{self, Played, Told};

/// Most stand-ins that are waited for; of more, the oldest are forgotten, and end as refused.
const WAITING_MAX: usize = 1 << 16;
/// Exit codes of a stand-in that plays nothing (env(1)).
const CANNOT: u8 = 126;
const NOT_FOUND: u8 = 127;

/// The stand-ins that were started and have not asked yet.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    waiting: BTreeMap<u64, Waiting>,
    next: u64,
    /// Variables that mocks name.
    variables: BTreeSet<String>,
}

#[derive(Debug)]
enum Waiting {
    /// It is known what it plays; and the number of what was recorded.
    Ready(Played, u64),
    /// It is not.
    Open(Box<(Asker, Starting)>),
}

impl StandIns {
    pub(super) fn new(mocks: &[Mock]) -> Self {
        Self { variables: answer::variables(mocks.iter()), ..Self::default() }
    }

    /// A mock is added.
    pub(super) fn name(&mut self, mock: &Mock) {
        self.variables.extend(answer::variables(std::iter::once(mock)));
    }

    /// One that plays this; its number.
    pub(super) fn ready(&mut self, played: Played, recorded: u64) -> u64 {
        self.add(Waiting::Ready(played, recorded))
    }

    fn add(&mut self, waiting: Waiting) -> u64 {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_first(); // killed before it could ask, most likely
        }
        self.next += 1;
        self.waiting.insert(self.next, waiting);
        self.next
    }
}

/// What a stand-in does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It plays this.
    Play(Played),
    /// It becomes the real program.
    Become {
        /// Its path.
        program: PathBuf,
        /// Number of this start, for its hello.
        start: u64,
        /// Whether our library can be loaded into it.
        arm: bool,
    },
}

impl Standing {
    /// As a message.
    #[must_use]
    pub fn cue(&self) -> Cue<'_> {
        match self {
            Self::Play(played) => Cue::Play(played.part()),
            Self::Become { program, start, arm } => {
                let program = program.as_os_str().as_encoded_bytes();
                Cue::Become { program, start: *start, arm: *arm }
            }
        }
    }
}

impl Engine {
    /// A stand-in is started that is told later what it plays.
    pub(super) fn stand_later(
        &mut self,
        asker: &Asker,
        starting: Starting,
        reads: bool,
    ) -> Outcome {
        self.processes.called(asker.pid);
        let start = self.processes.stand_in(starting.noted(asker));
        self.sandboxes.born(start, asker.stand);
        let waiting = Waiting::Open(Box::new((asker.clone(), starting)));
        let number = self.stand_ins.add(waiting);
        Verdict::StandIn { start, number, reads }.into()
    }

    /// A stand-in asks. One without a number was found on PATH by somebody whose calls are not seen.
    pub(super) fn stand(
        &mut self,
        asker: &Asker,
        number: u64,
        told: &Told,
        unseen: Option<Starting>,
    ) -> Outcome {
        match (self.stand_ins.waiting.remove(&number), unseen) {
            (Some(Waiting::Ready(played, recorded)), _) => {
                if let (Some(interaction), Some(cwd)) = (self.timeline.get_mut(recorded), &told.cwd)
                {
                    interaction.fields.set("cwd", cwd.to_string_lossy().into_owned());
                }
                Standing::Play(played).into()
            }
            (Some(Waiting::Open(open)), _) => self.stand_told(&open.0, &open.1, told),
            (None, Some(starting)) => self.stand_told(asker, &starting, told),
            (None, None) => refused(CANNOT, "its part was played already"),
        }
    }

    /// All is known now.
    fn stand_told(&mut self, asker: &Asker, starting: &Starting, told: &Told) -> Outcome {
        let known = starting.fields();
        let known = answer::completed(&known, told, &self.stand_ins.variables);
        let named =
            self.naming(asker, &known).and_then(|named| starting.deed(asker.layer, named, false));
        let outcome = match named.map(|deed| self.settle(asker, deed)) {
            Some(Settled::Mocked(reply, recorded)) => {
                let unlocated = self.unlocated(recorded);
                return Outcome { unlocated, ..Standing::Play(Played::of(&reply.fields)).into() };
            }
            Some(settled) => self.started(asker, starting, settled),
            None => {
                // It was started since a mock speaks of it: that it is not there is no path search.
                let starting = Starting { stood: true, ..starting.clone() };
                self.unmocked_start(asker, &starting, &known)
            }
        };
        let standing = match outcome.verdict {
            Verdict::Start { start, arm } => {
                Standing::Become { program: starting.target.program.clone(), start, arm }
            }
            Verdict::Deny { errno: libc::ENOENT } => Standing::Play(Played::refused(
                NOT_FOUND,
                "no mock answers it, and it is not there",
            )),
            _ => {
                Standing::Play(Played::refused(CANNOT, "it is refused; the run's report says why"))
            }
        };
        Outcome { undescribed: outcome.undescribed, ..standing.into() }
    }

    /// The naming under which a mock answers.
    fn naming(&self, asker: &Asker, known: &Fields) -> Option<Fields> {
        let (plugin, shape) = self.program_mocks(asker)?;
        let (test, owner) = (asker.test.as_deref(), asker.stand.owner());
        let found = |fields: &Fields| {
            self.mocks.find(&Wanted { plugin, shape, fields, test, owner }).is_some()
        };
        answer::namings(known).into_iter().find(found)
    }
}

impl From<Standing> for Outcome {
    fn from(standing: Standing) -> Self {
        let none = Verdict::Deny { errno: libc::EPROTO }; // the answer is none for a guest's call
        Self { standing: Some(standing), ..none.into() }
    }
}

fn refused(code: u8, why: &str) -> Outcome {
    Standing::Play(Played::refused(code, why)).into()
}
