//! A child of a child.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// So is its child.
#[test]
fn a_grandchild_is_seen() {
    holds(
        "grandchild",
        Does::Connect,
        &[words![guests::c("reach"), "grandchild", "{host}", "{port}"]],
    );
}
