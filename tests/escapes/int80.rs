//! The entrance of 32-bit programs, used by one of 64 bits.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// The backstop sees both doors.
#[test]
fn the_other_entrance_is_seen() {
    holds(
        "int80",
        Does::Connect,
        &[
            words![guests::c("gate80"), "connect", "{host}", "{port}"],
            words![guests::c("gate80"), "socketcall", "{host}", "{port}"],
        ],
    );
}
