//! Answers that go wrong, or slowly.

use std::time::Duration;

use super::super::pipe::Filled;
use super::super::real::Asker;
use super::super::reply::Response;
use super::super::told::GARBAGE;
use super::Two;
use super::message::sent;
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::{End, Fault, Output};

/// After how many more bytes the connection ends, and how.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) left: u64,
    pub(super) end: End,
    /// With this body at the latest.
    pub(super) body: Filled,
}

impl Two {
    pub(super) fn fail(
        &mut self,
        asker: Asker,
        fault: Fault,
        response: &Response,
        method: &str,
        output: &mut Output,
    ) {
        let cut = match fault.kind {
            FaultKind::Refuse => return self.close(End::Reset, output),
            FaultKind::Timeout => return,
            FaultKind::Garbage => {
                output.client.extend_from_slice(GARBAGE);
                return self.close(End::Close, output);
            }
            FaultKind::Slow => return self.slowly(asker, fault, response, method),
            FaultKind::Reset => End::Reset,
            FaultKind::Truncated | FaultKind::HalfClose => End::Close,
        };
        self.poll(&[], output);
        self.flush(output); // what was said before does not count
        let response = sent(response, method);
        let body = response.body().clone();
        self.cut = Some(Cut { left: fault.after, end: cut, body });
        self.send(asker, response);
        if fault.after == 0 {
            self.cut = None;
            self.close(cut, output);
        }
    }

    fn slowly(&mut self, asker: Asker, fault: Fault, response: &Response, method: &str) {
        let (parts, _) = sent(response, method).into_parts();
        let body = Filled::default();
        let bytes = response.body_for(method).to_vec().into_iter();
        self.send(asker, http::Response::from_parts(parts, body.clone()));
        self.slow.push((body, bytes, Duration::from_millis(fault.delay_ms.max(1))));
    }

    /// The next byte of each slow answer.
    pub(super) fn drip(&mut self) {
        self.slow.retain_mut(|(body, bytes, _)| {
            if !body.is_wanted() {
                return false;
            }
            body.add(bytes.next().into_iter().collect());
            if bytes.len() == 0 {
                body.end();
            }
            bytes.len() > 0
        });
    }
}
