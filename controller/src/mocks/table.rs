//! All mocks of a run, found by source and key.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Act, Mock, Step, Times};
use crate::fields::Fields;
use crate::plugins::Plugin;
use crate::plugins::card::{FaultKind, Shape};

mod places;

#[cfg(test)]
mod tests;

pub use places::Places;

/// A mock and what became of it.
#[derive(Debug)]
pub struct Entry {
    /// The mock.
    pub mock: Mock,
    /// How often it answered; of a mock for some tests, each by itself.
    used: Used,
    /// The interaction that it answered last.
    last: Option<u64>,
}

/// How often a mock answered.
#[derive(Debug)]
enum Used {
    /// In the whole run.
    Run(u64),
    /// In each test.
    Tests(HashMap<String, u64>),
}

/// A mock that was not used as often as it had to be.
#[derive(Debug, PartialEq, Eq)]
pub struct Lack {
    /// Its number in the table.
    pub mock: usize,
    /// In which test; None for the whole run.
    pub test: Option<String>,
    /// How often it answered.
    pub used: u64,
}

/// All mocks of a run.
#[derive(Debug, Default)]
pub struct Table {
    entries: Vec<Entry>,
    /// Mocks that wait for one value of their key, in order.
    keyed: HashMap<(&'static str, String), Vec<usize>>,
    /// The others, in order.
    others: HashMap<&'static str, Vec<usize>>,
    places: Places,
    named: HashSet<&'static str>,
    /// Sources and keys that mocks wait for, used up or not.
    keys: HashSet<(&'static str, String)>,
    tests: HashSet<String>,
}

impl Table {
    /// A table of these, in order.
    #[must_use]
    pub fn new(mocks: Vec<Mock>) -> Self {
        let mut table = Self::default();
        for mock in mocks {
            table.add(mock);
        }
        table
    }

    fn add(&mut self, mock: Mock) {
        let number = self.entries.len();
        let source = mock.shape.source;
        match mock.plugin.mock_key(mock.shape, &mock.when) {
            Some(key) => {
                self.keys.insert((source, key.clone()));
                self.keyed.entry((source, key)).or_default().push(number);
            }
            None => self.others.entry(source).or_default().push(number),
        }
        self.places.add(number, &mock);
        self.named.insert(source);
        for step in mock.steps.iter().flat_map(Step::mocks) {
            self.named.insert(step.shape.source);
        }
        let used = match mock.test {
            None => Used::Run(0),
            Some(_) => Used::Tests(HashMap::new()),
        };
        self.entries.push(Entry { mock, used, last: None });
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether a mock or a step is of this source.
    #[must_use]
    pub fn names(&self, source: &str) -> bool {
        self.named.contains(source)
    }

    /// Whether a mock speaks of this key at all, whatever else it waits for and used up or not.
    #[must_use]
    pub fn speaks_of(&self, wanted: &Wanted<'_>) -> bool {
        let key = wanted.plugin.key(wanted.shape, wanted.fields);
        key.is_some_and(|key| self.keys.contains(&(wanted.shape.source, key)))
    }

    /// Whether it matters which test did something.
    #[must_use]
    pub fn wants_test(&self) -> bool {
        self.entries.iter().any(|entry| entry.mock.test.is_some())
    }

    /// Where connections go that a mock may have to answer on.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The mock of this number.
    #[must_use]
    pub fn mock(&self, number: usize) -> &Mock {
        &self.entries[number].mock
    }

    /// All mocks, in order.
    pub fn mocks(&self) -> impl Iterator<Item = &Mock> {
        self.entries.iter().map(|entry| &entry.mock)
    }

    /// Whether this mock is for a test, where one is known.
    #[must_use]
    pub fn is_for(&self, number: usize, test: Option<&str>) -> bool {
        self.entries[number].is_for(test)
    }

    /// The interaction that this mock answered last.
    #[must_use]
    pub fn last(&self, number: usize) -> Option<u64> {
        self.entries[number].last
    }

    /// A test runs.
    pub fn test_runs(&mut self, test: &str) {
        if !self.tests.contains(test) {
            self.tests.insert(test.to_owned());
        }
    }

    /// The tests that are known to have run.
    #[must_use]
    pub fn tests(&self) -> BTreeSet<String> {
        self.tests.iter().cloned().collect()
    }

    /// The first mock that answers this, and is not used up.
    #[must_use]
    pub fn find(&self, wanted: &Wanted<'_>) -> Option<usize> {
        let mut found = self.candidates(wanted);
        found.find(|number| self.entries[*number].answers(wanted))
    }

    /// The mocks of a source and key that are not used up, whatever else they wait for.
    pub fn live<'a>(&'a self, wanted: &'a Wanted<'_>) -> impl Iterator<Item = &'a Mock> {
        let left = |number: usize| Some(&self.entries[number]).filter(|it| it.is_left(wanted.test));
        self.candidates(wanted).filter_map(left).map(|entry| &entry.mock)
    }

    /// The same among the mocks of one kind of fault, which is decided before anything is read:
    /// only where no other mock comes before it.
    #[must_use]
    pub fn refusal(&self, host: &[String], port: u16, test: Option<&str>) -> Option<usize> {
        if !self.places.refusing {
            return None;
        }
        let first =
            self.entries.iter().enumerate().find(|(number, entry)| {
                self.places.has(*number, host, port) && entry.is_left(test)
            });
        first.filter(|(_, entry)| entry.mock.act.refuses()).map(|(number, _)| number)
    }

    /// Candidates of a source and key, in order.
    fn candidates(&self, wanted: &Wanted<'_>) -> impl Iterator<Item = usize> + '_ {
        let source = wanted.shape.source;
        let keyed = wanted.plugin.key(wanted.shape, wanted.fields);
        let keyed = keyed.and_then(|key| self.keyed.get(&(source, key)));
        let others = self.others.get(source);
        Merged {
            left: keyed.map_or(&[][..], Vec::as_slice),
            right: others.map_or(&[][..], Vec::as_slice),
        }
    }

    /// A mock answers: which of its replies, counted from 0.
    pub fn use_up(&mut self, number: usize, test: Option<&str>, interaction: u64) -> u64 {
        let entry = &mut self.entries[number];
        entry.last = Some(interaction);
        let count = match &mut entry.used {
            Used::Run(count) => count,
            Used::Tests(counts) => counts.entry(test.unwrap_or_default().to_owned()).or_default(),
        };
        *count += 1;
        let nth = *count - 1;
        if entry.is_spent() {
            self.forget(number);
        }
        nth
    }

    /// Takes a mock that will never answer again out of what is searched.
    fn forget(&mut self, number: usize) {
        let mock = &self.entries[number].mock;
        let source = mock.shape.source;
        let list = match mock.plugin.mock_key(mock.shape, &mock.when) {
            Some(key) => self.keyed.get_mut(&(source, key)),
            None => self.others.get_mut(source),
        };
        if let Some(list) = list
            && let Ok(at) = list.binary_search(&number)
        {
            list.remove(at);
        }
    }

    /// The mocks of a source that come nearest to this: of the same key first, then those whose fewest
    /// fields differ.
    #[must_use]
    pub fn nearest(&self, wanted: &Wanted<'_>) -> Vec<usize> {
        let same = self.entries.iter().enumerate();
        let same = same.filter(|(_, entry)| entry.mock.shape.source == wanted.shape.source);
        let key = wanted.plugin.key(wanted.shape, wanted.fields);
        let rank = |(number, entry): (usize, &Entry)| {
            let mock = &entry.mock;
            let elsewhere = wanted.plugin.mock_key(mock.shape, &mock.when) != key;
            let differing = mock.when.differing(wanted.shape, wanted.fields).len();
            (elsewhere, differing + usize::from(!entry.is_for(wanted.test)), number)
        };
        let mut near: Vec<(bool, usize, usize)> =
            same.take(NEAREST_SEARCHED_MAX).map(rank).collect();
        near.sort_unstable();
        near.truncate(NEAREST_MAX);
        near.into_iter().map(|(_, _, number)| number).collect()
    }

    /// The mocks that were used less often than they had to be. One for some tests counts in those
    /// that ran.
    #[must_use]
    pub fn lacking(&self) -> Vec<Lack> {
        let mut lacking = Vec::new();
        for (number, entry) in self.entries.iter().enumerate() {
            let min = entry.mock.times.min;
            match &entry.used {
                Used::Run(used) if *used < min => {
                    lacking.push(Lack { mock: number, test: None, used: *used });
                }
                Used::Run(_) => {}
                Used::Tests(counts) => {
                    let ran = self.tests.iter().filter(|test| entry.is_for(Some(test)));
                    let mut ran: Vec<_> = ran.collect();
                    ran.sort_unstable();
                    for test in ran {
                        let used = counts.get(test).copied().unwrap_or_default();
                        if used < min {
                            lacking.push(Lack { mock: number, test: Some(test.clone()), used });
                        }
                    }
                }
            }
        }
        lacking
    }
}

/// Most mocks that are named as the nearest ones.
const NEAREST_MAX: usize = 3;
/// Most mocks that are looked at for that.
const NEAREST_SEARCHED_MAX: usize = 20_000;

/// What a mock is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Of which protocol.
    pub plugin: &'static dyn Plugin,
    /// Of what.
    pub shape: &'static Shape,
    /// What it was.
    pub fields: &'a Fields,
    /// The test that did it, where one is known.
    pub test: Option<&'a str>,
}

impl Entry {
    fn answers(&self, wanted: &Wanted<'_>) -> bool {
        self.is_left(wanted.test)
            && wanted.plugin.fits(wanted.shape, &self.mock.when, wanted.fields)
    }

