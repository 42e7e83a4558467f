//! What is let through to the real server.

use super::*;
use crate::plugins::conversation::Upstream;

fn server() -> Option<Upstream> {
    Some(Upstream { host: "db.example".into(), port: 5000, tls: None })
}

/// A connection that is let through carries bytes both ways, and nothing of it is asked about.
#[test]
fn a_real_connection_is_a_pipe() {
    let mut client = named(|client| client.passed(CONNECT, 7));
    assert_eq!(client.output.connect, server());

    client.on(Event::UpstreamOpened);
    assert_eq!(client.on(Event::Upstream(b"hello")).client, b"hello");
    assert_eq!(client.on(Event::Client(b"ping")).upstream, b"ping");
    assert_eq!(client.on(Event::Upstream(b"pong")).client, b"pong");

    assert_eq!(asked(&client), [(CONNECT, String::new())]);
    assert_eq!(client.completed(), [(7, says("hello"))]);
}

/// From an exchange that is let through on, the real server answers; its first answer is told.
#[test]
fn a_real_exchange_makes_the_rest_real() {
    let mut client = client().mocked(EXCHANGE, says("pong")).passed(EXCHANGE, 8);

    client.exchange(b"ping", b"pong");
    client.on(Event::Client(b"real"));
    assert_eq!(
        (&client.output.connect, client.output.upstream.as_slice()),
        (&server(), &b"real"[..])
    );

    client.on(Event::Upstream(b"an"));
    client.on(Event::Upstream(b"swer"));
    client.on(Event::Client(b"more"));
    assert_eq!(client.completed(), [(8, says("answer"))]);
    assert_eq!(client.output.upstream, b"more");
    assert_eq!(client.asked().len(), 2);
}

/// Each side's end is the other's.
#[test]
fn ends_are_passed_on() {
    let mut first = client().passed(EXCHANGE, 1);
    first.on(Event::Client(b"ping"));
    assert!(first.on(Event::ClientEnd).end_upstream);
    first.on(Event::Upstream(b"pong"));
    assert_eq!(first.on(Event::UpstreamEnd).end, Some(End::Close));
    assert_eq!(first.completed(), [(1, says("pong"))]);

    let mut second = client().passed(EXCHANGE, 1);
    second.on(Event::Client(b"ping"));
    assert_eq!(second.on(Event::UpstreamEnd).end, Some(End::HalfClose));
    assert_eq!(second.on(Event::Client(b"more")).upstream, b"more");
    second.on(Event::ClientEnd);
    assert_eq!((second.output.end_upstream, second.output.end), (true, Some(End::Close)));
}

/// A server that cannot be reached is a connection that fails.
#[test]
fn an_absent_server_resets() {
    let mut client = client().passed(EXCHANGE, 1);
    client.on(Event::Client(b"ping"));

    assert_eq!(client.on(Event::UpstreamFailed("refused")).end, Some(End::Reset));
    assert_eq!(client.completed(), [(1, says(""))]);
}

/// Of datagrams each is asked about; a real one goes to the real server, and its answers come back.
#[test]
fn real_datagrams_are_passed_on_one_by_one() {
    let mut client =
        datagrams().passed(EXCHANGE, 1).mocked(EXCHANGE, says("pong")).passed(EXCHANGE, 2);

    client.on(Event::Client(b"real"));
    assert_eq!(
        (&client.output.connect, client.output.upstream.as_slice()),
        (&server(), &b"real"[..])
    );
    assert_eq!(client.on(Event::Upstream(b"answer")).messages, [b"answer".to_vec()]);
    assert_eq!(client.on(Event::Client(b"ping")).messages, [b"pong".to_vec()]);
    client.on(Event::Client(b"again"));
    assert_eq!((&client.output.connect, client.output.upstream.as_slice()), (&None, &b"again"[..]));

    client.on(Event::Upstream(b"two"));
    assert_eq!(client.completed(), [(1, says("answer")), (2, says("two"))]);
}

/// A client may end before the last that it said is passed on; its end goes with it.
#[test]
fn what_was_said_last_is_passed_on_with_the_end() {
    let slow = fault(FaultKind::Slow, 0, 20);
    let mut client = client().failing_with(EXCHANGE, slow, says("a")).passed(EXCHANGE, 1);

    client.exchange(b"ping", b"");
    client.exchange(b"real", b"");
    client.on(Event::ClientEnd);
    client.on(Event::Wake);

    assert_eq!((client.output.upstream.as_slice(), client.output.end), (&b"real"[..], None));
    assert!(client.output.end_upstream);
}
