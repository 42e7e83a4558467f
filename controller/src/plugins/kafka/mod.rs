//! Kafka.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Kafka;

static CARD: Card = Card {
    name: "kafka",
    summary: "Kafka",
    schemes: &[Scheme { name: "kafka", port: Some(9092) }],
    ports: &[9092],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["kafka://localhost:9092", "kafka:*"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Kafka {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
