//! Datagrams, by connect, sendto, sendmsg and sendmmsg.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// Datagrams are seen by the library.
#[test]
fn udp_by_libc_is_seen() {
    holds(
        "udp",
        Does::Send,
        &[
            words![guests::c("calls"), "libc", "udp-connect", "{host}", "{port}"],
            words![guests::c("calls"), "libc", "udp-to", "{host}", "{port}"],
            words![guests::c("calls"), "libc", "udp-message", "{host}", "{port}"],
            words![guests::c("calls"), "libc", "udp-messages", "{host}", "{port}"],
            words![guests::c("calls"), "syscall", "udp-connect", "{host}", "{port}"],
            words![guests::c("calls"), "syscall", "udp-to", "{host}", "{port}"],
            words![guests::c("calls"), "syscall", "udp-message", "{host}", "{port}"],
            words![guests::c("calls"), "syscall", "udp-messages", "{host}", "{port}"],
            words![guests::c("calls"), "libc", "udp-long-name", "{host}", "{port}"],
            words![guests::c("calls"), "libc", "udp-bad-second", "{host}", "{port}"],
            words![guests::c("calls"), "syscall", "udp-long-name", "{host}", "{port}"],
            words![guests::c("calls"), "syscall", "udp-bad-second", "{host}", "{port}"],
        ],
    );
}

/// And by the backstop.
#[test]
fn udp_by_instruction_is_seen() {
    holds(
        "udp-raw",
        Does::Send,
        &[
            words![guests::c("calls"), "instruction", "udp-connect", "{host}", "{port}"],
            words![guests::c("calls"), "instruction", "udp-to", "{host}", "{port}"],
            words![guests::c("calls"), "instruction", "udp-message", "{host}", "{port}"],
            words![guests::c("calls"), "instruction", "udp-messages", "{host}", "{port}"],
            words![guests::c("calls"), "instruction", "udp-long-name", "{host}", "{port}"],
            words![guests::c("calls"), "instruction", "udp-bad-second", "{host}", "{port}"],
        ],
    );
}
