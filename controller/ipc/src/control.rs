//! What a test or a command of ours says to a controller, and hears.
//!
//! A connection that carries control starts with [`MAGIC`]; a guest's starts with the length of its
//! request, which is never as large. The socket is the file [`crate::SOCKET`] in the run's directory,
//! which [`crate::RUN_VARIABLE`] names. That variable is hidden from the guest's own environment, and
//! stands in what the kernel keeps of it: /proc/self/environ (proc(5)).
//!
//! A command says one word, [`Control::Verify`], and hears one outcome. A test keeps its connection:
//! it says [`Control::Hello`] first, and for each word hears one [`Outcome`] before it says the next.
//! A connection is one test: its rules, mocks, sandboxes and timeline. To another language the protocol
//! is this module, [`crate::frame`] and the files in `golden/`, which hold the bytes of each message.
//!
//! | a test says | and hears |
//! |---|---|
//! | [`Hello`](Control::Hello) | [`Welcome`](Outcome::Welcome) |
//! | [`Mock`](Control::Mock) | [`Mocked`](Outcome::Mocked) |
//! | [`Rules`](Control::Rules), [`Lift`](Control::Lift) | [`Ruled`](Outcome::Ruled), [`Done`](Outcome::Done) |
//! | [`Open`](Control::Open), [`Close`](Control::Close) | [`Opened`](Outcome::Opened), [`Closed`](Outcome::Closed) |
//! | [`AnyOrder`](Control::AnyOrder) | [`Done`](Outcome::Done) |
//! | [`Assert`](Control::Assert) | [`Asserted`](Outcome::Asserted), [`Violated`](Outcome::Violated) or [`Judge`](Outcome::Judge) |
//! | [`Judged`](Control::Judged) | as of `Assert` |
//! | [`Call`](Control::Call), [`Returned`](Control::Returned) | [`Answered`](Outcome::Answered) or [`Violated`](Outcome::Violated); [`Done`](Outcome::Done) |
//! | [`Enter`](Control::Enter), [`Leave`](Control::Leave) | [`Done`](Outcome::Done) |
//! | [`Check`](Control::Check) | [`Checked`](Outcome::Checked) |
//!
//! Any of them may hear [`Outcome::Refused`]: nothing was done, and the reason is for the person who
//! wrote the test. A connection that ends before `Check` is a test that ended early: what it left is
//! in the run's report.
//!
//! Tables travel as JSON (RFC 8259), with the keys and values that bigfoot.toml has. So a new protocol
//! changes no message.

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
    /// A test begins. Keeps its place in all later versions.
    Hello {
        /// [`crate::VERSION`] of the asker.
        version: u16,
        /// The language that lines to paste are written in: `rust`, `c`. Others get bigfoot.toml's.
        language: String,
        /// The thread that the test runs on, as the guest numbers it (gettid(2)). All that it starts,
        /// threads and processes, is the test's.
        thread: u32,
        /// The test's name, as its runner has it.
        test: String,
        /// Where the test stands.
        origin: Origin,
    },
    /// A prepared answer. Mocks are prepared outside sandboxes, and answer in those of their test.
    Mock {
        /// A table `mock` as bigfoot.toml has it.
        mock: String,
        /// Where it stands.
        origin: Origin,
    },
    /// Rules that hold for the test from now on, inside all others: rule strings of bigfoot.toml.
    Rules {
        /// What may happen.
        allow: Vec<String>,
        /// What must not happen.
        deny: Vec<String>,
        /// Beyond which nothing may happen, if there is any.
        restrict: Vec<String>,
        /// Where they stand.
        origin: Origin,
    },
    /// These rules hold no longer; the innermost go first.
    Lift {
        /// Their number, from [`Outcome::Ruled`].
        rules: u32,
    },
    /// Opens a sandbox: what the test does is strict from now on. One within another is allowed.
    Open {
        /// Where it stands.
        origin: Origin,
    },
    /// Closes a sandbox, the innermost first.
    Close {
        /// Its number, from [`Outcome::Opened`].
        sandbox: u32,
    },
    /// Whether assertions from now on speak of any interaction that is open, or of the oldest.
    AnyOrder {
        /// They speak of any.
        on: bool,
    },
    /// What was done is as said. Outside sandboxes only.
    Assert {
        /// Of what: a card's source.
        source: String,
        /// A table as `when` of a mock has it, and further `{"any": true}`, which all values are.
        fields: String,
        /// A table as `reply` of a mock has it, with what has to be part of the answer.
        reply: String,
        /// The fields that the test looks at itself: see [`Outcome::Judge`].
        judged: Vec<String>,
        /// Where it stands.
        origin: Origin,
    },
    /// What the test found of the fields of [`Outcome::Judge`].
    Judged {
        /// They are as said.
        holds: bool,
    },
    /// The test's own code does what only the test sees, such as a call of a mocked object: source
    /// `mock:call`.
    Call {
        /// Of what: a card's source.
        source: String,
        /// What it is: a table of the card's fields with their values.
        fields: String,
        /// Where it is done.
        origin: Origin,
    },
    /// What became of an [`Outcome::Answered`] that is known only now: what a spied object answered.
    Returned {
        /// The interaction.
        interaction: u64,
        /// A table of the card's reply fields.
        reply: String,
    },
    /// What this thread does belongs to the test until it leaves, whoever made the thread.
    Enter {
        /// The thread (gettid(2)), of the process that asks.
        thread: u32,
    },
    /// The thread belongs to whom it belonged before.
    Leave {
        /// The thread.
        thread: u32,
    },
    /// The test ends: what of the three rules was broken?
    Check,
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
    /// The test is known.
    Welcome {
        /// Its number in the run.
        test: u32,
    },
    /// It is done, and there is nothing to say of it.
    Done,
    /// The mock is there.
    Mocked {
        /// Its number in the run.
        mock: u64,
    },
    /// The rules hold.
    Ruled {
        /// Their number.
        rules: u32,
    },
    /// The sandbox is open.
    Opened {
        /// Its number in the run.
        sandbox: u32,
    },
    /// The sandbox is closed.
    Closed {
        /// How many interactions of the test have to be asserted still.
        open: u64,
        /// How many calls were refused in it; [`Control::Check`] tells of them.
        refused: u64,
    },
    /// The assertion holds.
    Asserted {
        /// Of this interaction.
        interaction: u64,
    },
    /// The assertion holds if the test finds it so: it looks, and says [`Control::Judged`].
    Judge {
        /// The interaction.
        interaction: u64,
        /// The fields to look at, as a table.
        fields: String,
    },
    /// A promise is broken.
    Violated {
        /// How.
        violation: Violation,
    },
    /// A call of the test's own has its answer.
    Answered {
        /// The interaction; 0 if it is none.
        interaction: u64,
        /// The mock that answers; None if the real thing does.
        mock: Option<u64>,
        /// Which of its answers, from 0.
        nth: u64,
    },
    /// The test has ended.
    Checked {
        /// The broken promises, causes before consequences.
        violations: Vec<Violation>,
    },
}

/// Where something stands in a test.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The file, as the compiler or interpreter names it.
    pub file: String,
    /// The line, from 1; 0 if it is not known.
    pub line: u32,
}

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// `BF104`: `bigfoot explain` says what it means.
    pub code: String,
    /// The same as a word of an exception's name: `UnmockedInteraction`.
    pub name: String,
    /// What it is about, in one line.
    pub about: String,
    /// All there is to say, in lines, without colours.
    pub text: String,
    /// Lines for the test that mend it, or empty.
    pub paste: String,
    /// The interaction, or 0.
    pub interaction: u64,
}
