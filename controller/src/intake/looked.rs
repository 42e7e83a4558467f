//! Programs that were looked at before: a shell script starts the same few hundreds of times, and to
//! read one anew takes some twenty system calls each.
//!
//! What is kept counts as long as each file that was looked at is the same and unchanged; and a file that
//! was changed just before it was looked at is not kept, since the clock of files is coarse.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use super::program::Target;

/// Programs that are kept; beyond them all are forgotten.
const PROGRAMS_MAX: usize = 1024;
/// How long a file must have been unchanged to be kept.
const SETTLED: Duration = Duration::from_secs(2);

/// A file as it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    device: u64,
    inode: u64,
    bytes: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl Look {
    fn at(path: &Path) -> Option<Self> {
        let meta = fs::metadata(path).ok()?;
        Some(Self {
            device: meta.dev(),
            inode: meta.ino(),
            bytes: meta.size(),
            written: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })
    }

    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let changed = Duration::from_secs(u64::try_from(self.changed.0).unwrap_or(u64::MAX));
        changed.saturating_add(SETTLED) < now
    }
}

/// What was seen of a program, and of which files.
#[derive(Debug)]
struct Seen {
    files: Vec<(PathBuf, Look)>,
    target: Target,
}

/// Programs by their absolute path.
#[derive(Debug, Default)]
pub struct Looked(Mutex<Option<HashMap<PathBuf, Seen>>>);

impl Looked {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// The program at this path: as it was seen before, or as `look` sees it now, which tells also the files
    /// that it looked at.
    pub fn at(
        &self,
        program: PathBuf,
        look: impl FnOnce(PathBuf) -> (Target, Vec<PathBuf>),
    ) -> Target {
        if let Some(target) = self.known(&program) {
            return target;
        }
        let before = Look::at(&program);
        let (target, files) = look(program.clone());
        let looks = files.into_iter().map(|path| Look::at(&path).map(|look| (path, look)));
        let files: Option<Vec<(PathBuf, Look)>> = looks.collect();
        if let Some(mut files) = files
            && let Some(before) = before
        {
            files.push((program.clone(), before));
            self.keep(program, Seen { files, target: target.clone() });
        }
        target
    }

    fn known(&self, program: &Path) -> Option<Target> {
        let programs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = programs.as_ref()?.get(program)?;
        let same = |(path, look): &(PathBuf, Look)| Look::at(path).as_ref() == Some(look);
        seen.files.iter().all(same).then(|| seen.target.clone())
    }

    fn keep(&self, program: PathBuf, seen: Seen) {
        if !seen.files.iter().all(|(_, look)| look.is_settled()) {
            return;
        }
        let mut programs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let programs = programs.get_or_insert_default();
        if programs.len() >= PROGRAMS_MAX {
            programs.clear();
        }
        programs.insert(program, seen);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A program is read once, as long as neither it nor what its path leads to has changed.
    #[test]
    fn a_program_is_looked_at_again_only_when_it_changed() {
        let folder = std::env::temp_dir().join(format!("bigfoot-looked-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let link = folder.join("link");
        symlink("/bin/true", &link).unwrap();
        let (looked, looks) = (Looked::new(), Cell::new(0));
        let look = |path: PathBuf| {
            looks.set(looks.get() + 1);
            (Target::at(path), Vec::new())
        };

        let first = looked.at(link.clone(), look);
        assert_eq!((looked.at(link.clone(), look), looks.get()), (first, 1));
        fs::remove_file(&link).unwrap();
        symlink("/bin/false", &link).unwrap();
        let other = looked.at(link.clone(), look);
        fs::remove_file(&link).unwrap();
        let gone = looked.at(link, look);
        fs::remove_dir_all(&folder).unwrap();

        assert!(other.real.ends_with("false"), "{other:?}");
        assert!(gone.is_missing());
    }

    /// What was written just now may be written again without its times telling.
    #[test]
    fn a_fresh_program_is_looked_at_each_time() {
        let path = std::env::temp_dir().join(format!("bigfoot-fresh-{}", std::process::id()));
        let looked = Looked::new();
        let line = |interpreter: &str| {
            fs::write(&path, format!("#!{interpreter}\n")).unwrap();
            looked.at(path.clone(), |path| (Target::at(path), Vec::new())).interpreter.unwrap().0
        };

        let (first, second) = (line("/bin/cat"), line("/bin/tee"));
        fs::remove_file(&path).unwrap();

        assert!(first.ends_with("cat") && second.ends_with("tee"), "{first:?} {second:?}");
    }
}
