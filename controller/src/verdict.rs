//! What shall happen to a call. The order is the product; read it from the top.

use crate::call::Call;
use crate::rules::{Decision, Level, Policy};

/// What is known of a call beyond itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Circumstances<'a> {
    /// The call is a launcher's or a build tool's: it has no guard level.
    pub by_tool: bool,
    /// The call is plumbing of the tree itself: its own loopback server, its own executable again.
    pub plumbing: bool,
    /// The test that made it, where one is known.
    pub test: Option<&'a str>,
}

/// What shall happen, and who said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement<'a> {
    /// The real call, and nothing to say.
    Pass,
    /// The real call; a rule allowed it.
    Allowed(Decision<'a>),
    /// The real call, and a warning.
    Warned,
    /// Refused: a rule denied it, or it lies outside a restriction.
    Denied(Decision<'a>),
    /// Refused: nothing allowed it, and the guard level is error.
    Guarded,
}

/// Decides one call.
#[must_use]
pub fn judge<'a>(policy: &'a Policy, call: &Call, about: Circumstances<'_>) -> Judgement<'a> {
    let unnamed = match policy.speak(call, about.test) {
        decision @ Decision::Denied { .. } => return Judgement::Denied(decision),
        decision @ Decision::Allowed { .. } => return Judgement::Allowed(decision),
        decision @ Decision::Restricted { .. } => Judgement::Denied(decision),
        Decision::Silent => match policy.level(call) {
            Level::Off => Judgement::Pass,
            Level::Warn => Judgement::Warned,
            Level::Error => Judgement::Guarded,
        },
    };
    // No rule names the call. Then a ceiling and a level speak of the tests' own calls, and neither
    // of the tree's plumbing nor of the tools that build and start it.
    if about.plumbing || about.by_tool { Judgement::Pass } else { unnamed }
}

#[cfg(test)]
mod tests;
