//! Patience: what a test started and does not end is ended, so that a fault shows as a failure and not as silence.

use std::process::Child;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// Longest that a run may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// A watch over a process group. When it is dropped, what is left of the group is killed.
pub struct Watch {
    group: Pid,
    _done: Sender<()>,
}

impl Watch {
    /// A watch over a child that leads a process group of its own.
    #[must_use]
    pub fn over(child: &Child) -> Self {
        let group = Pid::from_raw(child.id().cast_signed());
        let (done, waiting) = channel();
        thread::spawn(move || {
            if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                eprintln!("killed after {} s: {group}", PATIENCE.as_secs());
                end(group);
            }
        });
        Self { group, _done: done }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        end(self.group);
    }
}

fn end(group: Pid) {
    let _ = killpg(group, Signal::SIGKILL); // nobody may be left to kill
}
