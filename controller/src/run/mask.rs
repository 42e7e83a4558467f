//! What is started gets the signal mask that we were started with: ours blocks what we read.
#![expect(unsafe_code, reason = "the standard library sets no mask")]

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::signal::SigSet;

/// Has the command start with this mask.
pub fn with_mask(command: &mut Command, mask: SigSet) -> &mut Command {
    // SAFETY: between fork and exec this makes one system call, which is safe there
    // (signal-safety(7)), and touches no memory but the mask.
    unsafe { command.pre_exec(move || Ok(mask.thread_set_mask()?)) }
}
