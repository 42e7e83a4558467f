//! Where the streams of a connection leave their requests and find their answers.

use std::collections::{HashMap, HashSet};

use super::super::coding::BODY_LENGTH_MAX;
use super::super::frame::{RequestHead, Wrong};
use super::super::pipe::Held;
use super::super::real::Asker;
use super::message::Sent;

/// Most bytes of all bodies that are not whole yet.
const BODIES_LENGTH_MAX: usize = 4 * BODY_LENGTH_MAX;

/// Where streams leave their requests and find their answers.
#[derive(Debug, Default)]
pub(super) struct Counter {
    pub(super) next: Asker,
    pub(super) arrived: Vec<(Asker, Arrived)>,
    /// Streams that wait for their answer: a stream that is reset takes itself off.
    pub(super) waiting: HashSet<Asker>,
    pub(super) answers: HashMap<Asker, Sent>,
    /// Bytes of bodies that are not whole yet.
    held: usize,
}

#[derive(Debug)]
pub(super) enum Arrived {
    Whole(RequestHead, Vec<u8>),
    /// What is wrong with it, and its first line; it was answered already.
    Wrong(Wrong, String),
}

/// A stream that waits for its answer. Its client may reset it: then no answer is kept for it.
pub(super) struct Waiter<'a> {
    pub(super) asker: Asker,
    counter: &'a Held<Counter>,
}

impl<'a> Waiter<'a> {
    pub(super) fn new(counter: &'a Held<Counter>) -> Self {
        let mut open = counter.open();
        open.next += 1;
        let asker = open.next;
        open.waiting.insert(asker);
        Self { asker, counter }
    }

    /// Leaves the request, or what is wrong with it.
    pub(super) fn leave(&self, arrived: Arrived) {
        self.counter.open().arrived.push((self.asker, arrived));
    }

    /// Takes the answer, once it is there.
    pub(super) fn answer(&self) -> Option<Sent> {
        self.counter.open().answers.remove(&self.asker)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut counter = self.counter.open();
        counter.waiting.remove(&self.asker);
        counter.answers.remove(&self.asker);
    }
}

/// Bytes of a body that count among those that are held, as long as it is not whole.
pub(super) struct Holding<'a> {
    pub(super) bytes: Vec<u8>,
    count: usize,
    counter: &'a Held<Counter>,
}

impl<'a> Holding<'a> {
    pub(super) fn new(counter: &'a Held<Counter>) -> Self {
        Self { bytes: Vec::new(), count: 0, counter }
    }

    pub(super) fn add(&mut self, data: &[u8]) -> bool {
        let mut counter = self.counter.open();
        counter.held += data.len();
        self.count += data.len();
        self.bytes.extend_from_slice(data);
        self.bytes.len() <= BODY_LENGTH_MAX && counter.held <= BODIES_LENGTH_MAX
    }
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        self.counter.open().held -= self.count;
    }
}
