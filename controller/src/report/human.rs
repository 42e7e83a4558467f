//! The report for a person.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Ansi};

use super::advice::Advice;
use super::text::{clean, counted};
use super::words::{Site, call, process, rule, test};
use super::{Finding, Report, Resolve, Style, coverage};

/// Most findings that are written out.
pub(super) const FINDINGS_MAX: usize = 50;

/// Most notes that are written out.
const NOTES_MAX: usize = 20;

const ERROR: Ansi = AnsiColor::Red.on_default().bold();
const WARNING: Ansi = AnsiColor::Yellow.on_default().bold();
const LABEL: Ansi = AnsiColor::Cyan.on_default();

/// A labelled part of a finding, of one line or more.
pub(super) type Part = (&'static str, Vec<String>);

pub(super) fn write(
    report: &Report,
    style: &Style,
    resolve: &mut Resolve<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let findings = report.ordered();
    for finding in findings.iter().take(FINDINGS_MAX) {
        let site = Site::of(finding, &resolve(&finding.stack), style);
        write_finding(finding, &site, style, out)?;
    }
    if let Some(more) = more(findings.len()) {
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

fn write_finding(
    finding: &Finding,
    site: &Site,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (word, colour) = if finding.refused { ("error", ERROR) } else { ("warning", WARNING) };
    let head = painted(&format!("{word}[{}]", finding.code.name()), colour, style);
    writeln!(out, "{head}: {}", finding.code.title())?;
    for (label, lines) in parts(finding, site) {
        let mut label = label;
        for line in lines {
            writeln!(out, "  {} {line}", painted(&format!("{label:8}"), LABEL, style))?;
            label = "";
        }
    }
    writeln!(out)
}

/// What is said of a finding, in the order in which it is read.
pub(super) fn parts(finding: &Finding, site: &Site) -> Vec<Part> {
    let times =
        if finding.count > 1 { format!(", {} times", finding.count) } else { String::new() };
    vec![
        ("test", vec![test(finding)]),
        ("process", vec![process(finding)]),
        ("at", vec![site.words.clone()]),
        ("call", vec![call(finding) + &times]),
        ("rule", vec![rule(finding)]),
        ("allow", advice(finding)),
        ("more", vec![format!("bigfoot explain {}", finding.code.name())]),
    ]
}

fn advice(finding: &Finding) -> Vec<String> {
    let advice = Advice::of(finding);
    let mut lines: Vec<_> = advice.words.into_iter().collect();
    if let Some((table, key)) = advice.toml {
        lines.extend([format!("{table} # bigfoot.toml"), key]);
    }
    lines.extend(advice.flag.map(|flag| format!("or {flag}")));
    lines
}

/// What is left out.
pub(super) fn more(findings: usize) -> Option<String> {
    let more = findings.checked_sub(FINDINGS_MAX).filter(|more| *more > 0)?;
    Some(format!("and {} (see --format json)", counted(more as u64, "more kind", "more kinds")))
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
        let programs = counted(coverage::blind(coverage), "process was", "processes were");
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
    if warned > 0 {
        words.push(counted(warned, "call warned about", "calls warned about"));
    }
    words.push(coverage::line(&report.coverage));
    format!("bigfoot: {}", words.join("; "))
}

fn painted(text: &str, colour: Ansi, style: &Style) -> String {
    if style.colour { format!("{colour}{text}{colour:#}") } else { text.to_owned() }
}
