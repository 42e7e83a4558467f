//! Files of root certificates and the variables that name them.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bigfoot_ipc::answering;

use super::*;
use crate::tls::{Bundles, keystore, variables};

/// A run's folder, and files of the user's.
struct Place {
    folder: tempfile::TempDir,
    authority: Arc<Authority>,
    bundles: Bundles,
}

impl Place {
    fn new() -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), authority());
        fs::create_dir(folder.path().join("run")).unwrap();
        let bundles = Bundles::new(&folder.path().join("run"), &authority).unwrap();
        Self { folder, authority, bundles }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let name = String::from_utf8(answering(number).to_vec()).unwrap();
        self.folder.path().join("run").join(name)
    }

    /// The text that a guest reads in place of this file's.
    fn merged(&self, path: &Path) -> Option<Result<String, String>> {
        let number = self.bundles.merged(path)?;
        Some(number.map(|number| fs::read_to_string(self.numbered(number)).unwrap()))
    }

    fn variables(&self, set: &[(&str, &Path)]) -> (Vec<(&'static str, OsString)>, Vec<String>) {
        variables(&self.folder.path().join("run"), |name| {
            set.iter().find(|(known, _)| *known == name).map(|(_, path)| path.into())
        })
    }

    /// The text of the file that a variable names.
    fn named(&self, set: &[(&str, &Path)], name: &str) -> Option<String> {
        let (variables, _) = self.variables(set);
        let found = variables.into_iter().find(|(known, _)| *known == name)?;
        Some(fs::read_to_string(found.1).unwrap())
    }
}

/// The merged bundle holds the run's certificate, and every user can read it.
#[test]
fn the_merged_bundle_can_be_read_by_all() {
    let place = Place::new();

    let path = place.bundles.path();

    assert!(fs::read_to_string(&path).unwrap().ends_with(place.authority.pem()));
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o644);
}

/// A file that a guest opens is made once; again when it has changed.
#[test]
fn a_file_is_made_once_for_a_content() {
    let place = Place::new();
    let path = place.file("certifi/cacert.pem", "-----BEGIN CERTIFICATE-----\nfirst");

    let first = place.bundles.merged(&path);
    assert_eq!(place.bundles.merged(&path), first);
    place.file("certifi/cacert.pem", "-----BEGIN CERTIFICATE-----\nsecond, longer");
    let second = place.bundles.merged(&path);

    assert_ne!(first, second);
    assert_eq!(
        place.merged(&path).unwrap().unwrap(),
        format!("-----BEGIN CERTIFICATE-----\nsecond, longer\n{}", place.authority.pem())
    );
}

/// A known file that holds something else is left to the guest, with a note, once.
#[test]
fn other_content_is_noted_once() {
    let place = Place::new();
    let text = place.file("certifi/cacert.pem", "no certificates");
    let big = place.file("big/certifi/cacert.pem", "");
    fs::File::options().write(true).open(&big).unwrap().set_len(17 << 20).unwrap();
    let folder = place.folder.path().join("folder/certifi/cacert.pem");
    fs::create_dir_all(&folder).unwrap();

    for path in [&text, &big, &folder] {
        let note = place.merged(path).unwrap().unwrap_err();
        assert!(note.contains("refuse mocks of https"), "{note}");
        assert_eq!(place.merged(path), None);
    }
}

/// Other files, and those that are not there, are none of ours.
#[test]
fn other_files_are_left_alone() {
    let place = Place::new();
    let other = place.file("other.pem", "-----BEGIN CERTIFICATE-----\n");

    for path in [&other, Path::new("/dev/zero"), Path::new("/nonexistent/certifi/cacert.pem")] {
        assert_eq!(place.merged(path), None, "{}", path.display());
    }
}

/// OpenSSL's own file, which few systems have, holds the system's roots and ours.
#[test]
fn the_default_file_need_not_exist() {
    let place = Place::new();

    let text = place.merged(&place.folder.path().join("ssl/cert.pem")).unwrap().unwrap();

    assert_eq!(text, fs::read_to_string(place.bundles.path()).unwrap());
}

/// Where nothing is set, what adds to a program's roots is set to ours, what replaces them to the
/// merged bundle, and what hides a program's own configuration is left alone.
#[test]
fn variables_are_set_where_nothing_else_works() {
    let place = Place::new();
    let own = place.authority.pem();

    assert_eq!(place.named(&[], "NODE_EXTRA_CA_CERTS").unwrap(), own);
    assert_eq!(place.named(&[], "DENO_CERT").unwrap(), own);
    assert_eq!(place.named(&[], "SSL_CERT_FILE").is_some(), place.bundles.complete);
    for left in ["REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "SSL_CERT_DIR"] {
        assert_eq!(place.named(&[], left), None, "{left}");
    }
}

