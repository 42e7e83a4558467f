//! Scripts, whose first line names the program that reads them.

use std::ffi::OsString;

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// A command that becomes the guest by a script.
fn by_script(mut start: Vec<OsString>, script: &str) -> Vec<OsString> {
    start.extend(words![guests::source(script), guests::c("reach"), "here", "{host}", "{port}"]);
    start
}

/// What a script becomes is seen, with whatever environment.
#[test]
fn a_program_behind_a_script_is_seen() {
    holds(
        "script",
        Does::Connect,
        &[
            by_script(vec![], "script.sh"),
            by_script(vec![], "cleared.sh"),
            by_script(words![guests::c("start"), "execve"], "script.sh"),
            by_script(words![guests::c("start"), "cleared"], "script.sh"),
            by_script(words![guests::c("start"), "spawn"], "script.sh"),
        ],
    );
}
