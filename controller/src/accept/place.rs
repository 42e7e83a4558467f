//! What is another in every run or on every machine, as placeholders.

use std::borrow::Cow;
use std::path::Path;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Ports from here on are handed out by the system to who asks for any (ip(7)).
const EPHEMERAL_MIN: i64 = 32768;

/// Folders that are another on every machine, with what stands in their place.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// Longest first.
    folders: Vec<(String, &'static str)>,
    /// Folders of temporary files.
    temporary: Vec<String>,
}

impl Places {
    /// For a project, on this machine.
    pub fn of(project: &Path) -> Self {
        let home = std::env::var_os("HOME").unwrap_or_default();
        let temporary = std::env::temp_dir();
        Self::new(project, Path::new(&home), &temporary)
    }

    /// For a project, with these folders.
    pub fn new(project: &Path, home: &Path, temporary: &Path) -> Self {
        let resolved = project.canonicalize().unwrap_or_else(|_| project.to_owned());
        let mut folders: Vec<(String, &str)> =
            [(project, "[project]"), (&resolved, "[project]"), (home, "[home]")]
                .into_iter()
                .filter(|(folder, _)| folder.is_absolute() && folder.components().count() > 1)
                .filter_map(|(folder, mark)| Some((folder.to_str()?.to_owned(), mark)))
                .collect();
        folders.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        folders.dedup();
        let usual = ["/tmp", "/var/tmp", "/dev/shm"].map(str::to_owned);
        let temporary = temporary.to_str().map(|folder| folder.trim_end_matches('/').to_owned());
        let mut temporary: Vec<_> =
            temporary.into_iter().filter(|folder| !folder.is_empty()).chain(usual).collect();
        temporary.sort_by_key(|folder| std::cmp::Reverse(folder.len()));
        Self { folders, temporary }
    }

    /// The text with placeholders.
    pub fn replace(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for (folder, mark) in &self.folders {
            if text.contains(folder.as_str()) {
                text = Cow::Owned(whole(&text, folder, mark));
            }
        }
        for folder in &self.temporary {
            if text.contains(folder.as_str()) {
                text = Cow::Owned(short(&text, folder));
            }
        }
        LOOPBACK.replace_all(&text, port).into_owned()
    }
}

/// `127.0.0.1:40123`, where the port is one that the system hands out.
static LOOPBACK: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"\b(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|0\.0\.0\.0|\[::1\]):(\d{5})\b";
    // A bracket is no part of a word: what comes before it does not matter.
    Regex::new(&pattern.replace(r"\b(127", r"(127")).expect("a pattern of ours")
});

fn port(found: &Captures<'_>) -> String {
    let port: i64 = found[2].parse().unwrap_or_default();
    if is_ephemeral(port) { format!("{}:[port]", &found[1]) } else { found[0].to_owned() }
}

/// Whether the system may have chosen this port.
pub(super) fn is_ephemeral(port: i64) -> bool {
    (EPHEMERAL_MIN..=i64::from(u16::MAX)).contains(&port)
}

/// Whether a host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.trim_matches(['[', ']']).parse().is_ok_and(|address: std::net::IpAddr| {
            address.is_loopback() || address.is_unspecified()
        })
}

/// What ends a path in any text.
fn ends_path(character: char) -> bool {
    character.is_whitespace() || "\"'`<>:;,()[]{}&?#|=\\".contains(character)
}

/// A folder, and not the beginning of another's name.
fn whole(text: &str, folder: &str, mark: &str) -> String {
    each(text, folder, |rest| match rest.chars().next() {
        Some(next) if next != '/' && !ends_path(next) => None,
        _ => Some((mark.to_owned(), 0)),
    })
}

/// A path below a folder of temporary files, as its last part alone: the parts before it, and names
/// that such files usually have, are another every time.
fn short(text: &str, folder: &str) -> String {
    each(text, folder, |rest| {
        let path = rest.strip_prefix('/')?;
        let path = &path[..path.find(ends_path).unwrap_or(path.len())];
        let trimmed = path.trim_end_matches('/');
        let mark = match trimmed.rsplit_once('/') {
            Some((_, last)) if !RANDOM.is_match(last) => format!("[tmp]/{last}"),
            _ if trimmed.is_empty() => return None,
            _ => "[tmp]".to_owned(),
        };
        Some((mark, 1 + path.len()))
    })
}

/// Names by mkstemp(3) and its likes.
static RANDOM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\.?(tmp|temp)[._-]?[A-Za-z0-9_]{6,}$").expect("a pattern of ours")
});

/// Replaces a folder and what `by` takes of the text behind it, where a path begins.
fn each(text: &str, folder: &str, by: impl Fn(&str) -> Option<(String, usize)>) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(folder) {
        let (before, behind) = (&rest[..at], &rest[at + folder.len()..]);
        let previous = before.chars().next_back().or_else(|| replaced.chars().next_back());
        let begins = previous.is_none_or(|previous| ends_path(previous) || previous == '/');
        replaced.push_str(before);
        match by(behind).filter(|_| begins) {
            Some((mark, taken)) => {
                replaced.push_str(&mark);
                rest = &behind[taken..];
            }
            None => {
                replaced.push_str(folder);
                rest = behind;
            }
        }
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(text: &str) -> String {
        let places = Places::new(
            Path::new("/home/ada/app"),
            Path::new("/home/ada"),
            Path::new("/home/ada/tmp/"),
        );
        places.replace(text)
    }

    /// What is another on every machine, or in every run, has a placeholder.
    #[test]
    fn what_changes_by_itself_has_a_placeholder() {
        for (before, after) in [
            ("http://127.0.0.1:40123/a", "http://127.0.0.1:[port]/a"),
            ("http://localhost:49152", "http://localhost:[port]"),
            ("[::1]:65535 and 127.1.2.3:32768", "[::1]:[port] and 127.1.2.3:[port]"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://example.com:40123", "http://example.com:40123"),
            ("127.0.0.1:99999", "127.0.0.1:99999"),
            ("/home/ada/app/src/a.rs", "[project]/src/a.rs"),
            ("/home/ada/app", "[project]"),
            ("/home/ada/apple", "[home]/apple"),
            ("/home/adam", "/home/adam"),
            ("file=/home/ada/app:/home/ada/.netrc", "file=[project]:[home]/.netrc"),
            ("/tmp/tmpab12cd_e/out.txt", "[tmp]/out.txt"),
            ("cp /tmp/a/b/c /var/tmp/x", "cp [tmp]/c [tmp]"),
            ("/tmp/pytest-of-ada/pytest-12/test_a0/tmpxyz01234", "[tmp]"),
            ("/tmp/a/.tmpAb3dEf/", "[tmp]"),
            ("/tmp", "/tmp"),
            ("/srv/tmp/a/b", "/srv/tmp/a/b"),
            ("unix:/tmp/.s.PGSQL.5432", "unix:[tmp]"),
        ] {
            assert_eq!(replaced(before), after, "{before}");
        }
    }

    /// Temporary files of a user's own folder.
    #[test]
    fn the_users_own_temporary_folder_counts() {
        let places = Places::new(Path::new("/p"), Path::new("/"), Path::new("/home/ada/tmp/"));

        assert_eq!(places.replace("/home/ada/tmp/x1/y"), "[tmp]/y");
        assert_eq!(places.replace("/p/x /etc"), "[project]/x /etc");
    }

    /// This machine by its names and addresses.
    #[test]
    fn this_machine_has_many_names() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "0.0.0.0"] {
            assert!(is_loopback(host), "{host}");
        }
        assert!(!is_loopback("example.com") && !is_loopback("10.0.0.1"));
    }
}
