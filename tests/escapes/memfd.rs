//! A program without a name: memfd_create(2) with fexecve(3), and execveat(2) of a descriptor.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// A program in memory is seen.
#[test]
fn a_program_in_memory_is_seen() {
    holds(
        "memfd",
        Does::Connect,
        &[
            words![guests::c("start"), "memory", guests::c("reach"), "here", "{host}", "{port}"],
            words![guests::c("start"), "execveat", guests::c("reach"), "here", "{host}", "{port}"],
        ],
    );
}
