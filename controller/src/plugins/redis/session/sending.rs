//! Answers that take their time, or go wrong.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Session, Stage};
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::{End, Fault, Output};

/// Longest time that is waited.
const TIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Bytes that are no Redis, of any version.
pub(in crate::plugins::redis) const GARBAGE: &[u8] =
    b"\x00\xff\xfe\x13\x37 this is no Redis \x00\xff\r\n";

/// What is still to be sent.
#[derive(Debug)]
pub(super) struct Sending {
    bytes: VecDeque<u8>,
    /// Time between two bytes; None if all go at once.
    pause: Option<Duration>,
}

impl Sending {
    /// All of it, after a time.
    pub(super) fn late(bytes: Vec<u8>, time: Duration, output: &mut Output) -> Self {
        output.wake = Some(time.min(TIME_MAX));
        Self { bytes: bytes.into(), pause: None }
    }

    /// Whether some of it is said already; else it waits for a time that nobody may live to see.
    pub(super) fn has_begun(&self) -> bool {
        self.pause.is_some()
    }

    /// More, behind the rest.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// The time is over: sends what is due; whether that was all.
    fn next(&mut self, output: &mut Output) -> bool {
        let due = if self.pause.is_some() { 1 } else { self.bytes.len() };
        output.client.extend(self.bytes.drain(..due.min(self.bytes.len())));
        if !self.bytes.is_empty() {
            output.wake = self.pause;
        }
        self.bytes.is_empty()
    }
}

impl Session {
    pub(super) fn wake(&mut self, output: &mut Output) {
        if let Stage::Sending(sending) = &mut self.stage
            && sending.next(output)
        {
            self.stage = Stage::Ready;
        }
    }

    /// An answer goes wrong.
    pub(super) fn fail(&mut self, fault: Fault, bytes: Vec<u8>, output: &mut Output) {
        let after = usize::try_from(fault.after).unwrap_or(usize::MAX).min(bytes.len());
        let start = bytes.get(..after).unwrap_or_default();
        match fault.kind {
            FaultKind::Refuse => self.over(End::Reset, output),
            FaultKind::Reset => {
                output.client.extend_from_slice(start);
                self.over(End::Reset, output);
            }
            FaultKind::Truncated | FaultKind::HalfClose => {
                output.client.extend_from_slice(start);
                self.over(End::Close, output);
            }
            FaultKind::Garbage => {
                output.client.extend_from_slice(GARBAGE);
                self.over(End::Close, output);
            }
            FaultKind::Timeout => self.stage = Stage::Silent,
            FaultKind::Slow => {
                let pause = Duration::from_millis(fault.delay_ms.max(1)).min(TIME_MAX);
                let mut sending = Sending { bytes: bytes.into(), pause: Some(pause) };
                if !sending.next(output) {
                    self.stage = Stage::Sending(sending);
                }
            }
        }
    }
}
