//! What shall happen to a call that no mock answers. The order is the product; read it from the top.

use crate::call::Call;
use crate::rules::{Decision, Level, Policy};

/// What is known of a call beyond itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances<'a> {
    /// The call is a launcher's or a build tool's: it has no guard level.
    pub by_tool: bool,
    /// The call is plumbing of the tree itself: its own loopback server, its own executable again.
    pub plumbing: bool,
    /// The test that made it, where one is known.
    pub test: Option<&'a str>,
    /// A mock lets it pass.
    pub passes: bool,
    /// Where it stands to a sandbox.
    pub sandbox: Sandboxed,
    /// The rules of the test's own blocks, which speak before the run's.
    pub inner: Option<&'a Policy>,
}

/// Where a call stands to a sandbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sandboxed {
    /// In none.
    #[default]
    Outside,
    /// In an open one.
    Inside,
    /// In one that was closed.
    Closed,
    /// In one of several that are open, and which of them cannot be told.
    Unknown,
}

/// What shall happen, and who said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement<'a> {
    /// The real call, and nothing to say.
    Pass,
    /// The real call; a mock lets it pass.
    Passed,
    /// The real call; a rule allowed it.
    Allowed(Decision<'a>),
    /// The real call, and a warning.
    Warned,
    /// Refused: a rule denied it, or it lies outside a restriction.
    Denied(Decision<'a>),
    /// Refused: nothing allowed it, and the guard level is error.
    Guarded,
    /// Refused: it was made in a sandbox, and no mock answers it.
    Unmocked,
    /// Refused: its sandbox is closed.
    Late,
    /// Refused: it was made in one of several sandboxes, and which of them cannot be told.
    Unattributed,
}

/// Decides one call that no mock answers.
#[must_use]
pub fn judge<'a>(policy: &'a Policy, call: &Call, about: Circumstances<'a>) -> Judgement<'a> {
    let unnamed = match policy.speak_around(about.inner, call, about.test) {
        decision @ Decision::Denied { .. } => return Judgement::Denied(decision),
        decision @ Decision::Allowed { .. } => return Judgement::Allowed(decision),
        decision @ Decision::Restricted { .. } => Judgement::Denied(decision),
        _ if about.passes => return Judgement::Passed,
        _ => match (about.sandbox, policy.level(call)) {
            (_, Level::Off) if is_optional(call) => Judgement::Pass,
            (Sandboxed::Inside, _) => Judgement::Unmocked,
            (Sandboxed::Closed, _) => Judgement::Late,
            (Sandboxed::Unknown, _) => Judgement::Unattributed,
            (Sandboxed::Outside, Level::Off) => Judgement::Pass,
            (Sandboxed::Outside, Level::Warn) => Judgement::Warned,
            (Sandboxed::Outside, Level::Error) => Judgement::Guarded,
        },
    };
    // No rule names the call. Then a ceiling, a sandbox and a level speak of the tests' own calls,
    // and neither of the tree's plumbing nor of the tools that build and start it.
    if about.plumbing || about.by_tool { Judgement::Pass } else { unnamed }
}

/// Files and libraries are guarded, in a sandbox too, only where the guard table says so: no program
/// could be started else.
fn is_optional(call: &Call) -> bool {
    matches!(call, Call::Open(_) | Call::Load(_))
}

#[cfg(test)]
mod tests;
