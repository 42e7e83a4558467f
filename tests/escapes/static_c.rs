//! Static programs in C: no loader, no library.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// The backstop sees what they call.
#[test]
fn a_static_program_is_seen() {
    holds(
        "static",
        Does::Connect,
        &[
            words![guests::c_static("reach"), "here", "{host}", "{port}"],
            words![guests::c_static("reach"), "child", "{host}", "{port}"],
            words![guests::c_static("reach"), "daemon", "{host}", "{port}"],
            words![guests::c_static_pie("reach"), "here", "{host}", "{port}"],
            words![
                guests::c("start"),
                "execve",
                guests::c_static("reach"),
                "here",
                "{host}",
                "{port}"
            ],
        ],
    );
}

/// Programs that they start are seen too.
#[test]
fn a_program_started_by_a_static_one_is_seen() {
    holds(
        "static-start",
        Does::Start,
        &[
            words![guests::c_static("start"), "execve", "{path}"],
            words![guests::c_static("start"), "cleared", "{path}"],
            words![guests::c_static("start"), "spawn", "{path}"],
        ],
    );
}
