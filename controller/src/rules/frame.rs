//! Frames: rules that came together and speak together.

use globset::GlobBuilder;

use super::fault::Fault;
use super::pattern::{Pattern, Subject};
use super::rule::{Origin, Rule};
use crate::call::Call;

/// The rules of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub(super) origin: Origin,
    /// The tests that it holds for; None means all, and what no test made.
    pub test: Option<TestGlob>,
    /// What may happen.
    pub allow: Vec<Rule>,
    /// What must not happen; beats what may.
    pub deny: Vec<Rule>,
    /// Beyond which nothing may happen, if there is any.
    pub restrict: Vec<Rule>,
}

/// What a frame says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word<'a> {
    Allowed(&'a Rule),
    Denied(&'a Rule),
}

impl Frame {
    /// A frame without rules. The origin is where its restriction stands.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self { origin, test: None, allow: Vec::new(), deny: Vec::new(), restrict: Vec::new() }
    }

    /// Where its restriction stands.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its restriction, as a person would write it.
    #[must_use]
    pub fn restrict(&self) -> String {
        self.restrict.iter().map(Rule::text).collect::<Vec<_>>().join(", ")
    }

    /// Whether there is no rule in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules().next().is_none()
    }

    /// Whether connections have to be read for one of its rules.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.rules().any(|rule| matches!(rule.pattern, Pattern::Requests(_)))
    }

    /// All its rules.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.allow.iter().chain(&self.deny).chain(&self.restrict)
    }

    /// Whether it holds for this test.
    pub(super) fn holds(&self, test: Option<&str>) -> bool {
        match (&self.test, test) {
            (None, _) => true,
            (Some(glob), Some(test)) => glob.has(test),
            (Some(_), None) => false,
        }
    }

    /// Whether the call lies within the restriction. A rule of files or libraries speaks only for
    /// such, so these do so unless it names some, and all else does if it names nothing but these.
    pub(super) fn admits(&self, call: &Call, everything: bool) -> bool {
        let concerned = match call {
            Call::Open(_) => self.restricts(Subject::Files),
            Call::Load(_) => self.restricts(Subject::Libraries),
            _ => self
                .restrict
                .iter()
                .any(|rule| !matches!(rule.pattern.kind(), Subject::Files | Subject::Libraries)),
        };
        !concerned || self.restrict.iter().any(|rule| rule.covers(everything) && rule.permits(call))
    }

    fn restricts(&self, subject: Subject) -> bool {
        self.restrict.iter().any(|rule| rule.pattern.kind() == subject)
    }

    /// What it says of the call. `everything` is whether `*` means this call too.
    pub(super) fn word(&self, call: &Call, everything: bool) -> Option<Word<'_>> {
        let denied = self.deny.iter().find(|rule| rule.covers(everything) && rule.forbids(call));
        let allowed =
            || self.allow.iter().find(|rule| rule.covers(everything) && rule.permits(call));
        denied.map(Word::Denied).or_else(|| allowed().map(Word::Allowed))
    }
}

impl Rule {
    fn covers(&self, everything: bool) -> bool {
        everything || self.pattern.kind() != Subject::Everything
    }
}

/// A glob over tests: their whole name, or their file.
#[derive(Debug, Clone)]
pub struct TestGlob {
    text: String,
    matcher: globset::GlobMatcher,
}

impl TestGlob {
    /// Reads a glob; `*` stays within a directory, `**` does not.
    ///
    /// # Errors
    ///
    /// If it is none.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let whole = 0..text.len();
        if text.trim().is_empty() {
            return Err(Fault::at(whole, "this glob is empty", "matches no test"));
        }
        GlobBuilder::new(text)
            .literal_separator(true)
            .backslash_escape(false)
            .build()
            .map(|glob| Self { text: text.to_owned(), matcher: glob.compile_matcher() })
            .map_err(|error| Fault::at(whole, "this glob is not valid", error.kind().to_string()))
    }

    /// The glob as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether this test, or its file, is meant. pytest's phase does not count.
    #[must_use]
    pub fn has(&self, test: &str) -> bool {
        let phases = [" (setup)", " (call)", " (teardown)"];
        let test = phases.iter().find_map(|phase| test.strip_suffix(phase)).unwrap_or(test);
        let file = test.split_once("::").map_or(test, |(file, _)| file);
        self.matcher.is_match(test) || self.matcher.is_match(file)
    }
}

impl PartialEq for TestGlob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for TestGlob {}
