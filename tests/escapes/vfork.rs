//! vfork(2), whose child runs on its parent's stack until it becomes another program.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// A program that a vfork child became is seen.
#[test]
fn a_program_started_by_vfork_is_seen() {
    holds(
        "vfork",
        Does::Connect,
        &[words![guests::c("start"), "vfork", guests::c("reach"), "here", "{host}", "{port}"]],
    );
}
