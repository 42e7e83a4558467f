//! Tests that say which calls they expect: bigfoot's side in Rust.
//!
//! ```no_run
//! #[bigfoot::test]
//! fn a_card_is_charged() {
//!     bigfoot::http().mock_response("POST", "https://pay.example.com/charges").status(201);
//!
//!     let sandbox = bigfoot::sandbox();
//!     // .. the code under test, with the client that it always has ..
//!     drop(sandbox);
//!
//!     bigfoot::http().assert_request("POST", "https://pay.example.com/charges");
//! }
//! ```
//!
//! Three rules hold for each such test. In a sandbox every call has a mock, or it is refused. What the
//! sandbox recorded is asserted behind it, in order. Every mock is used. What is broken fails the test
//! when it ends, whatever the code under test made of it.
//!
//! The calls are those of real clients, of the test and of all threads and processes that it starts.
//! They are seen below the language, by `bigfoot run`. There are three ways to it, with one result:
//!
//! - `bigfoot run -- cargo test`, or `cargo nextest run` in its place;
//! - in `.cargo/config.toml`: `[target.'cfg(all())'] runner = ["bigfoot", "run", "--"]`;
//! - plain `cargo test`: the test program starts itself again under the `bigfoot` that the variable
//!   BIGFOOT names, or that is on PATH.
//!
//! `cargo install --path controller` puts it there; a feature that brings it along is not there yet.
//!
//! # Whose call is it?
//!
//! A call belongs to the test on whose thread it is made, or that made the thread, or the process, and
//! so on. So tests run at once and never see each other's mocks. What several tests share belongs to the
//! one that made it: a connection of a global client to the test that opened it, also where another
//! reuses it, until the sandbox closes and its use is a violation; threads of a global pool to the test
//! that made the pool, or to nobody that can be told. Make such things in each test, or let the pool's
//! thread [enter](Test::enter) the test that it works for.
#![forbid(unsafe_code)]

mod assertion;
mod client;
mod dns;
mod function;
mod http;
mod json;
mod mocked;
mod pattern;
mod redis;
mod rules;
mod sandbox;
mod socket;
mod source;
mod subprocess;
mod test;

pub use assertion::Assertion;
pub use bigfoot_macros::test;
pub use dns::{Dns, LookupMock, dns};
pub use function::{Calling, Function, function, spy};
pub use http::{Http, RequestAssertion, ResponseMock, http};
pub use mocked::Mock;
pub use pattern::{Matcher, Pattern, any, glob, hex, parses, predicate, regex};
pub use redis::{CommandMock, Redis, redis};
pub use rules::{Rules, allow, deny, restrict};
pub use sandbox::{AnyOrder, Sandbox, in_any_order, sandbox};
pub use socket::{Exchange, ExchangeAssertion, Place, Socket, socket};
pub use source::{Source, source};
pub use subprocess::{RunMock, Subprocess, subprocess};
pub use test::{Entered, Test, TestResult, current, run, verify};
