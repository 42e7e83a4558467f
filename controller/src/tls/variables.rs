//! The variables by which programs are told of files of root certificates.
//!
//! Programs that open a usual file need none: what they open is the merged one. So a variable that
//! the user has not set is set only where nothing else works, since it would hide what a program's
//! own configuration says (git's `http.sslCAInfo`, pip's `cert`), and makes requests ignore
//! `session.verify = False`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use super::bundles::{Bundles, MERGED, OWN};

/// A variable that names a file of root certificates.
#[derive(Debug)]
pub(super) struct Variable {
    pub name: &'static str,
    unset: Unset,
}

/// What becomes of a variable that the user has not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unset {
    /// It names the merged bundle, if the system's own is part of that.
    Merged,
    /// It names the authority's certificate: the program adds that to what it trusts.
    Own,
    /// It stays so: the program opens a usual file.
    Left,
}

const fn variable(name: &'static str, unset: Unset) -> Variable {
    Variable { name, unset }
}

/// All of them.
pub(super) static VARIABLES: &[Variable] = &[
    variable("SSL_CERT_FILE", Unset::Merged), // OpenSSL, Go, rustls-native-certs, httpx
    variable("NODE_EXTRA_CA_CERTS", Unset::Own), // node, bun
    variable("DENO_CERT", Unset::Own),
    variable("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", Unset::Merged),
    variable("CURL_CA_BUNDLE", Unset::Left),
    variable("REQUESTS_CA_BUNDLE", Unset::Left),
    variable("PIP_CERT", Unset::Left),
    variable("GIT_SSL_CAINFO", Unset::Left),
    variable("CARGO_HTTP_CAINFO", Unset::Left),
    variable("AWS_CA_BUNDLE", Unset::Left),
    variable("PERL_LWP_SSL_CA_FILE", Unset::Left),
    variable("HTTPLIB2_CA_CERTS", Unset::Left),
    variable("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", Unset::Left),
    variable("NIX_SSL_CERT_FILE", Unset::Left),
    variable("WEBSOCKET_CLIENT_CA_BUNDLE", Unset::Left),
];

/// The system's bundle, by the places where distributions have it.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/tls/cacert.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/lib/ssl/cert.pem",
];

/// Most files of a folder of root certificates.
const FILES_MAX: usize = 2048;

/// The variables of guests that differ from those of the user, in the run whose folder this is; and
/// notes of what could not be done: a value that names nothing to add to is left as it is.
pub fn variables(
    directory: &Path,
    user: impl Fn(&str) -> Option<OsString>,
) -> (Vec<(&'static str, OsString)>, Vec<String>) {
    Bundles::of(directory).map_or_else(Default::default, |bundles| bundles.variables(user))
}

impl Bundles {
    fn variables(
        &self,
        user: impl Fn(&str) -> Option<OsString>,
    ) -> (Vec<(&'static str, OsString)>, Vec<String>) {
        let (mut set, mut notes) = (Vec::new(), Vec::new());
        for variable in VARIABLES {
            let value = user(variable.name).filter(|value| !value.is_empty());
            let file = match &value {
                Some(file) => self.added_to(variable.name, Path::new(file)).map(Some),
                None => self.unset(variable, user("SSL_CERT_DIR").as_deref()),
            };
            match file {
                Ok(Some(path)) => set.push((variable.name, path.into())),
                Ok(None) => {}
                Err(error) => notes.push(format!(
                    "{} is left as it is, and its programs refuse mocks of https: {}: {error}",
                    variable.name,
                    Path::new(&value.unwrap_or_default()).display()
                )),
            }
        }
        (set, notes)
    }

    fn added_to(&self, name: &str, path: &Path) -> std::io::Result<PathBuf> {
        self.write(&format!("{name}.pem"), &self.and_own_of(path)?)
    }

    fn unset(
        &self,
        variable: &Variable,
        folders: Option<&OsStr>,
    ) -> std::io::Result<Option<PathBuf>> {
        let in_run = |name| Ok(Some(self.own_path(name)));
        match variable.unset {
            Unset::Own => in_run(OWN),
            // Of a user who has only SSL_CERT_DIR, its files: some programs read one of the two.
            Unset::Merged if folders.is_some_and(|folders| !folders.is_empty()) => {
                let files = files_below(folders.unwrap_or_default());
                let contents = files.iter().filter_map(|path| super::bundles::read(path).ok());
                let all = contents.collect::<Vec<_>>().join(&b'\n');
                self.write(&format!("{}.pem", variable.name), &self.and_own(all)).map(Some)
            }
            Unset::Merged if self.complete => in_run(MERGED),
            Unset::Merged | Unset::Left => Ok(None),
        }
    }
}

/// The system's bundle.
pub(super) fn system() -> Option<PathBuf> {
    SYSTEM.iter().map(PathBuf::from).find(|path| path.is_file())
}

/// The files in these folders, which a colon separates.
pub(super) fn files_below(folders: &OsStr) -> Vec<PathBuf> {
    let folders = std::env::split_paths(folders);
    let entries = folders.filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_file()).take(FILES_MAX).collect()
}
