//! Bytes on plain sockets.

use crate::assertion::Assertion;
use crate::json;
use crate::mocked::Mock;
use crate::pattern::{Matcher, Pattern};

/// Plain sockets, as `bigfoot plugins socket` has them.
#[derive(Debug, Clone, Copy)]
pub struct Socket(());

/// Sockets of a protocol that bigfoot has no plugin of.
#[must_use]
pub fn socket() -> Socket {
    Socket(())
}

const SOURCE: &str = "socket:exchange";

/// Where a connection goes: a host and a port.
pub type Place<'a> = (&'a str, u16);

/// A prepared exchange; registered where its statement ends.
#[derive(Debug)]
pub struct Exchange(Mock);

/// Bytes that were sent; asserted where its statement ends.
#[derive(Debug)]
pub struct ExchangeAssertion(Assertion);

impl Socket {
    /// Bytes that are answered at a host and port.
    #[track_caller]
    pub fn mock_exchange(self, (host, port): Place<'_>) -> Exchange {
        let mut mock = Mock::new(SOURCE);
        mock.expect("host", Pattern::from(host).0);
        mock.expect("port", port.to_string());
        Exchange(mock)
    }

    /// That bytes were sent to a host and port.
    #[track_caller]
    pub fn assert_exchange(self, (host, port): Place<'_>) -> ExchangeAssertion {
        let assertion = Assertion::new(SOURCE).field("host", host);
        ExchangeAssertion(assertion.field_json("port", port))
    }
}

impl Exchange {
    /// What it waits for.
    pub fn sent(mut self, bytes: impl Into<Pattern>) -> Self {
        self.0.expect("bytes", bytes.into().0);
        self
    }

    /// What it answers.
    pub fn reply(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.answer("bytes", json::bytes(bytes.as_ref()));
        self
    }

    /// It answers so often, no less and no more; once if nothing is said.
    pub fn times(self, times: u64) -> Self {
        Self(self.0.times(times))
    }

    /// It need not be used.
    pub fn optional(self) -> Self {
        Self(self.0.optional())
    }
}

impl ExchangeAssertion {
    /// These bytes.
    pub fn sent(mut self, bytes: impl Into<Matcher>) -> Self {
        self.0.say("bytes", bytes.into());
        self
    }
}
