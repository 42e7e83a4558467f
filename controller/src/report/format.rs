//! Which forms a report has.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A form of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// For a person.
    #[default]
    Human,
    /// One JSON document.
    Json,
    /// A JSON object on each line: the findings, then a summary.
    Jsonl,
    /// GitHub's workflow commands: annotations in the changed files.
    Github,
    /// JUnit's XML: a case for each test.
    Junit,
}

/// Names of the forms.
const FORMATS: [(&str, Format); 5] = [
    ("human", Format::Human),
    ("json", Format::Json),
    ("jsonl", Format::Jsonl),
    ("github", Format::Github),
    ("junit", Format::Junit),
];

/// Names of forms that are to come.
const TO_COME: [&str; 2] = ["sarif", "html"];

/// A name that is no form's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat {
    name: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = FORMATS.iter().find(|(known, _)| *known == name);
        found.map(|(_, format)| *format).ok_or_else(|| UnknownFormat { name: name.to_owned() })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = FORMATS.iter().find(|(_, format)| format == self).map_or("", |(name, _)| name);
        out.write_str(name)
    }
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        if TO_COME.contains(&name.as_str()) {
            write!(out, "the format {name} is not there yet")?;
        } else {
            write!(out, "unknown format {name:?}")?;
        }
        out.write_str("; this version has human, json, jsonl, github and junit")
    }
}

impl std::error::Error for UnknownFormat {}

/// How a report looks. The caller knows the terminal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colour in the form for a person.
    pub colour: bool,
    /// Files below this directory are named relative to it: where the command was run.
    pub base: Option<PathBuf>,
}
