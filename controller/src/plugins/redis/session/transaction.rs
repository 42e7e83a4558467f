//! MULTI, EXEC and DISCARD: what stands between is asked about when it is made.

use super::channels::Channels;
use super::real::Exec;
use super::{Said, Session};
use crate::fields::Fields;
use crate::plugins::conversation::{Answer, Desk, Output};
use crate::plugins::redis::asked::Asked;
use crate::plugins::redis::frame::{FRAME_BYTES_MAX, put_head};

/// Requests that wait for EXEC.
#[derive(Debug, Default)]
pub(super) struct Queue {
    requests: Vec<Asked>,
    bytes: usize,
    /// One of them was none.
    is_spoilt: bool,
}

impl Queue {
    /// EXEC will come to nothing.
    pub(super) fn spoil(&mut self) {
        self.is_spoilt = true;
    }

    fn add(&mut self, asked: &Asked) -> bool {
        self.bytes +=
            asked.words.iter().map(|word| word.len() + size_of::<Vec<u8>>()).sum::<usize>();
        self.bytes += size_of::<Asked>();
        if self.bytes > FRAME_BYTES_MAX {
            self.is_spoilt = true;
            return false;
        }
        self.requests.push(asked.clone());
        true
    }
}

impl Session {
    /// What is said of a transaction; None where a request stands outside of one.
    pub(super) fn in_transaction(
        &mut self,
        asked: &Asked,
        desk: &mut dyn Desk,
        output: &mut Output,
    ) -> Option<Said> {
        let ok = || Said::Bytes(b"+OK\r\n".to_vec());
        match (asked.name.as_str(), self.queue.is_some()) {
            ("MULTI", false) => {
                self.queue = Some(Queue::default());
                Some(ok())
            }
            ("MULTI", true) => Some(Said::error("ERR MULTI calls can not be nested")),
            ("WATCH", true) => Some(Said::error("ERR WATCH inside MULTI is not allowed")),
            ("EXEC" | "DISCARD", false) => {
                Some(Said::error(&format!("ERR {} without MULTI", asked.name)))
            }
            ("DISCARD", true) => {
                self.queue = None;
                Some(self.unwatch().unwrap_or_else(ok))
            }
            ("EXEC", true) => {
                let queue = self.queue.take()?;
                Some(self.exec(asked, queue, desk, output))
            }
            ("RESET" | "QUIT", true) | (_, false) => None,
            (_, true) => Some(self.queue(asked)),
        }
    }

    fn queue(&mut self, asked: &Asked) -> Said {
        let Some(queue) = &mut self.queue else {
            return Said::error("ERR bigfoot: there is no transaction");
        };
        if Channels::default().is_about(asked) {
            queue.spoil();
            return Said::error("ERR bigfoot: subscriptions inside MULTI are not mocked");
        }
        if queue.add(asked) {
            return Said::Bytes(b"+QUEUED\r\n".to_vec());
        }
        Said::error("ERR bigfoot: a transaction of more than 16 MiB")
    }

    /// The real server forgets what it watches, if there is one. Its answer is the client's.
    fn unwatch(&mut self) -> Option<Said> {
        self.real.forget_watches();
        self.real.is_connected().then_some(Said::Unwatch)
    }

    fn exec(
        &mut self,
        asked: &Asked,
        queue: Queue,
        desk: &mut dyn Desk,
        output: &mut Output,
    ) -> Said {
        let watched = self.real.forget_watches();
        if queue.is_spoilt {
            let words = "EXECABORT Transaction discarded because of previous errors.";
            return Said::error(words);
        }
        if self.is_mocked && desk.names(asked.source()) {
            match desk.answer(asked.source(), asked.fields(&self.place, &self.client)) {
                Answer::Mocked(reply) if reply.fault.is_some() || !reply.fields.is_empty() => {
                    return self.mocked(asked, &reply);
                }
                Answer::Mocked(_) => {}
                Answer::Real(number) => desk.completed(number, Fields::new()),
                Answer::Refused(why) => return Said::error(&format!("ERR bigfoot: {why}")),
            }
        }
        self.made(&queue, watched, desk, output)
    }

    /// Each request is asked about, in order.
    fn made(
        &mut self,
        queue: &Queue,
        watched: bool,
        desk: &mut dyn Desk,
        output: &mut Output,
    ) -> Said {
        let mut exec = Exec { parts: Vec::new(), requests: Vec::new(), fault: None };
        for asked in &queue.requests {
            let part = match self.say(asked, desk, output) {
                Said::Bytes(bytes) | Said::Late(bytes, _) | Said::Last(bytes) => bytes,
                Said::Faulty(goes_wrong, bytes) => {
                    exec.fault.get_or_insert(goes_wrong);
                    bytes
                }
                Said::Real(number) => {
                    exec.requests.push((exec.parts.len(), number, asked.clone()));
                    Vec::new()
                }
                Said::Exec(_) | Said::Unwatch => Vec::new(), // what stands in a transaction is neither
            };
            exec.parts.push(part);
        }
        if !exec.requests.is_empty() || watched && self.real.is_connected() {
            return Said::Exec(Box::new(exec));
        }
        let bytes = exec.whole();
        match exec.fault {
            Some(fault) => Said::Faulty(fault, bytes),
            None => Said::Bytes(bytes),
        }
    }
}

impl Exec {
    /// The answer, of all parts.
    pub(super) fn whole(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_head(&mut bytes, b'*', self.parts.len());
        bytes.extend(self.parts.concat());
        bytes
    }
}
