//! The folder by which guests find the controller: others may pass through it, and none can list
//! it, so a path below it is known to those only who were told. A guest that became another user
//! still can use it.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use bigfoot_ipc::SOCKET;

/// Bytes of sun_path, less its zero byte (unix(7)).
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// Why there is no folder.
#[derive(Debug)]
pub enum Error {
    /// It cannot be made.
    Unwritable(PathBuf, io::Error),
    /// A socket's path would be too long below it.
    TooLong(PathBuf, usize),
}

impl std::fmt::Display for Error {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unwritable(path, error) => {
                write!(
                    out,
                    "make a folder for the run in {}: {error}; set TMPDIR to one that can be written",
                    path.display()
                )
            }
            Self::TooLong(path, bytes) => write!(
                out,
                "use TMPDIR={}: the path of a socket below it has {bytes} bytes, and the system's limit is {SOCKET_PATH_BYTES_MAX}; set TMPDIR to a shorter one",
                path.display()
            ),
        }
    }
}

impl std::error::Error for Error {}

/// A folder that is removed when this is dropped.
#[derive(Debug)]
pub struct Directory {
    outer: PathBuf,
    inner: PathBuf,
}

impl Directory {
    /// Makes one in TMPDIR.
    ///
    /// # Errors
    ///
    /// TMPDIR cannot be written, or its path is too long for a socket.
    pub fn new() -> Result<Self, Error> {
        let base = std::env::temp_dir();
        let failed = |error| Error::Unwritable(base.clone(), error);
        let [outer, inner] = tokens().map_err(failed)?;
        let outer = base.join(format!("bigfoot-{}", &outer[..8]));
        let inner = outer.join(inner);
        let bytes = inner.join(SOCKET).as_os_str().len();
        if bytes > SOCKET_PATH_BYTES_MAX {
            return Err(Error::TooLong(base, bytes));
        }
        fs::DirBuilder::new().mode(0o711).create(&outer).map_err(failed)?;
        let directory = Self { outer, inner };
        fs::DirBuilder::new().mode(0o711).create(&directory.inner).map_err(failed)?;
        for path in [&directory.outer, &directory.inner] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o711)).map_err(failed)?; // whatever the umask
        }
        Ok(directory)
    }

    /// The folder that guests are told.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner
    }

    /// Leaves the folder where it is; its path.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        let path = self.inner.clone();
        std::mem::forget(self);
        path
    }

    /// The folder again that another process made.
    #[must_use]
    pub fn adopt(inner: PathBuf) -> Self {
        let outer = inner.parent().map(Path::to_owned).unwrap_or_else(|| inner.clone());
        Self { outer, inner }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.outer); // what cannot be removed is empty of use by now
    }
}

/// Two random names of 32 digits.
fn tokens() -> io::Result<[String; 2]> {
    let mut random = fs::File::open("/dev/urandom")?;
    let mut token = || {
        let mut bytes = [0; 16];
        random.read_exact(&mut bytes)?;
        Ok::<_, io::Error>(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    };
    Ok([token()?, token()?])
}

/// Listens for guests, whatever user they are: the path is the first thing that they must know, and
/// descent from the run the second.
///
/// # Errors
///
/// The folder is gone.
pub fn listen(directory: &Path) -> io::Result<UnixListener> {
    let path = directory.join(SOCKET);
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
    rustix::net::listen(&listener, 4096)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Others may pass and not look; nothing stays behind.
    #[test]
    fn the_folder_is_passable_unlistable_and_removed() {
        let directory = Directory::new().unwrap();
        let (outer, inner) = (directory.outer.clone(), directory.inner.clone());

        for path in [&outer, &inner] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o711);
        }
        let _listener = listen(directory.path()).unwrap();
        drop(directory);

        assert!(!outer.exists());
    }
}
