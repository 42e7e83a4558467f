//! Started programs.

use crate::assertion::Assertion;
use crate::json;
use crate::mocked::Mock;
use crate::pattern::Pattern;

/// Started programs, as `bigfoot plugins subprocess` has them.
#[derive(Debug, Clone, Copy)]
pub struct Subprocess(());

/// Programs, however they are started.
#[must_use]
pub fn subprocess() -> Subprocess {
    Subprocess(())
}

const SOURCE: &str = "subprocess:run";

/// A program that is stood in for; registered where its statement ends.
#[derive(Debug)]
pub struct RunMock(Mock);

impl Subprocess {
    /// A program with these arguments, its own name first: it says nothing and ends with 0, unless more
    /// is said.
    #[track_caller]
    pub fn mock_run<P: Into<Pattern>>(self, argv: impl IntoIterator<Item = P>) -> RunMock {
        let mut mock = Mock::new(SOURCE);
        mock.expect("argv", words(argv));
        RunMock(mock)
    }

    /// A program that cannot be started: `not-found` or `permission`.
    #[track_caller]
    pub fn mock_error<P: Into<Pattern>>(
        self,
        argv: impl IntoIterator<Item = P>,
        error: &str,
    ) -> RunMock {
        let RunMock(mut mock) = self.mock_run(argv);
        mock.answer("error", json::string(error));
        RunMock(mock)
    }

    /// That a program was started with these arguments, its own name first.
    #[track_caller]
    pub fn assert_run<P: Into<Pattern>>(self, argv: impl IntoIterator<Item = P>) -> Assertion {
        Assertion::new(SOURCE).field_json("argv", words(argv))
    }
}

fn words<P: Into<Pattern>>(argv: impl IntoIterator<Item = P>) -> String {
    json::list(argv.into_iter().map(|word| word.into().0))
}

impl RunMock {
    /// What it writes to standard output.
    pub fn stdout(mut self, text: impl AsRef<[u8]>) -> Self {
        self.0.answer("stdout", json::bytes(text.as_ref()));
        self
    }

    /// What it writes to standard error.
    pub fn stderr(mut self, text: impl AsRef<[u8]>) -> Self {
        self.0.answer("stderr", json::bytes(text.as_ref()));
        self
    }

    /// What it ends with.
    pub fn returncode(mut self, code: u8) -> Self {
        self.0.answer("returncode", code.to_string());
        self
    }

    /// It answers so often, no less and no more; once if nothing is said.
    pub fn times(self, times: u64) -> Self {
        Self(self.0.times(times))
    }

    /// It need not be used.
    pub fn optional(self) -> Self {
        Self(self.0.optional())
    }
}
