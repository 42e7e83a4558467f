//! The report for a person.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Ansi};

use super::item::{Item, Level, items, more};
use super::text::{clean, counted};
use super::{Code, Report, Resolve, Style, coverage};

/// Most notes that are written out.
const NOTES_MAX: usize = 20;

const ERROR: Ansi = AnsiColor::Red.on_default().bold();
const WARNING: Ansi = AnsiColor::Yellow.on_default().bold();
const LABEL: Ansi = AnsiColor::Cyan.on_default();

pub(super) fn write(
    report: &Report,
    style: &Style,
    resolve: &mut Resolve<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for item in items(report, style, resolve) {
        writeln!(out, "{}", block(&item, style))?;
    }
    if let Some(more) = more(report) {
        writeln!(out, "{more}\n")?;
    }
    for note in notes(report) {
        writeln!(out, "{}: {note}", painted("note", LABEL, style))?;
    }
    if let Some(gap) = gap(report) {
        writeln!(out, "{}: {gap}", painted("error[BF201]", ERROR, style))?;
    }
    writeln!(out, "{}", last_line(report))
}

/// All that is said of one thing, a line each.
pub(super) fn block(item: &Item<'_>, style: &Style) -> String {
    let colour = match item.level {
        Level::Error => ERROR,
        Level::Warning => WARNING,
        Level::Note => LABEL,
    };
    let (head, title) = item.head();
    let mut block = format!("{}: {title}\n", painted(&head, colour, style));
    for (label, lines) in &item.parts {
        let mut label = *label;
        for line in lines {
            let label_ = painted(&format!("{label:8}"), LABEL, style);
            block.push_str(&format!("  {label_} {line}\n"));
            label = "";
        }
    }
    block
}

/// What was weaker than asked for.
pub(super) fn notes(report: &Report) -> impl Iterator<Item = String> + '_ {
    let left = report.notes.len().saturating_sub(NOTES_MAX);
    let more = (left > 0).then(|| format!("and {left} more"));
    report.notes.iter().take(NOTES_MAX).map(|note| clean(note).into_owned()).chain(more)
}

/// What required coverage lacks.
pub(super) fn gap(report: &Report) -> Option<String> {
    let lacking = report.coverage_required && report.coverage.has_gaps();
    lacking.then(|| {
        let coverage = &report.coverage;
        let programs = counted(coverage::times(&coverage.blind), "process was", "processes were");
        let lost = if coverage.lost > 0 {
            format!(", {} lost from sight", coverage.lost)
        } else {
            String::new()
        };
        format!(
            "coverage is required, and {programs} not seen{}{lost}",
            coverage::names(&coverage.blind)
        )
    })
}

/// How the run went, and what was seen of it.
pub(super) fn last_line(report: &Report) -> String {
    let (refused, warned) = (report.calls(true), report.calls(false));
    let mut words = Vec::new();
    if refused > 0 {
        words.push(counted(refused, "call refused", "calls refused"));
    }
    words.extend(broken(report));
    if warned > 0 {
        words.push(counted(warned, "call warned about", "calls warned about"));
    }
    words.push(coverage::line(&report.coverage));
    format!("bigfoot: {}", words.join("; "))
}

/// How many promises of each kind were broken, and one of them and several in words.
const BROKEN: [(Code, &str, &str); 5] = [
    (Code::Mismatch, "mismatch", "mismatches"),
    (Code::Late, "late call", "late calls"),
    (Code::Unasserted, "interaction not asserted", "interactions not asserted"),
    (Code::Unused, "mock not used", "mocks not used"),
    (Code::Snapshot, "difference from a snapshot", "differences from snapshots"),
];

fn broken(report: &Report) -> impl Iterator<Item = String> + '_ {
    let known = |code| BROKEN.iter().any(|(known, ..)| *known == code);
    let listed = BROKEN.iter().map(|(code, one, many)| {
        (report.broken.iter().filter(|it| it.code == *code).collect::<Vec<_>>(), *one, *many)
    });
    let others = report.broken.iter().filter(move |it| !known(it.code)).collect();
    listed.chain([(others, "promise broken", "promises broken")]).filter_map(|(all, one, many)| {
        let count = all.iter().fold(0, |sum: u64, it| sum.saturating_add(weight(it)));
        (count > 0).then(|| counted(count, one, many))
    })
}

/// A mock counts once, however often it was not used.
fn weight(broken: &super::Broken) -> u64 {
    match broken.code {
        Code::Unused | Code::Snapshot => 1,
        _ => broken.count.max(1),
    }
}

fn painted(text: &str, colour: Ansi, style: &Style) -> String {
    if style.colour { format!("{colour}{text}{colour:#}") } else { text.to_owned() }
}
