//! What would allow a call, ready to paste.

use super::text::{clean, shell, toml};
use super::{Attribution, Code, Finding};

/// What would allow a call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Advice {
    /// What to do where no line does it alone.
    pub words: Option<String>,
    /// Lines for `bigfoot.toml`: a table and a key.
    pub toml: Option<(String, String)>,
    /// The same on the command line.
    pub flag: Option<String>,
}

/// Where a rule stands. Inner frames speak before outer ones, and flags are the innermost.
enum Origin {
    File,
    Environment,
    Flag,
}

impl Advice {
    /// For a finding.
    pub fn of(finding: &Finding) -> Self {
        match finding.code {
            Code::Guarded => Self::rule(&finding.allow),
            Code::Denied => Self::against_deny(finding),
            Code::Restricted => Self::against_restriction(finding),
            Code::Unmocked => Self::rule(&finding.allow),
            _ => Self::default(),
        }
    }

    fn rule(allow: &str) -> Self {
        Self {
            words: None,
            toml: Some(("[firewall]".to_owned(), format!("allow = [{}]", toml(allow)))),
            flag: Some(flag(allow)),
        }
    }

    /// A deny in the file yields to an allow further in: for one test, or on the command line.
    fn against_deny(finding: &Finding) -> Self {
        let place = place(finding);
        let remove = format!("change or remove the rule at {}", clean(place));
        let words = Some(remove.clone());
        match (origin(place), &finding.test) {
            (Origin::File, Attribution::Test(test)) => Self {
                words: Some(remove + ", or for this test"),
                toml: Some((
                    "[firewall.per-test-allow]".to_owned(),
                    format!("{} = [{}]", toml(test), toml(&finding.allow)),
                )),
                flag: Some(flag(&finding.allow)),
            },
            (Origin::File | Origin::Environment, _) => {
                Self { words, toml: None, flag: Some(flag(&finding.allow)) }
            }
            (Origin::Flag, _) => Self { words, ..Self::default() },
        }
    }

    /// A restriction is a ceiling: nothing lifts it, and what it lets through is not yet allowed.
    fn against_restriction(finding: &Finding) -> Self {
        let rule = match origin(place(finding)) {
            Origin::Flag => shell(&finding.allow),
            Origin::File | Origin::Environment => toml(&finding.allow),
        };
        let words = format!("add {rule} to the restriction at {}, and", clean(place(finding)));
        Self { words: Some(words), ..Self::rule(&finding.allow) }
    }
}

fn place(finding: &Finding) -> &str {
    finding.rule.as_ref().map_or("", |(_, place)| place)
}

fn origin(place: &str) -> Origin {
    if place.starts_with("--") {
        Origin::Flag
    } else if place.starts_with("BIGFOOT_") {
        Origin::Environment
    } else {
        Origin::File
    }
}

fn flag(allow: &str) -> String {
    format!("--allow {}", shell(allow))
}
