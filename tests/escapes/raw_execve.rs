//! execve(2) and execveat(2) by an instruction of the guest's own, with and without environment: the new program has no library.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// A program that was started behind libc's back is seen by the backstop.
#[test]
fn a_program_behind_a_raw_execve_is_seen() {
    holds(
        "raw-execve",
        Does::Connect,
        &[
            words![guests::c("start"), "raw", guests::c("reach"), "here", "{host}", "{port}"],
            words![
                guests::c("start"),
                "raw-cleared",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![
                guests::c("start"),
                "raw-memory",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
        ],
    );
}
