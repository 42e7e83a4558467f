//! LD_PRELOAD taken away before a program is started.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// Nor does a missing LD_PRELOAD.
#[test]
fn a_program_without_ld_preload_is_seen() {
    holds(
        "unset",
        Does::Connect,
        &[
            words![
                "/usr/bin/env",
                "-u",
                "LD_PRELOAD",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![guests::c("start"), "unset", guests::c("reach"), "here", "{host}", "{port}"],
        ],
    );
}
