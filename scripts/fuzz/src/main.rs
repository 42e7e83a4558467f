//! Whatever arrives at bigfoot from outside, with random changes to it: no input may make it panic,
//! hang or answer without bounds. `scripts/fuzz.sh` builds and runs this.
//!
//! | file | job |
//! |---|---|
//! | `targets` | what is fuzzed, a file each, and what is claimed of it |
//! | `script` | an input as a conversation: who says what, in which pieces |
//! | `clerk` | who a conversation asks: it answers by bytes of the input |
//! | `talk` | plays a script to a conversation, under the rules of the responder |
//! | `scratch` | a folder of our own, and configurations in it |
#![no_main]
#![forbid(unsafe_code)]

mod clerk;
mod scratch;
mod script;
mod talk;
mod targets;

use std::sync::LazyLock;

/// The target that `BIGFOOT_FUZZ` names.
static TARGET: LazyLock<targets::Target> = LazyLock::new(|| {
    let name = std::env::var("BIGFOOT_FUZZ").unwrap_or_default();
    let found = targets::TARGETS.iter().find(|(known, _)| *known == name);
    found.map_or_else(|| panic!("there is no target {name:?}"), |(_, target)| *target)
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| TARGET(input));
