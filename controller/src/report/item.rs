//! What the forms for people say of one finding or broken promise: parts, in the order in which they
//! are read.

use std::path::PathBuf;

use super::advice::Advice;
use super::text::{brief, clean, counted};
use super::words::{Site, call, process, rule, test};
use super::{Attribution, Broken, Code, Finding, Report, Resolve, Style, redact};

/// Most findings, and most broken promises, that are written out.
pub(super) const ITEMS_MAX: usize = 50;

/// Most lines of one part.
const PART_LINES_MAX: usize = 40;

/// A labelled part, of one line or more.
pub(super) type Part = (&'static str, Vec<String>);

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// The run fails for it.
    Error,
    /// It would fail under a stricter level.
    Warning,
    /// It comes of a failure of the command, perhaps.
    Note,
}

/// What is said of one finding or broken promise.
#[derive(Debug)]
pub(super) struct Item<'a> {
    /// How bad it is.
    pub level: Level,
    /// Which promise.
    pub code: Code,
    /// Whose.
    pub test: &'a Attribution,
    /// What it is about, in one line.
    pub first: String,
    /// All that is said, in order; the line above is among it.
    pub parts: Vec<Part>,
    /// Where in the source it is.
    pub place: Option<(PathBuf, Option<u32>)>,
}

/// The findings, then what was broken without a call.
pub(super) fn items<'a>(
    report: &'a Report,
    style: &'a Style,
    resolve: &'a mut Resolve<'_>,
) -> impl Iterator<Item = Item<'a>> {
    let findings = report.ordered().into_iter().take(ITEMS_MAX).map(|finding| {
        let site = Site::of(finding, &resolve(&finding.stack), style);
        Item::of(finding, site)
    });
    let broken = report.ordered_broken().into_iter().take(ITEMS_MAX);
    findings.chain(broken.map(|broken| Item::of_broken(broken, report.command_failed)))
}

/// What is left out.
pub(super) fn more(report: &Report) -> Option<String> {
    let left = |length: usize| length.saturating_sub(ITEMS_MAX) as u64;
    let more = left(report.findings.len()) + left(report.broken.len());
    (more > 0)
        .then(|| format!("and {} (see --format json)", counted(more, "more kind", "more kinds")))
}

impl<'a> Item<'a> {
    fn of(finding: &'a Finding, site: Site) -> Self {
        let first = call(finding) + &times(finding.count);
        let mut parts = vec![
            ("test", vec![test(&finding.test)]),
            ("process", vec![process(finding)]),
            ("at", vec![site.words]),
            ("call", vec![first.clone()]),
        ];
        parts.extend(finding.parts.iter().map(cleaned));
        parts.extend(rule(finding).map(|rule| ("rule", vec![rule])));
        parts.extend(pasted(finding.mock.as_deref()));
        parts.push(("allow", advice(finding)));
        parts.push(("more", vec![format!("bigfoot explain {}", finding.code.name())]));
        parts.retain(|(_, lines)| !lines.is_empty());
        Self {
            level: if finding.refused { Level::Error } else { Level::Warning },
            code: finding.code,
            test: &finding.test,
            first,
            parts,
            place: site.file.map(|file| (file, site.line)),
        }
    }

    fn of_broken(broken: &'a Broken, command_failed: bool) -> Self {
        let first = brief(&redact::text(&broken.words)) + &times(broken.count);
        let label = if broken.code == Code::Unused { "unused" } else { "call" };
        let mut parts = vec![("test", vec![test(&broken.test)]), (label, vec![first.clone()])];
        parts.extend(broken.parts.iter().map(cleaned));
        parts.extend(pasted(broken.paste.as_deref()));
        parts.push(("more", vec![format!("bigfoot explain {}", broken.code.name())]));
        parts.retain(|(_, lines)| !lines.is_empty());
        let note = command_failed && broken.code.is_consequence();
        Self {
            level: if note { Level::Note } else { Level::Error },
            code: broken.code,
            test: &broken.test,
            first,
            place: place(&parts),
            parts,
        }
    }

    /// `error[BF101]: call that no rule allows`, in its two halves.
    pub fn head(&self) -> (String, &'static str) {
        (format!("{}[{}]", self.level.word(), self.code.name()), self.code.title())
    }
}

impl Level {
    /// As it is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

fn times(count: u64) -> String {
    if count > 1 { format!(", {count} times") } else { String::new() }
}

/// A part without what acts on a terminal, secrets, and more than fits a page.
fn cleaned((label, lines): &Part) -> Part {
    let mut clean: Vec<_> =
        lines.iter().take(PART_LINES_MAX).map(|line| brief(&redact::text(line))).collect();
    if lines.len() > PART_LINES_MAX {
        clean.push(format!("and {} more lines", lines.len() - PART_LINES_MAX));
    }
    (label, clean)
}

/// Lines for a configuration; they are whole, or what they say would be something else.
fn pasted(text: Option<&str>) -> Option<Part> {
    let mut lines: Vec<_> = text?.lines().map(|line| clean(line).into_owned()).collect();
    if let Some(first) = lines.first_mut()
        && first.starts_with('[')
    {
        first.push_str(" # bigfoot.toml");
    }
    Some(("paste", lines))
}

fn advice(finding: &Finding) -> Vec<String> {
    if finding.allow.is_empty() {
        return Vec::new(); // no rule speaks of such
    }
    if finding.mock.as_deref().is_some_and(|mock| mock.starts_with("bigfoot::")) {
        return vec![format!("let _allowed = bigfoot::allow([{:?}]);", finding.allow)];
    }
    let advice = Advice::of(finding);
    let mut lines: Vec<_> = advice.words.into_iter().collect();
    if let Some((table, key)) = advice.toml {
        lines.extend([format!("{table} # bigfoot.toml"), key]);
    }
    lines.extend(advice.flag.map(|flag| format!("or {flag}")));
    lines
}

/// The file and line that one of these parts of a broken promise begins with: `src/client.rs:42, in
/// fetch`, or where a mock stands.
fn place(parts: &[Part]) -> Option<(PathBuf, Option<u32>)> {
    let places = parts.iter().filter(|(label, _)| ["at", "mock", "step"].contains(label));
    places.filter_map(|(_, lines)| file_and_line(lines.first()?)).next()
}

fn file_and_line(words: &str) -> Option<(PathBuf, Option<u32>)> {
    let (file, line) = words.split(", ").next()?.rsplit_once(':')?;
    Some((file.into(), Some(line.parse().ok()?)))
}
