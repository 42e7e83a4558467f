//! Which file is the configuration.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::error::{Error, Source};
use super::tree::{Entry, Node};
use super::{json, toml};

/// Largest configuration file, in bytes.
const FILE_SIZE_MAX: u64 = 64 << 20;

/// A file that may hold a configuration, and where in it.
struct Kind {
    name: &'static str,
    parse: fn(&Source) -> Result<Node, Error>,
    tables: &'static [&'static [&'static str]],
}

/// A file of this name is a configuration as a whole.
const OWN: &str = "bigfoot.toml";

const KINDS: [Kind; 4] = [
    Kind { name: OWN, parse: toml::parse, tables: &[] },
    Kind { name: "pyproject.toml", parse: toml::parse, tables: &[&["tool", "bigfoot"]] },
    Kind {
        name: "Cargo.toml",
        parse: toml::parse,
        tables: &[&["workspace", "metadata", "bigfoot"], &["package", "metadata", "bigfoot"]],
    },
    Kind { name: "package.json", parse: json::parse, tables: &[&["bigfoot"]] },
];

/// A configuration that was found.
#[derive(Debug)]
pub(super) struct Found {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub source: Source,
    /// The part that is ours.
    pub table: Node,
}

/// The nearest configuration, in this directory or above it.
pub(super) fn upwards(directory: &Path) -> Result<Option<Found>, Error> {
    for level in directory.ancestors() {
        let mut found = Vec::new();
        for kind in &KINDS {
            found.extend(at(directory, &level.join(kind.name), kind)?);
        }
        if let [first, second, ..] = found.as_slice() {
            return Err(two(first, second));
        }
        if let Some(only) = found.pop() {
            return Ok(Some(only));
        }
    }
    Ok(None)
}

fn two(first: &Found, second: &Found) -> Error {
    let message = format!(
        "there are two configurations: `{}` and `{}`",
        first.source.name, second.source.name
    );
    Error::plain(message).help("keep one of them, or name one with `--config`")
}

/// The file that somebody named. Its name decides how it is read.
pub(super) fn named(directory: &Path, file: &Path) -> Result<Found, Error> {
    let path = directory.join(file);
    let own = &KINDS[0];
    let known = path.file_name().and_then(|name| KINDS.iter().find(|kind| name == kind.name));
    let json = path.extension().is_some_and(|extension| extension == "json");
    let kind = match known {
        Some(kind) => kind,
        None if json => &Kind { parse: json::parse, ..*own },
        None => own,
    };
    let name = file.display().to_string();
    let Some(bytes) = bytes(&path, &name)? else {
        return Err(Error::plain(format!("there is no file `{name}`")));
    };
    let missing = || {
        Error::plain(format!("`{name}` holds no configuration"))
            .help(format!("it belongs into {}", wanted(kind)))
    };
    within(path, text(&name, bytes)?, kind)?.ok_or_else(missing)
}

fn wanted(kind: &Kind) -> String {
    let tables: Vec<String> =
        kind.tables.iter().map(|keys| format!("`{}`", keys.join("."))).collect();
    tables.join(" or ")
}

/// The configuration in a file that may not be there, and may not be ours.
fn at(directory: &Path, path: &Path, kind: &Kind) -> Result<Option<Found>, Error> {
    let name = path.strip_prefix(directory).unwrap_or(path).display().to_string();
    let own = kind.tables.is_empty();
    let Some(bytes) =
        bytes(path, &name).or_else(|error| if own { Err(error) } else { Ok(None) })?
    else {
        return Ok(None);
    };
    let ours = own || bytes.windows(OWN.len() - 5).any(|word| word == b"bigfoot");
    if !ours {
        return Ok(None);
    }
    within(path.to_owned(), text(&name, bytes)?, kind)
}

fn within(path: PathBuf, source: Source, kind: &Kind) -> Result<Option<Found>, Error> {
    let root = (kind.parse)(&source)?;
    if kind.tables.is_empty() {
        return Ok(Some(Found { path, source, table: root }));
    }
    let entries: Vec<&Entry> = kind.tables.iter().filter_map(|keys| root.at(keys)).collect();
    if let [_, second, ..] = entries.as_slice() {
        let error = source.error(
            second.span.clone(),
            "there are two configurations in one file",
            "the second",
        );
        return Err(error.help(format!("keep one of {}", wanted(kind))));
    }
    let table = entries.first().map(|entry| entry.node.clone());
    Ok(table.map(|table| Found { path, source, table }))
}

/// The bytes of a file, if it is there.
fn bytes(path: &Path, name: &str) -> Result<Option<Vec<u8>>, Error> {
    let failed = |error: std::io::Error| Error::plain(format!("failed to read `{name}`: {error}"));
    let missing = |error: &std::io::Error| {
        matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
    };
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            return Err(Error::plain(format!("`{name}` is not a file")));
        }
        Err(error) if missing(&error) => return Ok(None),
        Err(error) => return Err(failed(error)),
        Ok(_) => {}
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(FILE_SIZE_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FILE_SIZE_MAX {
        return Err(Error::plain(format!("`{name}` is larger than 64 MiB")));
    }
    Ok(Some(bytes))
}

fn text(name: &str, bytes: Vec<u8>) -> Result<Source, Error> {
    String::from_utf8(bytes).map(|text| Source { name: name.to_owned(), text }).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        Error::plain(format!("`{name}` is not UTF-8: byte {at}, in line {line}"))
            .help("save it as UTF-8")
    })
}
