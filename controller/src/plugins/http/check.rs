//! Whether HTTP can carry what a mock answers.

use super::frame::has_no_body;
use super::headers::{Headers, is_valid};
use super::reply::Response;
use super::{headers, place};
use crate::fields::{Fields, Value};
use crate::mocks::{Act, Matcher, Mock, Step, When};
use crate::plugins::Unfit;

/// Headers that frame a message, which is not a mock's to do.
const FRAMING: &[&str] = &["transfer-encoding", "upgrade", "trailer"];

/// Whether this mock can ever match, and be answered by.
pub(super) fn mock(mock: &Mock) -> Result<(), Unfit> {
    part(&mock.when, &mock.act)?;
    for step in mock.steps.iter().flat_map(parts) {
        part(&step.when, &step.act)?;
    }
    Ok(())
}

fn parts(step: &Step) -> &[crate::mocks::StepMock] {
    match step {
        Step::One(one) => std::slice::from_ref(one),
        Step::AnyOrder(all) => all,
    }
}

fn part(when: &When, act: &Act) -> Result<(), Unfit> {
    waited_for(when)?;
    let method = when.get("method").and_then(Matcher::only).and_then(Value::text);
    let head = method.is_some_and(|method| method.eq_ignore_ascii_case("HEAD"));
    match act {
        Act::Replies(replies) => replies.iter().try_for_each(|fields| reply(fields, head)),
        Act::Fault(_, fields) => reply(fields, head),
        Act::Real(fields) => status(fields).map(drop),
    }
}

fn waited_for(when: &When) -> Result<(), Unfit> {
    if let Some(url) = when.get("url") {
        place::check(url)?;
    }
    match when.get("method") {
        Some(Matcher::Exact(Value::Text(text))) => method(text),
        _ => Ok(()),
    }
}

fn method(text: &str) -> Result<(), Unfit> {
    let valid = !text.is_empty() && text.bytes().all(headers::is_token);
    match valid {
        true if text.eq_ignore_ascii_case("CONNECT") => {
            Err(unfit("method", "tunnels (CONNECT) are not answered by this version".to_owned()))
        }
        true => Ok(()),
        false => Err(unfit("method", format!("`{}` is no method", text.escape_debug()))),
    }
}

fn reply(fields: &Fields, head: bool) -> Result<(), Unfit> {
    let status = status(fields)?;
    let given: Vec<_> =
        ["body", "json", "file"].into_iter().filter(|name| fields.get(name).is_some()).collect();
    if let [first, second, ..] = given.as_slice() {
        let message = format!("a reply has `{first}` or `{second}`, and not both");
        return Err(unfit(second, message));
    }
    let response = Response::mocked(fields);
    if let Some(name) = given.first()
        && has_no_body(status)
        && !response.body.is_empty()
    {
        return Err(unfit(name, format!("a response of status {status} has no body")));
    }
    response_headers(&response, head)
}

fn status(fields: &Fields) -> Result<u16, Unfit> {
    let Some(value) = fields.get("status") else {
        return Ok(200);
    };
    match value.number() {
        Some(100..=199) => {
            let message = "a status below 200 is no answer: another one has to follow".to_owned();
            Err(unfit("status", message))
        }
        Some(status @ 200..=599) => Ok(u16::try_from(status).unwrap_or(200)),
        _ => {
            let text = value.text().unwrap_or_default();
            let help = Some("a status is a number from 200 to 599".to_owned());
            Err(Unfit { help, ..unfit("status", format!("`{text}` is no status")) })
        }
    }
}

fn response_headers(response: &Response, head: bool) -> Result<(), Unfit> {
    for (name, value) in &response.headers.0 {
        let shown = name.escape_debug();
        if !is_valid(name, value) {
            let message = format!("`{shown}` is a header that HTTP cannot carry");
            let help = "no control characters, and a name of letters, digits and `-`".to_owned();
            return Err(Unfit { help: Some(help), ..unfit("headers", message) });
        }
        if FRAMING.iter().any(|framing| name.eq_ignore_ascii_case(framing)) {
            return Err(unfit("headers", format!("`{shown}` is not a reply's to set")));
        }
    }
    length(&response.headers, response.body.len(), head || has_no_body(response.status))
}

/// A length that is not the body's would leave the client waiting, or out of step.
fn length(headers: &Headers, body: usize, headless: bool) -> Result<(), Unfit> {
    let wrong = |value: &[u8]| value != body.to_string().as_bytes();
    if headless || !headers.all("content-length").any(wrong) {
        return Ok(());
    }
    let help = "leave it out; `fault = { kind = \"truncated\", after = N }` cuts an answer short";
    let message = format!("the body has {body} bytes, and `content-length` says another number");
    Err(Unfit { help: Some(help.to_owned()), ..unfit("headers", message) })
}

fn unfit(key: &'static str, message: String) -> Unfit {
    Unfit { key, message, help: None }
}
