//! Unix sockets by abstract names.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// An abstract name is a peer like any.
#[test]
fn an_abstract_name_is_seen() {
    holds(
        "abstract",
        Does::UnixAbstract,
        &[
            words![guests::c("calls"), "libc", "abstract", "{path}"],
            words![guests::c("calls"), "syscall", "abstract", "{path}"],
        ],
    );
}

/// For the backstop too.
#[test]
fn an_abstract_name_by_instruction_is_seen() {
    holds(
        "abstract-raw",
        Does::UnixAbstract,
        &[words![guests::c("calls"), "instruction", "abstract", "{path}"]],
    );
}
