//! What a client asks for: a command and its arguments, and who asks.

use super::form::{ANY, Form};
use super::frame::Version;
use super::request::Words;
use super::shapes::OTHER_SOURCE;
use super::table::{self, Command};
use crate::fields::Fields;

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Its command in capitals.
    pub(super) name: String,
    /// Its command, if it is a known one.
    pub(super) command: Option<&'static Command>,
    /// As it was sent; never empty.
    pub(super) words: Words,
}

/// Who asks, as far as the connection knows.
#[derive(Debug, Default)]
pub(super) struct Client {
    pub(super) version: Version,
    pub(super) db: i64,
    pub(super) user: Option<String>,
    pub(super) name: Vec<u8>,
}

impl Asked {
    pub(super) fn new(words: Words) -> Self {
        let name = words.first().map(|word| String::from_utf8_lossy(word).to_ascii_uppercase());
        let name = name.unwrap_or_default();
        Self { command: table::command(&name), name, words }
    }

    pub(super) fn source(&self) -> &'static str {
        self.command.map_or(OTHER_SOURCE, |command| command.source)
    }

    /// What it answers.
    pub(super) fn form(&self) -> Form {
        self.command.map_or(ANY, |command| command.form(&self.words))
    }

    /// What follows the command.
    pub(super) fn arguments(&self) -> &[Vec<u8>] {
        self.words.get(1..).unwrap_or_default()
    }

    /// Whether the first argument is this word, whatever its case.
    pub(super) fn begins(&self, word: &str) -> bool {
        self.arguments().first().is_some_and(|first| first.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// As it is recorded.
    pub(super) fn fields(&self, place: &Fields, client: &Client) -> Fields {
        let mut fields = place.clone().with("db", client.db);
        if let Some(user) = &client.user {
            fields.set("user", user.as_str());
        }
        match self.command {
            None => fields.set("command", self.name.as_str()),
            Some(command) => {
                if let Some(key) = command.key(&self.words) {
                    fields.set("key", key.clone());
                }
            }
        }
        fields.with("args", self.arguments().to_vec())
    }

    /// How long it waits for something to come, in milliseconds: 0 for ever. None if it does not wait.
    pub(super) fn waits_ms(&self) -> Option<u64> {
        let words = &self.words;
        let seconds = |word: Option<&Vec<u8>>| {
            let text = std::str::from_utf8(word?).ok()?;
            let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0)?;
            Some((seconds * 1000.0).ceil() as u64) // a float that is too large is the largest number
        };
        match self.name.as_str() {
            "BLPOP" | "BRPOP" | "BLMOVE" | "BRPOPLPUSH" | "BZPOPMIN" | "BZPOPMAX" => {
                seconds(words.last())
            }
            "BLMPOP" | "BZMPOP" => seconds(words.get(1)),
            "XREAD" | "XREADGROUP" => {
                let block = words.iter().position(|word| word.eq_ignore_ascii_case(b"BLOCK"))?;
                std::str::from_utf8(words.get(block + 1)?).ok()?.parse().ok()
            }
            _ => None,
        }
    }

    /// What a server says of a request that is none of its own.
    pub(super) fn refusal(&self) -> Option<String> {
        let command = self.command?;
        let name = self.name.to_ascii_lowercase();
        (!command.takes(self.words.len()))
            .then(|| format!("ERR wrong number of arguments for '{name}' command"))
    }
}
