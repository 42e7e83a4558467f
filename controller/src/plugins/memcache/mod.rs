//! Memcached.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Memcache;

static CARD: Card = Card {
    name: "memcache",
    summary: "Memcached",
    schemes: &[
        Scheme { name: "memcache", port: Some(11211) },
        Scheme { name: "memcached", port: Some(11211) },
    ],
    ports: &[11211],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["memcache://localhost", "memcache:*"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Memcache {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
