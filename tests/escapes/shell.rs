//! system(3) and popen(3).

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// What a shell starts for a guest is seen.
#[test]
fn a_program_behind_a_shell_is_seen() {
    holds(
        "shell",
        Does::Connect,
        &[
            words![guests::c("start"), "shell", guests::c("reach"), "here", "{host}", "{port}"],
            words![guests::c("start"), "piped", guests::c("reach"), "here", "{host}", "{port}"],
        ],
    );
}
