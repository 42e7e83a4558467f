//! Which programs are launchers and build tools. As long as only such stand between a process and
//! `bigfoot run`, it is no guest: its own work is not what the tests are about.

use std::path::Path;

use globset::{Glob, GlobMatcher, GlobSet, GlobSetBuilder};

/// The names, one glob a line.
const NAMES: &str = include_str!("tools.txt");

/// The names of tools.
#[derive(Debug)]
pub struct Tools {
    names: GlobSet,
    /// For each name, the arguments that make a tool of a program which is none by itself.
    arguments: Vec<Option<GlobMatcher>>,
}

impl Tools {
    /// The table, and the user's own (`[run] tools`): a glob over a file name, and perhaps behind a
    /// blank one over the arguments.
    ///
    /// # Errors
    ///
    /// A name or arguments that are no glob.
    pub fn new(own: &[String]) -> Result<Self, globset::Error> {
        let mut names = GlobSetBuilder::new();
        let mut arguments = Vec::new();
        for entry in table().chain(own.iter().map(String::as_str)) {
            let (name, line) =
                entry.split_once(' ').map_or((entry, None), |(name, line)| (name, Some(line)));
            names.add(Glob::new(name)?);
            arguments.push(
                line.map(|line| Glob::new(line.trim()).map(|glob| glob.compile_matcher()))
                    .transpose()?,
            );
        }
        Ok(Self { names: names.build()?, arguments })
    }

    /// Whether a program of this path, or of this name, with these arguments, is a tool.
    #[must_use]
    pub fn contains(&self, program: &Path, line: &str) -> bool {
        let found = program.file_name().map(|name| self.names.matches(name)).unwrap_or_default();
        found.iter().any(|index| match self.arguments.get(*index) {
            Some(Some(arguments)) => arguments.is_match(line),
            _ => true,
        })
    }
}

/// Arguments behind a program's name, joined by blanks.
#[must_use]
pub fn line(arguments: &[Vec<u8>]) -> String {
    let words: Vec<_> =
        arguments.iter().skip(1).map(|word| String::from_utf8_lossy(word)).collect();
    words.join(" ")
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
            assert!(tools.contains(Path::new(name), ""), "{name}");
        }
        for name in ["python3", "node", "git", "pytest", "curl"] {
            assert!(!tools.contains(Path::new(name), ""), "{name}");
        }
    }

    /// The build tool's own process is none of the tests'; the one that it starts for them is.
    #[test]
    fn arguments_make_a_tool_of_an_interpreter() {
        let tools = Tools::new(&["python3 *my_runner.py*".into()]).unwrap();
        let java = Path::new("/usr/bin/java");

        assert!(
            tools.contains(java, "-cp x org.codehaus.plexus.classworlds.launcher.Launcher test")
        );
        assert!(!tools.contains(java, "-jar surefirebooter.jar"));
        assert!(tools.contains(Path::new("python3"), "-u ci/my_runner.py all"));
        assert!(!tools.contains(Path::new("python3"), "-m pytest"));
    }

    /// Only cargo's own layout counts.
    #[test]
    fn build_scripts_are_known_by_where_they_are() {
        assert!(is_build_script(Path::new("/p/target/debug/build/ring-0123/build-script-build")));
        assert!(!is_build_script(Path::new("/p/target/debug/deps/build-script-build")));
    }
}
