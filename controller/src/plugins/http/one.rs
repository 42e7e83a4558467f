//! HTTP/1.0 and HTTP/1.1 with the client: one request after the other, in order.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use super::coding::BODY_LENGTH_MAX;
use super::frame::{self, Body, Chunk, HEAD_LENGTH_MAX, RequestHead, ResponseHead, Wrong};
use super::headers::Headers;
use super::input::Input;
use super::real::{Real, Said};
use super::reply::{self, Response};
use super::request::{self, Asked, SOURCE};
use super::told::{GARBAGE, malformed};
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::{Answer, Desk, End, Event, Fault, Opening, Output, Reply};

/// Most bytes that may wait for an answer to the request before them.
const AHEAD_MAX: usize = BODY_LENGTH_MAX + HEAD_LENGTH_MAX;

/// A connection.
#[derive(Debug)]
pub(super) struct One {
    opening: Opening,
    /// What is there of the client's bytes and was not taken yet.
    input: Input,
    /// There may be a head in it: no longer so once it was looked for, until another line is there, or
    /// nothing more comes.
    ripe: bool,
    stage: Stage,
    /// The client sends no more.
    ended: bool,
    real: Real,
}

#[derive(Debug)]
enum Stage {
    /// A request may begin.
    Head,
    /// The body of a request.
    Body(Box<Asked>, Manner, Body),
    /// The real server is asked; None before it began to answer.
    Passing(Manner, Option<Passage>),
    /// The answer goes out byte by byte.
    Slow(VecDeque<u8>, Duration, Manner),
    /// No answer ever comes.
    Silent,
    /// What the client still sends is read, and nothing more is said.
    Over,
}

/// How the client wants to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Manner {
    /// There is no body: it asked for the head.
    head: bool,
    /// HTTP/1.0: no chunks, and the connection ends unless it asks for it.
    old: bool,
    /// The connection stays.
    stays: bool,
}

/// How the body of a real answer goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passage {
    /// As it comes.
    Plain,
    /// In chunks.
    Chunked,
}

impl One {
    pub(super) fn new(opening: Opening) -> Self {
        let real = Real::of(&opening);
        let (input, stage) = (Input::default(), Stage::Head);
        Self { opening, input, ripe: false, stage, ended: false, real }
    }

    pub(super) fn on(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        match event {
            Event::Client(bytes) => self.hear(bytes, output),
            Event::ClientEnd => (self.ended, self.ripe) = (true, true),
            Event::Wake => self.drip(output),
            event => {
                for (_, said) in self.real.on(event, desk, output) {
                    self.pass(said, output);
                }
            }
        }
        while output.end.is_none() && self.step(desk, output) {}
        if self.ended {
            self.end(output);
        }
        if matches!(self.stage, Stage::Over) {
            self.real.abandon(desk);
        }
    }

    fn hear(&mut self, bytes: &[u8], output: &mut Output) {
        if matches!(self.stage, Stage::Silent | Stage::Over) {
            return;
        }
        self.ripe |= self.input.is_empty() || bytes.contains(&b'\n');
        self.input.push(bytes);
        self.ripe |= self.input.len() > HEAD_LENGTH_MAX;
        let waits = matches!(self.stage, Stage::Passing(..) | Stage::Slow(..));
        if waits && self.input.len() > AHEAD_MAX {
            malformed(output, "sent more than 16 MiB ahead of an answer", bytes);
            self.over(End::Reset, output);
        }
    }

    /// Takes one thing off the input; false if there is none.
    fn step(&mut self, desk: &mut dyn Desk, output: &mut Output) -> bool {
        match mem::replace(&mut self.stage, Stage::Over) {
            Stage::Head if self.ripe && !self.input.is_empty() => self.head(output),
            Stage::Body(asked, manner, left) => self.body(asked, manner, left, desk, output),
            stage => {
                self.stage = stage;
                false
            }
        }
    }

    fn head(&mut self, output: &mut Output) -> bool {
        match frame::request(self.input.rest()) {
            Ok(None) => {
                (self.stage, self.ripe) = (Stage::Head, false);
                false
            }
            Ok(Some((head, length))) => {
                let bytes = self.input.rest().get(..length).unwrap_or_default().to_vec();
                self.input.take(length);
                self.begin(head, &bytes, output)
            }
            Err(wrong) => {
                let input = mem::take(&mut self.input);
                self.refuse(400, wrong, input.rest(), output)
            }
        }
    }

