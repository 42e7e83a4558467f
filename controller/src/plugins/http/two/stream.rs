//! One stream: a request and its answer.

use std::future::poll_fn;
use std::mem;
use std::task::Poll;

use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::super::pipe::{Broken, Held};
use super::super::reply::Response;
use super::super::request::beyond;
use super::counter::{Arrived, Counter, Holding, Waiter};
use super::message::{Sent, TOO_LARGE, head, refusal, sent};

/// The request is left at the counter, the answer waited for.
pub(super) async fn exchange(
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
    let mut held = Holding::new(counter);
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
