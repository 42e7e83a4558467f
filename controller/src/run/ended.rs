//! How the controller tells the keeper how it went: a file in the run's folder, written last.

use std::fs;
use std::path::Path;

/// How a run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With this exit code.
    Code(u8),
    /// The command was killed by this signal.
    Signal(i32),
}

const FILE: &str = "ended";

impl Ended {
    /// Leaves word.
    ///
    /// # Errors
    ///
    /// The folder is gone.
    pub fn write(self, directory: &Path) -> std::io::Result<()> {
        let (word, number) = match self {
            Self::Code(code) => ("code", i32::from(code)),
            Self::Signal(signal) => ("signal", signal),
        };
        fs::write(directory.join(FILE), format!("{word} {number}"))
    }

    /// What was left; None if the controller came to nothing.
    #[must_use]
    pub fn read(directory: &Path) -> Option<Self> {
        let text = fs::read_to_string(directory.join(FILE)).ok()?;
        match text.split_once(' ')? {
            ("code", number) => number.parse().ok().map(Self::Code),
            ("signal", number) => number.parse().ok().map(Self::Signal),
            _ => None,
        }
    }
}
