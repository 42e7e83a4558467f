//! A socket made before the program became another.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// It is connected under the same rules.
#[test]
fn an_inherited_socket_is_seen() {
    holds("inherited", Does::Connect, &[words![guests::c("pass"), "exec", "{host}", "{port}"]]);
}

/// By the backstop too.
#[test]
fn an_inherited_socket_by_instruction_is_seen() {
    holds(
        "inherited-raw",
        Does::Connect,
        &[words![guests::c("pass"), "exec-instruction", "{host}", "{port}"]],
    );
}
