//! Redis.

use std::fmt::Display;

use crate::assertion::Assertion;
use crate::json;
use crate::mocked::Mock;
use crate::pattern::Pattern;

/// A server of Redis; what is known of it stands in `bigfoot plugins redis`.
#[derive(Debug, Clone)]
pub struct Redis(Pattern);

/// The server at this host, whatever client the code under test has.
#[must_use]
pub fn redis(host: impl Into<Pattern>) -> Redis {
    Redis(host.into())
}

/// A prepared answer to a command; registered where its statement ends.
#[derive(Debug)]
pub struct CommandMock(Mock);

impl Redis {
    /// A command with these arguments, its key first: nothing is there, or all is well, unless more is said.
    #[track_caller]
    pub fn mock_command<P: Into<Pattern>>(
        &self,
        command: &str,
        args: impl IntoIterator<Item = P>,
    ) -> CommandMock {
        let mut mock = Mock::new(&source(command));
        mock.expect("host", self.0.0.clone());
        mock.expect("args", words(args));
        CommandMock(mock)
    }

    /// That a command was given with these arguments, its key first.
    #[track_caller]
    pub fn assert_command<P: Into<Pattern>>(
        &self,
        command: &str,
        args: impl IntoIterator<Item = P>,
    ) -> Assertion {
        let assertion = Assertion::new(&source(command)).field("host", self.0.clone());
        assertion.field_json("args", words(args))
    }
}

fn source(command: &str) -> String {
    format!("redis:{}", command.to_ascii_uppercase())
}

fn words<P: Into<Pattern>>(args: impl IntoIterator<Item = P>) -> String {
    json::list(args.into_iter().map(|word| word.into().0))
}

impl CommandMock {
    /// What the command answers, as JSON: `7`, `serde_json::json!({ .. })`, or a string of JSON.
    pub fn value(mut self, value: impl Display) -> Self {
        self.0.answer("value", value.to_string());
        self
    }

    /// The same as characters, or bytes.
    pub fn text(mut self, text: impl AsRef<[u8]>) -> Self {
        self.0.answer("value", json::bytes(text.as_ref()));
        self
    }

    /// An error with its code: `WRONGTYPE ..`.
    pub fn error(mut self, error: &str) -> Self {
        self.0.answer("error", json::string(error));
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
