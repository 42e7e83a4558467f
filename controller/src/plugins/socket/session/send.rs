//! Answers that take their time.

use std::collections::VecDeque;
use std::time::Duration;

use crate::plugins::conversation::{End, Output};

/// Longest time between two bytes.
const DELAY_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Most datagrams that wait; more are lost, as they are on a network.
const DATAGRAMS_MAX: usize = 1024;

/// What is still to be sent.
#[derive(Debug, Default)]
pub(super) struct Sending {
    bytes: VecDeque<u8>,
    datagrams: VecDeque<Vec<u8>>,
    /// Whether the bytes go one by one.
    singly: bool,
    delay: Duration,
    end: Option<End>,
}

impl Sending {
    /// Bytes of a stream, the first after `delay`; the others with it, or each as much later.
    pub(super) fn stream(
        &mut self,
        bytes: Vec<u8>,
        singly: bool,
        delay: Duration,
        end: Option<End>,
        output: &mut Output,
    ) {
        let delay = delay.min(DELAY_MAX);
        *self = Self { bytes: bytes.into(), singly, delay, end, ..Self::default() };
        output.wake = Some(delay);
    }

    /// The time is over: sends what is due; whether that was all.
    pub(super) fn next(&mut self, output: &mut Output) -> bool {
        let due = if self.singly { 1 } else { self.bytes.len() };
        output.client.extend(self.bytes.drain(..due.min(self.bytes.len())));
        if !self.bytes.is_empty() {
            output.wake = Some(self.delay);
        }
        self.bytes.is_empty()
    }

    /// What comes behind the bytes.
    pub(super) fn end(&mut self) -> Option<End> {
        self.end.take()
    }

    /// A datagram, at once or after `delay`.
    pub(super) fn datagram(
        &mut self,
        bytes: Option<Vec<u8>>,
        delay: Duration,
        output: &mut Output,
    ) {
        let Some(bytes) = bytes else {
            return;
        };
        if delay.is_zero() {
            output.messages.push(bytes);
        } else if self.datagrams.len() < DATAGRAMS_MAX {
            self.delay = delay.min(DELAY_MAX);
            if self.datagrams.is_empty() {
                output.wake = Some(self.delay);
            }
            self.datagrams.push_back(bytes);
        }
    }

    /// The time of the first that waits is over.
    pub(super) fn next_datagram(&mut self, output: &mut Output) {
        output.messages.extend(self.datagrams.pop_front());
        if !self.datagrams.is_empty() {
            output.wake = Some(self.delay);
        }
    }
}
