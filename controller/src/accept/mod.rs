//! Snapshots: what each test did to the outside, written down, reviewed, and held to from then on.
//!
//! They stand in `bigfoot-snapshots` beside the configuration, a file a test. A run in a project that
//! has this folder is compared with it: what is new, missing or changed breaks the contract
//! ([`Code::Snapshot`](crate::report::Code)), and what is as it was accepted is thereby asserted.
//!
//! | file | job |
//! |---|---|
//! | `normal` | an interaction without what changes by itself |
//! | `place` | free ports, temporary paths and the like, as placeholders |
//! | `text` | a snapshot as text |
//! | `file` | which file is whose; reading and writing them |
//! | `compare`, `tell` | what is new, missing or changed, and how it is told |

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Error;
use crate::report::Broken;
use crate::timeline::{Asserted, How, Interaction};

mod compare;
mod file;
mod normal;
mod place;
mod tell;
mod text;

#[cfg(test)]
mod tests;

use normal::Entry;
use place::Places;

/// Folder of the snapshots, beside the configuration.
pub const FOLDER: &str = "bigfoot-snapshots";

/// Said where the command failed: what a failed test did is nothing to accept.
pub const NOTHING_WRITTEN: &str =
    "the command failed, so no snapshot was written: what its tests do is accepted once they pass";

/// The accepted interactions of a project.
#[derive(Debug, Clone, Default)]
pub struct Snapshots {
    /// None where there is no folder of them.
    accepted: Option<BTreeMap<Owner, Vec<Entry>>>,
    places: Places,
}

/// Whose interactions they are: a test's, or the run's where no test is known.
type Owner = Option<String>;

impl Snapshots {
    /// Reads the snapshots of a project; none if it has no folder of them.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or is none; with its name and line.
    pub fn load(project: &Path) -> Result<Self, Error> {
        Ok(Self { accepted: file::read(project)?, places: Places::of(project) })
    }

    /// Whether the project has a folder of them.
    #[must_use]
    pub fn exist(&self) -> bool {
        self.accepted.is_some()
    }

    /// What the tests that ran did otherwise than was accepted. `tests` are those that are known to
    /// have run beside those that did something.
    ///
    /// What is as it was accepted is marked as asserted. What is told here has been told: nothing
    /// more has to be said of it.
    pub fn compare(
        &self,
        interactions: &mut [Interaction],
        tests: &BTreeSet<String>,
    ) -> Vec<Broken> {
        let Some(accepted) = &self.accepted else {
            return Vec::new();
        };
        let done = owned(interactions, tests);
        let nothing = Vec::new();
        done.into_iter()
            .flat_map(|(owner, numbers)| {
                let accepted = accepted.get(&owner);
                compare::compare(
                    &owner,
                    accepted.unwrap_or(&nothing),
                    &self.places,
                    interactions,
                    &numbers,
                )
            })
            .collect()
    }

    /// How many tests have a snapshot and were not seen to run; a run of some tests only has such.
    #[must_use]
    pub fn unseen(&self, interactions: &[Interaction], tests: &BTreeSet<String>) -> usize {
        let ran = |test: &String| {
            tests.contains(test) || interactions.iter().any(|it| it.test.as_ref() == Some(test))
        };
        let accepted = self.accepted.iter().flat_map(BTreeMap::keys).flatten();
        accepted.filter(|test| !ran(test)).count()
    }
}

/// Writes the snapshots of the tests that ran: of those that did something, of those in `tests`, and
/// of the run. Those of other tests are left alone.
///
/// # Errors
///
/// A file or the folder cannot be written; with its name.
pub fn write(
    project: &Path,
    interactions: &[Interaction],
    tests: &BTreeSet<String>,
) -> io::Result<Written> {
    let places = Places::of(project);
    let mut written = Written::default();
    for (owner, numbers) in owned(interactions, tests) {
        let these: Vec<&Interaction> = numbers.iter().map(|at| &interactions[*at]).collect();
        let entries: Vec<Entry> =
            normal::grouped(&these, &places).into_iter().map(|(entry, _)| entry).collect();
        file::write(project, &owner, &entries, &mut written)?;
    }
    Ok(written)
}

/// What is written down as accepted is asserted by that.
pub fn mark(interactions: &mut [Interaction]) {
    for interaction in interactions.iter_mut().filter(|it| it.asserted == Asserted::Open) {
        interaction.asserted = Asserted::Done;
    }
}

/// The interactions of each that ran, by their place. What was refused was not done.
fn owned(interactions: &[Interaction], tests: &BTreeSet<String>) -> BTreeMap<Owner, Vec<usize>> {
    let mut owned: BTreeMap<Owner, Vec<usize>> =
        tests.iter().map(|test| (Some(test.clone()), Vec::new())).collect();
    owned.entry(None).or_default();
    for (number, interaction) in interactions.iter().enumerate() {
        let these = owned.entry(interaction.test.clone()).or_default();
        if interaction.how != How::Refused {
            these.push(number);
        }
    }
    owned
}

/// What became of the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// New ones, and ones that say something else now.
    pub written: Vec<PathBuf>,
    /// Ones that say what they said before.
    pub unchanged: usize,
    /// Those of tests that do nothing any more.
    pub removed: Vec<PathBuf>,
}

impl fmt::Display for Written {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (written, removed) = (self.written.len(), self.removed.len());
        let unchanged = self.unchanged;
        write!(
            out,
            "snapshots in {FOLDER}: {written} written, {unchanged} unchanged, {removed} removed"
        )?;
        out.write_str(if written + removed > 0 { "; review them like code" } else { "" })
    }
}
