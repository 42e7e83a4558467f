//! Mail submission and transfer.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Smtp;

static CARD: Card = Card {
    name: "smtp",
    summary: "Mail submission and transfer",
    schemes: &[
        Scheme { name: "smtp", port: Some(25) },
        Scheme { name: "smtps", port: Some(465) },
        Scheme { name: "submission", port: Some(587) },
    ],
    ports: &[25, 465, 587],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["smtp://mail.example.com:587", "smtp:*"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Smtp {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
