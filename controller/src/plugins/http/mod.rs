//! HTTP and HTTPS.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Http;

static CARD: Card = Card {
    name: "http",
    summary: "HTTP and HTTPS",
    schemes: &[Scheme { name: "http", port: Some(80) }, Scheme { name: "https", port: Some(443) }],
    ports: &[80, 443, 8000, 8080, 8443],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["http://localhost:8080", "https://*.example.com", "http://10.0.0.0/8", "http:*"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Http {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
