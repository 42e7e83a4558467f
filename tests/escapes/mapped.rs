//! An IPv4 address on a socket for IPv6.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// A mapped address is the address that it maps.
#[test]
fn mapped_by_libc_is_seen() {
    holds(
        "mapped",
        Does::Connect,
        &[
            words![guests::c("calls"), "libc", "mapped", "{host}", "{port}"],
            words![guests::c("calls"), "syscall", "mapped", "{host}", "{port}"],
        ],
    );
}

/// For the backstop too.
#[test]
fn mapped_by_instruction_is_seen() {
    holds(
        "mapped-raw",
        Does::Connect,
        &[words![guests::c("calls"), "instruction", "mapped", "{host}", "{port}"]],
    );
}
