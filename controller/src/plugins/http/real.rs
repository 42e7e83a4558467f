//! The real server: requests that may really be made go to it one after the other, over one
//! connection, as HTTP/1.1; its answers are passed on as they come and told to the desk when whole.

use std::collections::VecDeque;
use std::mem;

use super::coding::{self, BODY_LENGTH_MAX};
use super::frame::{self, Body, ResponseHead};
use super::headers::Headers;
use super::input::Input;
use super::request::{Asked, document, named};
use crate::fields::Fields;
use crate::plugins::conversation::{Desk, Event, Opening, Output, Upstream};

/// Who waits for an answer: the number of a request on its connection, or of an HTTP/2 stream.
pub(super) type Asker = u64;

/// What the real server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// The head, without what concerns its connection alone, and how far the body reaches.
    Head(ResponseHead, Body),
    /// Bytes of the body.
    Data(Vec<u8>),
    /// The body is whole; its trailer, without what concerns its connection alone.
    End(Headers),
    /// Nothing more will come: why.
    Broken(String),
}

/// The real server.
#[derive(Debug)]
pub(super) struct Real {
    upstream: Upstream,
    /// What is there of its bytes and was not taken yet.
    input: Input,
    link: Link,
    /// The first one is with the server; the others wait.
    waiting: VecDeque<Exchange>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Closed,
    /// Open, or being opened.
    Open,
    /// The same, and it carried an answer already.
    Used,
}

/// A request and what is there of its answer.
#[derive(Debug)]
struct Exchange {
    asker: Asker,
    number: u64,
    method: String,
    message: Vec<u8>,
    answer: Option<Answer>,
}

#[derive(Debug)]
struct Answer {
    head: ResponseHead,
    left: Body,
    /// The body as it was so far, to be recorded; no more than [`BODY_LENGTH_MAX`].
    body: Vec<u8>,
    trailer: Headers,
    /// The connection can carry another exchange.
    stays: bool,
}

impl Real {
    /// The server to which a connection was opened this way.
    pub(super) fn of(opening: &Opening) -> Self {
        let name = || (opening.host.clone(), vec![b"http/1.1".to_vec()]);
        let tls = opening.encrypted.then(name);
        let upstream = Upstream { host: opening.host.clone(), port: opening.port, tls };
        Self { upstream, input: Input::default(), link: Link::Closed, waiting: VecDeque::new() }
    }

    /// Makes a request that has this number at the desk.
    pub(super) fn ask(&mut self, asker: Asker, number: u64, asked: &Asked, output: &mut Output) {
        let (method, message) = (asked.method.clone(), message(asked));
        self.waiting.push_back(Exchange { asker, number, method, message, answer: None });
        if self.waiting.len() == 1 {
            self.send(output);
        }
    }

    /// Sends the first request that waits.
    fn send(&mut self, output: &mut Output) {
        let Some(exchange) = self.waiting.front() else {
            return;
        };
        if self.link == Link::Closed {
            self.link = Link::Open;
            self.input.clear();
            output.end_upstream = false; // of the connection before this one
            output.connect = Some(self.upstream.clone());
        }
        output.upstream.extend_from_slice(&exchange.message);
    }

    /// Takes what the server did; says what that means, and to whom.
    pub(super) fn on(
        &mut self,
        event: Event<'_>,
        desk: &mut dyn Desk,
        output: &mut Output,
    ) -> Vec<(Asker, Said)> {
        let mut said = Vec::new();
        match event {
            Event::Upstream(bytes) => {
                self.input.push(bytes);
                self.read(desk, output, &mut said);
            }
            Event::UpstreamEnd => self.ended(desk, output, &mut said),
            Event::UpstreamFailed(why) => self.failed(why, desk, output, &mut said),
            _ => {}
        }
        said
    }

    /// Nobody waits for answers any more: what there is of them is told.
    pub(super) fn abandon(&mut self, desk: &mut dyn Desk) {
        self.waiting.drain(..).for_each(|exchange| told(&exchange, desk));
    }

    fn read(&mut self, desk: &mut dyn Desk, output: &mut Output, said: &mut Vec<(Asker, Said)>) {
        loop {
            match self.step(desk, output, said) {
                Ok(true) => {}
                Ok(false) => return,
                Err(why) => {
                    output.end_upstream = true;
                    return self.failed(&format!("it {why}"), desk, output, said);
                }
            }
        }
    }

    /// One head, or what is there of one body; false if nothing was.
    fn step(
        &mut self,
        desk: &mut dyn Desk,
        output: &mut Output,
        said: &mut Vec<(Asker, Said)>,
    ) -> Result<bool, frame::Wrong> {
        let Some(exchange) = self.waiting.front_mut() else {
            return if self.input.is_empty() {
                Ok(false)
            } else {
                Err("spoke without being asked")
            };
        };
        let Some(answer) = &mut exchange.answer else {
            return match head(&mut self.input, &exchange.method)? {
                None => Ok(false),
                Some(answer) => {
                    let head = passed_on(&answer.head);
                    said.push((exchange.asker, Said::Head(head, answer.left)));
                    exchange.answer = Some(answer);
                    Ok(true)
                }
            };
        };
        let mut data = Vec::new();
        answer.trailer.0.extend(answer.left.take(&mut self.input, &mut data)?.0);
        let done = answer.left.is_done();
        let room = BODY_LENGTH_MAX.saturating_sub(answer.body.len());
        answer.body.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
        if !data.is_empty() {
            said.push((exchange.asker, Said::Data(data)));
        }
        if done {
            self.complete(desk, output, said);
        }
        Ok(done)
    }

