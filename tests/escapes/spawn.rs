//! posix_spawn(3), with each of its attributes and with file actions.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// No attribute of posix_spawn makes a difference.
#[test]
fn a_spawned_program_is_seen() {
    holds(
        "spawn",
        Does::Connect,
        &[
            words![guests::c("start"), "spawn", guests::c("reach"), "here", "{host}", "{port}"],
            words![
                guests::c("start"),
                "spawn-actions",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![
                guests::c("start"),
                "spawn=setpgroup",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![
                guests::c("start"),
                "spawn=setsigdef",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![
                guests::c("start"),
                "spawn=setsigmask",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![
                guests::c("start"),
                "spawn=setsid",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![
                guests::c("start"),
                "spawn=resetids",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![
                guests::c("start"),
                "spawn=setscheduler",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![
                guests::c("start"),
                "spawn=setschedparam",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
        ],
    );
}
