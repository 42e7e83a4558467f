//! Transcripts of raw connections.

use super::Socket;
use crate::fields::Fields;
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::{End, Event, Fault, Opening};
use crate::plugins::transcript::{Transcript, opening};
use bigfoot_ipc::guest::Transport;

mod any_bytes;
mod ends;
mod mocks;
mod relays;

const CONNECT: &str = "socket:connect";
const EXCHANGE: &str = "socket:exchange";

fn client() -> Transcript {
    Transcript::of(&Socket, "db.example", 5000)
}

/// A client whose connection is an interaction: it is answered from this list.
fn named(prepare: impl FnOnce(Transcript) -> Transcript) -> Transcript {
    let mut transcript = prepare(client().naming(CONNECT));
    transcript.on(Event::Opened);
    transcript
}

fn datagrams() -> Transcript {
    let opening = Opening { transport: Transport::Datagram, ..opening("db.example", 5000) };
    Transcript::opened(&Socket, &opening)
}

fn says(bytes: &str) -> Fields {
    Fields::new().with("bytes", bytes.as_bytes().to_vec())
}

fn fault(kind: FaultKind, after: u64, delay_ms: u64) -> Fault {
    Fault { kind, after, delay_ms }
}

/// What was asked, as source and bytes.
fn asked(client: &Transcript) -> Vec<(&'static str, String)> {
    let text = |fields: &Fields| {
        String::from_utf8_lossy(&fields.bytes("bytes").unwrap_or_default()).into_owned()
    };
    client.asked().iter().map(|(source, fields)| (*source, text(fields))).collect()
}

/// A mock without bytes answers whatever comes, as it comes.
#[test]
fn any_bytes_are_an_exchange() {
    let mut client = client().mocked(EXCHANGE, says("pong")).mocked(EXCHANGE, says("gnop"));

    client.exchange(b"ping", b"pong");
    client.exchange(b"gnip", b"gnop");

    let fields = &client.asked()[0].1;
    assert_eq!(fields.text("host").as_deref(), Some("db.example"));
    assert_eq!(fields.number("port"), Some(5000));
    assert_eq!(fields.text("transport").as_deref(), Some("tcp"));
}

/// A client may send what a mock waits for in pieces; it gets one answer, once all is there.
#[test]
fn an_exchange_waits_for_what_its_mock_waits_for() {
    let mut client = client().waiting(b"STATUS\r\n").mocked(EXCHANGE, says("READY\r\n"));

    client.exchange(b"STA", b"");
    client.exchange(b"TUS\r", b"");
    client.exchange(b"\n", b"READY\r\n");

    assert_eq!(asked(&client), [(EXCHANGE, "STATUS\r\n".into())]);
}

/// Several requests may come in one piece; each mock takes its own.
#[test]
fn a_piece_may_hold_several_exchanges() {
    let mut client = client()
        .waiting(b"A\n")
        .waiting(b"B\n")
        .mocked(EXCHANGE, says("1"))
        .mocked(EXCHANGE, says("2"));

    client.exchange(b"A\nB", b"1");
    client.exchange(b"\n", b"2");

    assert_eq!(asked(&client), [(EXCHANGE, "A\n".into()), (EXCHANGE, "B\n".into())]);
}

/// Bytes that no mock can come to wait for are told at once, and the connection is over.
#[test]
fn other_bytes_are_refused_at_once() {
    let mut client = client().waiting(b"STATUS\r\n").mocked(EXCHANGE, says("READY\r\n"));

    client.exchange(b"STOP", b"");

    assert_eq!(client.output.end, Some(End::Close));
    assert_eq!(asked(&client), [(EXCHANGE, "STOP".into())]);
    client.exchange(b"more", b"");
    assert_eq!(client.asked().len(), 1);
}

/// What a client began to say and never ended is told too.
#[test]
fn the_beginning_of_an_exchange_is_told_at_the_end() {
    let mut client = client().waiting(b"STATUS\r\n").mocked(EXCHANGE, says("READY\r\n"));

    client.exchange(b"STAT", b"");
    client.on(Event::ClientEnd);

    assert_eq!(asked(&client), [(EXCHANGE, "STAT".into())]);
}

/// A server that speaks first does so only where a mock says what.
#[test]
fn a_greeting_comes_from_a_mock_of_the_connection() {
    let greeted = named(|client| client.mocked(CONNECT, says("220 ready\r\n")));
    assert_eq!(greeted.output.client, b"220 ready\r\n");
    assert_eq!(asked(&greeted), [(CONNECT, String::new())]);

    let silent = client();
    assert!(silent.asked().is_empty() && silent.output.client.is_empty());
}

/// A connection that a mock might have answered, and none does, comes to nothing.
#[test]
fn an_unmocked_connection_is_reset() {
    let refused = named(|client| client);

    assert_eq!(refused.output.end, Some(End::Reset));
}

/// A datagram is whole as it comes, and so is its answer; having none is no end.
#[test]
fn a_datagram_is_an_exchange() {
    let mut client = datagrams().mocked(EXCHANGE, says("pong"));

    client.on(Event::Client(b"ping"));
    assert_eq!(
        (client.output.messages.as_slice(), client.output.end),
        (&[b"pong".to_vec()][..], None)
    );
    client.on(Event::Client(b"more"));
    assert_eq!((client.output.messages.len(), client.output.end), (0, None));

    assert_eq!(asked(&client), [(EXCHANGE, "ping".into()), (EXCHANGE, "more".into())]);
    assert_eq!(client.asked()[0].1.text("transport").as_deref(), Some("udp"));
}

/// A Unix socket is known by its path.
#[test]
fn a_unix_socket_has_a_path() {
    let mut client =
        Transcript::opened(&Socket, &opening("/run/app.sock", 0)).mocked(EXCHANGE, says("pong"));

    client.exchange(b"ping", b"pong");

    let fields = &client.asked()[0].1;
    assert_eq!(fields.text("path").as_deref(), Some("/run/app.sock"));
    assert_eq!(fields.text("transport").as_deref(), Some("unix"));
    assert_eq!(fields.number("port"), None);
}

/// A client that never comes to an end is told off rather than kept.
#[test]
fn what_waits_is_bounded() {
    let wanted = vec![b'x'; 2 << 20];
    let mut client = client().waiting(&wanted).mocked(EXCHANGE, says("pong"));

    let piece = vec![b'x'; 1 << 18];
    for _ in 0..4 {
        assert_eq!(client.on(Event::Client(&piece)).malformed, None);
    }
    client.on(Event::Client(b"x"));

    let malformed = client.output.malformed.as_ref().expect("a word about it");
    assert_eq!(malformed.bytes, vec![b'x'; 64]);
    assert_eq!(client.output.end, Some(End::Reset));
}