    /// The first exchange is over: it is told, and the next one begins.
    fn complete(
        &mut self,
        desk: &mut dyn Desk,
        output: &mut Output,
        said: &mut Vec<(Asker, Said)>,
    ) {
        let Some(exchange) = self.waiting.pop_front() else {
            return;
        };
        told(&exchange, desk);
        let answer = exchange.answer.as_ref();
        let trailer = answer.map(|answer| answer.trailer.end_to_end()).unwrap_or_default();
        said.push((exchange.asker, Said::End(trailer.without(&["content-length"]))));
        if answer.is_some_and(|answer| answer.stays) && self.input.is_empty() {
            self.link = Link::Used;
        } else {
            self.link = Link::Closed;
            output.end_upstream = true;
            self.input.clear();
        }
        self.send(output);
    }

    /// The server sends no more: that may be the end of a body.
    fn ended(&mut self, desk: &mut dyn Desk, output: &mut Output, said: &mut Vec<(Asker, Said)>) {
        let left = self.waiting.front().and_then(|first| first.answer.as_ref());
        match left.map(|answer| answer.left) {
            Some(Body::ToEnd) => {
                self.link = Link::Closed;
                self.complete(desk, output, said);
            }
            _ => self.failed("it closed the connection", desk, output, said),
        }
    }

    fn failed(
        &mut self,
        why: &str,
        desk: &mut dyn Desk,
        output: &mut Output,
        said: &mut Vec<(Asker, Said)>,
    ) {
        let link = mem::replace(&mut self.link, Link::Closed);
        let untouched = self.input.is_empty();
        self.input.clear();
        let Some(first) = self.waiting.front() else {
            return;
        };
        if link == Link::Used && untouched && first.answer.is_none() && may_repeat(&first.method) {
            return self.send(output); // it closed a connection that it had kept: not an answer
        }
        if let Some(exchange) = self.waiting.pop_front() {
            told(&exchange, desk);
            said.push((exchange.asker, Said::Broken(why.to_owned())));
        }
        self.send(output);
    }
}

/// Tells what came of an exchange that is over; no fields, if nothing did.
fn told(exchange: &Exchange, desk: &mut dyn Desk) {
    let answer = exchange.answer.as_ref().map(fields);
    desk.completed(exchange.number, answer.unwrap_or_default());
}

/// The head that the input begins with; those of interim responses are passed over.
fn head(input: &mut Input, method: &str) -> Result<Option<Answer>, frame::Wrong> {
    loop {
        let Some((head, length)) = frame::response(input.rest())? else {
            return Ok(None);
        };
        input.take(length);
        match head.status {
            101 => return Err("switched to another protocol without being asked"),
            100..=199 => {}
            _ => {
                let left = Body::of_response(&head, method)?;
                let stays = stays(&head) && left != Body::ToEnd;
                return Ok(Some(Answer {
                    head,
                    left,
                    body: Vec::new(),
                    trailer: Headers::default(),
                    stays,
                }));
            }
        }
    }
}

fn stays(head: &ResponseHead) -> bool {
    if head.minor == 0 {
        head.headers.has_token("connection", "keep-alive")
    } else {
        !head.headers.has_token("connection", "close")
    }
}

fn passed_on(head: &ResponseHead) -> ResponseHead {
    ResponseHead { headers: head.headers.end_to_end(), ..head.clone() }
}

/// Whether a request does no harm when it is made twice (RFC 9110 §9.2.2).
fn may_repeat(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE")
}

/// What the server answered, as it is recorded.
fn fields(answer: &Answer) -> Fields {
    let body = coding::decoded(&answer.head.headers, &answer.body);
    let body = body.unwrap_or_else(|_| answer.body.clone());
    let json = document(&answer.head.headers, &body);
    let mut fields = Fields::new()
        .with("status", i64::from(answer.head.status))
        .with("headers", answer.head.headers.pairs())
        .with("body", body);
    if let Some(json) = json {
        fields.set("json", json);
    }
    fields
}

/// The request as HTTP/1.1 has it.
fn message(asked: &Asked) -> Vec<u8> {
    let mut headers = own_headers(asked);
    if asked.headers.has("transfer-encoding")
        || !asked.body.is_empty() && !headers.has("content-length")
    {
        headers = headers.without(&["content-length"]);
        headers.add("Content-Length", asked.body.len().to_string());
    }
    let mut message = format!("{} {} HTTP/1.1\r\n", asked.method, asked.target).into_bytes();
    headers.write(&mut message);
    message.extend_from_slice(b"\r\n");
    message.extend_from_slice(&asked.body);
    message
}

/// The headers that are passed on, but for what bodies without chunks have no place for. The host is that of the target where it names one (RFC 9112 §3.2.2),
/// and that of the address where there is none: HTTP/2 has it elsewhere.
fn own_headers(asked: &Asked) -> Headers {
    let mut headers = asked.headers.end_to_end().without(&["expect", "trailer"]);
    let target = named(&asked.target);
    if target.is_some() {
        headers = headers.without(&["host"]);
    }
    if !headers.has("host") {
        let authority = target.or_else(|| named(&asked.url)).unwrap_or_default();
        headers.0.insert(0, ("Host".to_owned(), authority.as_bytes().to_vec()));
    }
    if asked.headers.has_token("te", "trailers") {
        headers.add("TE", "trailers"); // as we pass them on (RFC 9110 §10.1.4)
        headers.add("Connection", "TE");
    }
    headers
}
