//! What a program file is: which loader it wants, whether our library can be loaded into it, and
//! which interpreter runs it where it is a script (execve(2), elf(5)).

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use object::read::elf::{FileHeader, ProgramHeader};
use object::{LittleEndian, elf};

use super::looked::Looked;
use super::process::{self, Pid};
use crate::report::Reason;

/// Interpreters that a script may lead to, one through the other (the kernel's own limit).
const INTERPRETERS_MAX: usize = 5;
/// Bytes of a file that are looked at: enough for a script's first line and a program's headers.
const HEAD_BYTES: usize = 4 << 10;
/// Longest name of a loader: a path (limits.h).
const LOADER_BYTES_MAX: usize = 4096;

/// A file on disk, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// The file at a path, links followed.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let meta = fs::metadata(path).ok()?;
        Some(Self { device: meta.dev(), inode: meta.ino() })
    }
}

/// A program that is about to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its path: absolute, links not followed; as given where it is not there.
    pub program: PathBuf,
    /// Its path with links followed.
    pub real: PathBuf,
    /// The file; None where it is not there.
    pub identity: Option<Identity>,
    /// The interpreter that runs it, where it is a script, links followed; the last one of a chain.
    pub interpreter: Option<(PathBuf, Identity)>,
    /// Why nothing can be seen of it; None where our library can be loaded.
    pub blind: Option<Reason>,
    /// The guest sees other files than we do: it changed its root or its mounts.
    pub elsewhere: bool,
}

impl Target {
    /// What a guest is about to start. `search` is the value of PATH where the call searches it.
    #[must_use]
    pub fn find(pid: Pid, directory: i32, file: &Path, search: Option<&[u8]>) -> Self {
        let program = match search {
            Some(search) => searched(pid, file, search).unwrap_or_else(|| file.to_owned()),
            None if file.as_os_str().is_empty() => {
                PathBuf::from(format!("/proc/self/fd/{directory}"))
            }
            None => process::absolute(pid, directory, file),
        };
        if is_elsewhere(pid) {
            Self::below(program, &PathBuf::from(format!("/proc/{pid}/root")), true).0
        } else {
            Self::at(own_links(pid, program))
        }
    }

    /// The program at an absolute path.
    #[must_use]
    pub fn at(program: PathBuf) -> Self {
        static LOOKED: Looked = Looked::new();
        if program.starts_with("/proc") {
            return Self::below(program, Path::new("/"), false).0; // what is there is another's soon
        }
        LOOKED.at(program, |program| Self::below(program, Path::new("/"), false))
    }

    /// The program at an absolute path of a guest whose files are below `root`; and the interpreters that
    /// were looked at.
    fn below(program: PathBuf, root: &Path, elsewhere: bool) -> (Self, Vec<PathBuf>) {
        let inside = |path: &Path| root.join(path.strip_prefix("/").unwrap_or(path));
        let seen = inside(&program);
        let identity = Identity::of(&seen).filter(|_| seen.is_file());
        let linked = fs::canonicalize(&seen).unwrap_or_else(|_| program.clone());
        let real = if elsewhere { program.clone() } else { linked };
        let mut target =
            Self { program, real, identity, interpreter: None, blind: None, elsewhere };
        let (mut file, mut interpreters) = (inside(&target.real), Vec::new());
        for _ in 0..INTERPRETERS_MAX {
            let head = head(&file);
            match interpreter(&head) {
                Some(next) => {
                    file = inside(&next);
                    interpreters.push(file.clone());
                    let real = if elsewhere { None } else { fs::canonicalize(&file).ok() };
                    let real = real.unwrap_or(next);
                    target.interpreter = Identity::of(&file).map(|identity| (real, identity));
                }
                None => {
                    target.blind = blindness(&file, &head);
                    break;
                }
            }
        }
        (target, interpreters)
    }

    /// Whether this file, or the interpreter that it leads to, is that one.
    #[must_use]
    pub fn leads_to(&self, identity: Identity) -> bool {
        self.identity == Some(identity)
            || self.interpreter.as_ref().is_some_and(|(_, by)| *by == identity)
    }

