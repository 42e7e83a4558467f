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

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::Error;
use crate::engine::Ran;
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
    accepted: Option<BTreeMap<Owner, Accepted>>,
    places: Places,
}

/// What was accepted of a test, or of the run.
#[derive(Debug, Clone, Default)]
struct Accepted {
    entries: Vec<Entry>,
    /// The programs that ran the test, where they run each test in a thread of its name; sorted.
    programs: Vec<String>,
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

    /// What the tests that ran did otherwise than was accepted.
    ///
    /// What is as it was accepted is marked as asserted. What is told here has been told: nothing
    /// more has to be said of it.
    pub fn compare(&self, interactions: &mut [Interaction], ran: &Ran) -> Vec<Broken> {
        let Some(accepted) = &self.accepted else {
            return Vec::new();
        };
        let done = owned(interactions, self.known(ran));
        done.into_iter()
            .flat_map(|(owner, numbers)| {
                let entries = accepted.get(&owner).map_or(&[][..], |it| &it.entries);
                compare::compare(&owner, entries, &self.places, interactions, &numbers)
            })
            .collect()
    }

    /// How many tests have a snapshot and were not seen to run; a run of some tests only has such.
    #[must_use]
    pub fn unseen(&self, interactions: &[Interaction], ran: &Ran) -> usize {
        let done = owned(interactions, self.known(ran));
        let accepted = self.accepted.iter().flat_map(BTreeMap::keys);
        accepted.filter(|owner| !done.contains_key(owner)).count()
    }

    /// The tests that are known to have run, whatever they did.
    fn known<'a>(&'a self, ran: &'a Ran) -> impl Iterator<Item = &'a String> {
        let published = ran.tests.iter().filter(|test| !ran.threads.contains_key(*test));
        let accepted = self.accepted.iter().flatten();
        let in_threads = accepted.filter_map(|(owner, accepted)| {
            let test = owner.as_ref()?;
            accepted.is_of(&ran.programs(test)).then_some(test)
        });
        published.chain(in_threads)
    }
}

impl Accepted {
    /// Whether each program that ran the test when it was accepted is among these, as often. Another
    /// program's test may have the same name; where the programs are not known, nothing is.
    fn is_of(&self, ran: &[String]) -> bool {
        let count = |all: &[String], name: &String| all.iter().filter(|it| *it == name).count();
        let of = |name: &String| count(&self.programs, name) <= count(ran, name);
        !self.programs.is_empty() && self.programs.iter().all(of)
    }
}

/// Writes the snapshots of the tests that ran: of those that did something, of those that are known
/// to have done nothing, and of the run. Those of other tests are left alone.
///
/// # Errors
///
/// A file or the folder cannot be written; with its name.
pub fn write(project: &Path, interactions: &[Interaction], ran: &Ran) -> io::Result<Written> {
    let places = Places::of(project);
    let before = Snapshots::load(project).unwrap_or_default(); // one that is broken is mended now
    let mut written = Written::default();
    for (owner, numbers) in owned(interactions, before.known(ran)) {
        let these: Vec<&Interaction> = numbers.iter().map(|at| &interactions[*at]).collect();
        let entries =
            normal::grouped(&these, &places).into_iter().map(|(entry, _)| entry).collect();
        let programs = owner.iter().flat_map(|test| ran.programs(test)).collect();
        file::write(project, &owner, &Accepted { entries, programs }, &mut written)?;
    }
    Ok(written)
}

/// What is written down as accepted is asserted by that.
pub fn mark(interactions: &mut [Interaction]) {
    for interaction in interactions.iter_mut().filter(|it| it.asserted == Asserted::Open) {
        interaction.asserted = Asserted::Done;
    }
}

/// The interactions of each that ran, by their place: of those that did something, of these tests and
/// of the run. What was refused was not done.
fn owned<'a>(
    interactions: &[Interaction],
    tests: impl Iterator<Item = &'a String>,
) -> BTreeMap<Owner, Vec<usize>> {
    let mut owned: BTreeMap<Owner, Vec<usize>> =
        tests.map(|test| (Some(test.clone()), Vec::new())).collect();
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
