//! Name look-ups.

use crate::assertion::Assertion;
use crate::json;
use crate::mocked::Mock;
use crate::pattern::{Matcher, Pattern};

/// Name look-ups, as `bigfoot plugins dns` has them.
#[derive(Debug, Clone, Copy)]
pub struct Dns(());

/// Name look-ups, by libc or by resolvers of the program's own.
#[must_use]
pub fn dns() -> Dns {
    Dns(())
}

const SOURCE: &str = "dns:lookup";

/// A prepared answer to a look-up; registered where its statement ends.
#[derive(Debug)]
pub struct LookupMock(Mock);

impl Dns {
    /// The addresses of a name.
    #[track_caller]
    pub fn mock_lookup(self, name: impl Into<Pattern>) -> LookupMock {
        let mut mock = Mock::new(SOURCE);
        mock.expect("name", name.into().0);
        LookupMock(mock)
    }

    /// A failure: `nxdomain`, `servfail` or `timeout`.
    #[track_caller]
    pub fn mock_error(self, name: impl Into<Pattern>, error: &str) -> LookupMock {
        let LookupMock(mut mock) = self.mock_lookup(name);
        mock.answer("error", json::string(error));
        LookupMock(mock)
    }

    /// That a name was looked up.
    #[track_caller]
    pub fn assert_lookup(self, name: impl Into<Matcher>) -> Assertion {
        Assertion::new(SOURCE).field("name", name)
    }
}

impl LookupMock {
    /// What the name has.
    pub fn addresses<S: AsRef<str>>(mut self, addresses: impl IntoIterator<Item = S>) -> Self {
        let addresses = addresses.into_iter().map(|address| json::string(address.as_ref()));
        self.0.answer("addresses", json::list(addresses));
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
