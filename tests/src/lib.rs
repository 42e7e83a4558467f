//! What the tests share: a scene to run a guest in, guests in C, and servers outside the guest's tree.
//!
//! | module | job |
//! |---|---|
//! | [`scene`] | runs a command bare and under `bigfoot run`, and reads the report |
//! | [`guest`] | compiles `guests/*.c` once |
//! | [`postgres`] | a real PostgreSQL |
//! | [`servers`] | loopback servers that the guest did not start |
//! | [`tools`] | programs that a test needs, or a clear word about the missing package |
//! | [`watch`] | ends what hangs |
#![forbid(unsafe_code)]

pub mod guest;
pub mod postgres;
pub mod scene;
pub mod servers;
pub mod tools;
pub mod watch;

pub use guest::guest;
pub use scene::{Finished, Scene, bigfoot, built};
