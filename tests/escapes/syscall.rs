//! connect(2) by its number, through libc's `syscall`.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// libc's `syscall` is seen by the library.
#[test]
fn a_system_call_by_number_is_seen() {
    holds(
        "syscall",
        Does::Connect,
        &[words![guests::c("calls"), "syscall", "connect", "{host}", "{port}"]],
    );
}
