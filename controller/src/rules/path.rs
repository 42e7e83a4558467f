//! Paths of a rule: globs over absolute paths.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::fault::Fault;

/// Where a rule stands, for paths that do not say it themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Where relative paths start: the configuration's directory.
    pub directory: PathBuf,
    /// What `~` means.
    pub home: Option<PathBuf>,
}

impl Place {
    /// A place without a home.
    #[must_use]
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), home: None }
    }
}

/// A glob that is compared with whole texts of bytes.
#[derive(Debug, Clone)]
pub(super) struct Glob(GlobMatcher);

impl Glob {
    /// Reads a glob in which `*` crosses everything.
    pub(super) fn text(text: &str) -> Result<Self, Fault> {
        Self::build(text, text, false)
    }

    /// Reads a glob over paths: `*` stays within a directory, `**` does not. A relative one starts
    /// at the place; `~/` is the home.
    pub(super) fn path(text: &str, place: &Place) -> Result<Self, Fault> {
        let absolute = absolute(text, place)?;
        let path = lexical(&absolute)
            .map_err(|message| Fault::at(0..text.len(), message, "can never match"))?;
        if text.ends_with('/') {
            let help = format!("write `{text}**` for all that is in the directory");
            return Err(
                Fault::at(0..text.len(), "no path ends in a slash", "can never match").help(help)
            );
        }
        Self::build(text, &path, true)
    }

    fn build(text: &str, pattern: &str, separator: bool) -> Result<Self, Fault> {
        GlobBuilder::new(pattern)
            .literal_separator(separator)
            .backslash_escape(false)
            .build()
            .map(|glob| Self(glob.compile_matcher()))
            .map_err(|error| {
                Fault::at(0..text.len(), "this glob is not valid", error.kind().to_string())
            })
    }

    /// Whether the text matches as a whole.
    pub(super) fn has(&self, text: impl AsRef<OsStr>) -> bool {
        self.0.is_match(Path::new(text.as_ref()))
    }
}

fn absolute(text: &str, place: &Place) -> Result<String, Fault> {
    if text.starts_with('/') {
        return Ok(text.to_owned());
    }
    let Some(below) = text.strip_prefix("~/") else {
        return literal(&place.directory, text).map(|directory| format!("{directory}/{text}"));
    };
    match &place.home {
        Some(home) => literal(home, text).map(|home| format!("{home}/{below}")),
        None => Err(Fault::at(0..1, "there is no home directory", "HOME is not set")
            .help("write the whole path")),
    }
}

fn literal(directory: &Path, text: &str) -> Result<String, Fault> {
    let name = directory.to_str().map(globset::escape);
    let wrong = || {
        Fault::at(
            0..text.len(),
            "the directory that this starts from is not UTF-8",
            "relative to it",
        )
    };
    name.ok_or_else(|| wrong().help("write the whole path"))
}

/// The path without `.`, `..` and doubled slashes, as calls have it.
fn lexical(path: &str) -> Result<String, &'static str> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| last.contains(['*', '?', '[', '{'])) => {
                return Err("`..` after a glob leads nowhere");
            }
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Ok(format!("/{}", parts.join("/")))
}

/// A glob that matches these bytes and as little else as can be said: what cannot be written, or
/// would be lost at the ends of a rule, is `?`.
pub(super) fn exactly(bytes: &[u8]) -> String {
    let mut glob = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() || c.is_whitespace() && c != ' ' {
                glob.extend(std::iter::repeat_n('?', c.len_utf8()));
            } else {
                glob.push_str(&globset::escape(c.encode_utf8(&mut [0; 4])));
            }
        }
        glob.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    glob
}

/// Bytes as the system's text.
pub(super) fn os(bytes: &[u8]) -> &OsStr {
    OsStr::from_bytes(bytes)
}
