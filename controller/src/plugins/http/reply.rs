//! What a request is answered with: a mock's reply, a refusal, or what went wrong.

use http::StatusCode;

use super::frame::has_no_body;
use super::headers::Headers;
use crate::fields::{Fields, Value};

/// A whole response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
}

impl Response {
    /// What a mock gives.
    pub(super) fn mocked(fields: &Fields) -> Self {
        let status = fields.number("status").and_then(|status| u16::try_from(status).ok());
        let mut headers = match fields.get("headers") {
            Some(Value::Pairs(pairs)) => given(pairs),
            _ => Headers::default(),
        };
        if fields.get("json").is_some() && !headers.has("content-type") {
            headers.add("content-type", "application/json");
        }
        Self { status: status.unwrap_or(200), headers, body: body(fields) }
    }

    /// A refusal, or another error, in words.
    pub(super) fn told(status: u16, why: &str) -> Self {
        let mut headers = Headers::default();
        headers.add("content-type", "text/plain; charset=utf-8");
        Self { status, headers, body: format!("bigfoot: {why}\n").into_bytes() }
    }

    /// That no mock answers, and why.
    pub(super) fn refused(why: &str) -> Self {
        let mut response = Self::told(501, why);
        response.headers.add("x-bigfoot", "refused");
        response
    }

    /// That the real server did not answer.
    pub(super) fn unreachable(why: &str) -> Self {
        Self::told(502, &format!("the real server did not answer: {why}"))
    }

    /// The headers of the message to a request of this method: with a length, where there is one.
    pub(super) fn framed(&self) -> Headers {
        let mut headers = self.headers.clone();
        if !has_no_body(self.status) && !headers.has("content-length") {
            headers.add("content-length", self.body.len().to_string());
        }
        headers
    }

    /// What follows the head of the answer to a request of this method.
    pub(super) fn body_for(&self, method: &str) -> &[u8] {
        if method == "HEAD" || has_no_body(self.status) { &[] } else { &self.body }
    }
}

fn given(pairs: &[(String, String)]) -> Headers {
    Headers(pairs.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect())
}

fn body(fields: &Fields) -> Vec<u8> {
    match (fields.get("json"), fields.bytes("body").or_else(|| fields.bytes("file"))) {
        (Some(Value::Json(document)), _) => serde_json::to_vec(document).unwrap_or_default(),
        (_, Some(bytes)) => bytes.into_owned(),
        _ => Vec::new(),
    }
}

/// The words of a status (RFC 9110 §15); none for one that has none.
pub(super) fn words(status: u16) -> &'static str {
    let known = StatusCode::from_u16(status).ok();
    known.and_then(|status| status.canonical_reason()).unwrap_or_default()
}
