//! Started programs. A guest that starts a mocked one gets a process all the same: a stand-in, which
//! asks what to write and how to end (execve(2), posix_spawn(3), system(3)).
//!
//! | file | holds |
//! |---|---|
//! | `answer` | what is recorded of a start, what a mock may wait for and when that is known, what is played |
//! | `check` | mocks that cannot be |
//! | `signals` | the signals that end a process |

use std::path::Path;

use crate::fields::{Fields, Value};
use crate::mocks::{Matcher, Mock, When};
use crate::plugins::card::{Card, Field, FieldKind, Kind, Shape};
use crate::plugins::{Plugin, Unfit};

pub mod answer;
mod check;
mod signals;
#[cfg(test)]
mod tests;

/// Of what the mocks are.
pub const SOURCE: &str = "subprocess:run";

/// The plugin.
#[derive(Debug)]
pub struct Subprocess;

static CARD: Card = Card {
    name: "subprocess",
    summary: "Started programs",
    schemes: &[],
    ports: &[],
    firewall: &["program", "arguments"],
    guard_default: true,
    kind: Kind::Call,
    examples: &[
        "subprocess:git",
        "subprocess:/usr/bin/git",
        "subprocess:git push *",
        "subprocess:*",
    ],
    interactions: &[Shape {
        source: SOURCE,
        summary: "run",
        fields: &[
            field(
                "argv",
                FieldKind::Words,
                "the command's words; its name alone stands for any path",
            ),
            field("program", FieldKind::Text, "the file that is started"),
            field("cwd", FieldKind::Text, "the directory that it is started in"),
            field("env", FieldKind::Pairs, "variables that it is started with"),
            field("stdin", FieldKind::Bytes, "what it is given to read, to the end"),
        ],
        key: Some("argv"),
        reply: &[
            field("returncode", FieldKind::Number, "the exit code, 0 to 255; 0 unless given"),
            field("stdout", FieldKind::Bytes, "what it writes"),
            field("stderr", FieldKind::Bytes, "what it writes to standard error, afterwards"),
            field("signal", FieldKind::Text, "the signal that ends it, such as SIGKILL"),
            field("delay_ms", FieldKind::Number, "how long it runs after it wrote"),
            field("error", FieldKind::Word, "it cannot be started: not-found or permission"),
        ],
        faults: &[],
        opens: false,
    }],
    mocks: &[
        "[[mock]]\n\
         source = \"subprocess:run\"\n\
         when = { argv = [\"kubectl\", \"get\", \"pods\"] }\n\
         reply = { stdout = \"web-0\\n\" }",
        "[[mock]]\n\
         source = \"subprocess:run\"\n\
         when = { argv = [\"deploy.sh\", \"*\"], stdin = \"*\" }\n\
         reply = { returncode = 3, stderr = \"no such host\\n\", delay_ms = 50 }",
        "[[mock]]\n\
         source = \"subprocess:run\"\n\
         when = { argv = [\"docker\", \"info\"] }\n\
         reply = { error = \"not-found\" }",
    ],
};

const fn field(name: &'static str, kind: FieldKind, summary: &'static str) -> Field {
    Field { name, kind, summary }
}

impl Plugin for Subprocess {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn check(&self, _: &'static Shape, mock: &Mock) -> Result<(), Unfit> {
        check::check(mock)
    }

    /// The program's name without its folder.
    fn key(&self, _: &'static Shape, fields: &Fields) -> Option<String> {
        match fields.get("argv")? {
            Value::Words(words) => words.first().map(|word| base_name(word)),
            _ => None,
        }
    }

    fn mock_key(&self, _: &'static Shape, when: &When) -> Option<String> {
        first_word(when).map(|word| base_name(&word))
    }

    fn words(&self, _: &'static Shape, fields: &Fields) -> String {
        match fields.get("argv") {
            Some(Value::Words(words)) => command_line(words),
            _ => fields.text("program").unwrap_or_default().into_owned(),
        }
    }

    fn paste_reply(&self, _: &'static Shape, _: &Fields) -> &'static str {
        "{ returncode = 0, stdout = \"\" }"
    }
}

/// The one word that a mock waits for as the command's name.
fn first_word(when: &When) -> Option<Vec<u8>> {
    match when.get("argv")? {
        Matcher::Words { words, .. } => match words.first()? {
            Matcher::Exact(value) => value.bytes().map(Into::into),
            _ => None,
        },
        Matcher::Exact(Value::Words(words)) => words.first().cloned(),
        _ => None,
    }
}

/// The last part of a path.
fn base_name(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    let name = Path::new(&*text).file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| text.into_owned())
}

/// Words as a shell would read them.
fn command_line(words: &[Vec<u8>]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    quoted.join(" ")
}

fn quoted(word: &[u8]) -> String {
    let text = String::from_utf8_lossy(word);
    let plain = |character: char| character.is_alphanumeric() || "%+,-./:=@_".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
