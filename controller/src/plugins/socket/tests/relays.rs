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

/// Behind an exchange that is let through, each further one is asked about: it goes to the real server,
/// or a mock answers it. What the server said until then is its answer.
#[test]
fn real_and_mocked_exchanges_take_turns() {
    let mut client = client()
        .mocked(EXCHANGE, says("pong"))
        .passed(EXCHANGE, 8)
        .mocked(EXCHANGE, says("mock"))
        .passed(EXCHANGE, 9);

    client.exchange(b"ping", b"pong");
    client.on(Event::Client(b"real"));
    assert_eq!(
        (&client.output.connect, client.output.upstream.as_slice()),
        (&server(), &b"real"[..])
    );
    assert_eq!(client.on(Event::Upstream(b"an")).client, b"an");
    assert_eq!(client.on(Event::Upstream(b"swer")).client, b"swer");
    assert!(client.completed().is_empty());

    client.exchange(b"more", b"mock");
    assert_eq!(client.output.upstream, b"");
    assert_eq!(client.completed(), [(8, says("answer"))]);
    client.on(Event::Client(b"again"));
    assert_eq!((&client.output.connect, client.output.upstream.as_slice()), (&None, &b"again"[..]));
    client.on(Event::Upstream(b"two"));
    client.on(Event::UpstreamEnd);

    let said = ["ping", "real", "more", "again"].map(|bytes| (EXCHANGE, bytes.to_owned()));
    assert_eq!(asked(&client), said);
    assert_eq!(client.completed(), [(8, says("answer")), (9, says("two"))]);
}

/// What nothing lets through does not reach the real server behind what was; the connection is reset.
#[test]
fn nothing_slips_out_behind_a_real_exchange() {
    let mut client = client().passed(EXCHANGE, 1);
    client.on(Event::Client(b"real"));
    client.on(Event::Upstream(b"answer"));

    client.on(Event::Client(b"secret"));

    assert_eq!(
        (client.output.upstream.as_slice(), client.output.end),
        (&b""[..], Some(End::Reset))
    );
    assert_eq!(asked(&client).last(), Some(&(EXCHANGE, "secret".to_owned())));
    assert_eq!(client.on(Event::Client(b"secret")).upstream, b"");
    assert_eq!(client.on(Event::Upstream(b"late")).client, b"");
    assert_eq!(client.completed(), [(1, says("answer"))]);
}

/// Of one piece the mock's part stays, and the rest goes on.
#[test]
fn a_piece_may_hold_a_real_and_a_mocked_exchange() {
    let mut client =
        client().waiting(b"R\n").waiting(b"M\n").passed(EXCHANGE, 1).mocked(EXCHANGE, says("mock"));

    client.exchange(b"R\nM\n", b"mock");

    assert_eq!(client.output.upstream, b"R\n");
    assert_eq!(client.completed(), [(1, Fields::new())]);
}

/// What is told of a real answer is bounded; all of it reaches the client.
#[test]
fn a_long_answer_is_told_in_part() {
    let mut client = client().passed(EXCHANGE, 1);
    client.on(Event::Client(b"real"));

    for _ in 0..3 {
        assert_eq!(client.on(Event::Upstream(&[b'x'; 40 << 10])).client.len(), 40 << 10);
    }

    assert_eq!(client.completed(), [(1, says(&"x".repeat(64 << 10)))]);
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

    let mut second = client().passed(EXCHANGE, 1).passed(EXCHANGE, 2);
    second.on(Event::Client(b"ping"));
    assert_eq!(second.on(Event::UpstreamEnd).end, Some(End::HalfClose));
    assert_eq!(second.on(Event::Client(b"more")).upstream, b"more");
    assert_eq!(second.completed(), [(1, Fields::new()), (2, Fields::new())]);
    second.on(Event::ClientEnd);
    assert_eq!((second.output.end_upstream, second.output.end), (true, Some(End::Close)));

    let mut whole = named(|client| client.passed(CONNECT, 1));
    assert_eq!(whole.on(Event::UpstreamEnd).end, Some(End::HalfClose));
    assert_eq!(whole.on(Event::Client(b"more")).upstream, b"more");
    assert_eq!(whole.on(Event::ClientEnd).end, Some(End::Close));
}

/// A server's end comes behind a mock's answer that is still on its way.
#[test]
fn an_end_waits_for_a_slow_answer() {
    let slow = fault(FaultKind::Slow, 0, 20);
    let mut client = client().passed(EXCHANGE, 1).failing_with(EXCHANGE, slow, says("ab"));

    client.on(Event::Client(b"real"));
    client.on(Event::Client(b"ping"));
    assert_eq!(client.on(Event::UpstreamEnd).end, None);

    assert_eq!(client.on(Event::Wake).end, None);
    assert_eq!(client.on(Event::Wake).end, Some(End::HalfClose));
}

/// A server that cannot be reached is a connection that fails.
#[test]
fn an_absent_server_resets() {
    let mut client = client().passed(EXCHANGE, 1);
    client.on(Event::Client(b"ping"));

    assert_eq!(client.on(Event::UpstreamFailed("refused")).end, Some(End::Reset));
    assert_eq!(client.completed(), [(1, Fields::new())]);
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

/// What follows the bytes that a mock closes on is told, in one piece with them or later.
#[test]
fn bytes_behind_a_close_are_told() {
    for pieces in [&[&b"QUIT\nDROP\n"[..]][..], &[b"QUIT\n", b"DROP\n"]] {
        let close = Fields::new().with("close", "close");
        let mut client =
            Transcript::of(&Socket, "db.example", 7).mocked(EXCHANGE, close).waiting(b"QUIT\n");
        let mut told = None;
        for piece in pieces {
            told = client.on(Event::Client(piece)).malformed.clone().or(told);
        }

        assert_eq!(told.map(|it| it.bytes), Some(b"DROP\n".to_vec()));
    }
}
