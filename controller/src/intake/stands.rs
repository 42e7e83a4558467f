//! Stand-ins on PATH: who finds one means the next program of its name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use bigfoot_ipc::STAND_INS;
use nix::libc::AT_FDCWD;

use super::process::Pid;
use super::program::Target;
use crate::plugins::subprocess::answer::Told;

/// A PATH on which nothing is found.
const NOWHERE: &[u8] = b"/dev/null";

/// The folder of the stand-ins.
#[derive(Debug, Default)]
pub struct Stands {
    folder: Option<PathBuf>,
}

impl Stands {
    /// In the run's folder, which is that of this socket.
    #[must_use]
    pub fn beside(listener: &UnixListener) -> Self {
        let address = listener.local_addr().ok();
        let path = address.as_ref().and_then(|address| address.as_pathname());
        Self { folder: path.and_then(Path::parent).map(|folder| folder.join(STAND_INS)) }
    }

    /// What a guest is about to start, as [`Target::find`] has it; and whether a stand-in was found
    /// before it.
    #[must_use]
    pub fn find(
        &self,
        pid: Pid,
        directory: i32,
        file: &Path,
        search: Option<&[u8]>,
    ) -> (Target, bool) {
        if let Some(name) = self.name(file) {
            return (self.next(pid, name, search.unwrap_or_default()), true);
        }
        let found = Target::find(pid, directory, file, search);
        match (self.name(&found.program), search) {
            (Some(name), Some(search)) => (self.next(pid, name, search), true),
            _ => (found, false),
        }
    }

    /// Whether something is there, if only a folder, or a program of its name is on the run's own PATH.
    #[must_use]
    pub fn is_installed(program: &Path) -> bool {
        if program.is_absolute() && program.symlink_metadata().is_ok() {
            return true;
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let name = Path::new(program.file_name().unwrap_or_default());
        let own = std::process::id();
        !Target::find(own, AT_FDCWD, name, Some(path.as_bytes())).is_missing()
    }

    /// What lies behind a stand-in that was started unseen.
    #[must_use]
    pub fn behind(&self, pid: Pid, told: &Told) -> Target {
        let path = told.environment.iter().find_map(|entry| entry.strip_prefix(b"PATH="));
        let given = told.arguments.first().map(|word| Path::new(OsStr::from_bytes(word)));
        let name = given.and_then(Path::file_name).unwrap_or_default();
        self.next(pid, name, path.unwrap_or_default())
    }

    /// The name of a stand-in's file.
    fn name<'a>(&self, file: &'a Path) -> Option<&'a OsStr> {
        let folder = self.folder.as_deref()?;
        (file.parent() == Some(folder)).then(|| file.file_name()).flatten()
    }

    fn next(&self, pid: Pid, name: &OsStr, search: &[u8]) -> Target {
        let own = self.folder.as_deref().map(|folder| folder.as_os_str().as_bytes());
        let others = search.split(|byte| *byte == b':').filter(|folder| Some(*folder) != own);
        let others: Vec<&[u8]> = others.collect();
        let others = others.join(&b':');
        let search = if others.is_empty() { NOWHERE } else { &others };
        Target::find(pid, AT_FDCWD, Path::new(name), Some(search))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands(folder: &str) -> Stands {
        Stands { folder: Some(folder.into()) }
    }

    fn find(file: &str, search: Option<&str>) -> (PathBuf, bool) {
        let search = search.map(str::as_bytes);
        let stands = stands("/run/x/bin");
        let (target, stood) = stands.find(std::process::id(), AT_FDCWD, Path::new(file), search);
        (target.program, stood)
    }

    /// A shell that found the stand-in means the program that it would find without it.
    #[test]
    fn behind_a_stand_in_lies_the_next_of_its_name() {
        let path = "/run/x/bin:/nowhere:/usr/bin";

        assert_eq!(find("/run/x/bin/true", Some(path)), ("/usr/bin/true".into(), true));
        assert_eq!(find("/run/x/bin/no-such", Some(path)), ("no-such".into(), true));
        assert_eq!(find("/run/x/bin/true", Some("/run/x/bin")), ("true".into(), true));
        assert_eq!(find("/run/x/bin/true", None), ("true".into(), true));
    }

    /// Any other program is what it is.
    #[test]
    fn other_programs_are_found_as_ever() {
        assert_eq!(find("true", Some("/usr/bin")), ("/usr/bin/true".into(), false));
        assert_eq!(find("/usr/bin/true", None), ("/usr/bin/true".into(), false));
        assert!(!find("/run/x/bin/sub/true", None).1);
    }

    /// One that was started unseen is known by its name and its own PATH.
    #[test]
    fn an_unseen_start_means_the_same() {
        let told = Told {
            arguments: vec![b"/run/x/bin/true".to_vec()],
            environment: vec![b"A=1".to_vec(), b"PATH=/run/x/bin:/usr/bin".to_vec()],
            ..Told::default()
        };

        let target = stands("/run/x/bin").behind(std::process::id(), &told);
        let none = stands("/run/x/bin").behind(std::process::id(), &Told::default());

        assert_eq!(target.program, Path::new("/usr/bin/true"));
        assert!(none.is_missing());
    }
}
