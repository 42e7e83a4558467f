//! A program started with an empty environment.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// An empty environment does not disarm.
#[test]
fn a_program_without_environment_is_seen() {
    holds(
        "cleared",
        Does::Connect,
        &[
            words!["/usr/bin/env", "-i", guests::c("reach"), "here", "{host}", "{port}"],
            words![guests::c("start"), "cleared", guests::c("reach"), "here", "{host}", "{port}"],
            words![guests::c("start"), "environ", guests::c("reach"), "here", "{host}", "{port}"],
            words![
                guests::c("start"),
                "spawn-cleared",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
        ],
    );
}
