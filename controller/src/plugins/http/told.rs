//! What is said of a client off its protocol, and what a broken server says.

use crate::plugins::conversation::{Malformed, Output};

/// Most bytes at fault that are shown.
const SHOWN_MAX: usize = 64;

/// Bytes that are no HTTP, of any version.
pub(super) const GARBAGE: &[u8] = b"\x00\xff\xfe\x13\x37 this is no HTTP \x00\xff\r\n\r\n";

/// Notes what a client did, in words that follow "the client". The first of several is their cause.
pub(super) fn malformed(output: &mut Output, reason: &str, bytes: &[u8]) {
    let bytes = bytes.get(..SHOWN_MAX).unwrap_or(bytes).to_vec();
    output.malformed.get_or_insert(Malformed { reason: reason.to_owned(), bytes });
}