    /// Whether there is no such file, for certain.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.identity.is_none() && !self.elsewhere
    }

    /// Whether a loader would complain about our library: one of another class, machine or libc.
    #[must_use]
    pub fn would_complain(&self) -> bool {
        matches!(self.blind, Some(Reason::OtherClass | Reason::ForeignLibc))
    }
}

/// Whether a guest sees other files than we do (chroot(2), mount_namespaces(7)). If that cannot be
/// told, it does.
fn is_elsewhere(pid: Pid) -> bool {
    static OWN: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| fs::read_link("/proc/self/ns/mnt").ok());
    OWN.is_none()
        || fs::read_link(format!("/proc/{pid}/ns/mnt")).ok() != *OWN
        || fs::read_link(format!("/proc/{pid}/root")).ok().as_deref() != Some(Path::new("/"))
}

/// The first file of this name on PATH that can be executed (execvp(3)).
fn searched(pid: Pid, file: &Path, search: &[u8]) -> Option<PathBuf> {
    let folders =
        search.split(|byte| *byte == b':').map(|folder| Path::new(OsStr::from_bytes(folder)));
    folders.map(|folder| process::absolute(pid, nix::libc::AT_FDCWD, &folder.join(file))).find(
        |path| {
            fs::metadata(path)
                .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
        },
    )
}

/// What a guest calls `/proc/self/...` is the guest's: the file behind that link, or the link by its
/// number where the file has no name (any more), as one in memory.
fn own_links(pid: Pid, path: PathBuf) -> PathBuf {
    let below = path.strip_prefix("/proc/self").or(path.strip_prefix("/proc/thread-self"));
    let Ok(below) = below else {
        return path;
    };
    let link = Path::new("/proc").join(pid.to_string()).join(below);
    let file = fs::read_link(&link).unwrap_or_default();
    if Identity::of(&file).is_some_and(|file| Identity::of(&link) == Some(file)) {
        file
    } else {
        link
    }
}

/// The beginning of a regular file; nothing of what one would have to wait for, such as a pipe.
fn head(path: &Path) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let opened = File::options().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path);
    if let Ok(file) = opened
        && file.metadata().is_ok_and(|meta| meta.is_file())
    {
        let _ = file.take(HEAD_BYTES as u64).read_to_end(&mut head); // what was read is what is known
    }
    head
}

/// The interpreter that a script names.
fn interpreter(head: &[u8]) -> Option<PathBuf> {
    let line = head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    Some(PathBuf::from(OsStr::from_bytes(words.next()?)))
}

/// Why our library cannot be loaded into this file's process.
fn blindness(path: &Path, head: &[u8]) -> Option<Reason> {
    if is_privileged(path) {
        return Some(Reason::Privileged);
    }
    match head.get(..5)? {
        [0x7f, b'E', b'L', b'F', class] if *class == elf::ELFCLASS64.0 => {}
        [0x7f, b'E', b'L', b'F', _] => return Some(Reason::OtherClass),
        _ => return None, // no program: the kernel says so, or a shell reads it
    }
    let header = elf::FileHeader64::<LittleEndian>::parse(head).ok()?;
    if header.e_machine(LittleEndian) != native() {
        return Some(Reason::OtherClass);
    }
    match loader(header, head, path) {
        None => Some(Reason::Static),
        Some(loader) if loader.windows(8).any(|part| part == b"ld-linux") => None,
        Some(_) => Some(Reason::ForeignLibc),
    }
}

const fn native() -> elf::Machine {
    if cfg!(target_arch = "aarch64") { elf::EM_AARCH64 } else { elf::EM_X86_64 }
}

/// The loader that a program asks for (`PT_INTERP`), which may stand anywhere in its file.
fn loader(header: &elf::FileHeader64<LittleEndian>, head: &[u8], path: &Path) -> Option<Vec<u8>> {
    let segments = header.program_headers(LittleEndian, head).ok()?;
    let segment = segments.iter().find(|segment| segment.p_type(LittleEndian) == elf::PT_INTERP)?;
    if let Ok(name) = segment.data(LittleEndian, head) {
        return Some(name.to_vec());
    }
    let length = usize::try_from(segment.p_filesz(LittleEndian)).unwrap_or(0);
    let mut name = vec![0; length.min(LOADER_BYTES_MAX)];
    let file = File::open(path).ok()?;
    file.read_exact_at(&mut name, segment.p_offset(LittleEndian)).ok()?;
    Some(name)
}

