//! Sockets of every kind: connections to ports that no other protocol has, and Unix sockets.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Socket;

static CARD: Card = Card {
    name: "socket",
    summary: "Sockets of every kind: connections to ports that no other protocol has, and Unix sockets",
    schemes: &[Scheme { name: "socket", port: None }],
    ports: &[],
    firewall: &["host", "port", "path"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &[
        "socket://10.0.0.0/8:5000-5999",
        "socket://db.example.com:1521",
        "unix:/run/docker.sock",
        "socket:*",
    ],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Socket {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
