//! Bytes of either side as messages: what can be read is written as the same bytes again.

use bigfoot_ipc::control::{Control, Outcome};
use bigfoot_ipc::frame::{self, LENGTH_BYTES};
use bigfoot_ipc::guest::{Cue, Request, Verdict};
use serde::{Deserialize, Serialize};

/// The first byte says as what.
pub fn target(input: &[u8]) {
    let Some((kind, body)) = input.split_first() else {
        return;
    };
    if let Some(head) = body.first_chunk() {
        let _ = frame::length(*head); // may be too long
    }
    match kind {
        b'r' => again::<Request<'_>>(body),
        b'v' => again::<Verdict>(body),
        b'c' => again::<Control>(body),
        b'o' => again::<Outcome>(body),
        _ => again::<Cue<'_>>(body),
    }
}

fn again<'a, T: Serialize + Deserialize<'a>>(body: &'a [u8]) {
    if let Ok(message) = frame::decode::<T>(body) {
        let written = frame::encode(&message).expect("a message of that length");
        assert_eq!(&written[LENGTH_BYTES..], body, "written again");
    }
}
