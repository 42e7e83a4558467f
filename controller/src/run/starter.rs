//! Starts the command, below the kernel backstop where there is to be one.
//!
//! A filter binds the thread that installs it, and all that this thread starts. So a thread of its own
//! installs it and starts the command: ours are not held up, and its listener is a descriptor of ours
//! from the first.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bigfoot_ipc::page::watch;
use crossbeam_channel::bounded;
use nix::errno::Errno;
use nix::sys::signal::SigSet;
use nix::unistd::Pid;

use super::controller::Service;
use super::keeper::CONTROLLER_VARIABLE;
use super::mask::{Limit, with_mask};
use crate::backstop::{Backstop, Installed, Watch, filter, install};
use crate::intake::Job;
use crate::shared::{self, View};

/// What is started, and how.
#[derive(Debug, Clone)]
pub struct Starting<'a> {
    /// The command and its arguments.
    pub command: &'a [OsString],
    /// What its environment has beside ours.
    pub variables: &'a [(&'static str, OsString)],
    /// Its signal mask.
    pub mask: SigSet,
    /// Its limit of descriptors.
    pub limit: Limit,
}

impl Starting<'_> {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// It is not there, or cannot be executed.
    pub fn start(&self) -> io::Result<Pid> {
        let (program, arguments) = self.command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut start = Command::new(program);
        start.args(arguments).env_remove(CONTROLLER_VARIABLE);
        start.envs(self.variables.iter().cloned());
        let child = with_mask(&mut start, self.mask, self.limit).spawn()?;
        Ok(Pid::from_raw(child.id().cast_signed()))
    }

    /// Starts it below the kernel backstop.
    ///
    /// # Errors
    ///
    /// There can be no backstop: see [`reason`]. Then nothing was started.
    pub fn start_below(
        &self,
        wished: Watch,
        directory: &Path,
        service: &Service,
    ) -> io::Result<io::Result<Pid>> {
        let program = filter::program(wished);
        let (tell, told) = bounded(1);
        let (go, wait) = bounded::<()>(1);
        std::thread::scope(|scope| {
            let starter = std::thread::Builder::new().name("starter".into()).spawn_scoped(
                scope,
                move || {
                    let installed = install(&program);
                    let failed = installed.is_err();
                    if tell.send(installed).is_err() || failed || wait.recv().is_err() {
                        return Err(io::ErrorKind::Interrupted.into());
                    }
                    self.start()
                },
            )?;
            let (listener, how) = told.recv().map_err(io::Error::other)??;
            shared::watch(directory, bits(wished))?;
            let _ = service.jobs.send(Job::Watched { gains: how.gains }); // the desk is there until it is told to stop
            note(how, service);
            Backstop {
                listener: Arc::new(listener),
                folder: directory.to_owned(),
                facts: service.facts.clone(),
                view: Arc::new(View::new(directory)?),
                jobs: service.jobs.clone(),
            }
            .start()?;
            let _ = go.send(()); // it waits for that
            starter.join().map_err(|_| io::Error::other("the starting thread failed"))
        })
    }
}

fn bits(wished: Watch) -> u32 {
    watch::CALLS | if wished.files { watch::FILES } else { 0 }
}

/// What is weaker with a backstop that was installed like this.
fn note(how: Installed, service: &Service) {
    if !how.killable {
        let note = "the kernel is older than 5.19: a signal may make a call that is held up be asked about twice";
        let _ = service.jobs.send(Job::Note(note.into())); // as above
    }
}

/// Why there can be no backstop, and what is weaker without.
#[must_use]
pub fn reason(error: &io::Error) -> String {
    let why = match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EBUSY) => "another program holds the listener of this process tree (EBUSY)",
        Some(Errno::EPERM | Errno::EACCES) => "it is forbidden here, as in some containers (EPERM)",
        Some(Errno::ENOSYS) => "this kernel has no seccomp (ENOSYS)",
        Some(Errno::EINVAL) => "this kernel is older than 5.5 (EINVAL)",
        _ => return format!("no kernel backstop: {error}; {WEAKER}"),
    };
    format!("no kernel backstop: {why}; {WEAKER}")
}

const WEAKER: &str = "static programs, Go, and system calls made without libc are not held to rules, and such calls of armed processes are not counted";
