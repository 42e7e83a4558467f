//! Transcripts of clients.

use super::{GET, PORT, Sample, frame};
use crate::fields::Fields;
use crate::plugins::conversation::{End, Event};
use crate::plugins::transcript::Transcript;

fn client() -> Transcript {
    Transcript::of(&Sample, "sample.example.com", PORT)
}

fn value(text: &str) -> Fields {
    Fields::new().with("value", text)
}

/// A client may send a line in pieces; it gets one answer, once the line is whole.
#[test]
fn get_waits_for_the_whole_line() {
    let mut client = client().mocked(GET, value("Ada"));

    client.exchange(b"get us", b"");
    client.exchange(b"er:1\r\n", b"VALUE Ada\r\n");

    let (_, fields) = &client.asked()[0];
    assert_eq!(fields.text("host").as_deref(), Some("sample.example.com"));
    assert_eq!(fields.text("key").as_deref(), Some("user:1"));
}

/// Lines that come together are answered in order.
#[test]
fn lines_are_answered_in_order() {
    let mut client = client().mocked(GET, value("1")).mocked(GET, Fields::new());

    client.exchange(b"get a\nget b\nget c\n", b"VALUE 1\r\nNONE\r\nERROR no mock answers it\r\n");
}

/// What the real server says goes to the client, and to the timeline.
#[test]
fn a_real_server_answers() {
    let mut client = client().passed(GET, 7).mocked(GET, value("2"));

    client.exchange(b"get a\nget b\n", b"");
    assert_eq!(client.output.upstream, b"get a\n");
    assert_eq!(client.output.connect.as_ref().map(|to| to.port), Some(PORT));
    client.on(Event::Upstream(b"VALU"));
    client.on(Event::Upstream(b"E real\n"));

    assert_eq!(client.output.client, b"VALUE real\nVALUE 2\r\n");
    assert_eq!(client.completed(), [(7, Fields::new().with("value", b"real".to_vec()))]);
}

/// A client hears that there is no real server.
#[test]
fn a_lost_server_is_told() {
    let mut client = client().passed(GET, 7);

    client.exchange(b"get a\n", b"");
    client.on(Event::UpstreamFailed("connection refused"));

    assert_eq!(client.output.client, b"ERROR connection refused\r\n");
    assert_eq!(client.output.end, Some(End::Close));
}

/// A client that is off its protocol is told so, and so is the report.
#[test]
fn malformed_lines_are_told() {
    let mut client = client();

    client.exchange(b"put x\r\n", b"ERROR this is no command\r\n");
    assert!(client.output.malformed.is_some());
    client.on(Event::Client(&[b'x'; frame::LINE_BYTES_MAX + 1]));

    assert_eq!(client.output.end, Some(End::Reset));
}

/// A client that leaves within a line is told of in the report.
#[test]
fn a_client_that_leaves_is_let_go() {
    let mut client = client();

    client.exchange(b"get", b"").on(Event::ClientEnd);

    assert!(client.output.malformed.is_some());
    assert_eq!(client.output.end, Some(End::Close));
}
