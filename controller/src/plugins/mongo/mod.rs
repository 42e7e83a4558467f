//! MongoDB.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Mongo;

static CARD: Card = Card {
    name: "mongo",
    summary: "MongoDB",
    schemes: &[
        Scheme { name: "mongodb", port: Some(27017) },
        Scheme { name: "mongodb+srv", port: Some(27017) },
        Scheme { name: "mongo", port: Some(27017) },
    ],
    ports: &[27017],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["mongodb://localhost", "mongo:*"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Mongo {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
