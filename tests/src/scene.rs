//! One run of bigfoot: its folder, its flags, the command, and what came of it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::watch::Watch;

/// Exit code of a run whose contract was broken.
pub const BROKEN: i32 = 60;

/// A folder to run in, and what bigfoot is told.
pub struct Scene {
    folder: TempDir,
    flags: Vec<OsString>,
    variables: Vec<(OsString, Option<OsString>)>,
    user: Option<u32>,
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

impl Scene {
    /// An empty folder, no configuration, no flags.
    ///
    /// # Panics
    ///
    /// Where no temporary folder can be made.
    #[must_use]
    pub fn new() -> Self {
        let folder =
            tempfile::Builder::new().prefix("scene-").tempdir().expect("a temporary folder");
        // Look-ups of names that do not exist shall fail soon on machines without a name server.
        let variables = vec![("RES_OPTIONS".into(), Some("timeout:1 attempts:1".into()))];
        Self { folder, flags: Vec::new(), variables, user: None }
    }

    /// The same with `--guard LEVEL`.
    #[must_use]
    pub fn guard(self, level: &str) -> Self {
        self.flag("--guard").flag(level)
    }

    /// The same with `--allow RULE`.
    #[must_use]
    pub fn allow(self, rule: &str) -> Self {
        self.flag("--allow").flag(rule)
    }

    /// The same with `--deny RULE`.
    #[must_use]
    pub fn deny(self, rule: &str) -> Self {
        self.flag("--deny").flag(rule)
    }

    /// The same with `--restrict RULE`.
    #[must_use]
    pub fn restrict(self, rule: &str) -> Self {
        self.flag("--restrict").flag(rule)
    }

    /// The same with one more argument of `bigfoot run`.
    #[must_use]
    pub fn flag(mut self, flag: impl AsRef<OsStr>) -> Self {
        self.flags.push(flag.as_ref().to_owned());
        self
    }

    /// The same with a variable in the environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.into(), Some(value.as_ref().to_owned())));
        self
    }

    /// The same without a variable in the environment.
    #[must_use]
    pub fn without_variable(mut self, name: &str) -> Self {
        self.variables.push((name.into(), None));
        self
    }

    /// The same as another user, to whom the folder belongs. Only root can become somebody else.
    ///
    /// # Panics
    ///
    /// Where the folder cannot be given away.
    #[must_use]
    pub fn user(mut self, user: u32) -> Self {
        let private = self.path("tmp");
        fs::create_dir(&private).expect("a folder in the scene");
        for folder in [self.folder(), &private] {
            std::os::unix::fs::chown(folder, Some(user), Some(user)).expect("a folder given away");
        }
        self.user = Some(user);
        let home = self.folder().to_owned();
        self.variable("TMPDIR", private).variable("HOME", home)
    }

    /// The same with a `bigfoot.toml`.
    #[must_use]
    pub fn config(self, text: &str) -> Self {
        self.file("bigfoot.toml", text)
    }

