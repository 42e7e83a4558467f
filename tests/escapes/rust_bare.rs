//! A static-pie program in Rust without std, libc and start-up files.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// It is seen by the backstop.
#[test]
fn a_program_without_any_library_is_seen() {
    holds("rust-bare", Does::Connect, &[words![guests::bare_rust("bare"), "{host}", "{port}"]]);
}