/// A run without an authority changes no variable.
#[test]
fn a_run_without_an_authority_changes_no_variable() {
    let folder = tempfile::tempdir().unwrap();

    let (set, notes) = variables(folder.path(), |_| Some("/etc/passwd".into()));

    assert!(set.is_empty() && notes.is_empty());
}

/// What the user set stays in force, with ours added.
#[test]
fn variables_of_the_users_are_added_to() {
    let place = Place::new();
    let path = place.file("own.pem", "-----BEGIN CERTIFICATE-----\nmine\n");

    for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO"] {
        let text = place.named(&[(name, &path)], name).unwrap();
        assert_eq!(text, format!("-----BEGIN CERTIFICATE-----\nmine\n{}", place.authority.pem()));
    }
}

/// Of a user who names a folder, its files are taken along: some programs read one of the two.
#[test]
fn folders_of_the_users_are_taken_along() {
    let place = Place::new();
    place.file("folder/one.pem", "-----BEGIN CERTIFICATE-----\none");
    let folder = place.folder.path().join("folder");

    let text = place.named(&[("SSL_CERT_DIR", &folder)], "SSL_CERT_FILE").unwrap();

    assert_eq!(text, format!("-----BEGIN CERTIFICATE-----\none\n{}", place.authority.pem()));
}

/// What cannot be added to stays as the user set it, and is noted.
#[test]
fn variables_that_cannot_be_added_to_are_left_and_noted() {
    let place = Place::new();

    let (set, notes) = place.variables(&[("REQUESTS_CA_BUNDLE", place.folder.path())]);

    assert!(set.iter().all(|(name, _)| *name != "REQUESTS_CA_BUNDLE"));
    assert!(notes[0].starts_with("REQUESTS_CA_BUNDLE is left as it is"), "{notes:?}");
}

/// A keystore with a wrong digest, cut short, or with lengths that lie is not added to.
#[test]
fn a_spoilt_keystore_is_not_added_to() {
    let empty = [&[0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2, 0, 0, 0, 0][..], &[0; 20]].concat();
    for end in 0..=empty.len() {
        assert_eq!(keystore::with(&empty[..end], b"certificate"), None);
    }
    for bad in [
        &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF][..],
        &[0x30, 0x80],
        &[0x30, 0x88],
        &[0x30, 3, 2, 1, 3],
    ] {
        assert_eq!(keystore::with(bad, b"certificate"), None);
    }
}

/// Java reads both formats, ours among the rest. Without Java on this machine there is nothing to ask.
#[test]
fn java_reads_the_keystores() {
    let place = Place::new();
    let own = place.file("own.pem", place.authority.pem());
    let formats: [(&str, &[&str]); 2] = [
        ("jks", &["-storepass", "changeit"]),
        (
            "pkcs12",
            &[
                "-storepass",
                "changeit",
                "-J-Dkeystore.pkcs12.macAlgorithm=NONE",
                "-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE",
            ],
        ),
    ];
    for (format, flags) in formats {
        let store = place.folder.path().join(format).join("lib/security/cacerts");
        fs::create_dir_all(store.parent().unwrap()).unwrap();
        let file = store.to_string_lossy().into_owned();
        let import = ["-importcert", "-noprompt", "-alias", "first", "-storetype", format];
        let Some(_) = keytool(
            &[&import[..], flags, &["-keystore", &file, "-file", &own.to_string_lossy()]].concat(),
        ) else {
            return;
        };

        let merged = place.numbered(place.bundles.merged(&store).unwrap().unwrap());

        let listed = keytool(
            &[&["-list", "-storetype", format, "-keystore", &merged.to_string_lossy()], flags]
                .concat(),
        )
        .unwrap();
        for alias in ["first", "bigfoot"] {
            assert!(
                listed.contains(&format!("{alias}, ")) && listed.contains("trustedCertEntry"),
                "{listed}"
            );
        }
        assert_eq!(listed.matches("trustedCertEntry").count(), 2, "{listed}");
    }
}

fn keytool(arguments: &[&str]) -> Option<String> {
    let output = std::process::Command::new("keytool").args(arguments).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{text}");
    Some(text)
}
