//! What the run came to: every mock used, every interaction asserted.

use super::assertion::asserted_line;
use super::tickets::Left;
use super::{Engine, Found, Ran};
use crate::mocks::Times;
use crate::mocks::table::Lack;
use crate::processes::Processes;
use crate::report::{Attribution, Broken, Code, paste};
use crate::timeline::{Asserted, How, Interaction, Layer};

/// What the run came to.
#[derive(Debug)]
pub struct Ended {
    /// What was refused or warned about.
    pub found: Vec<Found>,
    /// The run's processes.
    pub processes: Processes,
    /// How many findings and interactions were too many to keep.
    pub dropped: (u64, u64),
    /// How many refusals, interactions that had to be asserted, and undecided requests are among these:
    /// the run is not clean.
    pub untold: u64,
    /// What was recorded, in order.
    pub interactions: Vec<Interaction>,
    /// Mocks and steps that were never used.
    pub unused: Vec<Broken>,
    /// The tests that are known to have run.
    pub ran: Ran,
}

impl Engine {
    /// What the run came to.
    #[must_use]
    pub fn finish(mut self) -> Ended {
        self.unanswered();
        let untold = self.lost() + self.findings.dropped_refusals + self.timeline.dropped_open();
        let mut unused = self.unused();
        unused.extend(self.left_steps());
        unused.extend(self.uncalled.drain(..).map(|(_, broken)| broken));
        let (found, findings) = self.findings.finish();
        let (interactions, recorded) = self.timeline.finish();
        let dropped = (findings, recorded);
        let ran = Ran { tests: self.mocks.tests(), ..self.ran };
        Ended { found, processes: self.processes, dropped, untold, interactions, unused, ran }
    }

    fn unused(&self) -> Vec<Broken> {
        let lacking = self.mocks.lacking();
        lacking.into_iter().map(|lack| self.lacks(lack)).collect()
    }

    /// A mock that was not used as often as it had to be.
    pub(super) fn lacks(&self, lack: Lack) -> Broken {
        let mend = "remove it, or write `times = \"any\"` if it need not be used";
        let mock = self.mocks.mock(lack.mock);
        let owner = self.mocks.owner(lack.mock).and_then(|test| self.sandboxes.test(test));
        let mend = if owner.is_some() { OPTIONAL } else { mend };
        let parts = vec![
            ("mock", vec![mock.origin.to_string()]),
            ("used", vec![often(lack.used, mock.times)]),
            ("mend", vec![mend.to_owned()]),
        ];
        let test = owner.map(|test| test.name.clone()).or(lack.test);
        broken(test, mock_words(mock), parts)
    }

    fn left_steps(&mut self) -> Vec<Broken> {
        let left = self.left_over();
        self.steps_left(left)
    }

    /// The steps that are left over of the sessions of a test.
    pub(super) fn left_steps_of(&mut self, test: u32) -> Vec<Broken> {
        let left = self.left_over_of(test);
        self.steps_left(left)
    }

    fn steps_left(&self, left: Vec<Left>) -> Vec<Broken> {
        let broken = left.into_iter().flat_map(|left| {
            let mock = self.mocks.mock(left.mock);
            let opened = format!("of the session at {}", mock.origin);
            let steps: Vec<_> = left.steps.iter().flat_map(|step| step.mocks()).cloned().collect();
            steps.into_iter().map(move |step| {
                let parts = vec![
                    ("step", vec![format!("{}, {opened}", step.origin)]),
                    ("used", vec!["never: the connection ended before it".to_owned()]),
                ];
                let words = format!("{} {}", step.shape.source, step.when.words());
                broken(left.test.clone(), words.trim_end().to_owned(), parts)
            })
        });
        broken.collect()
    }
}

/// What mends a mock that a test left unused.
const OPTIONAL: &str = "remove it, or make it optional if it need not be used";

fn broken(test: Option<String>, words: String, parts: Vec<(&'static str, Vec<String>)>) -> Broken {
    let test = test.map_or(Attribution::Unknown, Attribution::Test);
    Broken { code: Code::Unused, test, words, parts, paste: None, count: 1 }
}

fn mock_words(mock: &crate::mocks::Mock) -> String {
    format!("{} {}", mock.shape.source, mock.when.words()).trim_end().to_owned()
}

fn often(used: u64, times: Times) -> String {
    let wanted = times.min;
    match (used, wanted) {
        (0, 1) => "never".to_owned(),
        (0, wanted) => format!("never, of {wanted} times"),
        (used, wanted) => format!("{used} of {wanted} times"),
    }
}

/// How to assert what a mock answered or let through.
fn mend(interaction: &Interaction) -> &'static str {
    match interaction.how {
        How::Passed(_) if interaction.shape.protocol() == "http" => {
            "add `assert = \"match\"` to it, and a `reply` to compare the real answer with"
        }
        _ => "add `assert = \"match\"` to it, if it is as it should be",
    }
}

/// What nobody asserted of what was recorded in sandboxes.
#[must_use]
pub fn unasserted(interactions: &[Interaction]) -> Vec<Broken> {
    let open = interactions.iter().filter(|it| it.asserted == Asserted::Open);
    open.map(unasserted_one).collect()
}

/// Something that nobody asserted.
pub(super) fn unasserted_one(it: &Interaction) -> Broken {
    let mut parts = Vec::new();
    if !it.details.chain.is_empty() {
        parts.push(("process", vec![it.details.chain.join(" > ")]));
    }
    if let Some(script) = &it.details.script {
        let is_place = it.layer == Layer::Test;
        parts
            .push(("at", vec![if is_place { script.clone() } else { format!("script {script}") }]));
    }
    let mut paste = None;
    match &it.how {
        How::Mocked(origin) | How::Passed(origin) if origin.is_in_a_test() => {
            parts.push(("mock", vec![origin.to_string()]));
            paste = asserted_line(it, origin);
        }
        // The mock is there, and lacks a line.
        How::Mocked(origin) | How::Passed(origin) => {
            parts.push(("mock", vec![format!("{origin}; {}", mend(it))]));
        }
        How::Real | How::Refused => {
            paste = Some(paste::assertion(it.plugin, it.shape, &it.fields));
        }
    }
    parts.push(("order", vec![format!("the {}. that was recorded", it.number)]));
    Broken {
        code: Code::Unasserted,
        test: it.test.clone().map_or(Attribution::Unknown, Attribution::Test),
        words: it.plugin.words(it.shape, &it.fields),
        parts,
        paste,
        count: 1,
    }
}
