//! What happens to a call of which no rule speaks.

use std::collections::BTreeMap;
use std::fmt;

use crate::plugins;

/// What happens to a call of which no rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The real call, and nothing to say.
    Off,
    /// The real call, and a warning.
    Warn,
    /// It is refused.
    Error,
}

impl Level {
    /// The level that this word means.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "off" => Some(Self::Off),
            "warn" => Some(Self::Warn),
            "error" | "strict" => Some(Self::Error),
            _ => None,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Error => "error",
        })
    }
}

/// The level of every protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    default: Level,
    set: BTreeMap<&'static str, Level>,
}

impl Levels {
    /// This level for all that is guarded by default, and these for their protocols.
    #[must_use]
    pub fn new(default: Level, set: BTreeMap<&'static str, Level>) -> Self {
        Self { default, set }
    }

    /// The level of a protocol.
    #[must_use]
    pub fn of(&self, protocol: &str) -> Level {
        let by_default = || match plugins::named(protocol) {
            Some(card) if !card.guard_default => Level::Off,
            _ => self.default,
        };
        self.set.get(protocol).copied().unwrap_or_else(by_default)
    }

    /// The level of protocols that have none of their own.
    #[must_use]
    pub fn default_level(&self) -> Level {
        self.default
    }

    /// The protocols that have one of their own.
    pub fn set(&self) -> impl Iterator<Item = (&'static str, Level)> {
        self.set.iter().map(|(name, level)| (*name, *level))
    }
}

impl Default for Levels {
    fn default() -> Self {
        Self::new(Level::Warn, BTreeMap::new())
    }
}
