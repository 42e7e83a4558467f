//! What was seen and what was not, in one line.

use super::text::{brief, counted};
use super::{Blind, Coverage, Reason};

/// Most programs that are named.
const NAMED_MAX: usize = 10;

impl Reason {
    /// In a word or two.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Privileged => "privileged",
            Self::ForeignLibc => "other libc",
            Self::OtherClass => "other class",
            Self::Silent => "silent",
        }
    }
}

/// The last line of a report.
pub(super) fn line(coverage: &Coverage) -> String {
    let mut line = format!(
        "{}, {} armed, {} by backstop only{}, {} blind{}",
        counted(coverage.processes, "process", "processes"),
        coverage.armed,
        times(&coverage.by_backstop),
        names(&coverage.by_backstop),
        times(&coverage.blind),
        names(&coverage.blind),
    );
    if coverage.lost > 0 {
        line += &format!(", {} lost from sight", coverage.lost);
    }
    if coverage.tools > 0 {
        line += &format!("; {}, not guarded", counted(coverage.tools, "tool", "tools"));
    }
    line
}

/// How many times these programs ran.
pub(super) fn times(programs: &[Blind]) -> u64 {
    programs.iter().fold(0, |sum, blind| sum.saturating_add(blind.count))
}

/// Which programs our library was not loaded in, with the reason for each.
pub(super) fn names(blind: &[Blind]) -> String {
    if blind.is_empty() {
        return String::new();
    }
    let mut names: Vec<_> = blind.iter().take(NAMED_MAX).map(name).collect();
    if blind.len() > NAMED_MAX {
        names.push(format!("and {} more", blind.len() - NAMED_MAX));
    }
    format!(" ({})", names.join(", "))
}

fn name(blind: &Blind) -> String {
    let program = brief(&blind.program.to_string_lossy());
    let times = if blind.count > 1 { format!(" {} times", blind.count) } else { String::new() };
    format!("{}: {program}{times}", blind.reason.words())
}
