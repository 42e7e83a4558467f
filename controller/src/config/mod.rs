//! Where the configuration is, and what it says: flag before environment before file.
//!
//! | file | holds |
//! |---|---|
//! | `find` | which file it is |
//! | `tree` | TOML and JSON as one tree with places; `toml` and `json` make it |
//! | `schema`, `firewall`, `mock` | what the keys mean |
//! | `outside` | the same from flags and environment |
//! | `told` | the same as a test says it, in JSON |
//! | `error` | what is wrong, with the place |

mod error;
mod find;
mod firewall;
mod json;
mod mock;
mod outside;
mod schema;
pub mod told;
mod toml;
mod tree;

use std::ffi::OsString;
use std::path::{self, Path, PathBuf};

use crate::engine::Setup;
use crate::mocks::Mock;
use crate::rules::{Frame, Levels, Place, Policy};

pub use error::Error;

/// What the command line says of the policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--guard`.
    pub guard: Option<String>,
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--allow`.
    pub allow: Vec<String>,
    /// `--deny`.
    pub deny: Vec<String>,
    /// `--restrict`.
    pub restrict: Vec<String>,
}

/// What is in force.
#[derive(Debug, Clone)]
pub struct Config {
    /// Rules and levels.
    pub policy: Policy,
    /// Prepared answers, in the order in which they are written.
    pub mocks: Vec<Mock>,
    /// The whole run is one sandbox.
    pub sandbox: bool,
    /// What was really answered to an HTTP request has to be asserted as well.
    pub require_response: bool,
    /// Programs that are tools beside the known ones.
    pub tools: Vec<String>,
    /// The configuration file, if there is one.
    pub source: Option<PathBuf>,
    /// Directory of the configuration file, or else the working directory.
    pub project: PathBuf,
    /// Who set the guard levels: `bigfoot.toml:2`, `BIGFOOT_GUARD`, `--guard`; None by default.
    pub guard_origin: Option<String>,
}

impl Config {
    /// What the run has beside its policy.
    #[must_use]
    pub fn setup(&self) -> Setup {
        Setup {
            mocks: self.mocks.clone(),
            sandbox: self.sandbox,
            require_response: self.require_response,
            ..Setup::default()
        }
    }

    /// Whether nothing is asked of the run: it is as without us.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.policy.asks() == 0 && self.mocks.is_empty() && !self.sandbox
    }
}

/// What a configuration file says.
#[derive(Debug, Clone)]
struct File {
    guard: Option<(Levels, String)>,
    frames: Vec<Frame>,
    mocks: Vec<Mock>,
    sandbox: bool,
    require_response: bool,
    tools: Vec<String>,
}

impl Default for File {
    fn default() -> Self {
        Self {
            guard: None,
            frames: Vec::new(),
            mocks: Vec::new(),
            sandbox: false,
            require_response: true,
            tools: Vec::new(),
        }
    }
}

/// A variable of the environment, by its name.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Reads the configuration that holds in a directory.
///
/// # Errors
///
/// If there are two, or the one cannot be read, or says something that is not understood.
pub fn load(
    directory: &Path,
    flags: &Flags,
    environment: Environment<'_>,
) -> Result<Config, Error> {
    let directory = &path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let named = flags.config.clone().or_else(|| {
        environment("BIGFOOT_CONFIG").filter(|file| !file.is_empty()).map(PathBuf::from)
    });
    let found = match named {
        Some(file) => Some(find::named(directory, &file)?),
        None => find::upwards(directory)?,
    };
    let home = environment("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let project =
        found.as_ref().and_then(|found| found.path.parent()).unwrap_or(directory).to_owned();
    let place = Place { directory: project.clone(), home: home.clone() };
    let file =
        found.as_ref().map(|found| schema::read(found, &place)).transpose()?.unwrap_or_default();
    let outside =
        outside::read(flags, environment, &Place { directory: directory.to_owned(), home })?;

    let guard = outside.guard.or(file.guard);
    let frames = file.frames.into_iter().chain(outside.frames).collect();
    Ok(Config {
        guard_origin: guard.as_ref().map(|(_, origin)| origin.clone()),
        policy: Policy::new(frames, guard.map(|(levels, _)| levels).unwrap_or_default()),
        mocks: file.mocks,
        sandbox: file.sandbox,
        require_response: file.require_response,
        tools: file.tools,
        source: found.map(|found| found.path),
        project,
    })
}

#[cfg(test)]
mod tests;
