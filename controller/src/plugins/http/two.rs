//! HTTP/2 with the client (RFC 9113), by h2.

mod counter;
mod fault;
mod message;
mod stream;

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use self::counter::{Arrived, Counter};
use self::fault::Cut;
use self::message::{Sent, TOO_LARGE, response, sent};
use self::stream::serve;
#[cfg(test)]
pub(super) use self::stream::{Piece, pour};
use super::frame::Wrong;
use super::pipe::{Filled, Held, Moved, Pipe, Task, Tasks};
use super::real::{Asker, Real, Said};
use super::reply::Response;
use super::request::{Asked, SOURCE};
use super::told::malformed;
use crate::plugins::conversation::{Answer, Desk, End, Event, Opening, Output, Reply};

/// Most rounds that one event may take.
const ROUNDS_MAX: usize = 100_000;

type Connection = Pin<Box<dyn Future<Output = Result<(), h2::Error>> + Send>>;

/// A connection.
pub(super) struct Two {
    opening: Opening,
    pipe: Pipe,
    counter: Held<Counter>,
    connection: Option<Connection>,
    begun: Tasks,
    running: Vec<Task>,
    moved: Arc<Moved>,
    real: Real,
    /// Bodies of real answers that are not whole yet.
    passing: HashMap<Asker, Filled>,
    /// Bodies that go out byte by byte.
    slow: Vec<(Filled, std::vec::IntoIter<u8>, Duration)>,
    cut: Option<Cut>,
    ended: bool,
}

impl fmt::Debug for Two {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Two").field("opening", &self.opening).finish_non_exhaustive()
    }
}

impl Two {
    pub(super) fn new(opening: Opening) -> Self {
        let (pipe, counter, begun) = (Pipe::default(), Held::default(), Tasks::default());
        let connection = serve(pipe.clone(), counter.clone(), begun.clone());
        Self {
            real: Real::of(&opening),
            opening,
            pipe,
            counter,
            connection: Some(Box::pin(connection)),
            begun,
            running: Vec::new(),
            moved: Arc::default(),
            passing: HashMap::new(),
            slow: Vec::new(),
            cut: None,
            ended: false,
        }
    }

    pub(super) fn on(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        let bytes = match event {
            Event::Client(bytes) => bytes,
            _ => &[],
        };
        match event {
            Event::Client(bytes) => self.pipe.feed(bytes),
            Event::ClientEnd => {
                self.ended = true;
                self.pipe.end();
            }
            Event::Wake => self.drip(),
            event => {
                for (asker, said) in self.real.on(event, desk, output) {
                    self.pass(asker, said);
                }
            }
        }
        self.turn(bytes, desk, output);
        if self.connection.is_none() {
            self.real.abandon(desk);
        }
        output.wake = self.slow.iter().map(|(_, _, pause)| *pause).min();
    }

    /// Everything that can happen now.
    fn turn(&mut self, bytes: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        loop {
            let over = self.poll(bytes, output);
            self.flush(output);
            if over && output.end.is_none() {
                self.close(End::Close, output);
            }
            let arrived = mem::take(&mut self.counter.open().arrived);
            if arrived.is_empty() || output.end.is_some() {
                return;
            }
            for (asker, arrived) in arrived {
                self.meet(asker, arrived, desk, output);
            }
        }
    }

    /// Polls everything until nothing moves; whether the connection is over.
    fn poll(&mut self, bytes: &[u8], output: &mut Output) -> bool {
        let waker = Waker::from(Arc::clone(&self.moved));
        let mut context = Context::from_waker(&waker);
        for _ in 0..ROUNDS_MAX {
            let Some(connection) = &mut self.connection else {
                return true;
            };
            match connection.as_mut().poll(&mut context) {
                Poll::Ready(Err(error)) if !self.ended => {
                    malformed(output, &format!("broke HTTP/2: {error}"), bytes);
                    self.connection = None;
                }
                Poll::Ready(_) => self.connection = None,
                Poll::Pending => {}
            }
            self.running.extend(self.begun.take());
            self.running.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
            if !self.moved.take() && self.connection.is_some() {
                break;
            }
        }
        self.connection.is_none()
    }

    /// Bytes for the client go out, unless a fault stands in their way.
    fn flush(&mut self, output: &mut Output) {
        let mut bytes = self.pipe.drain();
        if let Some(cut) = &mut self.cut {
            let left = usize::try_from(cut.left).unwrap_or(usize::MAX);
            cut.left = cut.left.saturating_sub(bytes.len() as u64);
            bytes.truncate(left);
        }
        output.client.extend_from_slice(&bytes);
        if let Some(cut) = self.cut.take_if(|cut| cut.left == 0 || cut.body.is_taken()) {
            self.close(cut.end, output);
        }
    }

