//! The real server behind a connection, where a desk let something through.

use crate::fields::Fields;
use crate::plugins::conversation::{Desk, Opening, Output, Upstream};

/// Most bytes of a real answer that are told.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// The way to the real server.
#[derive(Debug)]
pub(super) struct Relay {
    /// Who it is, until it is connected to.
    server: Option<Upstream>,
    /// What was passed on, and what came back of it so far.
    open: Option<(u64, Vec<u8>)>,
    /// The server says no more.
    pub(super) ended: bool,
}

impl Relay {
    pub(super) fn to(opening: &Opening) -> Self {
        let server = Upstream { host: opening.host.clone(), port: opening.port, tls: None };
        Self { server: Some(server), open: None, ended: false }
    }

    /// Something was passed on to it.
    pub(super) fn is_used(&self) -> bool {
        self.server.is_none()
    }

    /// Passes on what was let through under this number.
    pub(super) fn pass(
        &mut self,
        number: u64,
        bytes: &[u8],
        desk: &mut dyn Desk,
        output: &mut Output,
    ) {
        if let Some(server) = self.server.take() {
            output.connect = Some(server);
        }
        output.upstream.extend_from_slice(bytes);
        self.open = Some((number, Vec::new()));
        if self.ended {
            self.complete(desk);
        }
    }

    /// The server said this.
    pub(super) fn answered(&mut self, bytes: &[u8], desk: &mut dyn Desk) {
        let Some((_, answer)) = &mut self.open else {
            return;
        };
        let room = ANSWER_BYTES_MAX.saturating_sub(answer.len());
        answer.extend(bytes.iter().take(room));
        if answer.len() == ANSWER_BYTES_MAX {
            self.complete(desk);
        }
    }

    /// What came back is the whole answer; none, if nothing came.
    pub(super) fn complete(&mut self, desk: &mut dyn Desk) {
        if let Some((number, answer)) = self.open.take() {
            let some = !answer.is_empty();
            let fields = if some { Fields::new().with("bytes", answer) } else { Fields::new() };
            desk.completed(number, fields);
        }
    }
}
