//! A thread made by clone(2) itself, that libc knows nothing of.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// It may use libc all the same.
#[test]
fn a_thread_of_its_own_is_seen() {
    holds("raw-clone", Does::Connect, &[words![guests::c("clone"), "libc", "{host}", "{port}"]]);
}

/// Or not.
#[test]
fn a_thread_of_its_own_by_instruction_is_seen() {
    holds(
        "raw-clone-raw",
        Does::Connect,
        &[words![guests::c("clone"), "instruction", "{host}", "{port}"]],
    );
}
