//! What is started gets the signal mask and the limit of descriptors that we were started with: our
//! mask blocks what we read, and our limit is the highest.
#![expect(unsafe_code, reason = "the standard library sets no mask")]

use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::SigSet;

/// Has the command start with this mask, and with the limit of descriptors that we were started with.
pub fn with_mask(command: &mut Command, mask: SigSet, limit: Limit) -> &mut Command {
    let started = move || {
        if let Some((soft, hard)) = limit {
            setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?;
        }
        Ok(mask.thread_set_mask()?)
    };
    // SAFETY: between fork and exec this makes two system calls, which is safe there
    // (signal-safety(7)), and touches no memory but the mask and the limit.
    unsafe { command.pre_exec(started) }
}

/// A limit of descriptors, soft and hard, that is to be restored.
pub type Limit = Option<(u64, u64)>;

/// Takes as many descriptors as may be had: connections that are answered need one each. What is to be
/// restored for the command.
#[must_use]
pub fn raise_limit() -> Limit {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    (soft < hard && setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok()).then_some((soft, hard))
}
