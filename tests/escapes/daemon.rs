//! A daemon, forked twice, in a session of its own.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// Nobody gets away by becoming a daemon.
#[test]
fn a_daemon_is_seen() {
    holds("daemon", Does::Connect, &[words![guests::c("reach"), "daemon", "{host}", "{port}"]]);
}
