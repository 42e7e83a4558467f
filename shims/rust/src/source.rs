//! Any protocol, by the names that `bigfoot plugins` lists.

use crate::assertion::Assertion;
use crate::mocked::Mock;

/// What a guest may do, by its source.
#[derive(Debug, Clone)]
pub struct Source(String);

/// A source of `bigfoot plugins`, such as `elasticsearch:search`.
#[must_use]
pub fn source(name: &str) -> Source {
    Source(name.to_owned())
}

impl Source {
    /// A prepared answer.
    #[must_use]
    #[track_caller]
    pub fn mock(&self) -> Mock {
        Mock::new(&self.0)
    }

    /// That it was done.
    #[must_use]
    #[track_caller]
    pub fn assert(&self) -> Assertion {
        Assertion::new(&self.0)
    }
}
