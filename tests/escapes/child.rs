//! A child made by fork(2).

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// A child is held to the same rules.
#[test]
fn a_child_is_seen() {
    holds("child", Does::Connect, &[words![guests::c("reach"), "child", "{host}", "{port}"]]);
}