    /// A request begins, whose head stands in these bytes.
    fn begin(&mut self, head: RequestHead, bytes: &[u8], output: &mut Output) -> bool {
        if let Some(beyond) = request::beyond(&head.method, &head.headers) {
            return self.refuse(501, beyond, bytes, output);
        }
        let manner = Manner::of(&head);
        let waits = head.minor > 0 && head.headers.has_token("expect", "100-continue");
        let left = Body::of_request(&head.headers);
        let asked = Asked::new(head, &self.opening);
        let (asked, left) = match (asked, left) {
            (Ok(asked), Ok(left)) => (asked, left),
            (Err(wrong), _) | (_, Err(wrong)) => return self.refuse(400, wrong, bytes, output),
        };
        if matches!(left, Body::Length(length) if length > BODY_LENGTH_MAX as u64) {
            return self.refuse(413, TOO_LARGE, bytes, output);
        }
        if waits && !left.is_done() && self.input.is_empty() {
            output.client.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        self.stage = Stage::Body(Box::new(asked), manner, left);
        true
    }

    fn body(
        &mut self,
        mut asked: Box<Asked>,
        manner: Manner,
        mut left: Body,
        desk: &mut dyn Desk,
        output: &mut Output,
    ) -> bool {
        if let Err(wrong) = left.take(&mut self.input, &mut asked.body) {
            let input = mem::take(&mut self.input);
            return self.refuse(400, wrong, input.rest(), output);
        }
        if asked.body.len() > BODY_LENGTH_MAX {
            return self.refuse(413, TOO_LARGE, &asked.body, output);
        }
        if !left.is_done() {
            self.stage = Stage::Body(asked, manner, left);
            return false;
        }
        match asked.fields() {
            Ok(fields) => self.answer(&asked, manner, desk.answer(SOURCE, fields), output),
            Err(_) => return self.refuse(413, TOO_LARGE, &asked.body, output),
        }
        true
    }

    fn answer(&mut self, asked: &Asked, manner: Manner, answer: Answer, output: &mut Output) {
        match answer {
            Answer::Mocked(Reply { fields, fault: None }) => {
                self.say(&Response::mocked(&fields), manner, output);
            }
            Answer::Mocked(Reply { fields, fault: Some(fault) }) => {
                let (message, manner) = message(&Response::mocked(&fields), manner);
                self.fail(fault, message, manner, output);
            }
            Answer::Refused(why) => self.say(&Response::refused(&why), manner, output),
            Answer::Real(number) => {
                self.stage = Stage::Passing(manner, None);
                self.real.ask(0, number, asked, output);
            }
        }
    }

    fn say(&mut self, response: &Response, manner: Manner, output: &mut Output) {
        let (message, manner) = message(response, manner);
        output.client.extend_from_slice(&message);
        self.next(manner, output);
    }

    /// The answer is out.
    fn next(&mut self, manner: Manner, output: &mut Output) {
        self.stage = Stage::Head;
        if !manner.stays {
            self.over(End::Close, output);
        }
    }

    fn fail(&mut self, fault: Fault, message: Vec<u8>, manner: Manner, output: &mut Output) {
        let after = usize::try_from(fault.after).unwrap_or(usize::MAX).min(message.len());
        let start = message.get(..after).unwrap_or_default();
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
            FaultKind::Timeout => {
                self.input.clear();
                self.stage = Stage::Silent;
            }
            FaultKind::Slow => {
                let pause = Duration::from_millis(fault.delay_ms.max(1));
                self.stage = Stage::Slow(message.into(), pause, manner);
                self.drip(output);
            }
        }
    }

    /// The next byte of a slow answer.
    fn drip(&mut self, output: &mut Output) {
        let Stage::Slow(bytes, pause, manner) = &mut self.stage else {
            return;
        };
        output.client.extend(bytes.pop_front());
        if bytes.is_empty() {
            let manner = *manner;
            self.next(manner, output);
        } else {
            output.wake = Some(*pause);
        }
    }

