//! What a test says that was done, held against what was done: in order, or in any.
//!
//! Each assertion takes the oldest interaction of its test or sandbox that is still open, so that
//! asserting all of them costs as much as there are, and not its square.

use std::collections::{HashMap, VecDeque};

use super::{Asserted, Interaction, Timeline};
use crate::mocks::When;
use crate::plugins::Plugin;
use crate::plugins::card::Shape;

#[cfg(test)]
mod tests;

/// Which interaction an assertion speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The oldest that is still open.
    Next,
    /// The oldest of these that is still open and is as said.
    Any,
}

/// An assertion that does not hold. Nothing was marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unlike {
    /// It says nothing: anything would be as it says.
    Nothing,
    /// All that was done is asserted already.
    NoneLeft,
    /// This one came next, of another source.
    Source(u64),
    /// This one came next (or is the oldest of its source), and these fields are not as said.
    Fields(u64, Vec<&'static str>),
}

/// The interactions that are still open, by what is asserted together: a test, or a sandbox of the
/// run's. Those that were asserted since are taken out when they come to the front.
#[derive(Debug, Default)]
pub(super) struct Index {
    all: HashMap<u32, VecDeque<u64>>,
    by_source: HashMap<(u32, &'static str), VecDeque<u64>>,
    by_key: HashMap<(u32, &'static str, String), VecDeque<u64>>,
}

impl Index {
    pub(super) fn add(&mut self, group: u32, interaction: &Interaction) {
        let Interaction { number, shape, plugin, .. } = interaction;
        self.all.entry(group).or_default().push_back(*number);
        self.by_source.entry((group, shape.source)).or_default().push_back(*number);
        if let Some(key) = plugin.key(shape, &interaction.fields) {
            self.by_key.entry((group, shape.source, key)).or_default().push_back(*number);
        }
    }
}

impl Timeline {
    /// Marks the interaction that this speaks of as asserted; its number.
    ///
    /// # Errors
    ///
    /// There is none, or it is not as said.
    pub fn assert(
        &mut self,
        group: u32,
        of: (&'static dyn Plugin, &'static Shape),
        when: &When,
        order: Order,
    ) -> Result<u64, Unlike> {
        if when.0.is_empty() && !of.1.fields.is_empty() {
            return Err(Unlike::Nothing);
        }
        let number = self.find_open(group, of, when, order, &[])?;
        self.mark(number);
        Ok(number)
    }

    /// The interaction that an assertion speaks of, but none of `not`; nothing is marked.
    ///
    /// # Errors
    ///
    /// There is none, or it is not as said.
    pub fn find_open(
        &mut self,
        group: u32,
        (plugin, shape): (&'static dyn Plugin, &'static Shape),
        when: &When,
        order: Order,
        not: &[u64],
    ) -> Result<u64, Unlike> {
        match order {
            Order::Next => self.next_open(group, shape, when),
            Order::Any => self.any_open(group, (plugin, shape), when, not),
        }
    }

    /// Marks an interaction as asserted.
    pub fn mark(&mut self, number: u64) {
        if let Some(interaction) = self.get_mut(number) {
            interaction.asserted = Asserted::Done;
        }
    }

    /// Those that are still open of what is asserted together, in order.
    pub fn open_of(&self, group: u32) -> impl Iterator<Item = &Interaction> {
        let numbers = self.open.all.get(&group).into_iter().flatten();
        let interactions = numbers.filter_map(|number| self.get(*number));
        interactions.filter(|it| it.asserted == Asserted::Open)
    }

    fn next_open(&mut self, group: u32, shape: &Shape, when: &When) -> Result<u64, Unlike> {
        let mut open = std::mem::take(&mut self.open);
        let first = open.all.get_mut(&group).and_then(|list| self.first(list));
        self.open = open;
        let next = first.ok_or(Unlike::NoneLeft)?;
        let differing = self.differing(next, shape, when);
        match self.get(next).map(|it| it.shape.source) {
            Some(source) if source != shape.source => Err(Unlike::Source(next)),
            _ if differing.is_empty() => Ok(next),
            _ => Err(Unlike::Fields(next, differing)),
        }
    }

    fn any_open(
        &mut self,
        group: u32,
        (plugin, shape): (&'static dyn Plugin, &'static Shape),
        when: &When,
        not: &[u64],
    ) -> Result<u64, Unlike> {
        let mut open = std::mem::take(&mut self.open);
        let found = match plugin.mock_key(shape, when) {
            Some(key) => open.by_key.get_mut(&(group, shape.source, key)),
            None => open.by_source.get_mut(&(group, shape.source)),
        }
        .and_then(|list| self.first_like(list, shape, when, not));
        let oldest =
            open.by_source.get_mut(&(group, shape.source)).and_then(|list| self.first(list));
        self.open = open;
        match (found, oldest) {
            (Some(found), _) => Ok(found),
            (None, Some(oldest)) => {
                Err(Unlike::Fields(oldest, self.differing(oldest, shape, when)))
            }
            (None, None) => Err(Unlike::NoneLeft),
        }
    }

    /// The first of a list that is still open.
    fn first(&self, list: &mut VecDeque<u64>) -> Option<u64> {
        while let Some(number) = list.front() {
            if self.is_open(*number) {
                return Some(*number);
            }
            list.pop_front();
        }
        None
    }

    /// The first of a list that is still open and is as said.
    fn first_like(
        &self,
        list: &mut VecDeque<u64>,
        shape: &Shape,
        when: &When,
        not: &[u64],
    ) -> Option<u64> {
        self.first(list)?;
        let like = |number: &&u64| {
            self.is_open(**number)
                && !not.contains(*number)
                && self.get(**number).is_some_and(|it| when.has(shape, &it.fields))
        };
        list.iter().find(like).copied()
    }

    fn is_open(&self, number: u64) -> bool {
        self.get(number).is_some_and(|it| it.asserted == Asserted::Open)
    }

    fn differing(&self, number: u64, shape: &Shape, when: &When) -> Vec<&'static str> {
        let Some(interaction) = self.get(number) else {
            return Vec::new();
        };
        when.differing(shape, &interaction.fields).into_iter().map(|(name, _)| name).collect()
    }
}
