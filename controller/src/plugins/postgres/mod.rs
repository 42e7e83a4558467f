//! PostgreSQL.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Postgres;

static CARD: Card = Card {
    name: "postgres",
    summary: "PostgreSQL",
    schemes: &[
        Scheme { name: "postgres", port: Some(5432) },
        Scheme { name: "postgresql", port: Some(5432) },
    ],
    ports: &[5432],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["postgres://localhost/*", "postgres://db.example.com:5433", "postgres:*"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Postgres {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
