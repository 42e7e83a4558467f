//! What a test is told of its own broken promises, while it runs.

use bigfoot_ipc::control::Violation;

use super::item::{Item, items};
use super::{Broken, Code, Finding, Report, Resolve, Style, human};

impl Code {
    /// As shims name the exception.
    #[must_use]
    pub fn exception(self) -> &'static str {
        match self {
            Self::Guarded => "GuardedCall",
            Self::Denied => "DeniedCall",
            Self::Restricted => "RestrictedCall",
            Self::Unmocked => "UnmockedInteraction",
            Self::Mismatch => "InteractionMismatch",
            Self::Late => "LateCall",
            Self::Unasserted => "UnassertedInteractions",
            Self::Unused => "UnusedMocks",
            Self::Snapshot => "SnapshotMismatch",
            Self::Malformed => "MalformedRequest",
            Self::Untrusted => "UntrustedCertificate",
            Self::Unattributed => "UnattributedCall",
        }
    }
}

/// Broken promises in words, causes before consequences.
pub fn violations(
    findings: &[Finding],
    broken: &[Broken],
    style: &Style,
    resolve: &mut Resolve<'_>,
) -> Vec<Violation> {
    let report =
        Report { findings: findings.to_vec(), broken: broken.to_vec(), ..Report::default() };
    items(&report, style, resolve).map(|item| violation(&item, style)).collect()
}

fn violation(item: &Item<'_>, style: &Style) -> Violation {
    let of = |label: &str| item.parts.iter().find(|(known, _)| *known == label);
    let paste = of("paste").map(|(_, lines)| lines.join("\n")).unwrap_or_default();
    Violation {
        code: item.code.name().to_owned(),
        name: item.code.exception().to_owned(),
        about: item.first.clone(),
        text: human::block(item, style),
        paste,
        interaction: 0,
    }
}
