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

#[cfg(test)]
mod tests {
    use super::*;

    /// The keeper reads what was left, and takes nothing else for word.
    #[test]
    fn word_is_left_and_read() {
        let folder = std::env::temp_dir().join(format!("bigfoot-ended-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();

        assert_eq!(Ended::read(&folder), None);
        for ended in [Ended::Code(0), Ended::Code(255), Ended::Signal(9)] {
            ended.write(&folder).unwrap();
            assert_eq!(Ended::read(&folder), Some(ended));
        }
        for nonsense in ["", "code", "code 256", "code -1", "signal x", "other 1"] {
            fs::write(folder.join(FILE), nonsense).unwrap();
            assert_eq!(Ended::read(&folder), None, "{nonsense}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
