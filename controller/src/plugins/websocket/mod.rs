//! WebSocket, which shares the ports of HTTP.

use crate::plugins::Plugin;
use crate::plugins::card::{Card, Kind, Scheme};

/// The plugin.
#[derive(Debug)]
pub struct Websocket;

static CARD: Card = Card {
    name: "websocket",
    summary: "WebSocket, which shares the ports of HTTP",
    schemes: &[Scheme { name: "ws", port: Some(80) }, Scheme { name: "wss", port: Some(443) }],
    ports: &[],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Layered,
    examples: &["wss://stream.example.com", "ws://localhost:8080"],
    interactions: &[],
    mocks: &[],
};

impl Plugin for Websocket {
    fn card(&self) -> &'static Card {
        &CARD
    }
}
