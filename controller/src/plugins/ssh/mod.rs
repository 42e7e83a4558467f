//! SSH and SFTP.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Ssh;

static CARD: Card = Card {
    name: "ssh",
    summary: "SSH and SFTP",
    schemes: &[Scheme { name: "ssh", port: Some(22) }, Scheme { name: "sftp", port: Some(22) }],
    ports: &[22],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["ssh://build.example.com", "ssh:*"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Ssh {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
