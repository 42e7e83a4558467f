//! The report as workflow commands: GitHub shows them beside the changed lines.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use std::io::{self, Write};

use super::human::{gap, last_line, notes};
use super::item::{Item, Level, items, more};
use super::text::clean;
use super::{Report, Resolve, Style};

pub(super) fn write(
    report: &Report,
    style: &Style,
    resolve: &mut Resolve<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for item in items(report, style, resolve) {
        writeln!(out, "{}", annotation(&item))?;
    }
    for note in notes(report).chain(more(report)) {
        writeln!(out, "::warning title=bigfoot::{}", message(&note))?;
    }
    if let Some(gap) = gap(report) {
        writeln!(out, "::error title=bigfoot BF201::{}", message(&gap))?;
    }
    writeln!(out, "::notice title=bigfoot::{}", message(&last_line(report)))
}

fn annotation(item: &Item<'_>) -> String {
    let command = match item.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let title = format!("{}: {}", item.code.name(), item.code.title());
    let mut properties = Vec::new();
    if let Some((file, line)) = &item.place {
        properties.push(format!("file={}", property(&file.to_string_lossy())));
        properties.extend(line.map(|line| format!("line={line}")));
    }
    properties.push(format!("title={}", property(&title)));
    format!("::{command} {}::{}", properties.join(","), message(&body(item)))
}

/// The call first: it is all that a list of annotations shows.
fn body(item: &Item<'_>) -> String {
    let others = item.parts.iter().filter(|(_, lines)| *lines != [item.first.as_str()]);
    let lines =
        others.flat_map(|(label, lines)| lines.iter().map(move |line| format!("{label}: {line}")));
    [item.first.clone()].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
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
