//! Requests and responses, as HTTP/2 has them.

use super::super::frame::{RequestHead, Wrong, has_no_body};
use super::super::headers::Headers;
use super::super::pipe::Filled;
use super::super::reply::Response;
use super::super::request::is_grpc;

pub(super) type Sent = http::Response<Filled>;

pub(super) const TOO_LARGE: Wrong = "sent a body of more than 16 MiB";

pub(super) fn head(parts: &http::request::Parts) -> RequestHead {
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
pub(super) fn refusal(headers: &Headers, wrong: Wrong) -> Sent {
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
pub(super) fn sent(whole: &Response, method: &str) -> Sent {
    let body = Filled::with(whole.body_for(method).to_vec());
    response(whole.status, &whole.framed(), body)
}

/// What HTTP/2 cannot carry is left out (RFC 9113 §8.2.2).
pub(super) fn response(status: u16, headers: &Headers, body: Filled) -> Sent {
    let mut response = http::Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    let mut headers = headers.end_to_end();
    if has_no_body(status) {
        headers = headers.without(&["content-length"]);
    }
    *response.headers_mut() = fields(&headers);
    response
}

/// Those of these fields that HTTP/2 has a form for.
pub(super) fn fields(headers: &Headers) -> http::HeaderMap {
    let mut fields = http::HeaderMap::new();
    for (name, value) in &headers.0 {
        let name = http::HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, http::HeaderValue::from_bytes(value)) {
            fields.append(name, value);
        }
    }
    fields
}
