//! HTTP/2 with the client (RFC 9113), by hyper.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;

use super::coding::BODY_LENGTH_MAX;
use super::frame::{HEAD_LENGTH_MAX, RequestHead, Wrong, has_no_body};
use super::headers::Headers;
use super::pipe::{Broken, Filled, Held, Moved, Pipe, Task, Tasks};
use super::real::{Asker, Real, Said};
use super::reply::Response;
use super::request::{Asked, SOURCE, beyond, is_grpc};
use super::told::{GARBAGE, malformed};
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::{Answer, Desk, End, Event, Fault, Opening, Output, Reply};

/// Most streams at a time.
const STREAMS_MAX: u32 = 128;
/// Most bytes of all bodies that are not whole yet.
const BODIES_LENGTH_MAX: usize = 4 * BODY_LENGTH_MAX;
/// Most rounds that one event may take.
const ROUNDS_MAX: usize = 100_000;

type Connection = Pin<Box<dyn Future<Output = Result<(), hyper::Error>> + Send>>;
type Sent = http::Response<Filled>;

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

/// Where streams leave their requests and find their answers.
#[derive(Debug, Default)]
struct Counter {
    next: Asker,
    arrived: Vec<(Asker, Arrived)>,
    /// Streams that wait for their answer: a stream that is reset takes itself off.
    waiting: HashSet<Asker>,
    answers: HashMap<Asker, Sent>,
    /// Bytes of bodies that are not whole yet.
    held: usize,
}

#[derive(Debug)]
enum Arrived {
    Whole(RequestHead, Vec<u8>),
    /// What is wrong with it, and its first line; it was answered already.
    Wrong(Wrong, String),
}

/// After how many more bytes the connection ends, and how.
#[derive(Debug)]
struct Cut {
    left: u64,
    end: End,
    /// With this body at the latest.
    body: Filled,
}

impl fmt::Debug for Two {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Two").field("opening", &self.opening).finish_non_exhaustive()
    }
}

impl Two {
    pub(super) fn new(opening: Opening) -> Self {
        let (pipe, counter, begun) = (Pipe::default(), Held::default(), Tasks::default());
        let connection = serve(&pipe, &counter, &begun);
        Self {
            real: Real::of(&opening),
            opening,
            pipe,
            counter,
            connection: Some(connection),
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
                    malformed(output, &format!("broke HTTP/2: {}", reason(&error)), bytes);
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

    fn fail(
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
    fn drip(&mut self) {
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
            Said::End => {
                if let Some(body) = self.passing.remove(&asker) {
                    body.end();
                }
            }
            Said::Broken(why) => match self.passing.remove(&asker) {
                Some(body) => body.break_off(),
                None => self.send(asker, sent(&Response::unreachable(&why), "")),
            },
        }
    }
}

const TOO_LARGE: Wrong = "sent a body of more than 16 MiB";

fn serve(pipe: &Pipe, counter: &Held<Counter>, begun: &Tasks) -> Connection {
    let counter = counter.clone();
    let service = service_fn(move |request| exchange(counter.clone(), request));
    let connection = http2::Builder::new(begun.clone())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(u32::try_from(HEAD_LENGTH_MAX).unwrap_or(u32::MAX))
        .auto_date_header(false)
        .serve_connection(pipe.clone(), service);
    Box::pin(connection)
}

/// One stream: the request is left at the counter, the answer waited for.
async fn exchange(
    counter: Held<Counter>,
    request: http::Request<Incoming>,
) -> Result<Sent, Broken> {
    let (parts, mut body) = request.into_parts();
    let waiter = Waiter::new(&counter);
    let asker = waiter.asker;
    let head = head(&parts);
    let line = format!("{} {}", head.method, head.target);
    let leave = |arrived| counter.open().arrived.push((asker, arrived));
    if let Some(wrong) = beyond(&head.method, &head.headers) {
        let refusal = refusal(&head.headers, wrong);
        leave(Arrived::Wrong(wrong, line));
        return Ok(refusal);
    }
    match collected(&counter, &mut body).await? {
        Some(body) => leave(Arrived::Whole(head, body)),
        None => {
            leave(Arrived::Wrong(TOO_LARGE, line));
            return Ok(sent(&Response::told(413, &format!("the client {TOO_LARGE}")), ""));
        }
    }
    let answer = poll_fn(|_| match counter.open().answers.remove(&asker) {
        Some(answer) => Poll::Ready(answer),
        None => Poll::Pending, // all tasks are polled when an answer is there
    });
    Ok(answer.await)
}

/// The whole body; None if it is too large. One that breaks off ends its stream.
async fn collected(
    counter: &Held<Counter>,
    body: &mut Incoming,
) -> Result<Option<Vec<u8>>, Broken> {
    let mut held = Holding { bytes: Vec::new(), count: 0, counter };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Broken)?;
        if let Some(data) = frame.data_ref()
            && !held.add(data)
        {
            return Ok(None);
        }
    }
    Ok(Some(mem::take(&mut held.bytes)))
}

