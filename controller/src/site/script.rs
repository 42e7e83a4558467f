//! The script that an interpreter runs, from its command line.

use std::fs::File;
use std::io::Read;

/// Most that is read of a command line.
const COMMAND_LINE_BYTES_MAX: u64 = 64 << 10;

/// Most characters of a script that was given on the command line itself.
const INLINE_CHARS_MAX: usize = 60;

/// An interpreter: how its name starts, and what its options mean.
struct Interpreter {
    names: &'static [&'static str],
    /// Options that the script itself follows: `-c`, `-e`.
    inline: &'static [&'static str],
    /// Options that a module's name follows: `-m`.
    module: &'static [&'static str],
    /// Options that take a value.
    valued: &'static [&'static str],
}

const INTERPRETERS: [Interpreter; 5] = [
    Interpreter {
        names: &["python", "pypy"],
        inline: &["-c"],
        module: &["-m"],
        valued: &["-W", "-X", "--check-hash-based-pycs"],
    },
    Interpreter {
        names: &["node", "nodejs", "bun", "deno"],
        inline: &["-e", "--eval", "-p", "--print", "-pe"],
        module: &[],
        valued: &[
            "-r",
            "--require",
            "--import",
            "--loader",
            "--experimental-loader",
            "-C",
            "--conditions",
        ],
    },
    Interpreter {
        names: &["ruby"],
        inline: &["-e"],
        module: &[],
        valued: &["-I", "-r", "-C", "-E"],
    },
    Interpreter { names: &["perl"], inline: &["-e", "-E"], module: &[], valued: &["-I"] },
    Interpreter {
        names: &["bash", "sh", "dash", "zsh", "ksh"],
        inline: &["-c"],
        module: &[],
        valued: &["-o", "-O", "--rcfile", "--init-file"],
    },
];

/// Options of java that take a value as the next argument.
const JAVA_VALUED: [&str; 12] = [
    "-cp",
    "-classpath",
    "--class-path",
    "-p",
    "--module-path",
    "--add-modules",
    "--add-opens",
    "--add-exports",
    "--add-reads",
    "--enable-native-access",
    "--upgrade-module-path",
    "--source",
];

/// The script that a process runs; None if it is no interpreter, gone, or reads from standard input.
pub fn script(process: i32) -> Option<String> {
    let mut line = Vec::new();
    let file = File::open(format!("/proc/{process}/cmdline")).ok()?;
    file.take(COMMAND_LINE_BYTES_MAX).read_to_end(&mut line).ok()?;
    let line = line.strip_suffix(b"\0").unwrap_or(&line);
    let arguments: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    of(&arguments.iter().map(AsRef::as_ref).collect::<Vec<_>>())
}

fn of(arguments: &[&str]) -> Option<String> {
    let (program, rest) = arguments.split_first()?;
    let name = program.rsplit('/').next()?.trim_start_matches('-'); // a login shell's name starts with one
    if name == "java" {
        return java(rest);
    }
    let interpreter = INTERPRETERS.iter().find(|one| one.runs(name))?;
    interpreter.script(rest)
}

impl Interpreter {
    /// Whether this is its name, perhaps with a version: `python3.11`.
    fn runs(&self, program: &str) -> bool {
        let version = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        self.names.iter().any(|name| program.strip_prefix(name).is_some_and(version))
    }

    fn script(&self, arguments: &[&str]) -> Option<String> {
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if self.inline.iter().any(|option| self.is_inline(option, argument)) {
                return Some(format!("-c {}", shortened(rest.next()?)));
            }
            if self.module.contains(argument) {
                return Some(format!("-m {}", rest.next()?));
            }
            if *argument == "--" {
                return rest.next().map(|script| (*script).to_owned());
            }
            if self.valued.contains(argument) {
                rest.next()?;
            } else if !argument.starts_with('-') && !argument.starts_with('+') {
                return Some((*argument).to_owned());
            }
        }
        None
    }

    /// Short options may share a dash: `-xec`, `-Bc`.
    fn is_inline(&self, option: &str, argument: &str) -> bool {
        let letter = option.strip_prefix('-').filter(|letter| letter.len() == 1);
        let grouped = argument
            .strip_prefix('-')
            .filter(|letters| letters.bytes().all(|byte| byte.is_ascii_alphabetic()));
        argument == option
            || letter.zip(grouped).is_some_and(|(letter, group)| group.ends_with(letter))
    }
}

/// The main class, or the archive.
fn java(arguments: &[&str]) -> Option<String> {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "-jar" => return Some(format!("-jar {}", rest.next()?)),
            "-m" | "--module" => return Some(format!("-m {}", rest.next()?)),
            option if JAVA_VALUED.contains(&option) => drop(rest.next()?),
            option if option.starts_with('-') || option.starts_with('@') => {}
            class => return Some(class.to_owned()),
        }
    }
    None
}

fn shortened(script: &str) -> String {
    let line = script.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(INLINE_CHARS_MAX) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Option<String> {
        of(&line.split(' ').collect::<Vec<_>>())
    }

    /// Options come before the script, some with a value; arguments after it are its own.
    #[test]
    fn options_are_not_the_script() {
        assert_eq!(said("/usr/bin/python3.11 -X dev -B t/x.py -c y").as_deref(), Some("t/x.py"));
        assert_eq!(said("python3 -m pytest -q").as_deref(), Some("-m pytest"));
        assert_eq!(said("node --test --require ./hook.js a.test.js").as_deref(), Some("a.test.js"));
        assert_eq!(said("ruby -Ilib -r set x.rb").as_deref(), Some("x.rb"));
        assert_eq!(said("perl -w -- x.pl").as_deref(), Some("x.pl"));
        assert_eq!(said("-bash -x run.sh 1").as_deref(), Some("run.sh"));
    }

    /// A script on the command line is shown by how it starts.
    #[test]
    fn an_inline_script_is_shortened() {
        let long = "x ".repeat(100);

        let script = of(&["sh", "-ec", &long]).unwrap();

        assert_eq!(script.len(), "-c ...".len() + INLINE_CHARS_MAX);
        assert_eq!(of(&["python3", "-c", "import os\n\nos"]).as_deref(), Some("-c import os os"));
    }

    /// Java runs a class, an archive or a module.
    #[test]
    fn java_runs_a_class_or_an_archive() {
        assert_eq!(said("java -Xmx1g -cp a:b org.x.Main -jar").as_deref(), Some("org.x.Main"));
        assert_eq!(said("/opt/jdk/bin/java -ea -jar app.jar").as_deref(), Some("-jar app.jar"));
    }

    /// Other programs, and interpreters that read a terminal, run no script.
    #[test]
    fn other_programs_run_no_script() {
        assert_eq!(said("pythonista x.py"), None);
        assert_eq!(said("shred x"), None);
        assert_eq!(said("bash"), None);
        assert_eq!(said("python3 -c"), None);
        assert_eq!(said(""), None);
        assert_eq!(script(i32::MAX), None);
    }
}
