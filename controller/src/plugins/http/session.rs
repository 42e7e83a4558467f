//! A client's connection: which version of HTTP it speaks is told by TLS, or by its first bytes.

use super::one::One;
use super::two::Two;
use crate::plugins::conversation::{Conversation, Desk, Event, Opening, Output};

/// What a client of HTTP/2 begins with (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A client's connection.
#[derive(Debug)]
pub(super) struct Session(State);

#[derive(Debug)]
enum State {
    /// So far its bytes may be either.
    Open(Opening, Vec<u8>),
    One(Box<One>),
    Two(Box<Two>),
}

impl Session {
    pub(super) fn new(opening: Opening) -> Self {
        match opening.alpn.as_deref() {
            Some(b"h2") => Self(State::Two(Box::new(Two::new(opening)))),
            _ => Self(State::Open(opening, Vec::new())),
        }
    }

    /// Chooses by the bytes so far; None if they are too few.
    fn choose(opening: &Opening, bytes: &[u8], ended: bool) -> Option<State> {
        if bytes.starts_with(PREFACE) {
            Some(State::Two(Box::new(Two::new(opening.clone()))))
        } else if !PREFACE.starts_with(bytes) || ended {
            Some(State::One(Box::new(One::new(opening.clone()))))
        } else {
            None
        }
    }
}

impl Conversation for Session {
    fn on(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        let mut first = Vec::new();
        if let State::Open(opening, bytes) = &mut self.0 {
            if let Event::Client(more) = event {
                bytes.extend_from_slice(more);
            }
            let Some(state) = Self::choose(opening, bytes, event == Event::ClientEnd) else {
                return;
            };
            first = std::mem::take(bytes);
            self.0 = state;
        }
        if !first.is_empty() {
            self.0.on(Event::Client(&first), desk, output);
            if matches!(event, Event::Client(_)) {
                return;
            }
        }
        self.0.on(event, desk, output);
    }
}

impl State {
    fn on(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        match self {
            Self::Open(..) => {}
            Self::One(one) => one.on(event, desk, output),
            Self::Two(two) => two.on(event, desk, output),
        }
    }
}
