//! Protocols that are spoken in another's words: Elasticsearch in those of HTTP.

use std::fmt::Debug;

use super::card::Shape;
use super::{PLUGINS, Plugin};
use crate::fields::Fields;

/// A plugin that reads another's interactions: what they mean in its own protocol, and how an answer
/// of its own is said in theirs. The other plugin holds the conversation.
pub trait Layer: Debug + Sync {
    /// The source that it reads.
    fn over(&self) -> &'static str;

    /// What an interaction of that source means: a source of its own, and its fields. None if nothing.
    fn lift(&self, fields: &Fields) -> Option<(&'static str, Fields)>;

    /// An answer to its own source, as one of the source that it reads.
    fn lower(&self, source: &'static str, reply: &Fields) -> Fields;
}

/// What an interaction means to the plugins above its own.
#[derive(Debug)]
pub struct Lifted {
    /// The plugin above.
    pub plugin: &'static dyn Plugin,
    /// How it is one.
    pub layer: &'static dyn Layer,
    /// What it is there.
    pub shape: &'static Shape,
    /// With these fields.
    pub fields: Fields,
}

/// What an interaction means to the plugins above its own, among those that are `wanted`.
#[must_use]
pub fn lifted(
    source: &str,
    fields: &Fields,
    wanted: impl Fn(&dyn Plugin) -> bool,
) -> Option<Lifted> {
    let above = PLUGINS.iter().filter(|plugin| wanted(**plugin));
    let mut layers = above.filter_map(|plugin| Some((*plugin, plugin.layer()?)));
    layers.find_map(|(plugin, layer)| {
        let (name, fields) = (layer.over() == source).then(|| layer.lift(fields)).flatten()?;
        let shape = plugin.card().shape(name)?;
        Some(Lifted { plugin, layer, shape, fields })
    })
}

/// The plugin that holds the conversations in which a plugin's interactions are made.
#[must_use]
pub fn speaker(plugin: &'static dyn Plugin) -> &'static dyn Plugin {
    let over = plugin.layer().and_then(|layer| super::source(layer.over()));
    over.map_or(plugin, |(lower, _)| lower)
}
