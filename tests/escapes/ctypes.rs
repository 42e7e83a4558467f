//! connect(2) by its number through Python's ctypes.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// ctypes is seen.
#[test]
fn ctypes_is_seen() {
    holds(
        "ctypes",
        Does::Connect,
        &[words!["/usr/bin/python3", guests::source("call.py"), "{host}", "{port}"]],
    );
}
