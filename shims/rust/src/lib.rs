//! The test's side of bigfoot in Rust: sandboxes, mocks and assertions from within a test.
//!
//! Nothing of it is there yet. What works today needs no shim: `bigfoot run -- cargo test`.
#![forbid(unsafe_code)]
