//! What a test or a command of ours says to a controller, and hears.
//!
//! A connection that carries control starts with [`MAGIC`]; a guest's starts with the length of its
//! request, which is never as large.

use serde::{Deserialize, Serialize};

/// First four bytes of a connection that carries control.
pub const MAGIC: [u8; 4] = *b"CTRL";

/// A word to the controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Control {
    /// End the run, and tell how it went.
    Verify {
        /// [`crate::VERSION`] of the asker.
        version: u16,
    },
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The run has ended.
    Verified {
        /// Exit code of the verdict.
        code: u8,
        /// The report, in the format that the run was started with.
        report: String,
    },
    /// It could not be done.
    Refused {
        /// Why.
        reason: String,
    },
}
