//! Mocks behind others that answer without end: nothing ever reaches them.

use std::collections::HashMap;

use crate::mocks::Mock;
use crate::rules::{Origin, TestGlob};

/// The mocks that answer without end, by what they wait for.
#[derive(Debug, Default)]
pub(super) struct Earlier(HashMap<String, Vec<(Option<TestGlob>, Origin)>>);

impl Earlier {
    /// Where the mock stands that answers all that this one waits for; else it is remembered.
    pub(super) fn of(&mut self, mock: &Mock) -> Option<Origin> {
        let key = key(mock);
        let mut same = self.0.get(&key).into_iter().flatten();
        let covers = |test: &Option<TestGlob>| test.is_none() || *test == mock.test;
        if let Some((_, origin)) = same.find(|(test, _)| covers(test)) {
            return Some(origin.clone());
        }
        if mock.times.max.is_none() {
            self.0.entry(key).or_default().push((mock.test.clone(), mock.origin.clone()));
        }
        None
    }
}

/// What a mock waits for, in the same words whatever the order of its fields.
fn key(mock: &Mock) -> String {
    let fields = mock.when.0.iter();
    let mut fields: Vec<_> =
        fields.map(|(name, matcher)| format!("{name} = {}", matcher.words())).collect();
    fields.sort();
    format!("{} {}", mock.shape.source, fields.join(" "))
}