    /// The same with a file in the folder.
    ///
    /// # Panics
    ///
    /// Where it cannot be written.
    #[must_use]
    pub fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(&path)).expect("a folder in the scene");
        fs::write(path, text).expect("a file in the scene");
        self
    }

    /// A path in the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command under bigfoot and reads its report.
    pub fn run<I: AsRef<OsStr>>(&self, command: impl IntoIterator<Item = I>) -> Finished {
        let file = self.path(".report.json");
        let mut bigfoot =
            self.command(["--format", "json", "--output"].map(OsString::from), Some(&file));
        let output = finish(bigfoot.args(command));
        Finished::new(&output, fs::read_to_string(file).ok().as_deref())
    }

    /// Runs a command under bigfoot with its report in words, on stderr.
    pub fn tell<I: AsRef<OsStr>>(&self, command: impl IntoIterator<Item = I>) -> Finished {
        let mut bigfoot = self.command([], None);
        Finished::new(&finish(bigfoot.args(command)), None)
    }

    /// Starts a command under bigfoot and leaves it running, for as long as the watch is kept.
    pub fn start<I: AsRef<OsStr>>(&self, command: impl IntoIterator<Item = I>) -> (Child, Watch) {
        let mut bigfoot = self.command([], None);
        bigfoot.args(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = bigfoot.process_group(0).spawn().expect("bigfoot");
        let watch = Watch::over(&child);
        (child, watch)
    }

    /// Runs a command without bigfoot.
    ///
    /// # Panics
    ///
    /// Where there is no command.
    pub fn native<I: AsRef<OsStr>>(&self, command: impl IntoIterator<Item = I>) -> Finished {
        let mut words = command.into_iter();
        let program = words.next().expect("a command");
        let mut bare = self.dressed(Command::new(program.as_ref()));
        Finished::new(&finish(bare.args(words)), None)
    }

    /// Runs bigfoot with these arguments and nothing else.
    pub fn bigfoot<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Finished {
        Finished::new(&finish(self.dressed(Command::new(bigfoot())).args(arguments)), None)
    }

    fn command<const N: usize>(&self, more: [OsString; N], file: Option<&Path>) -> Command {
        let mut command = self.dressed(Command::new(self.own_bigfoot()));
        command.arg("run").args(&self.flags).args(more).args(file).arg("--");
        command
    }

    /// The one under test, or a copy of it where the scene's user may not have that.
    fn own_bigfoot(&self) -> PathBuf {
        let (bigfoot, copy) = (bigfoot(), self.path(".bigfoot"));
        if self.user.is_none() || is_open(&bigfoot) {
            return bigfoot;
        }
        if !copy.exists() {
            fs::copy(bigfoot, &copy).expect("a copy of bigfoot");
        }
        copy
    }

    fn dressed(&self, mut command: Command) -> Command {
        if let Some(user) = self.user {
            command.uid(user).gid(user); // and no groups
        }
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        // The test runner's own variables would make every guest look like a part of this test.
        for (name, _) in std::env::vars_os() {
            let inherited = name.to_string_lossy();
            if ["CARGO_", "NEXTEST", "BIGFOOT_", "RUST_TEST_"]
                .iter()
                .any(|own| inherited.starts_with(own))
                && inherited != "CARGO_HOME"
            {
                command.env_remove(&name);
            }
        }
        for (name, value) in &self.variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Finished {
    /// Exit code; None where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The report, if it was asked for as JSON and written.
    pub report: Value,
}

impl Finished {
    /// Out of a process's end and the text of its report.
    #[must_use]
    pub fn new(output: &Output, report: Option<&str>) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            report: report.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null),
        }
    }

    /// Claims that it exited 0.
    pub fn succeeds(&self) -> &Self {
        self.ends_with(0)
    }

    /// Claims that it exited with this code.
    pub fn fails_with(&self, code: i32) -> &Self {
        self.ends_with(code)
    }

    /// Claims that it printed exactly this.
    pub fn prints(&self, text: &str) -> &Self {
        assert_eq!(self.stdout, text, "stderr: {}", self.stderr);
        self
    }

    /// Claims that it printed the same as another run, and exited like it.
    pub fn equals(&self, other: &Self) -> &Self {
        assert_eq!(self.stdout, other.stdout, "stderr: {}", self.stderr);
        self.ends_with(other.code.unwrap_or(-1))
    }

    /// Claims that its standard error has this in it.
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "no {text:?} in stderr: {}", self.stderr);
        self
    }

    /// Claims that bigfoot's library was loaded into the command: without that, the rest proves nothing.
    pub fn is_seen(&self) -> &Self {
        assert!(self.report.is_object(), "no report was written; stderr: {}", self.stderr);
        assert_ne!(self.report["coverage"]["armed"], 0, "{:#}", self.report);
        self
    }

    /// Claims that nothing was found: no refusal, no warning.
    pub fn is_clean(&self) -> &Self {
        self.is_seen();
        assert!(self.findings().is_empty(), "findings: {:#}", self.report["findings"]);
        self.succeeds()
    }

    /// Claims that calls were refused and the run failed for it.
    pub fn is_broken(&self) -> &Self {
        self.fails_with(BROKEN);
        assert!(self.findings().iter().any(refused), "no refusal: {:#}", self.report);
        self
    }

    /// Claims that calls were warned about, none was refused, and the run succeeded.
    pub fn is_warned(&self) -> &Self {
        self.succeeds();
        assert!(!self.findings().is_empty(), "no finding: {:#}", self.report);
        assert!(!self.findings().iter().any(refused), "refused: {:#}", self.report);
        self
    }

    /// The findings.
    #[must_use]
    pub fn findings(&self) -> &[Value] {
        self.report["findings"].as_array().map_or(&[], Vec::as_slice)
    }

    /// How many calls the findings stand for.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.findings().iter().filter_map(|finding| finding["count"].as_u64()).sum()
    }

    /// The line of the guest's output that starts with this, without it.
    ///
    /// # Panics
    ///
    /// Where there is none.
    #[must_use]
    pub fn line(&self, start: &str) -> &str {
        let found = self.stdout.lines().find_map(|line| line.strip_prefix(start));
        found.unwrap_or_else(|| {
            panic!("no line {start:?} in {}; stderr: {}", self.stdout, self.stderr)
        })
    }

    fn ends_with(&self, code: i32) -> &Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {}\nstderr: {}\n{:#}",
            self.stdout,
            self.stderr,
            self.report
        );
        self
    }
}

/// Runs a command to its end, or to that of the test's patience.
fn finish(command: &mut Command) -> Output {
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let child = piped.spawn().expect("a program that starts");
    let _watch = Watch::over(&child);
    child.wait_with_output().expect("its output")
}

/// Whether everybody may read a file and pass through the folders above it.
#[must_use]
pub fn is_open(path: &Path) -> bool {
    let has = |path: &Path, bits| {
        fs::metadata(path).is_ok_and(|found| found.permissions().mode() & bits == bits)
    };
    has(path, 0o004) && path.ancestors().skip(1).all(|folder| has(folder, 0o001))
}

fn refused(finding: &Value) -> bool {
    finding["refused"].as_bool() == Some(true)
}

/// Folder of what cargo built: that of the test program's `deps`.
///
/// # Panics
///
/// Where the test program stands in no folder of cargo's.
#[must_use]
pub fn built() -> PathBuf {
    let program = std::env::current_exe().expect("the test program's own path");
    program.ancestors().nth(2).expect("a target folder").to_owned()
}

/// The `bigfoot` under test: `BIGFOOT_UNDER_TEST`, or the one that cargo built beside the tests.
///
/// # Panics
///
/// Where it has not been built.
#[must_use]
pub fn bigfoot() -> PathBuf {
    let bigfoot = std::env::var_os("BIGFOOT_UNDER_TEST")
        .map_or_else(|| built().join("bigfoot"), PathBuf::from);
    assert!(bigfoot.exists(), "{} is missing: run cargo build first", bigfoot.display());
    bigfoot
}
