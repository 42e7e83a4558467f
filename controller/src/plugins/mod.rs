//! The protocols, a folder each. To add one: its folder, its `mod` line and its entry in [`PLUGINS`].

use std::fmt::Debug;

mod amqp;
pub mod card;
pub mod conversation;
pub(crate) mod dns;
mod elasticsearch;
mod file;
mod http;
mod kafka;
pub mod layer;
mod memcache;
mod mongo;
mod mysql;
mod native;
pub mod object;
mod postgres;
mod redis;
mod smtp;
mod socket;
mod ssh;
pub(crate) mod subprocess;
#[cfg(test)]
#[path = "../../../scripts/new-plugin/mod.rs"]
mod template;
#[cfg(test)]
pub(crate) mod transcript;
mod websocket;

use std::ops::RangeInclusive;

use crate::fields::{Fields, Value};
use crate::mocks::{Matcher, Mock, When};
use card::Shape;
use conversation::{Conversation, Opening};
use layer::Layer;

pub use card::{Card, Kind, Scheme};

/// A protocol.
pub trait Plugin: Debug + Sync {
    /// What is known of it.
    fn card(&self) -> &'static Card;

    /// Whether the protocol can carry what a mock (or a step of one) answers, and whether it can ever
    /// match. Told when the configuration is read.
    ///
    /// # Errors
    ///
    /// What is wrong, and with which key.
    fn check(&self, shape: &'static Shape, mock: &Mock) -> Result<(), Unfit> {
        let _ = (shape, mock);
        Ok(())
    }

    /// Where the connections go that a mock may have to answer on; None if it answers none.
    fn endpoint(&self, mock: &Mock) -> Option<Endpoint> {
        let _ = mock;
        None
    }

    /// The same for mocks that may have to answer at several places.
    fn endpoints(&self, mock: &Mock) -> Vec<Endpoint> {
        self.endpoint(mock).into_iter().collect()
    }

    /// Whether what a guest did is what a mock waits for.
    fn fits(&self, shape: &'static Shape, when: &When, fields: &Fields) -> bool {
        when.has(shape, fields)
    }

    /// Whether a client that was opened this way is answered by this protocol, and how.
    fn converse(&self, opening: &Opening) -> Option<Box<dyn Conversation>> {
        let _ = opening;
        None
    }

    /// The protocols that it speaks over TLS (ALPN), best first, where its clients may speak TLS from
    /// their first byte on. None if they never do, or wait for the server to speak.
    fn over_tls(&self) -> Option<&'static [&'static [u8]]> {
        None
    }

    /// How it reads another plugin's interactions; None if it reads connections or calls itself.
    fn layer(&self) -> Option<&'static dyn Layer> {
        None
    }

    /// Whether rules can speak of this command, where the card's `firewall` has `command`.
    ///
    /// # Errors
    ///
    /// Why they cannot.
    fn rules(&self, command: &str) -> Result<(), Unfit> {
        let _ = command;
        Ok(())
    }

    /// By what mocks of this are found at once: the value in its normal form.
    fn key(&self, shape: &'static Shape, fields: &Fields) -> Option<String> {
        shape.key.and_then(|key| fields.text(key)).map(|text| text.to_ascii_lowercase())
    }

    /// The same of a mock that waits for one value only.
    fn mock_key(&self, shape: &'static Shape, when: &When) -> Option<String> {
        match when.get(shape.key?)? {
            Matcher::Exact(value) => value.text().map(|text| text.to_ascii_lowercase()),
            _ => None,
        }
    }

    /// What a guest did, in the protocol's words: `GET https://api.example.com/users`.
    fn words(&self, shape: &'static Shape, fields: &Fields) -> String {
        let key = shape.key.and_then(|key| fields.text(key)).unwrap_or_default();
        format!("{} {key}", shape.summary).trim_end().to_owned()
    }

    /// The fields that a pasted mock should name, of those that were recorded.
    fn paste(&self, shape: &'static Shape, fields: &Fields) -> Vec<(&'static str, Value)> {
        let key = shape.key.and_then(|key| Some((key, fields.get(key)?.clone())));
        key.into_iter().collect()
    }

    /// An answer that makes a pasted mock whole.
    fn paste_reply(&self, shape: &'static Shape, fields: &Fields) -> &'static str {
        let _ = (shape, fields);
        "{}"
    }
}

/// A mock that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// The key at fault, such as `status`, of `when` or `reply`.
    pub key: &'static str,
    /// What is wrong, in words that stand for themselves.
    pub message: String,
    /// What to write.
    pub help: Option<String>,
}

/// Where connections go.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Which hosts.
    pub host: Hosts,
    /// Which ports.
    pub ports: RangeInclusive<u16>,
}

/// Hosts that a mock speaks of.
#[derive(Debug, Clone)]
pub enum Hosts {
    /// Any.
    Any,
    /// One: a name, an address or the path of a Unix socket, normalised ([`crate::rules::host::normal`]).
    One(String),
    /// Those that match.
    Pattern(Matcher),
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

/// The plugin of this name.
#[must_use]
pub fn plugin(name: &str) -> Option<&'static dyn Plugin> {
    PLUGINS.iter().find(|plugin| plugin.card().name == name).copied()
}

/// The plugin that has this source, and its shape.
#[must_use]
pub fn source(name: &str) -> Option<(&'static dyn Plugin, &'static Shape)> {
    let protocol = name.split(':').next().unwrap_or(name);
    let plugin = plugin(protocol)?;
    plugin.card().shape(name).map(|shape| (plugin, shape))
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
