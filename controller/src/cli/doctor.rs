//! `bigfoot doctor`: what holds on this machine, found by trying.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::backstop::probe;
use crate::config::{self, Flags};
use crate::intake::Job;
use crate::library;
use crate::run::controller::{Service, environment, of_command};
use crate::run::directory::Directory;
use crate::run::starter;

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
    lines.extend(backstop());
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

/// Whether the kernel tells of calls that no hook sees, and how well.
fn backstop() -> Vec<Line> {
    let what = "kernel backstop";
    let probed = match probe::probe() {
        Ok(probed) => probed,
        Err(error) => return vec![Line { what, holds: false, text: starter::reason(&error) }],
    };
    let gains = if probed.installed.gains {
        "programs of other users keep their privileges"
    } else {
        "sudo, ping and their like gain no privileges in a run (no_new_privs); --backstop off leaves them theirs"
    };
    let mut lines = vec![Line {
        what,
        holds: true,
        text: format!("calls made without libc are held up and decided; {gains}"),
    }];
    let mut weak = |holds: bool, text: &str| {
        if !holds {
            lines.push(Line { what, holds, text: text.into() });
        }
    };
    weak(
        probed.installed.killable,
        "a signal may make a call be asked about twice; Linux 5.19 mends that",
    );
    weak(
        probed.descriptors,
        "guests' sockets cannot be had (pidfd_getfd), so that what only the backstop sees is allowed or refused, and never mocked; a container needs CAP_SYS_PTRACE for it",
    );
    weak(
        probed.memory,
        "guests' memory cannot be read, so that what only the backstop sees is refused; a container needs CAP_SYS_PTRACE for it",
    );
    lines
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
