//! Opened files.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind};

/// The plugin.
#[derive(Debug)]
pub struct File;

static CARD: Card = Card {
    name: "file",
    summary: "Opened files",
    schemes: &[],
    ports: &[],
    firewall: &["path", "access"],
    guard_default: false,
    kind: Kind::Call,
    examples: &["file:/etc/hostname", "file+r:/usr/share/**", "file+w:~/.cache/**"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for File {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
