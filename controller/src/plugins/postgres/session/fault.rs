//! Rows as they go out, and answers that go wrong.

use std::collections::VecDeque;
use std::time::Duration;

use super::super::datum::Datum;
use super::super::frame::is_binary;
use super::super::reply::Column;
use super::super::said;
use super::{Session, Stage};
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::{End, Fault, Output};

/// Bytes that are no message.
const GARBAGE: &[u8] = b"\0\xff\0garbage\r\n\r\n";

/// An answer that goes out byte by byte.
#[derive(Debug)]
pub(super) struct Drip {
    bytes: VecDeque<u8>,
    pause: Duration,
}

/// Rows, in the formats that were asked for.
pub(super) fn put_rows<'a>(
    columns: &[Column],
    rows: impl IntoIterator<Item = &'a Vec<Option<Datum>>>,
    formats: &[bool],
    output: &mut Output,
) {
    for row in rows {
        let cells = columns.iter().zip(row).enumerate();
        let values: Vec<Option<Vec<u8>>> = cells
            .map(|(at, (column, value))| {
                value.as_ref().map(|value| value.written(column.kind, is_binary(formats, at)))
            })
            .collect();
        said::put_row(&mut output.client, &values);
    }
}

/// Sends an answer, or what a fault leaves of it.
pub(super) fn apply(session: &mut Session, fault: Fault, answer: Vec<u8>, output: &mut Output) {
    let after = usize::try_from(fault.after).unwrap_or(usize::MAX).min(answer.len());
    let start = answer.get(..after).unwrap_or_default();
    match fault.kind {
        FaultKind::Refuse => session.over(End::Reset, output),
        FaultKind::Reset => {
            output.client.extend_from_slice(start);
            session.over(End::Reset, output);
        }
        FaultKind::Truncated | FaultKind::HalfClose => {
            output.client.extend_from_slice(start);
            session.over(End::Close, output);
        }
        FaultKind::Garbage => {
            output.client.extend_from_slice(GARBAGE);
            session.over(End::Close, output);
        }
        FaultKind::Timeout => session.stage = Stage::Silent,
        FaultKind::Slow => {
            let pause = Duration::from_millis(fault.delay_ms.max(1));
            session.drip = Some(Drip { bytes: answer.into(), pause });
            session.drip(output);
        }
    }
}

impl Session {
    /// The next byte of a slow answer.
    pub(super) fn drip(&mut self, output: &mut Output) {
        let Some(drip) = &mut self.drip else {
            return;
        };
        output.client.extend(drip.bytes.pop_front());
        if drip.bytes.is_empty() {
            self.drip = None;
        } else {
            output.wake = Some(drip.pause);
        }
    }
}
