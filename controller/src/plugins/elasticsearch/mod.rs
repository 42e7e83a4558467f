//! Elasticsearch and OpenSearch.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Elasticsearch;

static CARD: Card = Card {
    name: "elasticsearch",
    summary: "Elasticsearch and OpenSearch",
    schemes: &[Scheme { name: "elasticsearch", port: Some(9200) }],
    ports: &[9200],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["elasticsearch://localhost", "elasticsearch:*"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Elasticsearch {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
