//! Unix sockets by paths that go through `/proc/self/fd`.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// A path through a descriptor leads to the socket that it is.
#[test]
fn a_path_through_a_descriptor_is_seen() {
    holds(
        "proc-self-fd",
        Does::UnixPath,
        &[
            words![guests::c("calls"), "libc", "path", "{path}"],
            words![guests::c("calls"), "libc", "descriptor", "{path}"],
            words![guests::c("calls"), "libc", "folder", "{path}"],
        ],
    );
}

/// For the backstop too.
#[test]
fn a_path_through_a_descriptor_by_instruction_is_seen() {
    holds(
        "proc-self-fd-raw",
        Does::UnixPath,
        &[
            words![guests::c("calls"), "instruction", "path", "{path}"],
            words![guests::c("calls"), "instruction", "descriptor", "{path}"],
            words![guests::c("calls"), "instruction", "folder", "{path}"],
        ],
    );
}
