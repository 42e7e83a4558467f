//! Sandboxes, and assertions in any order.

use std::panic::Location;

use bigfoot_ipc::control::{Control, Outcome};

use crate::test::{Test, current, origin};

/// As long as this lives, every call of the test has a mock, or is refused; and is recorded.
#[derive(Debug)]
#[must_use = "a sandbox is open for as long as this lives"]
pub struct Sandbox {
    test: Test,
    number: u32,
    at: &'static Location<'static>,
}

/// Opens a sandbox. One within another is allowed.
///
/// # Panics
///
/// If this thread works for no test.
#[track_caller]
pub fn sandbox() -> Sandbox {
    let (test, at) = (current(), Location::caller());
    let number = match test.say(&Control::Open { origin: origin(at) }, at) {
        Outcome::Opened { sandbox } => sandbox,
        _ => 0,
    };
    Sandbox { test, number, at }
}

impl Sandbox {
    /// Closes it, as does its end.
    pub fn close(self) {}
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.test.say_at_end(&Control::Close { sandbox: self.number }, self.at);
    }
}

/// As long as this lives, each assertion speaks of any interaction that is not asserted yet.
#[derive(Debug)]
#[must_use = "the order does not matter for as long as this lives"]
pub struct AnyOrder {
    test: Test,
    at: &'static Location<'static>,
}

/// Assertions from now on speak of any interaction, and not of the next one.
///
/// # Panics
///
/// In a sandbox, or if this thread works for no test.
#[track_caller]
pub fn in_any_order() -> AnyOrder {
    let (test, at) = (current(), Location::caller());
    test.say(&Control::AnyOrder { on: true }, at);
    AnyOrder { test, at }
}

impl Drop for AnyOrder {
    fn drop(&mut self) {
        self.test.say_at_end(&Control::AnyOrder { on: false }, self.at);
    }
}
