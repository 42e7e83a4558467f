//! Libraries loaded while the program runs.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind};

/// The plugin.
#[derive(Debug)]
pub struct Native;

static CARD: Card = Card {
    name: "native",
    summary: "Libraries loaded while the program runs",
    schemes: &[],
    ports: &[],
    firewall: &["library"],
    guard_default: false,
    kind: Kind::Call,
    examples: &["native:lib*.so", "native:/usr/lib/**"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Native {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
