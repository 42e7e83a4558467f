//! Which programs are launchers and build tools. As long as only such stand between a process and
//! `bigfoot run`, it is no guest: its own work is not what the tests are about.

use std::path::Path;

use globset::{Glob, GlobSet, GlobSetBuilder};

/// The names, one glob a line.
const NAMES: &str = include_str!("tools.txt");

/// The names of tools.
#[derive(Debug)]
pub struct Tools(GlobSet);

impl Tools {
    /// The table, and the user's own (`[run] tools`).
    ///
    /// # Errors
    ///
    /// A name that is no glob.
    pub fn new(own: &[String]) -> Result<Self, globset::Error> {
        let mut names = GlobSetBuilder::new();
        for name in table().chain(own.iter().map(String::as_str)) {
            names.add(Glob::new(name)?);
        }
        Ok(Self(names.build()?))
    }

    /// Whether a program of this path, or of this name, is a tool.
    #[must_use]
    pub fn contains(&self, program: &Path) -> bool {
        program.file_name().is_some_and(|name| self.0.is_match(name))
    }
}

fn table<'a>() -> impl Iterator<Item = &'a str> {
    NAMES.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether a program is a build script of cargo's: below a target directory, in a folder of its own.
#[must_use]
pub fn is_build_script(program: &Path) -> bool {
    let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let folder = program.parent().and_then(Path::parent).and_then(Path::file_name);
    name.starts_with("build-script-") && folder.is_some_and(|folder| folder == "build")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versioned and prefixed compilers are found by the same lines as plain ones.
    #[test]
    fn compilers_of_any_version_are_tools() {
        let tools = Tools::new(&["my-runner".into()]).unwrap();

        for name in
            ["cargo", "/usr/bin/x86_64-linux-gnu-gcc-12", "cc1", "/bin/sh", "ld.bfd", "my-runner"]
        {
            assert!(tools.contains(Path::new(name)), "{name}");
        }
        for name in ["python3", "node", "git", "pytest", "curl"] {
            assert!(!tools.contains(Path::new(name)), "{name}");
        }
    }

    /// Only cargo's own layout counts.
    #[test]
    fn build_scripts_are_known_by_where_they_are() {
        assert!(is_build_script(Path::new("/p/target/debug/build/ring-0123/build-script-build")));
        assert!(!is_build_script(Path::new("/p/target/debug/deps/build-script-build")));
    }
}
