//! A library in a namespace of its own, with a libc of its own (dlmopen(3)).

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// The backstop sees it.
#[test]
fn a_library_in_another_namespace_is_seen() {
    holds(
        "dlmopen",
        Does::Connect,
        &[words![guests::c("load"), "namespace", guests::library("plugin"), "{host}", "{port}"]],
    );
}
