//! A folder of our own, and configurations in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bigfoot_controller::config::{self, Config, Error, Flags};
use bigfoot_controller::mocks::Mock;

/// The folder; `fuzz.sh` names one in memory, and removes it.
pub static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("bigfoot-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder");
    folder
});

/// Reads a configuration of this name and text.
pub fn load(name: &str, text: &[u8]) -> Result<Config, Error> {
    let path = FOLDER.join(name);
    fs::write(&path, text).expect("a temporary file");
    let flags = Flags { config: Some(path), ..Flags::default() };
    config::load(Path::new("/"), &flags, &|_| None)
}

/// The mocks of a configuration of ours.
pub fn mocks(text: &str) -> Vec<Mock> {
    load("bigfoot.toml", text.as_bytes()).unwrap_or_else(|error| panic!("{error}")).mocks
}
