//! Names and values: of what a guest did, and of what a mock answers.

use std::borrow::Cow;

use serde_json::Value as Json;

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Characters.
    Text(String),
    /// Bytes; compared with characters by their UTF-8.
    Bytes(Vec<u8>),
    /// A number.
    Number(i64),
    /// Words in order, such as arguments.
    Words(Vec<Vec<u8>>),
    /// Names with values, in order, a name perhaps more than once: headers, variables.
    Pairs(Vec<(String, String)>),
    /// A document.
    Json(Json),
}

impl Value {
    /// As characters, where it has any; bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Bytes(bytes) => Some(String::from_utf8_lossy(bytes)),
            Self::Number(number) => Some(Cow::Owned(number.to_string())),
            Self::Words(_) | Self::Pairs(_) | Self::Json(_) => None,
        }
    }

    /// As bytes, where it has any.
    #[must_use]
    pub fn bytes(&self) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Bytes(bytes) => Some(Cow::Borrowed(bytes)),
            Self::Text(text) => Some(Cow::Borrowed(text.as_bytes())),
            Self::Number(number) => Some(Cow::Owned(number.to_string().into_bytes())),
            Self::Words(_) | Self::Pairs(_) | Self::Json(_) => None,
        }
    }

    /// As a number.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Vec<Vec<u8>>> for Value {
    fn from(words: Vec<Vec<u8>>) -> Self {
        Self::Words(words)
    }
}

impl From<Vec<(String, String)>> for Value {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self::Pairs(pairs)
    }
}

impl From<Json> for Value {
    fn from(document: Json) -> Self {
        Self::Json(document)
    }
}

/// Named values, in order; names are those of a card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Adds one, in place of another of its name.
    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// The value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The characters of this name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name)?.text()
    }

    /// The bytes of this name.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        self.get(name)?.bytes()
    }

    /// The number of this name.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.number()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
