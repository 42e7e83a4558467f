//! The outer process: it starts the controller, passes signals on, and ends as the command did.

use std::env;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, Command};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::directory::{self, Directory};
use super::mask::with_mask;
use super::{Ended, INTERNAL, tree};

/// Tells the inner process that it is the controller, and the run's folder.
pub const CONTROLLER_VARIABLE: &str = "BIGFOOT_CONTROLLER";

/// Signals that are meant for the command.
pub const PASSED: [Signal; 6] = [
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
];

/// The run could not be started.
#[derive(Debug)]
pub enum Error {
    /// There is no folder for it.
    Directory(directory::Error),
    /// The controller could not be started.
    Start(io::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory(error) => error.fmt(out),
            Self::Start(error) => write!(out, "start the controller: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// Runs the same command line again as the controller, and ends as it says.
///
/// # Errors
///
/// The run could not be started.
pub fn keep() -> Result<u8, Error> {
    let directory = Directory::new().map_err(Error::Directory)?;
    let (signals, mask) = signals(&PASSED).map_err(Error::Start)?;
    // Orphans of the controller come to us, should it die.
    nix::sys::prctl::set_child_subreaper(true).map_err(|error| Error::Start(error.into()))?;
    let child = start(directory.path(), mask).map_err(Error::Start)?;
    let pid = Pid::from_raw(child.id().cast_signed());
    let killed = wait(pid, &signals);
    match Ended::read(directory.path()) {
        Some(Ended::Code(code)) => Ok(code),
        Some(Ended::Signal(signal)) => {
            drop(directory);
            Ok(end_by(signal))
        }
        None => Ok(lost(&directory, killed)),
    }
}

/// Blocks signals and makes them readable; and the mask from before, which is what is started gets.
pub fn signals(which: &[Signal]) -> io::Result<(SignalFd, SigSet)> {
    let mut set: SigSet = which.iter().copied().collect();
    set.add(Signal::SIGCHLD);
    let before = SigSet::thread_get_mask()?;
    set.thread_block()?;
    let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
    Ok((SignalFd::with_flags(&set, flags)?, before))
}

fn start(directory: &Path, mask: SigSet) -> io::Result<Child> {
    let own = fs::read_link("/proc/self/exe")?;
    let mut arguments = env::args_os();
    let name = arguments.next().unwrap_or_else(|| "bigfoot".into());
    let mut command = Command::new(own);
    std::os::unix::process::CommandExt::arg0(&mut command, name);
    command.args(arguments).env(CONTROLLER_VARIABLE, directory);
    with_mask(&mut command, mask, None).spawn()
}

/// Waits for the controller; how it was killed, if it was.
fn wait(pid: Pid, signals: &SignalFd) -> Option<Signal> {
    loop {
        let mut polled = [PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut polled, PollTimeout::NONE); // interrupted: looked at all the same
        while let Ok(Some(signal)) = signals.read_signal() {
            pass_on(pid, &signal);
        }
        // Every child, since orphans may come to us.
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            match status {
                WaitStatus::Exited(ended, _) if ended == pid => return None,
                WaitStatus::Signaled(ended, signal, _) if ended == pid => return Some(signal),
                WaitStatus::StillAlive => break,
                _ => {}
            }
        }
    }
}

/// Passes on a signal that a process sent. Those of a terminal reach the command by themselves.
pub fn pass_on(to: Pid, signal: &nix::sys::signalfd::siginfo) {
    let Ok(number) = Signal::try_from(signal.ssi_signo.cast_signed()) else {
        return;
    };
    let by_kernel = signal.ssi_code > 0;
    if number != Signal::SIGCHLD && !by_kernel {
        let _ = kill(to, number); // it may be gone by now
    }
}

/// The controller is gone and left no word: its guests are refused, and the run ends.
fn lost(directory: &Directory, killed: Option<Signal>) -> u8 {
    tree::kill_all(std::process::id());
    let how = killed.map_or_else(
        || "ended without a word".to_owned(),
        |signal| format!("was killed by {signal}"),
    );
    eprintln!(
        "bigfoot: BF202 controller lost: it {how}; every later call was refused, and the run was ended"
    );
    eprintln!("bigfoot: what it knew went with it; run again, and see `bigfoot explain BF202`");
    let _ = directory; // removed when it goes out of scope, behind the last guest
    INTERNAL
}

/// Ends as the command did, so that whoever started us sees the same.
fn end_by(signal: i32) -> u8 {
    let code = u8::try_from(128 + signal).unwrap_or(255);
    if let Ok(signal) = Signal::try_from(signal) {
        let none = nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0);
        if none.is_ok() {
            let _ = SigSet::from(signal).thread_unblock();
            let _ = raise(signal);
        }
    }
    code // the signal was ignored when we were started, as it was for the command
}