/// A stream that waits for its answer. Its client may reset it: then no answer is kept for it.
struct Waiter<'a> {
    asker: Asker,
    counter: &'a Held<Counter>,
}

impl<'a> Waiter<'a> {
    fn new(counter: &'a Held<Counter>) -> Self {
        let mut open = counter.open();
        open.next += 1;
        let asker = open.next;
        open.waiting.insert(asker);
        Self { asker, counter }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut counter = self.counter.open();
        counter.waiting.remove(&self.asker);
        counter.answers.remove(&self.asker);
    }
}

/// Bytes of a body that count among those that are held, as long as it is not whole.
struct Holding<'a> {
    bytes: Vec<u8>,
    count: usize,
    counter: &'a Held<Counter>,
}

impl Holding<'_> {
    fn add(&mut self, data: &[u8]) -> bool {
        let mut counter = self.counter.open();
        counter.held += data.len();
        self.count += data.len();
        self.bytes.extend_from_slice(data);
        self.bytes.len() <= BODY_LENGTH_MAX && counter.held <= BODIES_LENGTH_MAX
    }
}

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        self.counter.open().held -= self.count;
    }
}

fn head(parts: &http::request::Parts) -> RequestHead {
    let uri = &parts.uri;
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let mut headers = Headers::default();
    if let Some(authority) = uri.authority() {
        headers.add("host", authority.as_str());
    }
    let mut cookies = Vec::new(); // clients may send them in pieces (RFC 9113 §8.2.3)
    for (name, value) in &parts.headers {
        match name.as_str() {
            "host" if uri.authority().is_some() => {}
            "cookie" => cookies.push(value.as_bytes()),
            name => headers.add(name, value.as_bytes()),
        }
    }
    if !cookies.is_empty() {
        headers.add("cookie", cookies.join(&b"; "[..]));
    }
    RequestHead { method: parts.method.to_string(), target: path, minor: 1, headers }
}

/// That this version does not answer such a request.
fn refusal(headers: &Headers, wrong: Wrong) -> Sent {
    let words = format!("the client {wrong}");
    if !is_grpc(headers) {
        return sent(&Response::told(501, &words), "");
    }
    let mut headers = Headers::default();
    headers.add("content-type", "application/grpc");
    headers.add("grpc-status", "12"); // UNIMPLEMENTED
    headers.add("grpc-message", format!("bigfoot: {words}"));
    response(200, &headers, Filled::with(Vec::new()))
}

/// A whole response to a request of this method.
fn sent(whole: &Response, method: &str) -> Sent {
    let body = Filled::with(whole.body_for(method).to_vec());
    response(whole.status, &whole.framed(), body)
}

/// What HTTP/2 cannot carry is left out (RFC 9113 §8.2.2).
fn response(status: u16, headers: &Headers, body: Filled) -> Sent {
    let mut response = http::Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    let mut headers = headers.end_to_end();
    if has_no_body(status) {
        headers = headers.without(&["content-length"]);
    }
    for (name, value) in &headers.0 {
        let name = http::HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, http::HeaderValue::from_bytes(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// What hyper's error is about: the innermost words.
fn reason(error: &hyper::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
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
