//! The words that a person reads: findings come in as data, and are worded here once.
//!
//! | module | job |
//! |---|---|
//! | `format` | which forms there are, and how a form is chosen |
//! | `codes` | what each code means, at length |
//! | `words` | a call, a site, a test and a process in words |
//! | `advice` | what would allow a call |
//! | `paste` | a mock or an assertion to paste |
//! | `differ` | how what was done differs from what was expected |
//! | `redact` | secrets, taken out of what is printed |
//! | `coverage` | what was seen and what was not, in one line |
//! | `item` | what the forms for people say of one finding or broken promise |
//! | `violation` | what a test is told of its own broken promises |
//! | `human`, `json`, `github`, `junit` | the forms |
//! | `text` | escapes and quotes: nothing that a guest wrote acts on a terminal or a shell |

use std::io;
use std::path::PathBuf;

use crate::call::Call;
use crate::fields::Fields;
use crate::site::{Place, Stack};
use crate::timeline::{Interaction, Layer};

mod advice;
mod codes;
mod coverage;
pub mod differ;
#[cfg(test)]
pub(crate) mod fake;
mod format;
mod github;
mod human;
mod item;
mod json;
mod junit;
pub mod paste;
pub mod redact;
pub(crate) mod text;
mod violation;
mod words;

#[cfg(test)]
mod tests;

pub use codes::{explain, nearest};
pub use format::{Format, Style, UnknownFormat};
pub use violation::violations;

/// Exit code of a run in which a call was refused.
pub const BROKEN: u8 = 60;

/// Exit code of a run with gaps in a coverage that was required.
pub const UNCOVERED: u8 = 61;

/// Looks up the places of a stack: [`crate::site::Resolver::places`], or what a test has in its stead.
pub type Resolve<'a> = dyn FnMut(&Stack) -> Vec<Place> + 'a;

/// Writes a report. Stacks are looked up on the way, and only those that are written about.
pub fn write(
    report: &Report,
    format: Format,
    style: &Style,
    resolve: &mut Resolve<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, style, resolve, out),
        Format::Json => json::write(report, style, resolve, out),
        Format::Jsonl => json::write_lines(report, style, resolve, out),
        Format::Github => github::write(report, style, resolve, out),
        Format::Junit => junit::write(report, style, resolve, out),
    }
}

/// What a run came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What was refused or warned about, in order of first arrival, already grouped.
    pub findings: Vec<Finding>,
    /// What was seen, and what was not.
    pub coverage: Coverage,
    /// What is weaker than asked for in this run, a sentence each.
    pub notes: Vec<String>,
    /// Whether gaps in coverage fail the run (`--require-coverage`).
    pub coverage_required: bool,
    /// Calls that were refused because their process could not ask: nothing else is known of them.
    pub unasked: u64,
    /// Violations that there was no room to tell of.
    pub untold: u64,
    /// Promises that were broken without a call, causes before consequences.
    pub broken: Vec<Broken>,
    /// All that the guests did and that was recorded, in order.
    pub interactions: Vec<Interaction>,
    /// The command itself failed: what nobody asserted or used is a consequence of that, perhaps.
    pub command_failed: bool,
}

impl Report {
    /// The exit code of the run, given that of its command: a failed command's own comes first.
    #[must_use]
    pub fn exit_code(&self, command: u8) -> u8 {
        if command != 0 {
            command
        } else if self.unasked > 0
            || self.untold > 0
            || !self.broken.is_empty()
            || self.findings.iter().any(|finding| finding.refused)
        {
            BROKEN
        } else if self.coverage_required && self.coverage.has_gaps() {
            UNCOVERED
        } else {
            0
        }
    }

    /// The findings, causes before consequences: what was refused before what was warned about.
    fn ordered(&self) -> Vec<&Finding> {
        let mut findings: Vec<_> = self.findings.iter().collect();
        findings.sort_by_key(|finding| (!finding.refused, finding.code.rank()));
        findings
    }

    /// What was broken without a call, causes before consequences.
    fn ordered_broken(&self) -> Vec<&Broken> {
        let mut broken: Vec<_> = self.broken.iter().collect();
        broken.sort_by_key(|broken| broken.code.rank());
        broken
    }

    /// How many calls were refused, or else warned about.
    fn calls(&self, refused: bool) -> u64 {
        let alike = self.findings.iter().filter(|finding| finding.refused == refused);
        alike.fold(0, |sum, finding| sum.saturating_add(finding.count))
    }
}

