//! A library that was loaded with RTLD_DEEPBIND finds libc before the preloaded library.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// The backstop sees it.
#[test]
fn a_deeply_bound_library_is_seen() {
    holds(
        "deepbind",
        Does::Connect,
        &[words![guests::c("load"), "deepbind", guests::library("plugin"), "{host}", "{port}"]],
    );
}
