//! Mocks as they are written: what they mean, and what is said of wrong ones.
//!
//! The protocols here are of paper, so that no change of a real one's card changes these tests.

mod cards;
mod meant;
mod paper;
mod wrong;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::super::error::{Error, Source};
use super::super::schema::Reader;
use super::super::{File, json, toml};
use crate::mocks::{Act, Mock};
use crate::plugins::Plugin;
use crate::rules::Place;

/// A directory with files, for mocks that name some.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("bigfoot-mock-{}-{number}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(folder.0.join("below")).expect("a directory");
        fs::write(folder.0.join("user.bin"), b"\x00\xffdata").expect("a file");
        folder
    }

    fn read(&self, text: &str) -> Result<File, Error> {
        self.read_of(text, paper::PLUGINS)
    }

    fn read_of(&self, text: &str, plugins: &[&'static dyn Plugin]) -> Result<File, Error> {
        let (name, parse): (_, fn(&Source) -> _) = match text.starts_with('{') {
            true => ("package.json", json::parse),
            false => ("bigfoot.toml", toml::parse),
        };
        let source = Source { name: name.to_owned(), text: text.to_owned() };
        let place = Place::at(&self.0);
        Reader::new(&source, &place, plugins).root(&parse(&source)?)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // what is left of a test in the temporary directory does no harm
    }
}

/// The mocks of a configuration that has to be right.
fn mocks(text: &str) -> Vec<Mock> {
    Folder::new().read(text).map(|file| file.mocks).unwrap_or_else(|error| panic!("{error}"))
}

/// A mock of an HTTP request with these lines.
fn http(lines: &str) -> Mock {
    mocks(&format!("[[mock]]\nsource = \"http:request\"\n{lines}\n")).remove(0)
}

/// The fields of the only reply.
fn reply(mock: &Mock) -> &crate::fields::Fields {
    match &mock.act {
        Act::Replies(replies) => &replies[0],
        Act::Fault(_, fields) | Act::Real(fields) => fields,
    }
}
