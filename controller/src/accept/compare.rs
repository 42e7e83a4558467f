//! What a test did otherwise than was accepted.

use std::collections::{BTreeMap, HashMap};

use toml::{Table, Value as Toml};

use super::Owner;
use super::normal::{Entry, grouped};
use super::place::Places;
use super::tell::Teller;
use crate::report::Broken;
use crate::timeline::Interaction;

/// Most interactions that are looked through for the nearest one.
const PAIRED_MAX: usize = 200;

/// What was done, and by which interactions.
#[derive(Debug)]
pub(super) struct Done {
    /// What.
    pub entry: Entry,
    /// Their places among all interactions.
    pub numbers: Vec<usize>,
}

/// Compares what one test did; `numbers` are its interactions.
pub(super) fn compare(
    owner: &Owner,
    accepted: &[Entry],
    places: &Places,
    interactions: &mut [Interaction],
    numbers: &[usize],
) -> Vec<Broken> {
    let these: Vec<&Interaction> = numbers.iter().map(|at| &interactions[*at]).collect();
    let mut done: Vec<Done> = grouped(&these, places)
        .into_iter()
        .map(|(entry, at)| Done { entry, numbers: at.iter().map(|at| numbers[*at]).collect() })
        .collect();
    let mut accepted = merged(accepted);
    let mut told = Teller::new(owner, interactions);

    for (accepted, done) in settled(&mut accepted, &mut done, Entry::key, |_, _| true) {
        told.counted(&accepted, &done);
    }
    // An answer that one of the two does not know is no difference.
    let unknown =
        |left: &Entry, right: &Entry| left.numbers().is_empty() || right.numbers().is_empty();
    for (accepted, done) in settled(&mut accepted, &mut done, Entry::what, unknown) {
        told.counted(&accepted, &done);
    }
    let key = |source: &str| told.shape(source).and_then(|(_, shape)| shape.key);
    let pairs = paired(&mut accepted, &mut done, key);
    for (accepted, done) in pairs {
        told.changed(&accepted, &done);
    }
    accepted.iter().for_each(|entry| told.missing(entry));
    done.iter().for_each(|done| told.added(done));
    told.finish()
}

/// Entries that say the same are one.
fn merged(entries: &[Entry]) -> Vec<Entry> {
    let mut merged: BTreeMap<String, Entry> = BTreeMap::new();
    for entry in entries {
        let known =
            merged.entry(entry.key()).or_insert_with(|| Entry { count: 0, ..entry.clone() });
        known.count = known.count.saturating_add(entry.count);
    }
    merged.into_values().collect()
}

/// Takes out those that are the same by a key and a further question.
fn settled(
    accepted: &mut Vec<Entry>,
    done: &mut Vec<Done>,
    key: impl Fn(&Entry) -> String,
    same: impl Fn(&Entry, &Entry) -> bool,
) -> Vec<(Entry, Done)> {
    let mut waiting: HashMap<String, Vec<Entry>> = HashMap::new();
    for entry in accepted.drain(..) {
        waiting.entry(key(&entry)).or_default().push(entry);
    }
    let mut settled = Vec::new();
    for one in std::mem::take(done) {
        let candidates = waiting.get_mut(&key(&one.entry));
        let found = candidates.and_then(|candidates| {
            let at = candidates.iter().position(|entry| same(entry, &one.entry))?;
            Some(candidates.remove(at))
        });
        match found {
            Some(entry) => settled.push((entry, one)),
            None => done.push(one),
        }
    }
    accepted.extend(waiting.into_values().flatten());
    accepted.sort_by_cached_key(Entry::key);
    settled
}

/// Takes out the nearest ones of what is left: of one source, with the same key, or else with most
/// fields the same.
fn paired(
    accepted: &mut Vec<Entry>,
    done: &mut Vec<Done>,
    key: impl Fn(&str) -> Option<&'static str>,
) -> Vec<(Entry, Done)> {
    let mut scored = Vec::new();
    for (left, entry) in accepted.iter().enumerate().take(PAIRED_MAX) {
        for (right, one) in done.iter().enumerate().take(PAIRED_MAX) {
            let score = likeness(entry, &one.entry, key(&entry.source));
            scored.extend(score.map(|score| (score, left, right)));
        }
    }
    scored.sort_by_key(|(score, left, right)| (std::cmp::Reverse(*score), *left, *right));
    let mut lefts: Vec<_> = accepted.drain(..).map(Some).collect();
    let mut rights: Vec<_> = done.drain(..).map(Some).collect();
    let mut paired = Vec::new();
    for (_, left, right) in scored {
        if lefts[left].is_some() && rights[right].is_some() {
            paired.extend(lefts[left].take().zip(rights[right].take()));
        }
    }
    paired.sort_by_cached_key(|(entry, _)| entry.key());
    accepted.extend(lefts.into_iter().flatten());
    done.extend(rights.into_iter().flatten());
    paired
}

/// Whether the key is the same, and how many of a hundred fields are; None if the key is another, and
/// fewer than half of the fields are the same.
fn likeness(left: &Entry, right: &Entry, key: Option<&str>) -> Option<(bool, usize)> {
    let same_key = key.is_some_and(|key| {
        left.fields.get(key).is_some_and(|value| right.fields.get(key) == Some(value))
    });
    let differing = differing(left, right).len();
    let all =
        names(&left.fields, &right.fields).len() + names(&left.numbers(), &right.numbers()).len();
    let same = all.checked_sub(differing)? * 100;
    let score = same.checked_div(all)?;
    (left.source == right.source && (same_key || score >= 50)).then_some((same_key, score))
}

/// The fields that are not the same: name, accepted, done.
pub(super) fn differing<'a>(
    left: &'a Entry,
    right: &'a Entry,
) -> Vec<(String, Option<&'a Toml>, Option<&'a Toml>)> {
    let fields = names(&left.fields, &right.fields)
        .into_iter()
        .map(|name| (name.to_owned(), left.fields.get(name), right.fields.get(name)));
    let (ours, theirs) = (left.numbers(), right.numbers());
    let reply = names(&ours, &theirs)
        .into_iter()
        .map(|name| (format!("reply.{name}"), left.reply.get(name), right.reply.get(name)))
        .collect::<Vec<_>>();
    fields.chain(reply).filter(|(_, left, right)| left != right).collect()
}

fn names<'a>(left: &'a Table, right: &'a Table) -> Vec<&'a str> {
    let more = right.keys().filter(|name| !left.contains_key(*name));
    left.keys().chain(more).map(String::as_str).collect()
}
