//! A configuration as a tree in which everything knows its place.

use std::ops::Range;

/// What people call a number that has no place.
pub(super) const TOO_LARGE: &str = "a number beyond 64 bits";

/// A value, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// The value.
    pub value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A string.
    Text(String),
    /// true or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Another number; perhaps none, or without end.
    Float(f64),
    /// A date or a time, as it is written.
    Date(String),
    /// JSON's null.
    Null,
    /// Values in order.
    List(Vec<Node>),
    /// Values by name.
    Table(Vec<Entry>),
    /// A value that no key takes: what it is called.
    Other(&'static str),
}

/// A named value of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// The name.
    pub key: String,
    /// Where the name stands.
    pub span: Range<usize>,
    /// The value.
    pub node: Node,
}

impl Node {
    /// What people call such a value.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a string",
            Value::Boolean(_) => "a boolean",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Date(_) => "a date",
            Value::Null => "null",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(name) => name,
        }
    }

    /// The entry of this name, if this is a table that has it.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Table(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The entry at the end of these names.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Entry> {
        let (last, before) = keys.split_last()?;
        let table =
            before.iter().try_fold(self, |node, key| node.entry(key).map(|entry| &entry.node));
        table?.entry(last)
    }

    /// Where the characters of a string begin, if they stand in the text as they are.
    pub(super) fn characters(&self, text: &str) -> Option<usize> {
        let Value::Text(own) = &self.value else {
            return None;
        };
        let raw = text.get(self.span.start + 1..self.span.end.checked_sub(1)?)?;
        (raw == own).then_some(self.span.start + 1)
    }
}
