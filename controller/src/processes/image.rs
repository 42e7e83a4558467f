//! What a program is to the process that runs it: itself again, a helper, a shell that starts more of
//! it, or one that only tells about the machine.

use std::path::{Path, PathBuf};

use crate::intake::program::{Identity, Target};

/// The program that a process counts as: its own, or for a shell that it started to start more of
/// itself, the program that started the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Path, links followed.
    pub real: PathBuf,
    /// The file.
    pub identity: Option<Identity>,
    /// The interpreter that runs it, if it is a script.
    pub interpreter: Option<(PathBuf, Identity)>,
}

impl Image {
    pub(super) fn of(target: &Target) -> Self {
        let Target { real, identity, interpreter, .. } = target.clone();
        Self { real, identity, interpreter }
    }

    /// Whether a program is this one again, or the interpreter of this one.
    pub(super) fn is_again(&self, target: &Target) -> bool {
        let own = self.identity.into_iter().chain(self.interpreter.as_ref().map(|(_, by)| *by));
        own.into_iter().any(|identity| target.leads_to(identity))
    }

    /// Whether a program lies where this one keeps its own helpers.
    pub(super) fn helps(&self, program: &Path) -> bool {
        let own = self.interpreter.as_ref().map_or(&self.real, |(path, _)| path);
        let (Some(folder), Some(name)) = (own.parent(), own.file_name()) else {
            return false;
        };
        if is_helper_folder(folder) && program.parent() == Some(folder) {
            return true;
        }
        let Some(prefix) =
            folder.parent().filter(|_| folder.ends_with("bin") || folder.ends_with("sbin"))
        else {
            return false;
        };
        let shared = [Path::new("/"), Path::new("/usr"), Path::new("/usr/local")].contains(&prefix);
        ["lib", "libexec"].iter().any(|kind| {
            let Ok(below) = program.strip_prefix(prefix.join(kind)) else {
                return false;
            };
            let first = below.iter().next().unwrap_or_default();
            !shared || first.as_encoded_bytes().starts_with(name.as_encoded_bytes())
        })
    }

    /// Whether a shell's command starts this program, or a helper of it, by a name of its own.
    pub(super) fn is_named_by(&self, command: &str) -> bool {
        let own = self
            .real
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let first = command.trim_start().split([' ', '\t', '\n']).next().unwrap_or_default();
        let first = first.trim_matches(['\'', '"']);
        let name = Path::new(first)
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        !own.is_empty()
            && (name == own || name.strip_prefix(&own).is_some_and(|rest| rest.starts_with('-')))
            && !command.contains([';', '&', '|', '`', '\n'])
            && !command.contains("$(")
    }
}

/// A folder for programs that others start, and no user (FHS 3.0, 4.6 and 4.7).
fn is_helper_folder(folder: &Path) -> bool {
    let of_system =
        ["/lib", "/usr/lib", "/usr/local/lib"].iter().any(|lib| folder.starts_with(lib));
    !folder.ends_with("bin") && (of_system || folder.iter().any(|part| part == "libexec"))
}

/// Programs that tell about the machine and reach nothing: interpreters ask them while they start.
const INFORMERS: [&str; 7] =
    ["arch", "getconf", "ldconfig", "ldconfig.real", "locale", "nproc", "uname"];

/// Whether a program is one of the system's that only tell about the machine.
pub(super) fn informs(program: &Path) -> bool {
    let folder = program.parent().unwrap_or(Path::new(""));
    let of_system =
        ["/bin", "/sbin", "/usr/bin", "/usr/sbin"].iter().any(|known| folder == Path::new(known));
    of_system
        && program.file_name().is_some_and(|name| INFORMERS.iter().any(|known| name == *known))
}

/// Whether a program is a shell.
pub(super) fn is_shell(program: &Path) -> bool {
    program
        .file_name()
        .is_some_and(|name| ["sh", "bash", "dash", "zsh", "ksh"].iter().any(|shell| name == *shell))
}

/// The command of `sh -c COMMAND`.
pub(super) fn shell_command(arguments: &[Vec<u8>]) -> Option<String> {
    let mut words = arguments.iter().skip(1);
    let flag = words.next()?;
    (flag.as_slice() == b"-c")
        .then(|| words.next())
        .flatten()
        .map(|word| String::from_utf8_lossy(word).into_owned())
}
