//! Name look-ups, and connections to name servers.

mod answer;

pub(crate) use answer::{SOURCE, addresses_of, fields_of, query_of, stand_in, verdict_of};

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind};

/// The plugin.
#[derive(Debug)]
pub struct Dns;

static CARD: Card = Card {
    name: "dns",
    summary: "Name look-ups, and connections to name servers",
    schemes: &[],
    ports: &[53, 853],
    firewall: &["name", "address"],
    guard_default: true,
    kind: Kind::Call,
    examples: &["dns:example.com", "dns:*.internal", "dns:10.0.0.0/8", "dns:*"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Dns {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
