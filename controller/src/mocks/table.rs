//! All mocks of a run, found by source and key.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::iter::Peekable;

use super::{Act, Mock, Step, Times};
use crate::fields::Fields;
use crate::plugins::Plugin;
use crate::plugins::card::{FaultKind, Shape};

mod places;

#[cfg(test)]
mod tests;

pub use places::{AllPlaces, Places};

/// A mock and what became of it.
#[derive(Debug)]
pub struct Entry {
    /// The mock.
    pub mock: Mock,
    /// The test that made it, and in whose sandboxes it answers; None for the run's own.
    owner: Option<u32>,
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
    /// Those that anybody's calls are answered by.
    run: Shelf,
    /// Those of tests that speak to us, for as long as these run.
    owned: HashMap<u32, Shelf>,
    tests: HashSet<String>,
}

/// The mocks of the run, or of one test.
#[derive(Debug, Default)]
struct Shelf {
    /// All of them, in order.
    numbers: Vec<usize>,
    /// Mocks that wait for one value of their key, in order.
    keyed: HashMap<(&'static str, String), VecDeque<usize>>,
    /// The others, in order.
    others: HashMap<&'static str, VecDeque<usize>>,
    places: Places,
    named: HashSet<&'static str>,
    /// Sources and keys that mocks wait for, used up or not.
    keys: HashSet<(&'static str, String)>,
}

impl Table {
    /// A table of these, in order.
    #[must_use]
    pub fn new(mocks: Vec<Mock>) -> Self {
        let mut table = Self::default();
        for mock in mocks {
            table.add(mock, None);
        }
        table
    }

    /// Adds one of the run's own, or of a test's; its number.
    pub fn add(&mut self, mock: Mock, owner: Option<u32>) -> usize {
        let number = self.entries.len();
        match owner {
            None => self.run.add(number, &mock),
            Some(owner) => self.owned.entry(owner).or_default().add(number, &mock),
        }
        let used = match mock.test {
            None => Used::Run(0),
            Some(_) => Used::Tests(HashMap::new()),
        };
        self.entries.push(Entry { mock, owner, used, last: None });
        number
    }

    /// A test has ended: its mocks answer nobody any more.
    pub fn ended(&mut self, owner: u32) {
        self.owned.remove(&owner);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What may answer the calls of a test's sandbox, or of anybody: its own mocks first.
    fn shelves(&self, owner: Option<u32>) -> impl Iterator<Item = &Shelf> {
        let owned = owner.and_then(|owner| self.owned.get(&owner));
        owned.into_iter().chain([&self.run])
    }

    /// Whether a mock or a step of one that may answer here is of this source.
    #[must_use]
    pub fn names(&self, source: &str, owner: Option<u32>) -> bool {
        self.shelves(owner).any(|shelf| shelf.named.contains(source))
    }

    /// Whether a mock speaks of this key at all, whatever else it waits for and used up or not.
    #[must_use]
    pub fn speaks_of(&self, wanted: &Wanted<'_>) -> bool {
        let Some(key) = wanted.plugin.key(wanted.shape, wanted.fields) else {
            return false;
        };
        let key = (wanted.shape.source, key);
        self.shelves(wanted.owner).any(|shelf| shelf.keys.contains(&key))
    }

    /// Whether it matters which test did something.
    #[must_use]
    pub fn wants_test(&self) -> bool {
        let of_some = |number: &usize| self.entries[*number].mock.test.is_some();
        self.run.numbers.iter().any(of_some)
    }

    /// Where connections of a test's sandbox go, or anybody's, that a mock may have to answer on.
    #[must_use]
    pub fn places(&self, owner: Option<u32>) -> AllPlaces<'_> {
        AllPlaces(self.shelves(owner).map(|shelf| &shelf.places).collect())
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

    /// The test that made this mock; None for the run's own.
    #[must_use]
    pub fn owner(&self, number: usize) -> Option<u32> {
        self.entries[number].owner
    }

    /// How often this mock answered, in the whole run.
    #[must_use]
    pub fn used(&self, number: usize) -> u64 {
        match &self.entries[number].used {
            Used::Run(used) => *used,
            Used::Tests(counts) => counts.values().sum(),
        }
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
    pub fn refusal(
        &self,
        host: &[String],
        port: u16,
        test: Option<&str>,
        owner: Option<u32>,
    ) -> Option<usize> {
        let shelves = || self.shelves(owner);
        if !shelves().any(|shelf| shelf.places.refusing) {
            return None;
        }
        let answers = |shelf: &Shelf, number: usize| {
            shelf.places.has(number, host, port) && self.entries[number].is_left(test)
        };
        let first = shelves()
            .find_map(|shelf| shelf.numbers.iter().copied().find(|number| answers(shelf, *number)));
        first.filter(|number| self.entries[*number].mock.act.refuses())
    }

    /// Candidates of a source and key, in order; a test's own first.
    fn candidates(&self, wanted: &Wanted<'_>) -> impl Iterator<Item = usize> + '_ {
        let source = wanted.shape.source;
        let key = wanted.plugin.key(wanted.shape, wanted.fields).map(|key| (source, key));
        self.shelves(wanted.owner).flat_map(move |shelf| {
            let keyed = key.as_ref().and_then(|key| shelf.keyed.get(key));
            let others = shelf.others.get(source);
            Merged { left: numbers(keyed), right: numbers(others) }
        })
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
        let Entry { mock, owner, .. } = &self.entries[number];
        let shelf = match owner {
            None => Some(&mut self.run),
            Some(owner) => self.owned.get_mut(owner),
        };
        if let Some(shelf) = shelf {
            shelf.forget(number, mock);
        }
    }

    /// The mocks of a source that come nearest to this: of the same key first, then those whose fewest
    /// fields differ.
    #[must_use]
    pub fn nearest(&self, wanted: &Wanted<'_>) -> Vec<usize> {
        let numbers = self.shelves(wanted.owner).flat_map(|shelf| &shelf.numbers);
        let same = numbers.map(|number| (*number, &self.entries[*number]));
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
            self.lacks(number, entry, &mut lacking);
        }
        lacking
    }

    /// The same of one test that still runs.
    #[must_use]
    pub fn lacking_of(&self, owner: u32) -> Vec<Lack> {
        let mut lacking = Vec::new();
        for number in self.owned.get(&owner).into_iter().flat_map(|shelf| &shelf.numbers) {
            self.lacks(*number, &self.entries[*number], &mut lacking);
        }
        lacking
    }

    fn lacks(&self, number: usize, entry: &Entry, lacking: &mut Vec<Lack>) {
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
}

impl Shelf {
    fn add(&mut self, number: usize, mock: &Mock) {
        let source = mock.shape.source;
        self.numbers.push(number);
        match mock.plugin.mock_key(mock.shape, &mock.when) {
            Some(key) => {
                self.keys.insert((source, key.clone()));
                self.keyed.entry((source, key)).or_default().push_back(number);
            }
            None => self.others.entry(source).or_default().push_back(number),
        }
        self.places.add(number, mock);
        self.named.insert(source);
        for step in mock.steps.iter().flat_map(Step::mocks) {
            self.named.insert(step.shape.source);
        }
    }

    /// Takes a mock out of what is searched: mostly the first of its list.
    fn forget(&mut self, number: usize, mock: &Mock) {
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
    /// The test in whose sandbox it did so, of those that speak to us.
    pub owner: Option<u32>,
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

fn numbers(list: Option<&VecDeque<usize>>) -> Peekable<impl Iterator<Item = usize>> {
    list.into_iter().flatten().copied().peekable()
}

/// Two rising lists as one.
struct Merged<I: Iterator<Item = usize>> {
    left: Peekable<I>,
    right: Peekable<I>,
}

impl<I: Iterator<Item = usize>> Iterator for Merged<I> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        match (self.left.peek(), self.right.peek()) {
            (Some(left), Some(right)) if right < left => self.right.next(),
            (None, _) => self.right.next(),
            _ => self.left.next(),
        }
    }
}
