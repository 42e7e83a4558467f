//! Clients that wait for the server's word before they send a body, and those that should have.

use std::task::Poll;

use super::super::super::pipe::Filled;
use super::super::*;
use super::client::{Two, request};
use super::secure;

const WAITS: &[(&str, &str)] = &[("expect", "100-continue")];

/// A request whose body is filled later.
fn waits(path: &str, body: &Filled, more: &[(&str, &str)]) -> http::Request<Filled> {
    let url = format!("https://a.example{path}");
    request("POST", &url, &[WAITS, more].concat(), "").map(|_| body.clone())
}

/// A client that waits for the server's word before it sends a body gets it, whoever answers then.
#[test]
fn a_client_that_waits_is_told_to_go_on() {
    let mut client = Two::new(secure().mocked(SOURCE, body("ok")).passed(SOURCE, 1));
    for (path, status) in [("/mocked", 200), ("/real", 502)] {
        let filled = Filled::default();
        let mut waiting = client.ask(waits(path, &filled, &[]));
        let before = client.transcript.asked().len();
        assert!(client.hear(&mut waiting).is_pending());
        assert_eq!(client.transcript.asked().len(), before);

        filled.add(b"hello".to_vec());
        filled.end();
        client.turn();
        client.event(Event::UpstreamFailed("refused"));
        let Poll::Ready(Some(heard)) = client.hear(&mut waiting) else { panic!("no answer") };

        assert_eq!((heard.before.as_slice(), heard.parts.status.as_u16()), (&[100][..], status));
        assert_eq!(asked(&client.transcript).text("body").as_deref(), Some("hello"));
    }
    assert!(
        !client.upstream.is_empty() && !String::from_utf8_lossy(&client.upstream).contains("xpect")
    );
}

/// A client hears nothing before its answer if it waits for nothing: it sent its body, or has none.
#[test]
fn a_client_that_went_on_is_not_told_to() {
    let transcript = secure().mocked(SOURCE, body("a")).mocked(SOURCE, body("b"));
    let mut client = Two::new(transcript);
    for text in ["hello", ""] {
        let mut waiting = client.ask(request("POST", "https://a.example/", WAITS, text));
        let Poll::Ready(Some(heard)) = client.hear(&mut waiting) else { panic!("no answer") };
        assert!(heard.before.is_empty() && heard.parts.status == 200, "{text}: {heard:?}");
    }
}

/// A client that waits to send what is not answered hears so at once, and sends nothing.
#[test]
fn what_is_refused_need_not_be_sent() {
    let mut client = Two::new(secure());
    let grpc = ("content-type", "application/grpc");
    for (header, status) in [(("content-length", "16777217"), 413), (grpc, 200)] {
        let mut waiting = client.ask(waits("/", &Filled::default(), &[header]));
        let Poll::Ready(Some(heard)) = client.hear(&mut waiting) else { panic!("no answer") };
        assert_eq!((heard.before.as_slice(), heard.parts.status.as_u16()), (&[][..], status));
    }
    assert_eq!(client.reasons.len(), 2);
}

/// The word to go on is a frame of its own, at once; a stream that was reset with it hears nothing.
#[test]
fn the_word_to_go_on_is_a_frame_before_the_answer() {
    let head = b"\x83\x87\x84\x41\x01a\x0f\x14\x0c100-continue"; // POST https://a/, expect
    let begin = |stream| frame(1, 4, stream, head);
    let mut transcript = secure().mocked(SOURCE, body("ok"));
    transcript.on(Event::Client(&[PREFACE, &frame(4, 0, 0, b"")].concat()));

    transcript.on(Event::Client(&begin(1)));
    assert_eq!(frames(&transcript.output.client), [(1, 4, 1)]);
    transcript.on(Event::Client(&frame(0, 1, 1, b"hello")));
    assert_eq!(frames(&transcript.output.client), [(1, 4, 1), (0, 1, 1)]);

    let reset = frame(3, 0, 3, b"\0\0\0\x08");
    transcript.on(Event::Client(&[begin(3), reset].concat()));
    assert_eq!(frames(&transcript.output.client), []);
}

/// A stream that is answered before its end is not reset, or clients might not read the answer.
#[test]
fn what_is_refused_is_read_to_its_end() {
    let length = b"\x83\x87\x84\x41\x01a\x0f\x0d\x0816777217"; // POST https://a/, content-length
    let mut transcript = secure();
    transcript.on(Event::Client(&[PREFACE, &frame(4, 0, 0, b"")].concat()));

    transcript.on(Event::Client(&[frame(1, 4, 1, length), frame(0, 0, 1, b"a")].concat()));
    assert_eq!(frames(&transcript.output.client), [(1, 4, 1), (0, 1, 1)]);
    for _ in 0..100 {
        let piece = frame(0, 0, 1, &[0; 16_000]);
        transcript.on(Event::Client(&piece));
        let said = frames(&transcript.output.client);
        assert!(said.iter().all(|(kind, _, _)| *kind == 8), "{said:?}");
    }
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame of this kind, with these flags, on this stream (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let [.., high, low] = payload.len().to_be_bytes();
    [&[0, high, low, kind, flags, 0, 0, 0, stream][..], payload].concat()
}

/// The kinds, flags and streams of frames.
fn frames(mut bytes: &[u8]) -> Vec<(u8, u8, u8)> {
    let mut frames = Vec::new();
    while let [0, high, low, kind, flags, _, _, _, stream, rest @ ..] = bytes {
        frames.push((*kind, *flags, *stream));
        bytes = &rest[usize::from(*high) << 8 | usize::from(*low)..];
    }
    frames
}
