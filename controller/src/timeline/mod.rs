//! What the guests did, in order, and what was said of it.

use std::sync::Arc;

use crate::call::Call;
use crate::engine::Details;
use crate::fields::Fields;
use crate::intake::process::Pid;
use crate::plugins::Plugin;
use crate::plugins::card::Shape;
use crate::rules::Origin;

mod assertions;

pub use assertions::{Order, Unlike};

/// One thing that a guest did: a snapshot, never changed but by what is told of it later.
#[derive(Debug, Clone)]
pub struct Interaction {
    /// Its place in the order of arrival, from 1.
    pub number: u64,
    /// Of which protocol.
    pub plugin: &'static dyn Plugin,
    /// Of what.
    pub shape: &'static Shape,
    /// What it was: names are those of the shape's `fields`.
    pub fields: Fields,
    /// What it was answered with: names are those of the shape's `reply`. Empty while that is not known.
    pub reply: Arc<Fields>,
    /// How it was answered.
    pub how: How,
    /// The libc call that it belongs to.
    pub call: Call,
    /// The test that did it, where one is known.
    pub test: Option<String>,
    /// The process, the thread at the top of its lineage, and the thread itself.
    pub process: (Pid, u32, u32),
    /// Which part of us saw it.
    pub layer: Layer,
    /// The sandbox that it was done in; None outside.
    pub sandbox: Option<u32>,
    /// What was said of it.
    pub asserted: Asserted,
    /// Where it was done, as far as that was read.
    pub details: Details,
}

/// How something that a guest did was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// By the mock that stands there.
    Mocked(Origin),
    /// By the real call, since the mock that stands there lets it pass.
    Passed(Origin),
    /// By the real call, since a rule allows it, or nothing forbids it.
    Real,
    /// Not at all.
    Refused,
}

/// Which part of us saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The preload library, as a libc call.
    Preload,
    /// A plugin, in a conversation.
    Wire,
    /// The kernel backstop, as a system call that no hook saw.
    Backstop,
    /// The test itself told of it.
    Test,
}

impl Layer {
    /// As the report has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Preload => "preload",
            Self::Wire => "plugin",
            Self::Backstop => "backstop",
            Self::Test => "test",
        }
    }
}

/// What was said of something that a guest did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asserted {
    /// Nothing has to be said of it: it was done outside a sandbox, or a rule allows it.
    Needless,
    /// Nothing yet, and something has to be.
    Open,
    /// That it was to be done.
    Done,
}

/// Everything that was recorded, in order of arrival.
#[derive(Debug, Default)]
pub struct Timeline {
    interactions: Vec<Interaction>,
    dropped: u64,
    dropped_open: u64,
    open: assertions::Index,
}

/// Most interactions that are kept; more are counted.
pub const INTERACTIONS_MAX: usize = 1_000_000;

impl Timeline {
    /// The number of the next one.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.interactions.len() as u64 + 1
    }

    /// Adds one to its sandbox, which gets the next number; 0 if there is no room for it.
    pub fn record(&mut self, interaction: Interaction) -> u64 {
        self.record_in(interaction.sandbox.unwrap_or_default(), interaction)
    }

    /// The same with what is asserted together: all sandboxes of a test, or one of the run's.
    pub fn record_in(&mut self, group: u32, interaction: Interaction) -> u64 {
        if self.interactions.len() >= INTERACTIONS_MAX {
            self.dropped += 1;
            self.dropped_open += u64::from(interaction.asserted == Asserted::Open);
            return 0;
        }
        let number = self.next();
        let interaction = Interaction { number, ..interaction };
        if interaction.asserted == Asserted::Open {
            self.open.add(group, &interaction);
        }
        self.interactions.push(interaction);
        number
    }

    /// The one of this number.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&Interaction> {
        self.interactions.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// The same, to be told something of.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Interaction> {
        self.interactions.get_mut(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    /// How many there was no room for that had to be asserted.
    #[must_use]
    pub fn dropped_open(&self) -> u64 {
        self.dropped_open
    }

    /// All of them, and how many there was no room for.
    #[must_use]
    pub fn finish(self) -> (Vec<Interaction>, u64) {
        (self.interactions, self.dropped)
    }
}
