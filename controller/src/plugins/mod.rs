//! The protocols, a folder each. To add one: its folder, its `mod` line and its entry in [`PLUGINS`].

use std::fmt::Debug;

mod amqp;
pub mod card;
mod dns;
mod elasticsearch;
mod file;
mod http;
mod kafka;
mod memcache;
mod mongo;
mod mysql;
mod native;
mod postgres;
mod redis;
mod smtp;
mod socket;
mod ssh;
mod subprocess;
mod websocket;

pub use card::{Card, Kind, Scheme};

/// A protocol.
pub trait Plugin: Debug + Sync {
    /// What is known of it.
    fn card(&self) -> &'static Card;
}

/// All of them, in the order in which they are listed to people.
pub const PLUGINS: &[&dyn Plugin] = &[
    &socket::Socket,
    &dns::Dns,
    &http::Http,
    &subprocess::Subprocess,
    &file::File,
    &native::Native,
    &redis::Redis,
    &postgres::Postgres,
    &mysql::Mysql,
    &mongo::Mongo,
    &memcache::Memcache,
    &amqp::Amqp,
    &smtp::Smtp,
    &ssh::Ssh,
    &websocket::Websocket,
    &elasticsearch::Elasticsearch,
    &kafka::Kafka,
];

/// All cards.
pub fn cards() -> impl Iterator<Item = &'static Card> {
    PLUGINS.iter().map(|plugin| plugin.card())
}

/// The card of this name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Card> {
    cards().find(|card| card.name == name)
}

/// The card that has this scheme, and the scheme.
#[must_use]
pub fn with_scheme(name: &str) -> Option<(&'static Card, &'static Scheme)> {
    cards().find_map(|card| {
        card.schemes.iter().find(|scheme| scheme.name == name).map(|scheme| (card, scheme))
    })
}

/// The protocol that a connection to this port counts as.
#[must_use]
pub fn on_port(port: u16) -> &'static str {
    cards().find(|card| card.has_port(port)).map_or("socket", |card| card.name)
}

#[cfg(test)]
mod tests;