/// Whether the loader leaves LD_PRELOAD unread for it (ld.so(8), "Secure-execution mode").
fn is_privileged(path: &Path) -> bool {
    let Ok(meta) = fs::metadata(path) else {
        return false;
    };
    let mode = meta.permissions().mode();
    let changes_user = mode & 0o4000 != 0 && meta.uid() != nix::unistd::geteuid().as_raw();
    let changes_group = mode & 0o2010 == 0o2010 && meta.gid() != nix::unistd::getegid().as_raw();
    let mut none = [0_u8; 0];
    let capable =
        rustix::fs::getxattr(path, "security.capability", &mut none).is_ok_and(|bytes| bytes > 0);
    changes_user || changes_group || capable
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Programs of this machine's own libc are seen.
    #[test]
    fn a_dynamic_program_is_not_blind() {
        let target = Target::find(
            std::process::id(),
            nix::libc::AT_FDCWD,
            Path::new("true"),
            Some(b"/nowhere:/usr/bin"),
        );

        assert_eq!(target.program, Path::new("/usr/bin/true"));
        assert_eq!((target.blind, target.is_missing()), (None, false));
    }

    /// What is not there has no identity, and is no reason to call a process blind.
    #[test]
    fn a_missing_program_is_missing() {
        let target = Target::at("/nowhere/at-all".into());

        assert!(target.is_missing());
        assert_eq!(target.blind, None);
    }

    /// A guest's own links are the guest's: this process stands for the controller, a child for the guest.
    #[test]
    fn a_guests_own_executable_is_not_ours() {
        let mut guest = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let link = Path::new("/proc/self/exe");
        let sleeping =
            || process::executable(guest.id()).is_some_and(|path| path.ends_with("sleep"));
        while !sleeping() {
            std::thread::yield_now(); // it is still this program
        }

        let target = Target::find(guest.id(), nix::libc::AT_FDCWD, link, None);
        let ours = Target::find(std::process::id(), nix::libc::AT_FDCWD, link, None);
        guest.kill().unwrap();
        guest.wait().unwrap();

        assert!(target.program.ends_with("sleep"), "{target:?}");
        assert_eq!(ours.program, std::env::current_exe().unwrap());
    }

    /// A program in memory has no name, and is there all the same (fexecve(3)).
    #[test]
    fn a_program_in_memory_is_not_missing() {
        use rustix::fs::{MemfdFlags, memfd_create};
        use std::io::Write;
        use std::os::fd::AsRawFd;
        let mut file = File::from(memfd_create("program", MemfdFlags::CLOEXEC).unwrap());
        file.write_all(&fs::read("/bin/true").unwrap()).unwrap();

        let target = Target::find(std::process::id(), file.as_raw_fd(), Path::new(""), None);

        assert!(!target.is_missing(), "{target:?}");
        assert_eq!(target.blind, None);
    }

    /// The controller must not wait for a pipe that a guest names.
    #[test]
    fn a_pipe_is_not_waited_for() {
        let path = std::env::temp_dir().join(format!("bigfoot-pipe-{}", std::process::id()));
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();

        let target = Target::at(path.clone());
        fs::remove_file(&path).unwrap();

        assert!(target.is_missing());
    }

    /// The last interpreter is what runs, however many scripts are in between.
    #[test]
    fn a_script_leads_to_its_interpreter() {
        let folder = std::env::temp_dir().join(format!("bigfoot-script-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (inner, outer) = (folder.join("inner"), folder.join("outer"));
        fs::write(&inner, "#! /bin/sh -e\n").unwrap();
        fs::write(&outer, format!("#!{}\n", inner.display())).unwrap();

        let target = Target::at(outer);
        fs::remove_dir_all(&folder).unwrap();

        assert!(target.leads_to(Identity::of(Path::new("/bin/sh")).unwrap()));
    }
}
