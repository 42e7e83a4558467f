//! Files of root certificates, with the authority's own added: what guests read in place of theirs.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bigfoot_ipc::answering;
use bigfoot_ipc::roots::{FIRST_NUMBER, is_default, is_known};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::variables::system;
use super::{Authority, keystore};

/// The merged bundle, in the run's folder.
pub(super) const MERGED: &str = "roots.pem";
/// The authority's certificate alone, in the run's folder.
pub(super) const OWN: &str = "authority.pem";
/// Most bytes of a file; the usual has a quarter of a million.
const BYTES_MAX: u64 = 16 << 20;
/// Most files that are made for guests that open one.
const FILES_MAX: u32 = 1024;

/// Files of a run.
#[derive(Debug)]
pub struct Bundles {
    directory: PathBuf,
    pem: Vec<u8>,
    der: Vec<u8>,
    /// The system's own bundle was found, and is part of the merged one.
    pub(super) complete: bool,
    /// None where it could not be made.
    made: Mutex<HashMap<Version, Option<u32>>>,
}

/// A file as it was when it was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Version {
    path: PathBuf,
    file: Option<(u64, u64)>,
    bytes: u64,
    changed: (i64, i64),
}

impl Bundles {
    /// Writes the merged bundle into the run's folder.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn new(directory: &Path, authority: &Authority) -> io::Result<Self> {
        let roots = system().and_then(|path| read(&path).ok());
        let bundles = Self {
            directory: directory.to_owned(),
            pem: authority.pem().as_bytes().to_vec(),
            der: authority.der().to_owned(),
            complete: roots.is_some(),
            made: Mutex::default(),
        };
        bundles.write(OWN, &bundles.pem)?;
        bundles.write(MERGED, &bundles.and_own(roots.unwrap_or_default()))?;
        Ok(bundles)
    }

    /// Those of a run whose folder this is. None if it has no authority.
    pub(super) fn of(directory: &Path) -> Option<Self> {
        let pem = read(&directory.join(OWN)).ok()?;
        let der = CertificateDer::from_pem_slice(&pem).ok()?.to_vec();
        let complete = read(&directory.join(MERGED)).ok()?.len() > pem.len();
        Some(Self { directory: directory.to_owned(), pem, der, complete, made: Mutex::default() })
    }

    /// The merged bundle: the system's roots and the authority's certificate.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.directory.join(MERGED)
    }

    /// A file of this name in the run's folder.
    pub(super) fn own_path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Whether this is a file of ours, which guests open because their variables name it.
    #[must_use]
    pub fn holds(&self, path: &Path) -> bool {
        path.starts_with(&self.directory)
    }

    /// The number of the file in the run's folder ([`answering`]) that a guest is to read in place of
    /// this one: it holds the authority's certificate too, and is made once for each content. None for
    /// a file that is no known one of root certificates.
    ///
    /// # Errors
    ///
    /// Such a file cannot be made, so that the guest reads its own: a note, for the first time.
    pub fn merged(&self, path: &Path) -> Option<Result<u32, String>> {
        if !is_known(bytes(path)) {
            return None;
        }
        let version = match Version::of(path) {
            Ok(version) => version,
            Err(_) if is_default(bytes(path)) => Version::absent(path),
            Err(_) => return None, // the guest hears of it
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = made.get(&version) {
            return number.map(Ok);
        }
        let number = self.make(&version, made.len());
        made.insert(version, number.as_ref().ok().copied());
        Some(number.map_err(|error| {
            format!(
                "programs that read {} refuse mocks of https: it could not be added to: {error}",
                path.display()
            )
        }))
    }

    fn make(&self, version: &Version, count: usize) -> io::Result<u32> {
        let count = u32::try_from(count).ok().filter(|count| *count < FILES_MAX);
        let count = count.ok_or_else(|| io::Error::other("there are too many such files"))?;
        let name = answering(FIRST_NUMBER + count);
        self.write(&String::from_utf8_lossy(&name), &self.content(version)?)?;
        Ok(FIRST_NUMBER + count)
    }

    fn content(&self, version: &Version) -> io::Result<Vec<u8>> {
        if version.file.is_none() {
            return read(&self.path());
        }
        self.and_own_of(&version.path)
    }

    /// What a file of root certificates holds, and the authority's.
    pub(super) fn and_own_of(&self, path: &Path) -> io::Result<Vec<u8>> {
        let content = read(path)?;
        let known = keystore::with(&content, &self.der);
        let is_pem = content.is_empty() || contains(&content, b"-----BEGIN ");
        known.or_else(|| is_pem.then(|| self.and_own(content))).ok_or_else(|| {
            let message = "neither PEM nor a keystore of Java's that can be added to";
            io::Error::new(io::ErrorKind::InvalidData, message)
        })
    }

    /// The authority's certificate, behind these.
    pub(super) fn and_own(&self, mut pem: Vec<u8>) -> Vec<u8> {
        if pem.last().is_some_and(|last| *last != b'\n') {
            pem.push(b'\n');
        }
        pem.extend_from_slice(&self.pem);
        pem
    }

    /// A file in the run's folder that every user can read; its path.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.directory.join(name);
        let _ = fs::remove_file(&path); // of an attempt that failed
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        file.set_permissions(fs::Permissions::from_mode(0o644))?; // whatever the umask
        file.write_all(content)?;
        Ok(path)
    }
}

impl Version {
    fn of(path: &Path) -> io::Result<Self> {
        let data = fs::metadata(path)?;
        let file = Some((data.dev(), data.ino()));
        let changed = (data.mtime(), data.mtime_nsec());
        Ok(Self { path: path.to_owned(), file, bytes: data.size(), changed })
    }

    fn absent(path: &Path) -> Self {
        Self { path: path.to_owned(), file: None, bytes: 0, changed: (0, 0) }
    }
}

/// A plain file of a size that root certificates have.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let nonblock = rustix::fs::OFlags::NONBLOCK.bits().cast_signed(); // a pipe holds nobody up
    let file = OpenOptions::new().read(true).custom_flags(nonblock).open(path)?;
    let data = file.metadata()?;
    if !data.is_file() || data.len() > BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "no plain file, or a very large one",
        ));
    }
    let mut content = Vec::new();
    File::take(file, BYTES_MAX).read_to_end(&mut content)?;
    Ok(content)
}

fn bytes(path: &Path) -> &[u8] {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str())
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
