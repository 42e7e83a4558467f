//! Facts of a process, read from /proc (proc(5)).

use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// A process, as the controller numbers it.
pub type Pid = u32;

/// Longest command line in a report, in characters.
const COMMAND_CHARS_MAX: usize = 120;
/// Bytes of /proc/PID/stat: a name of 64 and some fifty numbers. The kernel gives them in one piece.
const STAT_BYTES_MAX: usize = 2048;
/// Most ancestors that are followed.
const DEPTH_MAX: usize = 256;
/// How often ancestors are followed again when one of them ended meanwhile.
const TRIES_MAX: usize = 8;

/// What /proc/PID/stat tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// The process's parent.
    pub parent: Pid,
    /// When it started, in clock ticks since the machine did; with the number, one of a kind.
    pub started: u64,
}

/// Parent and start of a process; None if it is gone.
#[must_use]
pub fn stat(pid: Pid) -> Option<Stat> {
    let mut text = [0; STAT_BYTES_MAX];
    let length = fs::File::open(format!("/proc/{pid}/stat")).ok()?.read(&mut text).ok()?;
    let text = text.get(..length)?;
    // The name, in brackets, may hold anything; what follows the last bracket is numbers.
    let behind = text.iter().rposition(|byte| *byte == b')')?;
    let text = String::from_utf8_lossy(text.get(behind + 2..)?).into_owned();
    let fields: Vec<&str> = text.split(' ').collect();
    Some(Stat { parent: fields.get(1)?.parse().ok()?, started: fields.get(19)?.parse().ok()? })
}

/// Whether `root` is an ancestor of a process, or the process itself.
#[must_use]
pub fn is_below(pid: Pid, root: Pid) -> bool {
    (0..TRIES_MAX).find_map(|_| descends(pid, root)).unwrap_or(false)
}

/// The same; None if a process on the way is gone, whose children are another's by now.
fn descends(pid: Pid, root: Pid) -> Option<bool> {
    let mut at = pid;
    for _ in 0..DEPTH_MAX {
        if at == root {
            return Some(true);
        }
        match stat(at)?.parent {
            _ if at == 1 => return Some(false),
            0 => return None, // the kernel says so too where the parent ends just now
            parent => at = parent,
        }
    }
    Some(false)
}

/// The directory that a process is in.
#[must_use]
pub fn directory(pid: Pid) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

/// The executable of a process; links followed.
#[must_use]
pub fn executable(pid: Pid) -> Option<PathBuf> {
    let path = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let text = path.as_os_str().as_encoded_bytes();
    let text = text.strip_suffix(b" (deleted)").unwrap_or(text).to_vec();
    Some(PathBuf::from(std::ffi::OsString::from_vec(text)))
}

/// Name of a thread (its first 15 bytes), where it differs from its process's.
#[must_use]
pub fn thread_name(pid: Pid, thread: u32) -> Option<String> {
    let name = |of: u32| fs::read_to_string(format!("/proc/{pid}/task/{of}/comm")).ok();
    let own = name(thread)?;
    (name(pid)? != own).then(|| own.trim_end_matches('\n').to_owned())
}

/// The command line of a process, shortened.
#[must_use]
pub fn command(pid: Pid) -> Option<String> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    let mut text: Vec<String> =
        words.map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    if let Some(first) = text.first_mut() {
        let name = Path::new(first).file_name().map(|name| name.to_string_lossy().into_owned());
        *first = name.unwrap_or_default();
    }
    Some(shortened(&text.join(" ")))
}

