//! Programs that tests need. A missing one fails the test in so many words; nothing is skipped in silence.

use std::env;
use std::path::{Path, PathBuf};

/// Finds a program on PATH.
///
/// # Panics
///
/// Where it is missing: with the Debian package that has it.
#[must_use]
pub fn needed(program: &str, package: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| {
            panic!("{program} is missing: install the package {package}, or run scripts/install.sh")
        })
}

/// The Python with pytest and its plugins, made by `scripts/install.sh`.
///
/// # Panics
///
/// Where it has not been made.
#[must_use]
pub fn python() -> PathBuf {
    let python = repository().join("target/venv/bin/python3");
    assert!(python.exists(), "{} is missing: run scripts/install.sh", python.display());
    python
}

/// The packages of Node, put there by `scripts/install.sh`: for `NODE_PATH`.
///
/// # Panics
///
/// Where they have not been.
#[must_use]
pub fn node_modules() -> PathBuf {
    let folder = repository().join("target/node_modules");
    assert!(folder.exists(), "{} is missing: run scripts/install.sh", folder.display());
    folder
}

/// The top of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// `pytest`, as the tests run it: quietly, and with nothing left behind.
#[must_use]
pub fn pytest() -> Vec<std::ffi::OsString> {
    let options = ["-m", "pytest", "-q", "-p", "no:cacheprovider"].map(Into::into);
    std::iter::once(python().into()).chain(options).collect()
}
