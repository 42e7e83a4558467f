//! A program started by the dynamic loader by hand.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// Where the loader of x86-64 lies.
const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";

/// The loader by hand loads bigfoot's library too.
#[test]
fn a_program_behind_the_loader_is_seen() {
    holds(
        "loader",
        Does::Connect,
        &[
            words![LOADER, guests::c("reach"), "here", "{host}", "{port}"],
            words![
                guests::c("start"),
                "execve",
                LOADER,
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
            words![
                guests::c("start"),
                "cleared",
                LOADER,
                guests::c("reach"),
                "here",
                "{host}",
                "{port}"
            ],
        ],
    );
}
