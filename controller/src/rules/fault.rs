//! What is wrong with a rule, and where in its text.

use std::ops::Range;

/// A rule string that is none, or that could never match, or that means more than this version sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What stands at the place, in a few words.
    pub label: String,
    /// Bytes of the rule's text.
    pub span: Range<usize>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Fault {
    /// A fault at these bytes of the rule.
    pub(super) fn at(
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Self { message: message.into(), label: label.into(), span, help: None }
    }

    /// The same, with what to do about it.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, for a text that begins so many bytes into the rule.
    pub(super) fn shifted(mut self, bytes: usize) -> Self {
        self.span = self.span.start + bytes..self.span.end + bytes;
        self
    }
}
