//! connect(2) by an instruction of the guest's own.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// The backstop sees what no library can.
#[test]
fn a_system_call_by_instruction_is_seen() {
    holds(
        "instruction",
        Does::Connect,
        &[words![guests::c("calls"), "instruction", "connect", "{host}", "{port}"]],
    );
}
