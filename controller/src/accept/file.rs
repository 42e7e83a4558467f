//! Which file is whose; reading and writing them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Spanned, Table};

use super::normal::Entry;
use super::{Accepted, FOLDER, Owner, Written, text};
use crate::config::Error;

/// The file of what no test is known of.
const OF_RUN: &str = "run";

/// Longest name of a file before its hash, in bytes.
const NAME_BYTES_MAX: usize = 100;

/// Largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// A file as it stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<i64>,
    test: Option<Spanned<String>>,
    #[serde(default)]
    programs: Vec<String>,
    #[serde(default)]
    interaction: Vec<Part>,
}

/// An interaction of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    source: String,
    #[serde(default = "once")]
    count: u64,
    #[serde(default)]
    fields: Table,
    #[serde(default)]
    reply: Table,
}

fn once() -> u64 {
    1
}

/// All snapshots of a project; None if it has no folder of them.
pub(super) fn read(project: &Path) -> Result<Option<BTreeMap<Owner, Accepted>>, Error> {
    let folder = project.join(FOLDER);
    let failed = |error: io::Error| Error::plain(format!("failed to read `{FOLDER}`: {error}"));
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        entries => entries.map_err(failed)?,
    };
    let mut accepted = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let (owner, one) = one(&path)?;
            accepted.insert(owner, one);
        }
    }
    Ok(Some(accepted))
}

fn one(path: &Path) -> Result<(Owner, Accepted), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let shown = format!("{FOLDER}/{name}");
    let text = bounded(path)
        .map_err(|error| Error::plain(format!("failed to read `{shown}`: {error}")))?;
    let wrong = |at: usize, message: &str| {
        let line =
            text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1;
        Error::plain(format!("`{shown}`, line {line}: {message}"))
            .help("it is written by `bigfoot accept`: mend it, or remove it and accept again")
    };
    let file: File = ::toml::from_str(&text).map_err(|error| {
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        wrong(error.span().map_or(0, |span| span.start), &format!("this is no snapshot: {message}"))
    })?;
    if *file.version.get_ref() != text::VERSION {
        let message = format!("version {} is none that this bigfoot knows", file.version.get_ref());
        return Err(wrong(file.version.span().start, &message));
    }
    let at = file.test.as_ref().map_or(0, |test| test.span().start);
    let owner = file.test.map(Spanned::into_inner);
    let wanted = file_name(&owner);
    if *name != *wanted {
        return Err(wrong(at, &format!("what is said here belongs into {FOLDER}/{wanted}")));
    }
    let entries = file.interaction.into_iter().map(|part| Entry {
        source: part.source,
        count: part.count,
        fields: part.fields,
        reply: part.reply,
    });
    Ok((owner, Accepted { entries: entries.collect(), programs: file.programs }))
}

/// The text of a file that is no larger than it may be.
fn bounded(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it is larger than {} MiB", FILE_BYTES_MAX >> 20)));
    }
    Ok(text)
}

/// Writes the file of a test, or removes it if the test does nothing any more. That of the run is
/// always there: it says that the interactions of this project are accepted ones.
pub(super) fn write(
    project: &Path,
    owner: &Owner,
    accepted: &Accepted,
    written: &mut Written,
) -> io::Result<()> {
    let folder = project.join(FOLDER);
    let path = folder.join(file_name(owner));
    let named = |path: &Path, error: io::Error| {
        io::Error::new(error.kind(), format!("write {}: {error}", path.display()))
    };
    if accepted.entries.is_empty() && owner.is_some() {
        return match fs::remove_file(&path) {
            Ok(()) => {
                written.removed.push(path);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(named(&path, error)),
        };
    }
    let text = text::file(owner, accepted);
    if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
        written.unchanged += 1;
        return Ok(());
    }
    fs::create_dir_all(&folder).map_err(|error| named(&folder, error))?;
    whole(&path, &text).map_err(|error| named(&path, error))?;
    written.written.push(path);
    Ok(())
}

/// Writes a file such that nobody finds half of it.
fn whole(path: &Path, text: &str) -> io::Result<()> {
    let mut beside: PathBuf = path.to_owned();
    beside.set_extension(format!("{}.new", std::process::id()));
    fs::write(&beside, text)?;
    fs::rename(&beside, path).inspect_err(|_| {
        let _ = fs::remove_file(&beside); // the other error is the one to tell
    })
}

/// The name of a test's file: the test's own, as far as it is one that every file system takes; with
/// a hash where it had to be changed.
pub(super) fn file_name(owner: &Owner) -> String {
    let Some(test) = owner else {
        return format!("{OF_RUN}.toml");
    };
    let safe = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let mut name = String::new();
    for part in test.split(|c| !safe(c)).filter(|part| !part.is_empty()) {
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(part);
    }
    name.truncate(NAME_BYTES_MAX); // it is ASCII
    let name = match name.trim_start_matches('.') {
        "" => "test",
        name => name,
    };
    if name == test && name != OF_RUN {
        format!("{name}.toml")
    } else {
        format!("{name}-{:08x}.toml", hash(test))
    }
}

/// FNV-1a: the same on every machine and in every version.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
