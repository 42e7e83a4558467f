//! A snapshot as text: TOML, as a person would write it.

use toml::{Table, Value as Toml};

use super::normal::VOLATILE;
use super::{Accepted, Owner};
use crate::report::paste::key;
use crate::report::text::{is_control, toml};

/// Longest line that a list stands on, in characters.
const LINE_CHARS_MAX: usize = 90;

/// The whole file.
pub(super) fn file(owner: &Owner, accepted: &Accepted) -> String {
    let mut text = head(owner);
    text.push_str(&programs(&accepted.programs));
    for entry in &accepted.entries {
        text.push_str(&format!("\n[[interaction]]\nsource = {}\n", toml(&entry.source)));
        if entry.count != 1 {
            text.push_str(&format!("count = {}\n", entry.count));
        }
        for (table, values) in [("fields", &entry.fields), ("reply", &entry.reply)] {
            for (name, value) in values {
                text.push_str(&format!("{table}.{} = {}\n", key(name), readable(value)));
            }
        }
    }
    text
}

fn head(owner: &Owner) -> String {
    let (whose, test) = match owner {
        Some(test) => ("a test", format!("test = {}\n", toml(test))),
        None => ("a run (where no test is known)", String::new()),
    };
    let volatile = wrapped(&VOLATILE);
    format!(
        "# What {whose} did to the outside when it was accepted. What does something else\n\
         # breaks the contract (bigfoot explain BF109). Renew it with: bigfoot accept -- COMMAND\n\
         # A run compares source, count, fields, and the numbers of the reply; the rest of the reply\n\
         # stands here for the reader. Secrets are \"[redacted]\"; ports, folders and the boundaries of\n\
         # forms that change by themselves are [port], [tmp], [project], [home], [boundary].\n\
         # Headers left out: {volatile}\n\
         version = {VERSION}\n{test}"
    )
}

/// The programs whose test it is: others may have one of the same name.
fn programs(programs: &[String]) -> String {
    if programs.is_empty() {
        return String::new();
    }
    let list = Toml::Array(programs.iter().cloned().map(Toml::String).collect());
    format!("programs = {} # whose test it is\n", inline(&list))
}

/// Version of the form.
pub(super) const VERSION: i64 = 1;

fn wrapped(names: &[&str]) -> String {
    let mut lines = vec![String::new()];
    for name in names {
        let long = lines.last().is_some_and(|line| line.len() + name.len() > 76);
        if long {
            lines.push("#   ".to_owned());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(name);
            line.push_str(", ");
        }
    }
    let joined = lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n");
    joined.trim_end_matches(',').to_owned()
}

/// A value over as many lines as it is easily read on.
fn readable(value: &Toml) -> String {
    match value {
        Toml::String(text) => string(text),
        Toml::Array(elements) => {
            let line = inline(value);
            if line.chars().count() <= LINE_CHARS_MAX {
                return line;
            }
            let lines = elements.iter().map(|element| format!("    {},\n", inline(element)));
            format!("[\n{}]", lines.collect::<String>())
        }
        _ => inline(value),
    }
}

/// Text of several lines keeps them; text with quotes stands as it is where it can.
fn string(text: &str) -> String {
    let literal = !text.chars().any(|c| is_control(c) && c != '\n' && c != '\t');
    if literal && text.contains('\n') && !text.contains("'''") && !text.ends_with('\'') {
        format!("'''\n{text}'''")
    } else if literal && text.contains(['"', '\\']) && !text.contains(['\n', '\'']) {
        format!("'{text}'")
    } else {
        toml(text)
    }
}

/// A value on one line.
pub(super) fn inline(value: &Toml) -> String {
    match value {
        Toml::String(text) => toml(text),
        Toml::Array(elements) => {
            format!("[{}]", elements.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Toml::Table(table) => {
            let entries: Vec<_> = table
                .iter()
                .map(|(name, value)| format!("{} = {}", key(name), inline(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// A table on one line, its names in order: equal tables are equal texts.
pub(super) fn sorted(table: &Table) -> String {
    let mut entries: Vec<_> =
        table.iter().map(|(name, value)| format!("{} = {}", key(name), equal(value))).collect();
    entries.sort();
    entries.join(", ")
}

fn equal(value: &Toml) -> String {
    match value {
        Toml::Table(table) => format!("{{ {} }}", sorted(table)),
        other => inline(other),
    }
}
