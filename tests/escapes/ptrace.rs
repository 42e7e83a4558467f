//! One guest makes another one connect, by ptrace(2).

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// The call of the traced one is seen as it became.
#[test]
fn a_call_put_into_another_guest_is_seen() {
    holds("ptrace", Does::Connect, &[words![guests::c("trace"), "{host}", "{port}"]]);
}
