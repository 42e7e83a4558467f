//! LD_PRELOAD overwritten, by nothing or by another library.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// Nor does another LD_PRELOAD.
#[test]
fn a_program_with_another_ld_preload_is_seen() {
    holds(
        "overwritten",
        Does::Connect,
        &[
            words![
                "/usr/bin/env",
                "LD_PRELOAD=libm.so.6",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![
                guests::c("start"),
                "overwritten",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![
                guests::c("start"),
                "other-library",
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![guests::c("start"), "twice", guests::c("reach"), "here", "{host}", "{port}"],
        ],
    );
}
