//! AMQP: RabbitMQ and its like.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Amqp;

static CARD: Card = Card {
    name: "amqp",
    summary: "AMQP: RabbitMQ and its like",
    schemes: &[
        Scheme { name: "amqp", port: Some(5672) },
        Scheme { name: "amqps", port: Some(5671) },
    ],
    ports: &[5672, 5671],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["amqp://localhost", "amqp:*"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Amqp {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
