//! The preload library, brought to where every process of a run can load it.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The library's bytes.
static BYTES: &[u8] = include_bytes!(env!("BIGFOOT_PRELOAD_BUILT"));
/// Its name in whatever folder.
const NAME: &str = "libbigfoot_preload.so";

/// The library cannot be loaded by the run's processes.
#[derive(Debug)]
pub struct Error(String);

impl std::fmt::Display for Error {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// The path of the library: the file that `named` says (`BIGFOOT_PRELOAD`), or the binary's own,
/// written once and kept, since children that start late still load it.
///
/// # Errors
///
/// The named file is no library for this machine, or no folder can hold ours.
pub fn path(named: Option<&Path>) -> Result<PathBuf, Error> {
    if let Some(named) = named {
        return usable(named).map(|()| named.to_owned());
    }
    let mut why = Vec::new();
    for folder in folders() {
        match install(&folder) {
            Ok(path) => return Ok(path),
            Err(error) => why.push(format!("{}: {error}", folder.display())),
        }
    }
    Err(Error(format!("write the preload library anywhere: {}", why.join("; "))))
}

fn usable(named: &Path) -> Result<(), Error> {
    let fail = |why: &str| Err(Error(format!("use BIGFOOT_PRELOAD={}: {why}", named.display())));
    if !named.is_absolute() {
        return fail("the path is not absolute");
    }
    if !is_loadable(named) {
        return fail("the path has a space or a colon, which separate libraries in LD_PRELOAD");
    }
    let head = match fs::read(named) {
        Ok(head) => head,
        Err(error) => return fail(&error.to_string()),
    };
    let own = BYTES.get(..20).unwrap_or_default();
    match head.get(..20) {
        Some(head) if head.get(..6) == own.get(..6) && head.get(16..20) == own.get(16..20) => {
            Ok(())
        }
        _ => fail("it is no library for this machine"),
    }
}

/// Folders that may hold the library, best first. Root's is open to every user, since what root
/// starts may become another.
fn folders() -> Vec<PathBuf> {
    let user = nix::unistd::geteuid();
    let home =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = if user.is_root() {
        vec![Some(PathBuf::from("/var/cache"))]
    } else {
        vec![home("XDG_CACHE_HOME"), home("HOME").map(|home| home.join(".cache"))]
    };
    let mut folders: Vec<PathBuf> =
        caches.into_iter().flatten().map(|cache| cache.join("bigfoot")).collect();
    folders.push(std::env::temp_dir().join(format!("bigfoot-library-{user}")));
    folders
}

/// Writes the library into a folder named by its contents, unless it is there.
fn install(folder: &Path) -> io::Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    BYTES.hash(&mut hasher);
    let folder = folder.join(format!("{:016x}", hasher.finish()));
    let path = folder.join(NAME);
    if !is_loadable(&path) {
        return Err(io::Error::other("the path has a space or a colon"));
    }
    fs::DirBuilder::new().recursive(true).mode(0o755).create(&folder)?;
    private(&folder)?;
    if !is_noexec(&folder)? && fs::read(&path).is_ok_and(|bytes| bytes == BYTES) {
        private(&path)?;
        return Ok(path);
    }
    if is_noexec(&folder)? {
        return Err(io::Error::other("nothing may be executed there"));
    }
    let draft = folder.join(format!(".{}", std::process::id()));
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o644).open(&draft)?;
    file.write_all(BYTES)?;
    fs::set_permissions(&draft, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    fs::rename(&draft, &path)?;
    Ok(path)
}

fn is_loadable(path: &Path) -> bool {
    !path.as_os_str().as_encoded_bytes().iter().any(|byte| matches!(byte, b' ' | b':' | b'\n'))
}

/// Refuses what somebody else could have put there.
fn private(path: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(path)?;
    let own = meta.uid() == nix::unistd::geteuid().as_raw();
    if own && meta.mode() & 0o022 == 0 {
        Ok(())
    } else {
        Err(io::Error::other("others may write there"))
    }
}

fn is_noexec(folder: &Path) -> io::Result<bool> {
    let flags = rustix::fs::statvfs(folder)?.f_flag;
    Ok(flags.contains(rustix::fs::StatVfsMountFlags::NOEXEC))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A library that cannot be loaded is refused before anything is started, and the reason told.
    #[test]
    fn a_named_library_must_be_one() {
        let folder = std::env::temp_dir().join(format!("bigfoot-named-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let written = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            fs::write(&path, bytes).unwrap();
            path
        };
        let mut other_machine = BYTES[..64].to_vec();
        other_machine[18] ^= 0xff;

        let good = written("good.so", BYTES);
        assert_eq!(path(Some(&good)).unwrap(), good);
        for (named, why) in [
            (folder.join("missing.so"), "No such file"),
            (PathBuf::from("relative.so"), "not absolute"),
            (written("with blank.so", BYTES), "a space or a colon"),
            (written("with:colon.so", BYTES), "a space or a colon"),
            (written("empty.so", b""), "no library for this machine"),
            (written("text.so", b"a text that is longer than the head"), "for this machine"),
            (written("other.so", &other_machine), "no library for this machine"),
        ] {
            let error = path(Some(&named)).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    /// It is written once, whole, where nobody else can change it; a damaged one is written again.
    #[test]
    fn the_library_is_written_once_and_repaired() {
        let folder = std::env::temp_dir().join(format!("bigfoot-install-{}", std::process::id()));

        let path = install(&folder).unwrap();
        let first = fs::metadata(&path).unwrap().ino();
        assert_eq!(install(&folder).unwrap(), path);
        assert_eq!(fs::metadata(&path).unwrap().ino(), first);
        fs::write(&path, b"damaged").unwrap();
        install(&folder).unwrap();
        assert_eq!(fs::read(&path).unwrap(), BYTES);

        let inner = path.parent().unwrap();
        fs::set_permissions(inner, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        let error = install(&folder).unwrap_err().to_string();
        fs::remove_dir_all(&folder).unwrap();
        assert!(error.contains("others may write"), "{error}");
    }
}
