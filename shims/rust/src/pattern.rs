//! What a value has to be: of a mock, decided while the call waits; of an assertion, afterwards, where
//! the test may look itself.

use std::fmt;
use std::str::FromStr;

use crate::json;

/// What a mock waits for in a field.
#[derive(Debug, Clone)]
pub struct Pattern(pub(crate) String);

/// What an assertion says of a field: a [`Pattern`], or what the test finds by looking.
pub struct Matcher(pub(crate) Kind);

pub(crate) enum Kind {
    Pattern(Pattern),
    Judge(Judge),
}

/// A test's own look at a value.
pub(crate) type Judge = Box<dyn Fn(&str) -> bool>;

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Pattern(pattern) => pattern.fmt(f),
            Kind::Judge(_) => f.write_str("predicate"),
        }
    }
}

/// Anything. An assertion that says so of every field says nothing, and is refused.
#[must_use]
pub fn any() -> Pattern {
    Pattern("{\"any\":true}".to_owned())
}

/// Characters with `*` in them, which any characters stand for.
#[must_use]
pub fn glob(text: &str) -> Pattern {
    Pattern(format!("{{\"glob\":{}}}", json::string(text)))
}

/// A regular expression over the whole value.
#[must_use]
pub fn regex(text: &str) -> Pattern {
    Pattern(format!("{{\"regex\":{}}}", json::string(text)))
}

/// Bytes by their digits: `"00ff"`.
#[must_use]
pub fn hex(digits: &str) -> Pattern {
    Pattern(format!("{{\"hex\":{}}}", json::string(digits)))
}

/// What the test finds to be so. It is given the field's characters; a document as JSON.
pub fn predicate(holds: impl Fn(&str) -> bool + 'static) -> Matcher {
    Matcher(Kind::Judge(Box::new(holds)))
}

/// A value of this type, as far as it can be read from its characters: `parses::<u64>()`.
#[must_use]
pub fn parses<T: FromStr>() -> Matcher {
    predicate(|text| text.parse::<T>().is_ok())
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        Self(format!("{{\"exact\":{}}}", json::string(text)))
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for Pattern {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<&[u8]> for Pattern {
    fn from(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => Self(json::hex(bytes)),
        }
    }
}

impl<const N: usize> From<&[u8; N]> for Pattern {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl From<Vec<u8>> for Pattern {
    fn from(bytes: Vec<u8>) -> Self {
        bytes.as_slice().into()
    }
}

impl From<u16> for Pattern {
    fn from(number: u16) -> Self {
        Self(number.to_string())
    }
}

impl From<i64> for Pattern {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl<P: Into<Pattern>> From<P> for Matcher {
    fn from(pattern: P) -> Self {
        Self(Kind::Pattern(pattern.into()))
    }
}
