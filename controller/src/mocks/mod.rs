//! Prepared answers: what a mock is, which one answers, and which never did.
//!
//! | module | job |
//! |---|---|
//! | `matcher` | whether a value is the one that a mock waits for |
//! | `url` | addresses of the web in their normal form |
//! | `sql` | statements of SQL in theirs |
//! | `table` | all mocks of a run, found by source and key |

use std::sync::Arc;

use crate::fields::Fields;
use crate::plugins::Plugin;
use crate::plugins::card::{FieldKind, Shape};
use crate::plugins::conversation::Fault;
use crate::rules::{Origin, TestGlob};

pub mod matcher;
pub mod sql;
pub mod table;
pub mod url;

pub use matcher::Matcher;
pub use table::Table;

/// A prepared answer.
#[derive(Debug, Clone)]
pub struct Mock {
    /// Of which protocol.
    pub plugin: &'static dyn Plugin,
    /// Of what.
    pub shape: &'static Shape,
    /// Which of these.
    pub when: When,
    /// What happens then.
    pub act: Act,
    /// How often.
    pub times: Times,
    /// Whose: a glob over the test's name or file.
    pub test: Option<TestGlob>,
    /// That it answered counts as the assertion of what it answered.
    pub asserts: bool,
    /// The further steps of the session that it opens, in order.
    pub steps: Vec<Step>,
    /// Where it stands.
    pub origin: Origin,
}

/// What a mock does.
#[derive(Debug, Clone)]
pub enum Act {
    /// It gives these, one a time; the last one again where it is asked more often. Never empty.
    Replies(Vec<Arc<Fields>>),
    /// It fails like this; fields that come before the failure, such as a status, may be given.
    Fault(Fault, Arc<Fields>),
    /// The real call is made and recorded. What is given of the answer is compared with the real one.
    Real(Arc<Fields>),
}

/// What a mock waits for: each field by its matcher.
#[derive(Debug, Clone, Default)]
pub struct When(pub Vec<(&'static str, Matcher)>);

impl When {
    /// What it waits for in this field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Matcher> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, matcher)| matcher)
    }

    /// Whether these fields are what it waits for.
    #[must_use]
    pub fn has(&self, shape: &Shape, fields: &Fields) -> bool {
        self.0.iter().all(|(name, matcher)| fits(shape, name, matcher, fields))
    }

    /// As people write it.
    #[must_use]
    pub fn words(&self) -> String {
        let words =
            |(name, matcher): &(&'static str, Matcher)| format!("{name} = {}", matcher.words());
        let words: Vec<String> = self.0.iter().map(words).collect();
        if words.is_empty() { String::new() } else { format!("{{ {} }}", words.join(", ")) }
    }

    /// The fields that are not what it waits for.
    #[must_use]
    pub fn differing(&self, shape: &Shape, fields: &Fields) -> Vec<(&'static str, &Matcher)> {
        let differs =
            |(name, matcher): &&(&'static str, Matcher)| !fits(shape, name, matcher, fields);
        self.0.iter().filter(differs).map(|(name, matcher)| (*name, matcher)).collect()
    }
}

fn fits(shape: &Shape, name: &str, matcher: &Matcher, fields: &Fields) -> bool {
    let kind = shape.field(name).map_or(FieldKind::Text, |field| field.kind);
    fields.get(name).is_some_and(|value| matcher.has(kind, value))
}

/// How often a mock answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Fewer are a violation.
    pub min: u64,
    /// No more are answered; None for any number.
    pub max: Option<u64>,
}

impl Times {
    /// Once, no less and no more.
    pub const ONCE: Self = Self { min: 1, max: Some(1) };
    /// As often as it is asked.
    pub const ANY: Self = Self { min: 0, max: None };
}

/// A step of a session.
#[derive(Debug, Clone)]
pub enum Step {
    /// One thing.
    One(StepMock),
    /// Several, in any order.
    AnyOrder(Vec<StepMock>),
}

impl Step {
    /// What it is made of.
    #[must_use]
    pub fn mocks(&self) -> &[StepMock] {
        match self {
            Self::One(step) => std::slice::from_ref(step),
            Self::AnyOrder(steps) => steps,
        }
    }
}

/// What a step waits for and gives.
#[derive(Debug, Clone)]
pub struct StepMock {
    /// Of what.
    pub shape: &'static Shape,
    /// Which of these.
    pub when: When,
    /// What happens then.
    pub act: Act,
    /// Where it stands.
    pub origin: Origin,
}
