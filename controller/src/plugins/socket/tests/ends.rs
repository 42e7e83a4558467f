//! How connections end, and what goes wrong on demand.

use std::time::Duration;

use super::*;

/// An answer may say what becomes of the connection behind it.
#[test]
fn an_answer_ends_the_connection() {
    for (close, end) in
        [("close", End::Close), ("half-close", End::HalfClose), ("reset", End::Reset)]
    {
        let mut client = client().mocked(EXCHANGE, says("bye").with("close", close));

        client.exchange(b"quit", b"bye");

        assert_eq!(client.output.end, Some(end));
    }
}

/// A client that says no more is answered, and then hears the end.
#[test]
fn a_client_that_ended_is_answered_and_closed() {
    let mut first = client().mocked(EXCHANGE, says("pong"));
    first.exchange(b"ping", b"pong");
    assert_eq!(first.output.end, None);
    assert_eq!(first.on(Event::ClientEnd).end, Some(End::Close));

    let mut silent = client();
    assert_eq!(silent.on(Event::ClientEnd).end, Some(End::Close));
}

/// Behind a half-close the client is still heard, and nothing more is said.
#[test]
fn a_half_closed_connection_goes_on_listening() {
    let mut client = client()
        .mocked(EXCHANGE, says("last").with("close", "half-close"))
        .mocked(EXCHANGE, says("unheard"));

    client.exchange(b"ping", b"last");
    client.exchange(b"more", b"");

    assert_eq!(asked(&client).len(), 2);
    assert_eq!(client.on(Event::ClientEnd).end, Some(End::Close));
}

/// A connection is reset behind as many bytes as the mock says.
#[test]
fn a_reset_comes_after_so_many_bytes() {
    let mut bare = client().failing(EXCHANGE, fault(FaultKind::Reset, 0, 0));

    bare.exchange(b"ping", b"");

    assert_eq!(bare.output.end, Some(End::Reset));
    bare.exchange(b"ping", b"");
    assert_eq!(bare.asked().len(), 1);
}

/// A connection may be reset, or half-closed, before the client says anything.
#[test]
fn a_connection_fails_from_its_beginning() {
    for (kind, end) in [
        (FaultKind::Reset, Some(End::Reset)),
        (FaultKind::Refuse, Some(End::Reset)),
        (FaultKind::HalfClose, Some(End::HalfClose)),
        (FaultKind::Timeout, None),
    ] {
        let failed = named(|client| client.failing(CONNECT, fault(kind, 0, 0)));

        assert_eq!((failed.output.client.len(), failed.output.end), (0, end), "{kind:?}");
    }
}

/// A connection that times out stays open and says nothing, whatever the client does.
#[test]
fn a_timeout_is_silence() {
    let mut client = client().failing(EXCHANGE, fault(FaultKind::Timeout, 0, 0));

    client.exchange(b"ping", b"");
    client.exchange(b"ping", b"");

    assert_eq!(client.asked().len(), 1);
    assert_eq!(client.on(Event::ClientEnd).end, None);
}

/// A datagram that times out is lost; the next is answered.
#[test]
fn a_lost_datagram_is_one_datagram() {
    let mut client = datagrams()
        .failing(EXCHANGE, fault(FaultKind::Timeout, 0, 0))
        .mocked(EXCHANGE, says("pong"));

    assert!(client.on(Event::Client(b"ping")).messages.is_empty());
    assert_eq!(client.on(Event::Client(b"ping")).messages, [b"pong".to_vec()]);
}

/// The bytes of an answer that fails come as far as they are to come.
#[test]
fn an_answer_is_cut() {
    for (kind, after, heard, end) in [
        (FaultKind::Truncated, 3, "REA", End::Close),
        (FaultKind::Reset, 2, "RE", End::Reset),
        (FaultKind::Reset, 99, "READY", End::Reset),
        (FaultKind::HalfClose, 0, "READY", End::HalfClose),
    ] {
        let mut client = client().failing_with(EXCHANGE, fault(kind, after, 0), says("READY"));

        client.exchange(b"STATUS", heard.as_bytes());

        assert_eq!(client.output.end, Some(end), "{kind:?}");
    }
}

/// A slow answer comes byte by byte; what the client says meanwhile waits for its end.
#[test]
fn a_slow_answer_comes_byte_by_byte() {
    let mut client = client()
        .failing_with(EXCHANGE, fault(FaultKind::Slow, 0, 20), says("abc"))
        .mocked(EXCHANGE, says("next"));

    client.exchange(b"ping", b"");
    assert_eq!(client.output.wake, Some(Duration::from_millis(20)));
    client.exchange(b"pong", b"");
    assert_eq!(client.asked().len(), 1);

    assert_eq!(client.on(Event::Wake).client, b"a");
    assert_eq!(client.on(Event::Wake).client, b"b");
    assert_eq!(client.on(Event::Wake).client, b"cnext");
    assert_eq!(client.output.wake, None);
    assert_eq!(client.on(Event::Wake).client, b"");
}

/// A client that ends while a slow answer is on its way gets all of it.
#[test]
fn a_slow_answer_goes_on_behind_the_clients_end() {
    let slow = fault(FaultKind::Slow, 0, 20);
    let mut client = client().failing_with(EXCHANGE, slow, says("ab"));

    client.exchange(b"ping", b"");
    assert_eq!(client.on(Event::ClientEnd).end, None);

    assert_eq!(client.on(Event::Wake).end, None);
    assert_eq!(client.on(Event::Wake).end, Some(End::Close));
    assert_eq!(client.output.client, b"b");
}

/// A fault with a delay waits before it happens.
#[test]
fn a_late_reset_is_late() {
    let mut client = client().failing_with(EXCHANGE, fault(FaultKind::Reset, 1, 5), says("ab"));

    client.exchange(b"ping", b"");
    assert_eq!(client.output.end, None);

    assert_eq!(client.on(Event::Wake).client, b"a");
    assert_eq!(client.output.end, Some(End::Reset));
}

/// Slow datagrams come whole, one after the other.
#[test]
fn slow_datagrams_are_late() {
    let slow = fault(FaultKind::Slow, 0, 20);
    let mut client = datagrams().failing_with(EXCHANGE, slow, says("one")).failing_with(
        EXCHANGE,
        slow,
        says("two"),
    );

    assert_eq!(client.on(Event::Client(b"1")).wake, Some(Duration::from_millis(20)));
    assert_eq!(client.on(Event::Client(b"2")).wake, None);

    assert_eq!(client.on(Event::Wake).messages, [b"one".to_vec()]);
    assert_eq!(client.output.wake, Some(Duration::from_millis(20)));
    assert_eq!(client.on(Event::Wake).messages, [b"two".to_vec()]);
    assert_eq!(client.output.wake, None);
}
