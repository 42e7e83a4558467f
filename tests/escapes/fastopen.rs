//! TCP Fast Open, where the call that sends the first bytes connects.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// Sending connects.
#[test]
fn fastopen_by_libc_is_seen() {
    holds(
        "fastopen",
        Does::Connect,
        &[
            words![guests::c("calls"), "libc", "fastopen", "{host}", "{port}"],
            words![guests::c("calls"), "libc", "fastopen-message", "{host}", "{port}"],
            words![guests::c("calls"), "libc", "fastopen-connect", "{host}", "{port}"],
            words![guests::c("calls"), "syscall", "fastopen", "{host}", "{port}"],
            words![guests::c("calls"), "syscall", "fastopen-message", "{host}", "{port}"],
            words![guests::c("calls"), "syscall", "fastopen-connect", "{host}", "{port}"],
        ],
    );
}

/// In every form.
#[test]
fn fastopen_by_instruction_is_seen() {
    holds(
        "fastopen-raw",
        Does::Connect,
        &[
            words![guests::c("calls"), "instruction", "fastopen", "{host}", "{port}"],
            words![guests::c("calls"), "instruction", "fastopen-message", "{host}", "{port}"],
            words![guests::c("calls"), "instruction", "fastopen-connect", "{host}", "{port}"],
        ],
    );
}
