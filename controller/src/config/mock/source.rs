//! Which protocol a mock is of, and what of it.

use super::super::error::Error;
use super::super::schema::Reader;
use super::super::tree::{Entry, Node};
use crate::plugins::card::{Field, Shape};
use crate::plugins::{self, Plugin};
use crate::rules::word;

/// What a mock, or a step of one, is of.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    /// The protocol.
    pub plugin: &'static dyn Plugin,
    /// What of it.
    pub shape: &'static Shape,
}

impl Reader<'_> {
    /// What a table is of, once it has no keys but these.
    pub(super) fn about(&self, node: &Node, name: &str, keys: &[&str]) -> Result<About, Error> {
        let entries = self.entries(node, name)?;
        if let Some(entry) = entries.iter().find(|entry| !keys.contains(&entry.key.as_str())) {
            return Err(self.foreign(node, entry, name, keys));
        }
        let Some(source) = node.entry("source") else {
            let error = self.error(node, format!("this {name} has no source"), "of what?");
            return Err(error.help(format!("write `source = \"{}\"`", self.first_source())));
        };
        let text = self.text(&source.node, "source")?;
        self.find(text).ok_or_else(|| self.no_source(&source.node, text))
    }

    fn find(&self, source: &str) -> Option<About> {
        self.plugins.iter().find_map(|plugin| {
            plugin.card().shape(source).map(|shape| About { plugin: *plugin, shape })
        })
    }

    /// A key that may belong one table deeper.
    fn foreign(&self, node: &Node, entry: &Entry, name: &str, keys: &[&str]) -> Error {
        let key = entry.key.as_str();
        let text = node.entry("source").and_then(|source| self.text(&source.node, "source").ok());
        let shape = text.and_then(|text| self.find(text)).map(|about| about.shape);
        let table = shape.and_then(|shape| {
            let reply = shape.reply_field(key).map(|_| "reply");
            shape.field(key).map(|_| "when").or(reply)
        });
        let Some(table) = table.filter(|_| word::nearest(key, keys.iter().copied()).is_none())
        else {
            return self.unknown(entry, keys, &format!("`{name}`"));
        };
        let error = format!("`{key}` belongs into `{table}`");
        self.source
            .error(entry.span.clone(), error, format!("not a key of {name}"))
            .help(format!("write `{table} = {{ {key} = .. }}`"))
    }

    fn no_source(&self, node: &Node, text: &str) -> Error {
        let (protocol, operation) = text.split_once(':').unwrap_or((text, ""));
        let card =
            self.plugins.iter().map(|plugin| plugin.card()).find(|card| card.name == protocol);
        let error = match card.or_else(|| plugins::named(protocol)) {
            Some(card) if card.interactions.is_empty() => {
                let wrong = format!("this version has no mocks of {protocol} yet");
                return self.error(node, wrong, "not yet").help(self.sources_there_are());
            }
            Some(_) if operation.is_empty() => {
                self.error(node, format!("`{text}` does not say what of it"), "no source")
            }
            _ => self.error(node, format!("unknown source `{text}`"), "not a source"),
        };
        error.help(match (word::nearest(text, self.sources()), card) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some(card)) => {
                let own = card.interactions.iter().map(|shape| shape.source);
                format!("{} has {}", card.name, listed(own))
            }
            (None, None) => self.sources_there_are(),
        })
    }

    fn sources(&self) -> impl Iterator<Item = &'static str> {
        let cards = self.plugins.iter().map(|plugin| plugin.card());
        cards.flat_map(|card| card.interactions.iter().map(|shape| shape.source))
    }

    fn first_source(&self) -> &'static str {
        self.sources().find(|source| *source == "http:request").unwrap_or("dns:lookup")
    }

    fn sources_there_are(&self) -> String {
        format!("it has {}", listed(self.sources()))
    }

    /// A name that no field has.
    pub(in crate::config) fn no_field(&self, entry: &Entry, table: &str, shape: &Shape) -> Error {
        let key = entry.key.as_str();
        let (own, other, elsewhere) = match table {
            "when" => (shape.fields, shape.reply, "reply"),
            _ => (shape.reply, shape.fields, "when"),
        };
        let label = format!("not a field of {}", shape.source);
        let error = self.source.error(entry.span.clone(), format!("unknown field `{key}`"), label);
        let names = || own.iter().map(|field: &Field| field.name);
        error.help(match word::nearest(key, names()) {
            _ if other.iter().any(|field| field.name == key) => {
                format!("it belongs into `{elsewhere}`")
            }
            Some(near) => format!("did you mean `{near}`?"),
            None if own.is_empty() => format!("{} has no fields here", shape.source),
            None => format!("`{table}` of {} has {}", shape.source, listed(names())),
        })
    }
}

/// Names, for people.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
