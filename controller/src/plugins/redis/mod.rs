//! Redis.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Redis;

static CARD: Card = Card {
    name: "redis",
    summary: "Redis",
    schemes: &[
        Scheme { name: "redis", port: Some(6379) },
        Scheme { name: "rediss", port: Some(6380) },
    ],
    ports: &[6379, 6380],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["redis://localhost:6379", "redis://*.internal", "redis:*"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Redis {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
