//! How a difference from a snapshot is told.

use toml::{Table, Value as Toml};

use super::compare::{Done, differing};
use super::file::file_name;
use super::normal::Entry;
use super::{FOLDER, Owner, text};
use crate::fields::{Fields, Value};
use crate::plugins::card::{FieldKind, Shape};
use crate::plugins::{PLUGINS, Plugin};
use crate::report::{Attribution, Broken, Code, differ};
use crate::timeline::{Asserted, Interaction};

/// Most differences of one test that are told one by one.
const TOLD_MAX: usize = 20;

/// What is told of a field that is not there.
const NONE: &str = "(none)";

/// Tells the differences of one test, and marks what was said of its interactions.
#[derive(Debug)]
pub(super) struct Teller<'a> {
    owner: &'a Owner,
    interactions: &'a mut [Interaction],
    broken: Vec<Broken>,
    untold: u64,
}

impl<'a> Teller<'a> {
    /// Of the test that these are the snapshots of.
    pub fn new(owner: &'a Owner, interactions: &'a mut [Interaction]) -> Self {
        Self { owner, interactions, broken: Vec::new(), untold: 0 }
    }

    /// What was done as accepted, and perhaps not as often.
    pub fn counted(&mut self, accepted: &Entry, done: &Done) {
        let as_often = usize::try_from(accepted.count).unwrap_or(usize::MAX);
        for (nth, number) in done.numbers.iter().enumerate() {
            let asserted = if nth < as_often { Asserted::Done } else { Asserted::Needless };
            self.mark(*number, asserted);
        }
        let (wanted, count) = (accepted.count, done.numbers.len() as u64);
        if wanted != count {
            let words = format!("done {} instead of {}", times(count), times(wanted));
            self.tell(&words, accepted, 1, Vec::new());
        }
    }

    /// What was done otherwise than accepted.
    pub fn changed(&mut self, accepted: &Entry, done: &Done) {
        let differing = differing(accepted, &done.entry).into_iter().map(|(name, left, right)| {
            (name, left.map_or(NONE.to_owned(), compared), right.map_or(NONE.to_owned(), compared))
        });
        let lines = differ::lines("", &differing.collect::<Vec<_>>());
        self.told(done);
        let count = done.numbers.len() as u64;
        self.tell("changed", &done.entry, count, lines);
        if count != accepted.count
            && let Some(broken) = self.broken.last_mut()
        {
            let line = format!("done {} instead of {}", times(count), times(accepted.count));
            broken.parts.push(("count", vec![line]));
        }
    }

    /// What was accepted, and not done.
    pub fn missing(&mut self, accepted: &Entry) {
        self.tell("accepted and not done", accepted, accepted.count, listed('-', accepted));
    }

    /// What was done, and never accepted.
    pub fn added(&mut self, done: &Done) {
        self.told(done);
        let count = done.numbers.len() as u64;
        self.tell("done and not accepted", &done.entry, count, listed('+', &done.entry));
    }

    /// All that there is to tell.
    pub fn finish(mut self) -> Vec<Broken> {
        if self.untold > 0 {
            let words = format!("{} more differences", self.untold);
            let broken = self.broken(words, self.untold, Vec::new());
            self.broken.push(broken);
        }
        self.broken
    }

    fn told(&mut self, done: &Done) {
        for number in &done.numbers {
            self.mark(*number, Asserted::Needless);
        }
    }

    fn mark(&mut self, number: usize, asserted: Asserted) {
        if let Some(interaction) = self.interactions.get_mut(number) {
            interaction.asserted = asserted;
        }
    }

    fn tell(&mut self, what: &str, entry: &Entry, count: u64, diff: Vec<String>) {
        if self.broken.len() >= TOLD_MAX {
            self.untold += 1;
            return;
        }
        let words = format!("{what}: {}", self.words(entry));
        let broken = self.broken(words, count, diff);
        self.broken.push(broken);
    }

    fn broken(&self, words: String, count: u64, diff: Vec<String>) -> Broken {
        let mut parts = vec![("snapshot", vec![format!("{FOLDER}/{}", file_name(self.owner))])];
        if !diff.is_empty() {
            parts.push(("diff", diff));
        }
        let mend = "if it is meant: bigfoot accept -- COMMAND, and review the change".to_owned();
        parts.push(("mend", vec![mend]));
        Broken {
            code: Code::Snapshot,
            test: self.owner.clone().map_or(Attribution::Unknown, Attribution::Test),
            words,
            parts,
            paste: None,
            count,
        }
    }

    /// In the protocol's words, where this version has the protocol.
    fn words(&self, entry: &Entry) -> String {
        match self.shape(&entry.source) {
            Some((plugin, shape)) => plugin.words(shape, &fields(shape, &entry.fields)),
            None => format!("{} {}", entry.source, text::sorted(&entry.fields)),
        }
    }

    /// The protocol of a source, where this version has it.
    pub fn shape(&self, source: &str) -> Option<(&'static dyn Plugin, &'static Shape)> {
        let seen = self.interactions.iter().map(|it| (it.plugin, it.shape));
        let known = PLUGINS
            .iter()
            .flat_map(|plugin| plugin.card().interactions.iter().map(|shape| (*plugin, shape)));
        seen.chain(known).find(|(_, shape)| shape.source == source)
    }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// All of an interaction, a field a line.
fn listed(sign: char, entry: &Entry) -> Vec<String> {
    let line = |name: &str, value: &Toml| format!("{sign} {name} = {}", text::inline(value));
    let fields = entry.fields.iter().map(|(name, value)| line(name, value));
    let numbers = entry.numbers();
    let reply = numbers.iter().map(|(name, value)| line(&format!("reply.{name}"), value));
    fields.chain(reply).collect()
}

/// A value as it is compared by a reader: as it stands if it is short, else a line each.
fn compared(value: &Toml) -> String {
    match value {
        Toml::Array(_) => shown(value),
        other => text::inline(other),
    }
}

/// The characters of a value: lists a line each.
fn shown(value: &Toml) -> String {
    match value {
        Toml::String(text) => text.clone(),
        Toml::Array(elements) => elements.iter().map(shown).collect::<Vec<_>>().join("\n"),
        other => text::inline(other),
    }
}

/// What was written down, as fields again.
fn fields(shape: &'static Shape, table: &Table) -> Fields {
    let known = shape.fields.iter().filter_map(|field| Some((field, table.get(field.name)?)));
    known.fold(Fields::new(), |fields, (field, value)| {
        fields.with(field.name, read(field.kind, value))
    })
}

fn read(kind: FieldKind, value: &Toml) -> Value {
    match (kind, value) {
        (FieldKind::Number, Toml::Integer(number)) => (*number).into(),
        (FieldKind::Words, Toml::Array(words)) => {
            words.iter().map(|word| shown(word).into_bytes()).collect::<Vec<_>>().into()
        }
        (FieldKind::Pairs | FieldKind::Headers, Toml::Array(pairs)) => {
            let pair = |pair: &Toml| {
                let text = shown(pair);
                let (name, value) = text.split_once(": ").unwrap_or((&text, ""));
                (name.to_owned(), value.to_owned())
            };
            pairs.iter().map(pair).collect::<Vec<_>>().into()
        }
        (FieldKind::Json, Toml::String(text)) => {
            serde_json::from_str(text).map_or_else(|_| text.clone().into(), Value::Json)
        }
        _ => shown(value).into(),
    }
}
