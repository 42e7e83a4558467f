//! The streams of a connection, by h2: each brings a request and takes its answer. By h2 and not by
//! hyper, which stands on it, since hyper has no way to send `100 Continue`.

use std::future::poll_fn;
use std::io::Cursor;
use std::mem;
use std::task::Poll;

use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};

use super::super::coding::BODY_LENGTH_MAX;
use super::super::frame::{Body, HEAD_LENGTH_MAX};
use super::super::headers::Headers;
use super::super::pipe::{Filled, Held, Part, Pipe, Tasks};
use super::super::reply::Response;
use super::super::request::beyond;
use super::counter::{Arrived, Counter, Holding, Waiter};
use super::message::{self, Sent, TOO_LARGE, fields, refusal, sent};

/// Most streams at a time.
const STREAMS_MAX: u32 = 128;
/// How many bytes a client may send ahead, on a stream and on all of them.
const WINDOW_LENGTH: u32 = 1024 * 1024;

/// Bytes of an answer.
pub(in super::super) type Piece = Cursor<Vec<u8>>;

/// Serves a connection until it is over; its streams are tasks that begin here.
pub(super) async fn serve(
    pipe: Pipe,
    counter: Held<Counter>,
    begun: Tasks,
) -> Result<(), h2::Error> {
    let mut connection = h2::server::Builder::new()
        .initial_window_size(WINDOW_LENGTH)
        .initial_connection_window_size(WINDOW_LENGTH)
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(u32::try_from(HEAD_LENGTH_MAX).unwrap_or(u32::MAX))
        .handshake(pipe)
        .await?;
    while let Some(stream) = connection.accept().await {
        let (request, respond) = stream?;
        begun.begin(exchange(counter.clone(), request, respond));
    }
    Ok(())
}

async fn exchange(
    counter: Held<Counter>,
    request: http::Request<RecvStream>,
    mut respond: SendResponse<Piece>,
) {
    let (head, mut body) = request.into_parts();
    if let Some(answer) = answer(&counter, &head, &mut body, &mut respond).await {
        say(answer, respond).await;
        discard(body).await; // of a stream that is reset, clients may not read the answer
    }
}

/// Leaves the request at the counter and waits for its answer; None if the client breaks it off.
async fn answer(
    counter: &Held<Counter>,
    head: &http::request::Parts,
    body: &mut RecvStream,
    respond: &mut SendResponse<Piece>,
) -> Option<Sent> {
    let waiter = Waiter::new(counter);
    let head = message::head(head);
    let line = format!("{} {}", head.method, head.target);
    if let Some(wrong) = beyond(&head.method, &head.headers) {
        waiter.leave(Arrived::Wrong(wrong, line));
        return Some(refusal(&head.headers, wrong));
    }
    let Some(whole) = whole(counter, &head.headers, body, respond).await.ok()? else {
        waiter.leave(Arrived::Wrong(TOO_LARGE, line));
        return Some(sent(&Response::told(413, &format!("the client {TOO_LARGE}")), ""));
    };
    waiter.leave(Arrived::Whole(head, whole));
    let answer = poll_fn(|context| match waiter.answer() {
        Some(answer) => Poll::Ready(Some(answer)),
        None => respond.poll_reset(context).map(|_| None), // all tasks are polled when it is there
    });
    answer.await
}

/// The whole body, which the client may wait to send; None if it is too large.
async fn whole(
    counter: &Held<Counter>,
    headers: &Headers,
    body: &mut RecvStream,
    respond: &mut SendResponse<Piece>,
) -> Result<Option<Vec<u8>>, h2::Error> {
    if is_too_large(headers) {
        return Ok(None);
    }
    if headers.has_token("expect", "100-continue") {
        go_on(body, respond).await?;
    }
    collected(counter, body).await
}

/// Whether the head says already that the body will be too large.
fn is_too_large(headers: &Headers) -> bool {
    let length = Body::of_request(headers);
    matches!(length, Ok(Body::Length(length)) if length > BODY_LENGTH_MAX as u64)
}

/// Tells a client that waits for this (RFC 9110 §10.1.1) to send the body, unless it went on, or
/// away, already.
async fn go_on(body: &mut RecvStream, respond: &mut SendResponse<Piece>) -> Result<(), h2::Error> {
    let went_on = body.is_end_stream() || body.flow_control().used_capacity() > 0;
    let gone = poll_fn(|context| Poll::Ready(respond.poll_reset(context).is_ready())).await;
    if went_on || gone {
        return Ok(());
    }
    let mut response = http::Response::new(());
    *response.status_mut() = http::StatusCode::CONTINUE;
    respond.send_informational(response)
}

async fn collected(
    counter: &Held<Counter>,
    body: &mut RecvStream,
) -> Result<Option<Vec<u8>>, h2::Error> {
    let mut held = Holding::new(counter);
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        if !held.add(&data) {
            return Ok(None);
        }
    }
    Ok(Some(mem::take(&mut held.bytes)))
}

/// Reads what still comes of a body that was answered before its end.
async fn discard(mut body: RecvStream) {
    while let Some(Ok(data)) = body.data().await {
        if body.flow_control().release_capacity(data.len()).is_err() {
            return;
        }
    }
}

async fn say(answer: Sent, mut respond: SendResponse<Piece>) {
    let (head, body) = answer.into_parts();
    let whole = body.is_taken();
    match respond.send_response(http::Response::from_parts(head, ()), whole) {
        Ok(_) if whole => {}
        Ok(stream) => {
            pour(body, stream).await;
        }
        Err(_) => respond.send_reset(Reason::INTERNAL_ERROR),
    }
}

/// Sends a body as it comes, as fast as the other side takes it; None if that wants no more of it.
pub(in super::super) async fn pour(body: Filled, mut stream: SendStream<Piece>) -> Option<()> {
    loop {
        match next(&body, &mut stream).await? {
            Part::Data(data) => {
                room(&mut stream).await?;
                let last = body.is_taken();
                stream.send_data(Piece::new(data), last).ok()?;
                if last {
                    return Some(());
                }
            }
            Part::Trailer(trailer) => return stream.send_trailers(fields(&trailer)).ok(),
            Part::End => return stream.send_data(Piece::default(), true).ok(),
            Part::Broken => {
                stream.send_reset(Reason::INTERNAL_ERROR);
                return None;
            }
        }
    }
}

async fn next(body: &Filled, stream: &mut SendStream<Piece>) -> Option<Part> {
    let next = poll_fn(|context| match stream.poll_reset(context) {
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => body.next().map(Some),
    });
    next.await
}

/// Waits until something may be sent. More than a byte is not reserved: the window is for all
/// streams.
async fn room(stream: &mut SendStream<Piece>) -> Option<()> {
    stream.reserve_capacity(1);
    while stream.capacity() == 0 {
        poll_fn(|context| stream.poll_capacity(context)).await?.ok()?;
    }
    Some(())
}
