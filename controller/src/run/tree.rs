//! The processes below one of ours: found, waited for, ended.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid as Number;

use crate::intake::process::{self, Pid};

/// How long a process may take to end by itself, and how long when it was asked to.
const PATIENCE: Duration = Duration::from_millis(150);
const PATIENCE_ASKED: Duration = Duration::from_millis(1500);
const PAUSE: Duration = Duration::from_millis(5);

/// Processes below `root` that run; zombies are none.
#[must_use]
pub fn below(root: Pid) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids =
        entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<Pid>().ok());
    pids.filter(|pid| *pid != root && !is_zombie(*pid) && process::is_below(*pid, root)).collect()
}

fn is_zombie(pid: Pid) -> bool {
    let text = fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
    let behind = text.iter().rposition(|byte| *byte == b')').map_or(0, |at| at + 2);
    matches!(text.get(behind), None | Some(b'Z' | b'X'))
}

/// Ends what is left below `root`; the command lines of what did not end by itself.
pub fn end(root: Pid) -> Vec<String> {
    if gone(root, PATIENCE) {
        return Vec::new();
    }
    let left = below(root);
    let names = left.iter().filter_map(|pid| process::command(*pid)).collect();
    send(&left, Signal::SIGTERM);
    send(&left, Signal::SIGCONT); // one that is stopped would never end
    if !gone(root, PATIENCE_ASKED) {
        kill_all(root);
    }
    names
}

/// Kills all below `root`, again until nothing new comes up.
pub fn kill_all(root: Pid) {
    for _ in 0..100 {
        if is_childless(root) {
            return;
        }
        let left = below(root);
        if left.is_empty() {
            return;
        }
        send(&left, Signal::SIGKILL);
        std::thread::sleep(PAUSE);
    }
}

fn send(pids: &[Pid], signal: Signal) {
    for pid in pids {
        let _ = kill(Number::from_raw(pid.cast_signed()), signal); // it may be gone by now
    }
}

fn gone(root: Pid, patience: Duration) -> bool {
    let since = Instant::now();
    loop {
        if is_childless(root) || below(root).is_empty() {
            return true;
        }
        if since.elapsed() > patience {
            return false;
        }
        std::thread::sleep(PAUSE);
    }
}

/// Buries orphans that came to us, and says whether nobody is left below `root` for certain: we are it,
/// and have no child. Who is below a child of ours comes to us when that ends.
fn is_childless(root: Pid) -> bool {
    reap() && root == std::process::id()
}

/// Buries orphans that came to us; whether none of our children is left.
pub fn reap() -> bool {
    use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG | WaitPidFlag::__WALL)) {
            Ok(WaitStatus::StillAlive) => return false,
            Ok(_) => {}
            Err(error) => return error == nix::errno::Errno::ECHILD,
        }
    }
}
