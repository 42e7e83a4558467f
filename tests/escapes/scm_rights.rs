//! A socket that another process made, received over a Unix socket.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// Whoever connects it is asked.
#[test]
fn a_received_socket_is_seen() {
    holds(
        "scm-rights",
        Does::Connect,
        &[
            words![guests::c("pass"), "rights", "{host}", "{port}"],
            words![guests::c("pass"), "back", "{host}", "{port}"],
        ],
    );
}

/// By the backstop too.
#[test]
fn a_received_socket_by_instruction_is_seen() {
    holds(
        "scm-rights-raw",
        Does::Connect,
        &[
            words![guests::c("pass"), "rights-instruction", "{host}", "{port}"],
            words![guests::c("pass"), "back-instruction", "{host}", "{port}"],
        ],
    );
}
