//! `bigfoot doctor`: what holds on this machine, found by trying.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::config::{self, Flags};
use crate::intake::Job;
use crate::library;
use crate::run::controller::{Service, environment, of_command};
use crate::run::directory::Directory;

/// One thing that was tried: what, whether it holds, and what that means or how to mend it.
struct Line {
    what: &'static str,
    holds: bool,
    text: String,
}

/// What holds, a line each.
#[must_use]
pub fn doctor() -> String {
    let mut lines = vec![preload(), folder()];
    lines.extend(trial());
    lines.push(sites());
    lines.push(Line {
        what: "kernel backstop",
        holds: false,
        text: "not in this version: static programs are counted as blind; system calls made without libc, as by Go, are neither held to rules nor counted".into(),
    });
    lines
        .iter()
        .map(|Line { what, holds, text }| {
            format!("{} {what}: {text}\n", if *holds { "ok  " } else { "weak" })
        })
        .collect()
}

fn preload() -> Line {
    let named = std::env::var_os("BIGFOOT_PRELOAD").map(PathBuf::from);
    match library::path(named.as_deref()) {
        Ok(path) => Line { what: "preload library", holds: true, text: path.display().to_string() },
        Err(error) => {
            Line { what: "preload library", holds: false, text: format!("failed to {error}") }
        }
    }
}

fn folder() -> Line {
    match Directory::new() {
        Ok(folder) => {
            Line { what: "folder for runs", holds: true, text: folder.path().display().to_string() }
        }
        Err(error) => {
            Line { what: "folder for runs", holds: false, text: format!("failed to {error}") }
        }
    }
}

/// Runs a shell and a program below it, and looks whether both said hello.
fn trial() -> Option<Line> {
    let folder = Directory::new().ok()?;
    let config = config::load(folder.path(), &Flags::default(), &|_| None).ok()?;
    let command = ["/bin/sh".into(), "-c".into(), "/bin/true; exit 0".into()];
    let service = Service::start(
        folder.path(),
        config,
        std::process::id(),
        Some(of_command(&command)),
        false,
    )
    .ok()?;
    let variables = environment(folder.path(), 1, false).ok()?;
    let ran = Command::new("/bin/sh")
        .args(&command[1..])
        .arg0("sh")
        .envs(variables)
        .stderr(Stdio::piped())
        .output();
    let _ = service.jobs.send(Job::Stop); // the engine is there until it is told so
    let (report, ..) = service.finish(false, |_, _| Vec::new())?;
    let said =
        ran.map(|output| String::from_utf8_lossy(&output.stderr).into_owned()).unwrap_or_default();
    let armed = report.coverage.armed;
    let text = match said.trim() {
        "" => {
            format!("{armed} of {} processes of a trial run were seen", report.coverage.processes)
        }
        said => format!("the loader says: {said}"),
    };
    Some(Line { what: "programs of this machine", holds: armed >= 2 && said.is_empty(), text })
}

/// Whether a guest's stack can be read from outside.
fn sites() -> Line {
    let allowed = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope");
    let scope = allowed.ok().and_then(|text| text.trim().parse::<u8>().ok()).unwrap_or(0);
    let text = match scope {
        0 | 1 => "call sites are read off the stacks of guests".into(),
        _ => format!(
            "kernel.yama.ptrace_scope is {scope}, so findings name no file and line; set it to 1"
        ),
    };
    Line { what: "call sites", holds: scope <= 1, text }
}
