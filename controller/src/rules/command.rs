//! Programs and libraries of a rule.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use super::fault::Fault;
use super::path::{Glob, Place};
use crate::call::{Exec, Load};

/// A file by its name, wherever it is, or by its path.
#[derive(Debug, Clone)]
enum File {
    Named(Glob),
    At(Glob),
}

impl File {
    fn parse(text: &str, place: &Place) -> Result<Self, Fault> {
        if text.contains('/') {
            Glob::path(text, place).map(Self::At)
        } else {
            Glob::text(text).map(Self::Named)
        }
    }

    fn is(&self, path: &Path) -> bool {
        match self {
            Self::Named(glob) => path.file_name().is_some_and(|name| glob.has(name)),
            Self::At(glob) => glob.has(path),
        }
    }
}

/// The started programs that a rule speaks of.
#[derive(Debug, Clone)]
pub(super) struct Program {
    file: File,
    arguments: Option<Glob>,
}

impl Program {
    /// Reads a name or path, and what may follow it: a glob over the arguments.
    pub(super) fn parse(text: &str, place: &Place) -> Result<Self, Fault> {
        let (file, arguments) = match text.split_once(' ') {
            Some((file, arguments)) => (file, Some(arguments)),
            None => (text, None),
        };
        if file.is_empty() {
            return Err(Fault::at(
                0..text.len(),
                "the program is missing",
                "no program has an empty name",
            ));
        }
        let arguments =
            arguments.map(Glob::text).transpose().map_err(|fault| fault.shifted(file.len() + 1))?;
        Ok(Self { file: File::parse(file, place)?, arguments })
    }

    /// Whether this start is one of them.
    pub(super) fn is(&self, exec: &Exec) -> bool {
        let arguments = || OsString::from_vec(line(exec));
        self.file.is(&exec.program)
            && self.arguments.as_ref().is_none_or(|glob| glob.has(arguments()))
    }
}

/// The arguments after the program's own name, joined by blanks.
pub(super) fn line(exec: &Exec) -> Vec<u8> {
    exec.arguments.get(1..).unwrap_or_default().join(&b' ')
}

/// The libraries that a rule speaks of.
#[derive(Debug, Clone)]
pub(super) struct Library(File);

impl Library {
    /// Reads a name or path.
    pub(super) fn parse(text: &str, place: &Place) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(Fault::at(0..0, "the library is missing", "no library has an empty name"));
        }
        File::parse(text, place).map(Self)
    }

    /// Whether this one is one of them.
    pub(super) fn is(&self, load: &Load) -> bool {
        self.0.is(Path::new(OsStr::new(&load.library)))
    }
}