/// One kind of call at one place, with how often it was made.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Which promise was broken, or would have been.
    pub code: Code,
    /// Whether the call was refused; else it was only warned about.
    pub refused: bool,
    /// The call.
    pub call: Call,
    /// Which part of us saw it.
    pub layer: Layer,
    /// Name of its protocol, from the plugin cards.
    pub protocol: &'static str,
    /// The test that made it, and how that is known.
    pub test: Attribution,
    /// Command lines from the run's command down to the process that made the call, shortened.
    pub chain: Vec<String>,
    /// Name of the thread that made it, if it has one of its own.
    pub thread: Option<String>,
    /// Where the thread stood, innermost frame first.
    pub stack: Stack,
    /// The script that an interpreter ran, where the process is one.
    pub script: Option<String>,
    /// The rule that spoke, and where it stands (`bigfoot.toml:4`, `--deny`).
    pub rule: Option<(String, String)>,
    /// The narrowest rule that would allow the call.
    pub allow: String,
    /// How many times.
    pub count: u64,
    /// What was asked in the call's protocol, where that was read.
    pub request: Option<Request>,
    /// Further parts in order, each with a label of at most 8 characters: the nearest mocks with what
    /// differs, where a mock was used up, the bytes at fault.
    pub parts: Vec<(&'static str, Vec<String>)>,
    /// A mock that would have answered it, as lines of a configuration.
    pub mock: Option<String>,
}

/// What was asked in a call's protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `http:request`.
    pub source: &'static str,
    /// In the protocol's words.
    pub words: String,
    /// All that is known of it.
    pub fields: Fields,
}

/// Which promise was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// No rule allows the call, and the guard level says error or warn.
    Guarded,
    /// A rule denies the call.
    Denied,
    /// The call lies outside a restriction.
    Restricted,
    /// In a sandbox, and no mock answers it.
    Unmocked,
    /// It is not what the session's next step waits for, or a real answer is not what was expected.
    Mismatch,
    /// It was made after its sandbox closed.
    Late,
    /// It was recorded, and nobody asserted it.
    Unasserted,
    /// A mock, or a step of a session, that was required and never used.
    Unused,
    /// The interactions of a test are not those of its accepted snapshot.
    Snapshot,
    /// A client said what its protocol does not have.
    Malformed,
    /// A client refused the run's certificate.
    Untrusted,
    /// It may be of one of several tests, and of which cannot be told.
    Unattributed,
}

/// Whose call it was.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Attribution {
    /// This test's, as the runner names it.
    Test(String),
    /// The thread of this (perhaps cut) name; runners name threads by their tests.
    Thread(String),
    /// Nobody's that is known.
    Unknown,
}

/// What was seen of the run's processes.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Programs started, forks included.
    pub processes: u64,
    /// Of these, those that our library was loaded in.
    pub armed: u64,
    /// Of these, launchers and build tools.
    pub tools: u64,
    /// Those that it was not loaded in, and whose calls the kernel backstop saw.
    pub by_backstop: Vec<Blind>,
    /// Those that it was not loaded in, and of which nothing was seen.
    pub blind: Vec<Blind>,
    /// Hellos that were lost because more came at once than are kept.
    pub lost: u64,
}

impl Coverage {
    /// Whether something ran that was not seen.
    #[must_use]
    pub fn has_gaps(&self) -> bool {
        !self.blind.is_empty() || self.lost > 0
    }
}

/// A program that our library was not loaded in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Blind {
    /// The program.
    pub program: PathBuf,
    /// Why.
    pub reason: Reason,
    /// How many times it was started.
    pub count: u64,
}

/// Why our library was not loaded in a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It has no dynamic loader.
    Static,
    /// The loader ignores the environment for it (setuid, setgid, file capabilities).
    Privileged,
    /// Its loader belongs to another libc.
    ForeignLibc,
    /// It is of another class or machine, such as 32-bit.
    OtherClass,
    /// It should have said hello, and did not: the preload variable was taken away, or it died first.
    Silent,
}

/// A promise that was broken without a call: a mock that was never used, what nobody asserted, a
/// snapshot that no longer holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    /// Which promise.
    pub code: Code,
    /// Whose.
    pub test: Attribution,
    /// What it is about, in one line: `GET https://api.example.com/users`, or a mock's identity.
    pub words: String,
    /// Further parts in order, each with a label of at most 8 characters: `at`, `process`, `mock`,
    /// `diff`, ..
    pub parts: Vec<(&'static str, Vec<String>)>,
    /// Lines for a configuration that mend it.
    pub paste: Option<String>,
    /// How many times.
    pub count: u64,
}