    fn is_for(&self, test: Option<&str>) -> bool {
        match (&self.mock.test, test) {
            (None, _) => true,
            (Some(glob), Some(test)) => glob.has(test),
            (Some(_), None) => false,
        }
    }

    fn is_left(&self, test: Option<&str>) -> bool {
        let used = match &self.used {
            Used::Run(used) => *used,
            Used::Tests(counts) => counts.get(test.unwrap_or_default()).copied().unwrap_or(0),
        };
        self.is_for(test) && self.mock.times.max.is_none_or(|max| used < max)
    }

    /// Whether it will never answer again.
    fn is_spent(&self) -> bool {
        match (&self.used, self.mock.times) {
            (Used::Run(used), Times { max: Some(max), .. }) => *used >= max,
            _ => false,
        }
    }
}

impl Act {
    /// Whether it is a connection that comes to nothing.
    #[must_use]
    pub fn refuses(&self) -> bool {
        matches!(self, Self::Fault(fault, _) if fault.kind == FaultKind::Refuse)
    }
}

/// Two rising lists as one.
struct Merged<'a> {
    left: &'a [usize],
    right: &'a [usize],
}

impl Iterator for Merged<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let list = match (self.left.first(), self.right.first()) {
            (Some(left), Some(right)) if right < left => &mut self.right,
            (None, _) => &mut self.right,
            _ => &mut self.left,
        };
        let (first, rest) = list.split_first()?;
        *list = rest;
        Some(*first)
    }
}