    fn close(&mut self, end: End, output: &mut Output) {
        self.connection = None;
        self.running.clear();
        self.slow.clear();
        self.passing.clear();
        output.end = Some(end);
    }

    fn meet(&mut self, asker: Asker, arrived: Arrived, desk: &mut dyn Desk, output: &mut Output) {
        let (head, body) = match arrived {
            Arrived::Whole(head, body) => (head, body),
            Arrived::Wrong(wrong, line) => return malformed(output, wrong, line.as_bytes()),
        };
        let line = format!("{} {}", head.method, head.target);
        let asked = match Asked::new(head, &self.opening) {
            Ok(asked) => Asked { body, ..asked },
            Err(wrong) => return self.refuse(asker, 400, wrong, &line, output),
        };
        match asked.fields() {
            Ok(fields) => self.answer(asker, &asked, desk.answer(SOURCE, fields), output),
            Err(_) => self.refuse(asker, 413, TOO_LARGE, &line, output),
        }
    }

    fn refuse(&mut self, asker: Asker, status: u16, wrong: Wrong, line: &str, output: &mut Output) {
        malformed(output, wrong, line.as_bytes());
        self.send(asker, sent(&Response::told(status, &format!("the client {wrong}")), ""));
    }

    fn answer(&mut self, asker: Asker, asked: &Asked, answer: Answer, output: &mut Output) {
        let method = &asked.method;
        match answer {
            Answer::Mocked(Reply { fields, fault: None }) => {
                self.send(asker, sent(&Response::mocked(&fields), method));
            }
            Answer::Mocked(Reply { fields, fault: Some(fault) }) => {
                self.fail(asker, fault, &Response::mocked(&fields), method, output);
            }
            Answer::Refused(why) => self.send(asker, sent(&Response::refused(&why), method)),
            Answer::Real(number) => self.real.ask(asker, number, asked, output),
        }
    }

    /// An answer, unless its stream has gone away.
    fn send(&mut self, asker: Asker, response: Sent) {
        let mut counter = self.counter.open();
        if counter.waiting.contains(&asker) {
            counter.answers.insert(asker, response);
        }
    }

    /// What the real server said goes on to the client.
    fn pass(&mut self, asker: Asker, said: Said) {
        match said {
            Said::Head(head, left) => {
                let body = Filled::default();
                if left.is_done() {
                    body.end();
                }
                self.passing.insert(asker, body.clone());
                self.send(asker, response(head.status, &head.headers, body));
            }
            Said::Data(data) => match self.passing.get(&asker) {
                Some(body) if body.is_wanted() => body.add(data),
                _ => drop(self.passing.remove(&asker)),
            },
            Said::End(trailer) => {
                if let Some(body) = self.passing.remove(&asker) {
                    body.end_with(trailer);
                }
            }
            Said::Broken(why) => match self.passing.remove(&asker) {
                Some(body) => body.break_off(),
                None => self.send(asker, sent(&Response::unreachable(&why), "")),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::counter::Waiter;
    use super::message::refusal;
    use super::*;
    use crate::plugins::http::headers::Headers;
    use crate::plugins::transcript::opening;

    /// An answer for a stream that went away is not kept, whether it came before or after.
    #[test]
    fn streams_that_went_away_keep_nothing() {
        let mut two = Two::new(opening("a.example", 80));
        let counter = two.counter.clone();
        let first = Waiter::new(&counter);
        let second = Waiter::new(&counter);
        let (one, other) = (first.asker, second.asker);

        two.send(one, refusal(&Headers::default(), TOO_LARGE));
        assert_eq!(counter.open().answers.len(), 1);
        drop((first, second));
        two.send(other, refusal(&Headers::default(), TOO_LARGE));

        let counter = counter.open();
        assert!(counter.answers.is_empty() && counter.waiting.is_empty());
    }

    /// What still comes for a stream that went away is passed over.
    #[test]
    fn bodies_of_streams_that_went_away_are_dropped() {
        let mut two = Two::new(opening("a.example", 80));
        let body = Filled::default();
        two.passing.insert(1, body.clone());

        two.pass(1, Said::Data(b"a".to_vec()));
        assert_eq!(two.passing.len(), 1);
        drop(body);
        two.pass(1, Said::Data(b"b".to_vec()));

        assert!(two.passing.is_empty());
    }
}
