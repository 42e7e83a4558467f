//! Rules of a test's own blocks: the innermost of all.

use std::panic::Location;

use bigfoot_ipc::control::{Control, Outcome};

use crate::test::{Test, current, origin};

/// As long as this lives, the rules hold for the test.
#[derive(Debug)]
#[must_use = "the rules hold for as long as this lives"]
pub struct Rules {
    test: Test,
    number: u32,
    at: &'static Location<'static>,
}

/// These calls may really be made: `bigfoot::allow(["redis://localhost", "subprocess:git"])`.
///
/// # Panics
///
/// If one of them is no rule, or this thread works for no test.
#[track_caller]
pub fn allow<S: Into<String>>(rules: impl IntoIterator<Item = S>) -> Rules {
    hold(Kind::Allow, rules.into_iter().map(Into::into).collect(), Location::caller())
}

/// These calls must not be made, whatever allows them further out.
///
/// # Panics
///
/// As [`allow`].
#[track_caller]
pub fn deny<S: Into<String>>(rules: impl IntoIterator<Item = S>) -> Rules {
    hold(Kind::Deny, rules.into_iter().map(Into::into).collect(), Location::caller())
}

/// No other calls may be made than these, whatever allows them; they are not allowed by that.
///
/// # Panics
///
/// As [`allow`].
#[track_caller]
pub fn restrict<S: Into<String>>(rules: impl IntoIterator<Item = S>) -> Rules {
    hold(Kind::Restrict, rules.into_iter().map(Into::into).collect(), Location::caller())
}

enum Kind {
    Allow,
    Deny,
    Restrict,
}

#[track_caller]
fn hold(kind: Kind, rules: Vec<String>, at: &'static Location<'static>) -> Rules {
    let test = current();
    let (mut allow, mut deny, mut restrict) = (Vec::new(), Vec::new(), Vec::new());
    match kind {
        Kind::Allow => allow = rules,
        Kind::Deny => deny = rules,
        Kind::Restrict => restrict = rules,
    }
    let word = Control::Rules { allow, deny, restrict, origin: origin(at) };
    let number = match test.say(&word, at) {
        Outcome::Ruled { rules } => rules,
        _ => 0,
    };
    Rules { test, number, at }
}

impl Drop for Rules {
    fn drop(&mut self) {
        self.test.say_at_end(&Control::Lift { rules: self.number }, self.at);
    }
}
