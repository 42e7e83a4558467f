//! Programs that stand for mocked ones: one that hooks start by its path in the run's folder, and one by
//! each name that a mock has, on PATH, for those who look before they start.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::Path;

use bigfoot_ipc::{STAND_IN, STAND_INS};

use crate::library;
use crate::mocks::Mock;
use crate::plugins::subprocess::{self, answer};

/// Lays them out in the run's folder, where there are mocks of programs.
///
/// # Errors
///
/// There is no place for the program, or the folder cannot be written.
pub fn lay_out(directory: &Path, mocks: &[Mock]) -> io::Result<()> {
    if !mocks.iter().any(|mock| mock.shape.source == subprocess::SOURCE) {
        return Ok(());
    }
    let why = |why: &dyn std::fmt::Display| {
        io::Error::other(format!("make stand-ins in {}: {why}", directory.display()))
    };
    if directory.as_os_str().as_encoded_bytes().contains(&b':') {
        return Err(why(&"the path has a colon, which separates folders in PATH; set TMPDIR"));
    }
    laid_out(directory, mocks).map_err(|error| why(&error))
}

/// The same for a mock that is added later: the names on PATH are those of the start.
///
/// # Errors
///
/// As of [`lay_out`].
pub fn link(directory: &Path) -> io::Result<()> {
    let link = directory.join(STAND_IN);
    if link.exists() {
        return Ok(());
    }
    let original = library::stand_in().map_err(io::Error::other)?;
    symlink(&original, link)
}

fn laid_out(directory: &Path, mocks: &[Mock]) -> io::Result<()> {
    // Links: programs may be started where the original lies, which is not said of the run's folder.
    let original = library::stand_in().map_err(io::Error::other)?;
    symlink(&original, directory.join(STAND_IN))?;
    let names = answer::names(mocks.iter());
    if names.is_empty() {
        return Ok(());
    }
    let folder = directory.join(STAND_INS);
    fs::DirBuilder::new().mode(0o755).create(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?; // whatever the umask
    names.iter().try_for_each(|name| symlink(&original, folder.join(name)))
}

/// PATH for what is started in the run; None if it is as it was.
#[must_use]
pub fn path(directory: &Path) -> Option<OsString> {
    let folder = directory.join(STAND_INS);
    if !folder.is_dir() {
        return None;
    }
    let mut path = folder.into_os_string();
    path.push(":");
    path.push(env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into()));
    Some(path)
}
