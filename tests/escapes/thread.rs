//! A thread made by pthread_create(3).

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// A thread is held to the same rules.
#[test]
fn a_thread_is_seen() {
    holds("thread", Does::Connect, &[words![guests::c("reach"), "thread", "{host}", "{port}"]]);
}
