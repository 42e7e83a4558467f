//! The report as workflow commands: GitHub shows them beside the changed lines.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use std::io::{self, Write};

use super::human::{FINDINGS_MAX, gap, last_line, more, notes, parts};
use super::text::clean;
use super::words::{Site, call};
use super::{Finding, Report, Resolve, Style};

pub(super) fn write(
    report: &Report,
    style: &Style,
    resolve: &mut Resolve<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let findings = report.ordered();
    for finding in findings.iter().take(FINDINGS_MAX) {
        let site = Site::of(finding, &resolve(&finding.stack), style);
        writeln!(out, "{}", annotation(finding, &site))?;
    }
    let more = more(findings.len());
    for note in notes(report).chain(more) {
        writeln!(out, "::warning title=bigfoot::{}", message(&note))?;
    }
    if let Some(gap) = gap(report) {
        writeln!(out, "::error title=bigfoot BF201::{}", message(&gap))?;
    }
    writeln!(out, "::notice title=bigfoot::{}", message(&last_line(report)))
}

fn annotation(finding: &Finding, site: &Site) -> String {
    let command = if finding.refused { "error" } else { "warning" };
    let title = format!("{}: {}", finding.code.name(), finding.code.title());
    let mut properties = Vec::new();
    if let Some(file) = &site.file {
        properties.push(format!("file={}", property(&file.to_string_lossy())));
        properties.extend(site.line.map(|line| format!("line={line}")));
    }
    properties.push(format!("title={}", property(&title)));
    format!("::{command} {}::{}", properties.join(","), message(&body(finding, site)))
}

/// The call first: it is all that a list of annotations shows.
fn body(finding: &Finding, site: &Site) -> String {
    let parts = parts(finding, site).into_iter().filter(|(label, _)| *label != "call");
    let lines = parts
        .flat_map(|(label, lines)| lines.into_iter().map(move |line| format!("{label}: {line}")));
    let times =
        if finding.count > 1 { format!(", {} times", finding.count) } else { String::new() };
    let first = call(finding) + &times;
    [first].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

/// Text of a command.
fn message(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(|line| clean(line).replace('%', "%25")).collect();
    lines.join("%0A")
}

/// Value of a command's property.
fn property(text: &str) -> String {
    clean(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}
