//! The preload library, brought to where every process of a run can load it; and beside it the
//! program that stands in for mocked ones.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file that the binary carries.
#[derive(Debug)]
struct Carried {
    /// Its name in whatever folder.
    name: &'static str,
    bytes: &'static [u8],
    mode: u32,
}

static LIBRARY: Carried = Carried {
    name: "libbigfoot_preload.so",
    bytes: include_bytes!(env!("BIGFOOT_PRELOAD_BUILT")),
    mode: 0o644,
};
static STAND_IN: Carried = Carried {
    name: "bigfoot-stand-in",
    bytes: include_bytes!(env!("BIGFOOT_STAND_IN_BUILT")),
    mode: 0o755,
};

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
    brought(&LIBRARY)
}

/// The path of the program that stands in for mocked ones: the binary's own, written once and kept.
///
/// # Errors
///
/// No folder can hold it.
pub fn stand_in() -> Result<PathBuf, Error> {
    brought(&STAND_IN)
}

fn brought(file: &Carried) -> Result<PathBuf, Error> {
    let mut why = Vec::new();
    for folder in folders() {
        match install(file, &folder) {
            Ok(path) => return Ok(path),
            Err(error) => why.push(format!("{}: {error}", folder.display())),
        }
    }
    Err(Error(format!("write {} anywhere: {}", file.name, why.join("; "))))
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
    let own = LIBRARY.bytes.get(..20).unwrap_or_default();
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

/// Writes a file into a folder named by all that is carried, unless it is there.
fn install(carried: &Carried, folder: &Path) -> io::Result<PathBuf> {
    let folder = folder.join(env!("BIGFOOT_CARRIED"));
    let path = folder.join(carried.name);
    if !is_loadable(&path) {
        return Err(io::Error::other("the path has a space or a colon"));
    }
    fs::DirBuilder::new().recursive(true).mode(0o755).create(&folder)?;
    private(&folder)?;
    if is_noexec(&folder)? {
        return Err(io::Error::other("nothing may be executed there"));
    }
    if holds(&path, carried.bytes).unwrap_or(false) && private(&path)? == carried.mode {
        return Ok(path);
    }
    write(carried, &folder.join(format!(".{}-{}", carried.name, std::process::id())), &path)?;
    Ok(path)
}

/// Whether a file holds these bytes: read piece by piece, since memory for all of it costs more than to
/// compare them.
fn holds(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    let mut file = fs::File::open(path)?;
    if file.metadata()?.len() != bytes.len() as u64 {
        return Ok(false);
    }
    let mut piece = [0; 16 << 10];
    for wanted in bytes.chunks(piece.len()) {
        let read = &mut piece[..wanted.len()];
        file.read_exact(read)?;
        if read != wanted {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes beside the place and renames into it, since other runs may use what is there.
fn write(carried: &Carried, draft: &Path, path: &Path) -> io::Result<()> {
    let mode = carried.mode;
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(mode).open(draft)?;
    file.write_all(carried.bytes)?;
    file.set_permissions(PermissionsExt::from_mode(mode))?; // whatever the umask
    drop(file);
    fs::rename(draft, path)
}

fn is_loadable(path: &Path) -> bool {
    !path.as_os_str().as_encoded_bytes().iter().any(|byte| matches!(byte, b' ' | b':' | b'\n'))
}

/// Refuses what somebody else could have put there; its permissions.
fn private(path: &Path) -> io::Result<u32> {
    let meta = fs::symlink_metadata(path)?;
    let own = meta.uid() == nix::unistd::geteuid().as_raw();
    if own && meta.mode() & 0o022 == 0 {
        Ok(meta.mode() & 0o777)
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
        let mut other_machine = LIBRARY.bytes[..64].to_vec();
        other_machine[18] ^= 0xff;

        let good = written("good.so", LIBRARY.bytes);
        assert_eq!(path(Some(&good)).unwrap(), good);
        for (named, why) in [
            (folder.join("missing.so"), "No such file"),
            (PathBuf::from("relative.so"), "not absolute"),
            (written("with blank.so", LIBRARY.bytes), "a space or a colon"),
            (written("with:colon.so", LIBRARY.bytes), "a space or a colon"),
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

        let path = install(&LIBRARY, &folder).unwrap();
        let first = fs::metadata(&path).unwrap().ino();
        assert_eq!(install(&LIBRARY, &folder).unwrap(), path);
        assert_eq!(fs::metadata(&path).unwrap().ino(), first);
        fs::write(&path, b"damaged").unwrap();
        install(&LIBRARY, &folder).unwrap();
        assert_eq!(fs::read(&path).unwrap(), LIBRARY.bytes);

        let inner = path.parent().unwrap();
        fs::set_permissions(inner, PermissionsExt::from_mode(0o777)).unwrap();
        let error = install(&LIBRARY, &folder).unwrap_err().to_string();
        fs::remove_dir_all(&folder).unwrap();
        assert!(error.contains("others may write"), "{error}");
    }

    /// A stand-in that cannot ask what to play ends as no program that played.
    #[test]
    fn a_stand_in_that_cannot_ask_refuses() {
        let folder = std::env::temp_dir().join(format!("bigfoot-unasked-{}", std::process::id()));
        let path = install(&STAND_IN, &folder).unwrap();

        for (run, part, why) in [
            ("/nowhere,1", Some("7"), "cannot be asked"),
            ("/nowhere,1", None, "cannot be asked"),
            ("", Some("7,r"), "cannot be asked"),
            ("/nowhere,1", Some("7,x"), "has no number"),
            ("/nowhere,1", Some("-1"), "has no number"),
        ] {
            let mut stand_in = std::process::Command::new(&path);
            stand_in.env_clear().env("BIGFOOT_RUN", run).stdin(std::process::Stdio::null());
            let ended =
                stand_in.envs(part.map(|part| ("BIGFOOT_STAND_IN", part))).output().unwrap();

            assert_eq!((ended.status.code(), ended.stdout.len()), (Some(126), 0), "{part:?}");
            let words = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert!(words.contains(why), "{words}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    /// The stand-in is a program: it is found executable, and made so again.
    #[test]
    fn the_stand_in_lies_beside_the_library_and_can_be_started() {
        let folder = std::env::temp_dir().join(format!("bigfoot-stand-in-{}", std::process::id()));

        let library = install(&LIBRARY, &folder).unwrap();
        let path = install(&STAND_IN, &folder).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        install(&STAND_IN, &folder).unwrap();
        let started = std::process::Command::new(&path).env_clear().output().unwrap();
        fs::remove_dir_all(&folder).unwrap();

        assert_eq!(path.parent(), library.parent());
        assert_eq!(started.status.code(), Some(127));
        let words = String::from_utf8_lossy(&started.stderr).into_owned();
        assert!(words.contains("its start was not seen"), "{words}");
    }
}
