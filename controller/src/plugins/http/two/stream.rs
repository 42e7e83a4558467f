//! The streams of a connection, by h2: each brings a request and takes its answer.

use std::future::poll_fn;
use std::io::Cursor;
use std::mem;
use std::task::Poll;

use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};

use super::super::frame::HEAD_LENGTH_MAX;
use super::super::pipe::{Filled, Held, Part, Pipe, Tasks};
use super::super::reply::Response;
use super::super::request::beyond;
use super::counter::{Arrived, Counter, Holding, Waiter};
use super::message::{Sent, TOO_LARGE, head, refusal, sent};

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
    if let Some(answer) = answer(&counter, request, &mut respond).await {
        say(answer, respond).await;
    }
}

/// Leaves the request at the counter and waits for its answer; None if the client breaks it off.
async fn answer(
    counter: &Held<Counter>,
    request: http::Request<RecvStream>,
    respond: &mut SendResponse<Piece>,
) -> Option<Sent> {
    let (parts, mut body) = request.into_parts();
    let waiter = Waiter::new(counter);
    let asker = waiter.asker;
    let head = head(&parts);
    let line = format!("{} {}", head.method, head.target);
    let leave = |arrived| counter.open().arrived.push((asker, arrived));
    if let Some(wrong) = beyond(&head.method, &head.headers) {
        let refusal = refusal(&head.headers, wrong);
        leave(Arrived::Wrong(wrong, line));
        return Some(refusal);
    }
    match collected(counter, &mut body).await.ok()? {
        Some(body) => leave(Arrived::Whole(head, body)),
        None => {
            leave(Arrived::Wrong(TOO_LARGE, line));
            return Some(sent(&Response::told(413, &format!("the client {TOO_LARGE}")), ""));
        }
    }
    let answer = poll_fn(|context| {
        let there = counter.open().answers.remove(&asker);
        match there {
            Some(answer) => Poll::Ready(Some(answer)),
            None => respond.poll_reset(context).map(|_| None), // all tasks are polled when it is
        }
    });
    answer.await
}

/// The whole body; None if it is too large.
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
