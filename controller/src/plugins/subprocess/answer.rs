//! What is recorded of a start, what a mock may wait for and when that is known, and what is played.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bigfoot_ipc::guest::Part;
use nix::libc;

use super::{SOURCE, base_name, first_word, signals};
use crate::fields::{Fields, Value};
use crate::mocks::{Act, Matcher, Mock};

/// Longest name of a file (limits.h).
const NAME_BYTES_MAX: usize = 255;

/// What is known of a start when it is asked about. The directory of a process that is made for the
/// program may become another before the program starts.
#[must_use]
pub fn fields_of(program: &Path, arguments: &[Vec<u8>], cwd: Option<&Path>) -> Fields {
    let fields = Fields::new()
        .with("argv", arguments.to_vec())
        .with("program", program.to_string_lossy().into_owned());
    match cwd {
        Some(cwd) => fields.with("cwd", cwd.to_string_lossy().into_owned()),
        None => fields,
    }
}

/// The same start under each name that its command goes by, the shortest first: a mock names a program
/// by its name alone or by its path.
#[must_use]
pub fn namings(fields: &Fields) -> Vec<Fields> {
    let Some(Value::Words(words)) = fields.get("argv") else {
        return vec![fields.clone()];
    };
    let given = words.first().cloned().unwrap_or_default();
    let program = fields.text("program").unwrap_or_default().into_owned().into_bytes();
    let short = [&given, &program].map(|path| base_name(path).into_bytes());
    let mut names: Vec<Vec<u8>> = Vec::new();
    for name in short.into_iter().chain([given, program]).filter(|name| !name.is_empty()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let rest = words.get(1..).unwrap_or_default();
    let under = |name: Vec<u8>| {
        let words: Vec<Vec<u8>> = std::iter::once(name).chain(rest.iter().cloned()).collect();
        fields.clone().with("argv", words)
    };
    names.into_iter().map(under).collect()
}

/// Whether a mock waits for something that only a process that runs can tell. `spawns` if a process is
/// made for the program, whose directory is its own.
#[must_use]
pub fn late(mock: &Mock, spawns: bool) -> bool {
    mock.when.0.iter().any(|(name, _)| is_late(mock, name, spawns))
}

fn is_late(mock: &Mock, name: &str, spawns: bool) -> bool {
    match name {
        "stdin" | "env" => true,
        "cwd" => spawns && !settles_the_start(&mock.act),
        _ => false,
    }
}

/// Whether a mock decides the start itself: it fails, or it is the real one.
fn settles_the_start(act: &Act) -> bool {
    match act {
        Act::Replies(replies) => replies.iter().any(|reply| reply.get("error").is_some()),
        Act::Real(_) => true,
        Act::Fault(..) => false,
    }
}

/// Whether a mock may answer, as far as can be told before the process runs.
#[must_use]
pub fn may_answer(mock: &Mock, fields: &Fields, spawns: bool) -> bool {
    let differing = mock.when.differing(mock.shape, fields);
    differing.iter().all(|(name, _)| is_late(mock, name, spawns))
}

/// Whether a mock waits for what the program is given to read.
#[must_use]
pub fn reads(mock: &Mock) -> bool {
    mock.when.get("stdin").is_some()
}

/// What the process told, beside what was known before. Of its variables, only those that mocks name:
/// an environment is full of secrets.
#[must_use]
pub fn completed(fields: &Fields, told: &Told, named: &BTreeSet<String>) -> Fields {
    let mut fields = fields.clone();
    if let Some(cwd) = &told.cwd {
        fields.set("cwd", cwd.to_string_lossy().into_owned());
    }
    let chosen = |entry: &Vec<u8>| {
        let text = String::from_utf8_lossy(entry).into_owned();
        let (name, value) = text.split_once('=')?;
        named.contains(name).then(|| (name.to_owned(), value.to_owned()))
    };
    let chosen: Vec<(String, String)> = told.environment.iter().filter_map(chosen).collect();
    if !named.is_empty() {
        fields.set("env", chosen);
    }
    if let Some(input) = &told.input {
        fields.set("stdin", input.clone());
    }
    fields
}

/// What a stand-in tells of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Its arguments.
    pub arguments: Vec<Vec<u8>>,
    /// Its environment.
    pub environment: Vec<Vec<u8>>,
    /// What it was given to read, if it was asked to.
    pub input: Option<Vec<u8>>,
    /// Its directory.
    pub cwd: Option<PathBuf>,
}

/// The variables that mocks name.
#[must_use]
pub fn variables<'a>(mocks: impl Iterator<Item = &'a Mock>) -> BTreeSet<String> {
    let named = mocks.filter(|mock| mock.shape.source == SOURCE).filter_map(|mock| {
        Some(match mock.when.get("env")? {
            Matcher::Pairs(pairs) => pairs.iter().map(|(name, _)| name.clone()).collect(),
            Matcher::Exact(Value::Pairs(pairs)) => {
                pairs.iter().map(|(name, _)| name.clone()).collect()
            }
            _ => Vec::new(),
        })
    });
    named.flatten().collect()
}

/// The names that stand as programs on PATH: those of commands that mocks name without a path.
#[must_use]
pub fn names<'a>(mocks: impl Iterator<Item = &'a Mock>) -> BTreeSet<String> {
    let own = mocks.filter(|mock| mock.shape.source == SOURCE);
    own.filter_map(|mock| String::from_utf8(first_word(&mock.when)?).ok())
        .filter(|name| !name.contains('/') && !matches!(&**name, "" | "." | ".."))
        .filter(|name| name.len() <= NAME_BYTES_MAX)
        .collect()
}

/// What a stand-in plays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Played {
    output: Vec<u8>,
    error: Vec<u8>,
    delay_ms: u64,
    code: u8,
    signal: u8,
}

impl Played {
    /// What a mock's answer says.
    #[must_use]
    pub fn of(reply: &Fields) -> Self {
        if reply.get("error").is_some() {
            return Self::refused(127, "a mock says that it is not found");
        }
        let bytes = |name| reply.bytes(name).map(Cow::into_owned).unwrap_or_default();
        let number = |name: &str| reply.number(name).unwrap_or(0);
        Self {
            output: bytes("stdout"),
            error: bytes("stderr"),
            delay_ms: u64::try_from(number("delay_ms")).unwrap_or(0),
            code: u8::try_from(number("returncode")).unwrap_or(u8::MAX),
            signal: reply.text("signal").and_then(|text| signals::ending(&text)).unwrap_or(0),
        }
    }

    /// It ends with this code, and a few words on standard error.
    #[must_use]
    pub fn refused(code: u8, why: &str) -> Self {
        let error = format!("bigfoot: {why}\n").into_bytes();
        Self { error, code, ..Self::default() }
    }

    /// As a message.
    #[must_use]
    pub fn part(&self) -> Part<'_> {
        let Self { output, error, delay_ms, code, signal } = self;
        Part { output, error, delay_ms: *delay_ms, code: *code, signal: *signal }
    }
}

/// The error number of a start that a mock lets fail; None of an answer that is no such error.
#[must_use]
pub fn errno(error: &str) -> Option<i32> {
    match error.to_ascii_lowercase().as_str() {
        "not-found" => Some(libc::ENOENT),
        "permission" => Some(libc::EACCES),
        _ => None,
    }
}

/// The same of a whole answer.
#[must_use]
pub fn failure(reply: &Fields) -> Option<i32> {
    errno(&reply.text("error")?)
}
