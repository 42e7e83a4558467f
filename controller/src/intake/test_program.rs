//! The program whose tests run in a process.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use super::process::{self, Pid};

/// Most that is read of an environment, in bytes.
const ENVIRONMENT_BYTES_MAX: u64 = 4 << 20;

/// Digits of the hash that cargo puts behind a test program's name.
const HASH_DIGITS: usize = 16;

/// A program whose tests run in threads. In a workspace, many may have a test of the same name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestProgram {
    /// The package and the program's own name, which are the same on every machine.
    pub name: String,
    /// The file: a package's library and program may both have tests, under the same name.
    pub file: PathBuf,
}

impl TestProgram {
    /// The program that a process runs; None if it is gone.
    #[must_use]
    pub fn of(pid: Pid) -> Option<Self> {
        let file = process::executable(pid)?;
        let name = own_name(&file.file_name()?.to_string_lossy()).to_owned();
        let name = match variable(pid, b"CARGO_PKG_NAME=") {
            Some(package) => format!("{package}/{name}"),
            None => name,
        };
        Some(Self { name, file })
    }
}

/// The name of a program without cargo's hash.
fn own_name(file: &str) -> &str {
    let is_hash = |hash: &str| {
        hash.len() == HASH_DIGITS && hash.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    file.rsplit_once('-').filter(|(_, hash)| is_hash(hash)).map_or(file, |(name, _)| name)
}

/// The value of a variable that a program was started with.
fn variable(pid: Pid, name: &[u8]) -> Option<String> {
    let mut environment = Vec::new();
    let file = File::open(format!("/proc/{pid}/environ")).ok()?;
    file.take(ENVIRONMENT_BYTES_MAX).read_to_end(&mut environment).ok()?;
    let mut entries = environment.split(|byte| *byte == 0);
    let value = entries.find_map(|entry| entry.strip_prefix(name))?;
    Some(String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program is named as its target is, whichever hash cargo gave it.
    #[test]
    fn a_program_has_the_name_of_its_target() {
        for (file, name) in [
            ("shop-0123456789abcdef", "shop"),
            ("my-shop-0123456789abcdef", "my-shop"),
            ("my-shop", "my-shop"),
            ("shop-0123456789abcdeg", "shop-0123456789abcdeg"),
            ("", ""),
        ] {
            assert_eq!(own_name(file), name);
        }
    }

    /// This process runs a test program of this package, under cargo test and under nextest.
    #[test]
    fn a_process_runs_a_program() {
        let program = TestProgram::of(std::process::id()).unwrap();

        assert_eq!(program.file, std::fs::read_link("/proc/self/exe").unwrap());
        let name = program.name.rsplit('/').next().unwrap();
        assert_eq!(name, env!("CARGO_CRATE_NAME"));
        let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
        assert_eq!(program.name.strip_suffix(name).unwrap().trim_end_matches('/'), package);
        assert_eq!(TestProgram::of(u32::MAX), None);
    }
}
