//! Started programs.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind};

/// The plugin.
#[derive(Debug)]
pub struct Subprocess;

static CARD: Card = Card {
    name: "subprocess",
    summary: "Started programs",
    schemes: &[],
    ports: &[],
    firewall: &["program", "arguments"],
    guard_default: true,
    kind: Kind::Call,
    examples: &[
        "subprocess:git",
        "subprocess:/usr/bin/git",
        "subprocess:git push *",
        "subprocess:*",
    ],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Subprocess {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