    /// What the real server said goes on to the client.
    fn pass(&mut self, said: Said, output: &mut Output) {
        let Stage::Passing(manner, passage) = &mut self.stage else {
            return;
        };
        let manner = *manner;
        match (said, *passage) {
            (Said::Head(head, body), _) => {
                let (message, manner, passage) = real_head(&head, body, manner);
                output.client.extend_from_slice(&message);
                self.stage = Stage::Passing(manner, Some(passage));
            }
            (Said::Data(data), Some(Passage::Chunked)) => chunk(&data, output),
            (Said::Data(data), _) => output.client.extend_from_slice(&data),
            (Said::End(trailer), passage) => {
                if passage == Some(Passage::Chunked) {
                    output.client.extend_from_slice(b"0\r\n");
                    trailer.write(&mut output.client);
                    output.client.extend_from_slice(b"\r\n");
                }
                self.next(manner, output);
            }
            (Said::Broken(why), None) => self.say(&Response::unreachable(&why), manner, output),
            (Said::Broken(_), Some(_)) => self.over(End::Reset, output),
        }
    }

    /// An error, after which nothing that the client says can be understood.
    fn refuse(&mut self, status: u16, wrong: Wrong, bytes: &[u8], output: &mut Output) -> bool {
        malformed(output, wrong, bytes);
        let manner = Manner { head: false, old: false, stays: false };
        let (message, _) = message(&Response::told(status, &format!("the client {wrong}")), manner);
        output.client.extend_from_slice(&message);
        // The rest of a large body is still read, or the answer would be lost with the connection.
        self.over(if status == 413 { End::HalfClose } else { End::Close }, output);
        false
    }

    fn over(&mut self, end: End, output: &mut Output) {
        self.input.clear();
        self.stage = Stage::Over;
        output.end = Some(end);
    }

    /// The client sends no more: an answer that is under way still goes out.
    fn end(&mut self, output: &mut Output) {
        match &self.stage {
            Stage::Passing(..) | Stage::Slow(..) => return,
            Stage::Body(..) => malformed(output, "ended in the middle of a request", &[]),
            Stage::Head if self.input.rest().iter().any(|byte| !byte.is_ascii_whitespace()) => {
                malformed(output, "ended in the middle of a request", self.input.rest());
            }
            _ => {}
        }
        let end = output.end.filter(|end| *end != End::HalfClose).unwrap_or(End::Close);
        self.over(end, output);
    }
}

const TOO_LARGE: Wrong = "sent a body of more than 16 MiB";

impl Manner {
    fn of(head: &RequestHead) -> Self {
        let old = head.minor == 0;
        let stays = if old {
            head.headers.has_token("connection", "keep-alive")
        } else {
            !head.headers.has_token("connection", "close")
        };
        Self { head: head.method == "HEAD", old, stays }
    }

    /// What a head says of it, where it has to be said.
    fn tell(self, headers: &mut Headers) {
        match (self.stays, self.old) {
            _ if headers.has("connection") => {}
            (false, _) => headers.add("connection", "close"),
            (true, true) => headers.add("connection", "keep-alive"),
            (true, false) => {}
        }
    }
}

/// A whole response as it goes out, and whether the connection stays then.
fn message(response: &Response, manner: Manner) -> (Vec<u8>, Manner) {
    let mut headers = response.framed();
    let stays = manner.stays && !headers.has_token("connection", "close");
    let manner = Manner { stays, ..manner };
    manner.tell(&mut headers);
    let mut message = line(response.status, reply::words(response.status));
    headers.write(&mut message);
    message.extend_from_slice(b"\r\n");
    message.extend_from_slice(response.body_for(if manner.head { "HEAD" } else { "" }));
    (message, manner)
}

fn line(status: u16, reason: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} {reason}\r\n").into_bytes()
}

/// The head of a real answer as it goes out, and how its body does.
fn real_head(head: &ResponseHead, body: Body, manner: Manner) -> (Vec<u8>, Manner, Passage) {
    let mut headers = head.headers.clone();
    let endless = matches!(body, Body::ToEnd | Body::Chunked(Chunk::Size));
    let passage = if endless && !manner.old { Passage::Chunked } else { Passage::Plain };
    if endless {
        headers = headers.without(&["content-length"]);
    }
    if passage == Passage::Chunked {
        headers.add("transfer-encoding", "chunked");
    }
    let stays = manner.stays && !(endless && manner.old);
    let manner = Manner { stays, ..manner };
    manner.tell(&mut headers);
    let mut message = line(head.status, &head.reason);
    headers.write(&mut message);
    message.extend_from_slice(b"\r\n");
    (message, manner, passage)
}

fn chunk(data: &[u8], output: &mut Output) {
    output.client.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
    output.client.extend_from_slice(data);
    output.client.extend_from_slice(b"\r\n");
}
