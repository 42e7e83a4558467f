//! How a conversation asks the engine: a message there, and its answer back.

use crossbeam_channel::bounded;

use crate::engine::Said;
use crate::fields::Fields;
use crate::intake::{Job, Wire};
use crate::jobs::Jobs;
use crate::plugins::conversation::{Answer, Desk, Foreseen, Wait};

/// The way to the engine for the conversations of one event loop.
#[derive(Debug)]
pub(super) struct Asking {
    jobs: Jobs,
    /// Whose conversation asks.
    pub(super) ticket: u32,
}

impl Asking {
    pub(super) fn new(jobs: Jobs) -> Self {
        Self { jobs, ticket: 0 }
    }

    fn send(&self, wire: Wire) -> bool {
        self.jobs.send(Job::Wire { ticket: self.ticket, wire }).is_ok()
    }

    /// Tells something of the connection.
    pub(super) fn tell(&self, said: Said) {
        self.send(Wire::Said(said)); // nobody is there any more: the run is over
    }
}

impl Desk for Asking {
    fn answer(&mut self, source: &'static str, fields: Fields) -> Answer {
        let (reply, heard) = bounded(1); // one a question: where the engine is gone, it ends
        let over = || Answer::Refused("the run is over".to_owned());
        if !self.send(Wire::Answer { source, fields, reply }) {
            return over();
        }
        heard.recv().unwrap_or_else(|_| over())
    }

    fn completed(&mut self, number: u64, reply: Fields) {
        self.tell(Said::Completed { number, reply });
    }

    fn names(&self, source: &'static str) -> bool {
        let (reply, heard) = bounded(1);
        self.send(Wire::Names { source, reply }) && heard.recv().unwrap_or(false)
    }

    fn foresee(&mut self, source: &'static str, fields: &Fields) -> Foreseen {
        let (reply, heard) = bounded(1);
        let fields = fields.clone();
        if !self.send(Wire::Foresee { source, fields, reply }) {
            return Foreseen::nobody();
        }
        heard.recv().unwrap_or_else(|_| Foreseen::nobody())
    }

    fn waits(&mut self, source: &'static str, fields: &Fields) -> Wait {
        let (reply, heard) = bounded(1);
        let fields = fields.clone();
        if !self.send(Wire::Waits { source, fields, reply }) {
            return Wait::Never;
        }
        heard.recv().unwrap_or(Wait::Never)
    }
}
