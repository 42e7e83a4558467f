//! The messages between a guest and the controller, and between a test and the controller.
//!
//! Types and their encoding, and nothing else: no socket, no rule, no plugin. What the preload
//! library reads is borrowed from the bytes, so that it decodes without allocating.
//!
//! | module | what it holds |
//! |---|---|
//! | [`guest`] | what a guest says and hears: hello, calls, verdicts |
//! | [`control`] | what a test or a command says and hears |
//! | [`frame`] | the one encoding, and the limits on it |
//! | [`known`] | what guests decide by themselves, and how they tell |
//! | [`page`] | the layout of the memory that a run shares with its guests |
//! | [`roots`] | which files of root certificates are opened by way of the controller |
#![forbid(unsafe_code)]

pub mod control;
pub mod frame;
pub mod guest;
pub mod known;
pub mod page;
pub mod roots;

/// Version of every message here. A controller refuses a guest of another version.
pub const VERSION: u16 = 3;

/// The variable that tells a guest its run: the run's directory, then `,` and the number of the
/// program start that this environment was made for (see [`page::Hello::start`]).
pub const RUN_VARIABLE: &str = "BIGFOOT_RUN";

/// Variables in which runners publish the running test: pytest, cargo-nextest.
pub const TEST_VARIABLES: [&str; 2] = ["PYTEST_CURRENT_TEST", "NEXTEST_TEST_NAME"];

/// File in the run's directory on which the controller listens.
pub const SOCKET: &str = "socket";
/// File in the run's directory that holds a [`page::Policy`].
pub const POLICY: &str = "policy";
/// File in the run's directory that holds the ring of [`page::Hello`].
pub const HELLOS: &str = "hellos";
/// File in the run's directory that holds [`page::Tickets`].
pub const TICKETS: &str = "tickets";

/// The variable that tells a stand-in its part: the number of [`guest::Verdict::StandIn`], and `,r` if
/// it reads its standard input before it asks.
pub const STAND_IN_VARIABLE: &str = "BIGFOOT_STAND_IN";

/// File in the run's directory that starts as a stand-in.
pub const STAND_IN: &str = "stand-in";
/// Folder in the run's directory with a stand-in by each name that a mock of a program has; first on
/// PATH, for those who look before they start.
pub const STAND_INS: &str = "bin";

/// File in the run's directory of the socket or file of this number ([`guest::Verdict::Unix`],
/// [`guest::Verdict::File`]): `a` and eight digits.
#[must_use]
pub fn answering(number: u32) -> [u8; 9] {
    let mut name = *b"a00000000";
    let mut left = number;
    for digit in name.iter_mut().skip(1).rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
    }
    name
}
