//! One rule: its text, where it stands, and what it matches.

use std::fmt;

use super::fault::Fault;
use super::parse;
use super::path::Place;
use super::pattern::{Pattern, Purpose};
use crate::call::Call;

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    text: String,
    origin: Origin,
    pub(super) pattern: Pattern,
}

impl Rule {
    /// Reads a rule string.
    ///
    /// # Errors
    ///
    /// If it is none, could never match, or speaks of what this version does not see.
    pub fn parse(text: &str, origin: Origin, place: &Place) -> Result<Self, Fault> {
        parse::pattern(text, place).map(|pattern| Self {
            text: text.trim().to_owned(),
            origin,
            pattern,
        })
    }

    /// The rule as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where it stands.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether it permits this call.
    pub(super) fn permits(&self, call: &Call) -> bool {
        self.pattern.has(call, Purpose::Permit)
    }

    /// Whether it forbids this call.
    pub(super) fn forbids(&self, call: &Call) -> bool {
        self.pattern.has(call, Purpose::Forbid)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, &self.origin) == (&other.text, &other.origin)
    }
}

impl Eq for Rule {}

/// Where a rule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a file: its name, and the line.
    File(String, usize),
    /// On the command line.
    Flag(&'static str),
    /// In a variable of the environment.
    Environment(&'static str),
}

impl Origin {
    /// Whether it stands in a test, and not in what a run is configured by.
    #[must_use]
    pub fn is_in_a_test(&self) -> bool {
        let configures = |name: &str| name.ends_with(".toml") || name.ends_with(".json");
        matches!(self, Self::File(name, _) if !configures(name))
    }

    /// Whether it stands in a file of Rust.
    #[must_use]
    pub fn is_rust(&self) -> bool {
        matches!(self, Self::File(name, _) if name.ends_with(".rs"))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name, line) => write!(f, "{name}:{line}"),
            Self::Flag(name) | Self::Environment(name) => f.write_str(name),
        }
    }
}
