//! A client of HTTP/2: h2's own, at the other end of a pipe.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use h2::client::{ResponseFuture, SendRequest};
use http::HeaderMap;
use http::response::Parts;

use super::super::super::pipe::{Filled, Moved, Pipe, Task, Tasks};
use super::super::super::two::{Piece, pour};
use super::super::*;

/// What a client hears: the status of each answer before the answer, its head, and
/// its body.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) before: Vec<u16>,
    pub(super) parts: Parts,
    pub(super) body: Result<Vec<u8>, ()>,
    /// The fields behind it.
    pub(super) trailer: HeaderMap,
}

/// An answer that is waited for.
pub(super) type Waiting = Pin<Box<dyn Future<Output = Option<Heard>>>>;

/// A client of HTTP/2 and the conversation that it has.
pub(super) struct Two {
    pub(super) transcript: Transcript,
    pipe: Pipe,
    begun: Tasks,
    running: Vec<Task>,
    sender: SendRequest<Piece>,
    pub(super) end: Option<End>,
    pub(super) reasons: Vec<String>,
    pub(super) upstream: Vec<u8>,
}

impl Two {
    pub(super) fn new(transcript: Transcript) -> Self {
        let (pipe, begun) = (Pipe::default(), Tasks::default());
        let mut begin = Box::pin(h2::client::Builder::new().handshake(pipe.clone()));
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok((sender, connection))) = begin.as_mut().poll(&mut context) else {
            panic!("a handshake takes no answer");
        };
        begun.begin(async move { drop(connection.await) });
        let (running, reasons, upstream) = (Vec::new(), Vec::new(), Vec::new());
        Self { transcript, pipe, begun, running, sender, end: None, reasons, upstream }
    }

    /// Lets both sides talk until they have nothing to say.
    pub(super) fn turn(&mut self) {
        let moved = Arc::new(Moved::default());
        let waker = Waker::from(Arc::clone(&moved));
        let mut context = Context::from_waker(&waker);
        loop {
            self.running.extend(self.begun.take());
            self.running.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
            if moved.take() {
                continue;
            }
            let said = self.pipe.drain();
            if said.is_empty() || self.end.is_some() {
                return;
            }
            self.event(Event::Client(&said));
        }
    }

    pub(super) fn event(&mut self, event: Event<'_>) {
        let output = self.transcript.on(event);
        self.pipe.feed(&output.client);
        self.upstream.extend_from_slice(&output.upstream);
        self.reasons.extend(output.malformed.iter().map(|malformed| malformed.reason.clone()));
        if output.end.is_some() {
            self.end = output.end;
            self.pipe.end();
        }
    }

    /// Makes a request, with a body that may be filled later.
    pub(super) fn ask(&mut self, request: http::Request<Filled>) -> Waiting {
        let (head, body) = request.into_parts();
        let ended = body.is_taken();
        let request = http::Request::from_parts(head, ());
        let Ok((response, stream)) = self.sender.send_request(request, ended) else {
            return Box::pin(async { None });
        };
        if !ended {
            self.begun.begin(async move {
                pour(body, stream).await;
            });
        }
        Box::pin(heard(response))
    }

    /// What comes back by now.
    pub(super) fn hear(&mut self, waiting: &mut Waiting) -> Poll<Option<Heard>> {
        for _ in 0..10 {
            self.turn();
            if let Poll::Ready(heard) =
                waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()))
            {
                return Poll::Ready(heard);
            }
        }
        Poll::Pending
    }

    pub(super) fn get(&mut self, url: &str) -> Poll<Option<Heard>> {
        let mut waiting = self.ask(request("GET", url, &[], ""));
        self.hear(&mut waiting)
    }
}

async fn heard(mut response: ResponseFuture) -> Option<Heard> {
    let mut before = Vec::new();
    while let Some(early) = poll_fn(|context| response.poll_informational(context)).await {
        before.push(early.ok()?.status().as_u16());
    }
    let (parts, mut stream) = response.await.ok()?.into_parts();
    let mut body = Ok(Vec::new());
    while let (Ok(bytes), Some(data)) = (&mut body, stream.data().await) {
        match data {
            Ok(data) => {
                bytes.extend_from_slice(&data);
                stream.flow_control().release_capacity(data.len()).ok()?;
            }
            Err(_) => body = Err(()),
        }
    }
    let trailer = stream.trailers().await.ok().flatten().unwrap_or_default();
    Some(Heard { before, parts, body, trailer })
}

pub(super) fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> http::Request<Filled> {
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Filled::with(body.as_bytes().to_vec())).expect("a request")
}

/// The status and the text of a whole answer.
pub(super) fn whole(heard: Poll<Option<Heard>>) -> (u16, String) {
    let Poll::Ready(Some(Heard { parts, body: Ok(body), .. })) = heard else {
        panic!("no whole answer: {heard:?}")
    };
    (parts.status.as_u16(), String::from_utf8(body).expect("text"))
}