/// The beginning of a text, with an ellipsis where it was cut.
#[must_use]
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(COMMAND_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Command lines from below `root` down to a process.
#[must_use]
pub fn chain(pid: Pid, root: Pid) -> Vec<String> {
    let mut chain = Vec::new();
    let mut at = pid;
    while at != root && at > 1 && chain.len() < DEPTH_MAX {
        chain.extend(command(at));
        match stat(at) {
            Some(stat) => at = stat.parent,
            None => break,
        }
    }
    chain.reverse();
    chain.dedup(); // a fork that has not become anything else yet
    chain
}

/// A path of a guest's as an absolute one, without `.`, `..` and doubled slashes; links not followed.
/// `directory` is a descriptor of the guest's, or `AT_FDCWD`.
#[must_use]
pub fn absolute(pid: Pid, directory: i32, path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    if path.is_relative() {
        let base = if directory == nix::libc::AT_FDCWD {
            format!("/proc/{pid}/cwd")
        } else {
            format!("/proc/{pid}/fd/{directory}")
        };
        whole = fs::read_link(base).unwrap_or_default();
    }
    whole.push(path);
    through_descriptor(pid, normal(&whole))
}

/// A path that goes through a descriptor of the guest's names nothing by itself: what the descriptor stands for is
/// what is meant.
fn through_descriptor(pid: Pid, path: PathBuf) -> PathBuf {
    let named = ["/proc/self/fd", "/proc/thread-self/fd", "/dev/fd"];
    let Some(below) = named.iter().find_map(|folder| path.strip_prefix(folder).ok()) else {
        return path;
    };
    let mut parts = below.components();
    let Some(number) = parts.next() else {
        return path;
    };
    match fs::read_link(Path::new("/proc").join(pid.to_string()).join("fd").join(number)) {
        Ok(behind) if behind.exists() => match parts.as_path() {
            rest if rest.as_os_str().is_empty() => behind,
            rest => normal(&behind.join(rest)),
        },
        _ => path, // a pipe, a socket, a file without a name
    }
}

/// A guest's absolute path with links followed, its last part perhaps not there yet. What the guest
/// calls `/proc/self` is the guest.
#[must_use]
pub fn linked(pid: Pid, path: &Path) -> Option<PathBuf> {
    let below = path.strip_prefix("/proc/self").or(path.strip_prefix("/proc/thread-self"));
    let own = below.map(|below| Path::new("/proc").join(pid.to_string()).join(below));
    let path = own.as_deref().unwrap_or(path);
    fs::canonicalize(path).ok().or_else(|| {
        let folder = fs::canonicalize(path.parent()?).ok()?;
        Some(folder.join(path.file_name()?))
    })
}

/// A path without `.`, `..` and doubled slashes.
fn normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                // What lies above a folder is above the one that its links lead to.
                if let Ok(real) = fs::canonicalize(&normal) {
                    normal = real;
                }
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test's own process is below its parent and not below itself's child.
    #[test]
    fn lineage_is_read_off_proc() {
        let own = std::process::id();
        let parent = stat(own).unwrap().parent;

        assert!(is_below(own, own));
        assert!(is_below(own, parent));
        assert!(!is_below(parent, own));
        assert_eq!(stat(u32::MAX), None);
    }

    /// A process whose parent ends while its ancestors are followed stays below the run.
    #[test]
    fn an_ancestor_that_ends_makes_no_stranger() {
        use std::io::{BufRead, BufReader};
        use std::process::{Command, Stdio};
        let own = std::process::id();
        nix::sys::prctl::set_child_subreaper(true).unwrap(); // orphans come here, as in a run

        for _ in 0..100 {
            let mut shell = Command::new("sh");
            shell.args(["-c", "sleep 60 >/dev/null & echo $!"]).stdout(Stdio::piped());
            let mut shell = shell.spawn().unwrap();
            let mut line = String::new();
            BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
            let orphan: Pid = line.trim().parse().unwrap();
            let reaper = std::thread::spawn(move || shell.wait());
            while !reaper.is_finished() {
                assert!(is_below(orphan, own));
            }
            assert!(is_below(orphan, own));
            let orphan = nix::unistd::Pid::from_raw(orphan.cast_signed());
            nix::sys::signal::kill(orphan, nix::sys::signal::Signal::SIGKILL).unwrap();
            nix::sys::wait::waitpid(orphan, None).unwrap();
        }
        assert!(!is_below(u32::MAX, own));
    }

    /// What goes through a descriptor is where that leads to; what leads to no file keeps its name.
    #[test]
    fn paths_through_descriptors_are_followed() {
        let (folder, (pipe, _end)) = (fs::File::open("/usr").unwrap(), std::io::pipe().unwrap());
        let number = |it: &dyn std::os::fd::AsRawFd| it.as_raw_fd();
        let absolute =
            |path: String| absolute(std::process::id(), nix::libc::AT_FDCWD, Path::new(&path));

        for start in ["/proc/self/fd", "/proc/thread-self/fd", "/dev/fd"] {
            let path = format!("{start}/{}", number(&folder));
            assert_eq!(absolute(path.clone()), Path::new("/usr"));
            assert_eq!(absolute(format!("{path}/../x/y")), Path::new("/x/y"), "above /usr");
            assert_eq!(absolute(format!("{path}/x/y")), Path::new("/usr/x/y"));
            let path = format!("{start}/{}", number(&pipe));
            assert_eq!(absolute(path.clone()), Path::new(&path));
        }
    }

    /// A relative path starts from the guest's own directory.
    #[test]
    fn paths_become_absolute() {
        let own = std::process::id();
        let here = std::env::current_dir().unwrap();

        assert_eq!(absolute(own, nix::libc::AT_FDCWD, Path::new("a/./b/../c")), here.join("a/c"));
        assert_eq!(absolute(own, nix::libc::AT_FDCWD, Path::new("/a//b/../c")), Path::new("/a/c"));
    }
}
