//! A handler of a signal.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// A call in a signal handler is a call.
#[test]
fn a_signal_handler_is_seen() {
    holds("handler", Does::Connect, &[words![guests::c("reach"), "handler", "{host}", "{port}"]]);
}
