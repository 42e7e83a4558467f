//! What goes to a real server, and what it says.

use super::*;
use crate::plugins::conversation::Upstream;

/// A request that may really be made goes to the server; its answer is passed on and told.
#[test]
fn a_real_answer_is_told_as_a_value() {
    let mut client = client().passed("redis:HGETALL", 7);

    client.exchange(b"HGETALL k\r\n", b"");
    let server = Upstream { host: "cache.example".to_owned(), port: 6379, tls: None };
    assert_eq!(client.output.connect, Some(server));
    assert_eq!(client.output.upstream, b"*2\r\n$7\r\nHGETALL\r\n$1\r\nk\r\n");
    client.on(Event::UpstreamOpened);
    assert_eq!(client.on(Event::Upstream(b"*2\r\n$1\r\nf\r\n$1")).client, b"");
    assert_eq!(client.on(Event::Upstream(b"\r\nv\r\n")).client, b"*2\r\n$1\r\nf\r\n$1\r\nv\r\n");

    assert_eq!(client.completed(), [(7, value(json!({ "f": "v" })))]);
}

/// Errors are told as errors.
#[test]
fn a_real_error_is_told() {
    let mut client = client().passed("redis:INCR", 7);
    client.exchange(b"INCR k\r\n", b"").on(Event::Upstream(b"-WRONGTYPE no\r\n"));
    assert_eq!(client.completed(), [(7, Fields::new().with("error", "WRONGTYPE no"))]);
}

/// Mocks and the real server take turns; it hears first what the client said about itself.
#[test]
fn the_real_server_is_greeted_first() {
    let mut client =
        client().mocked("redis:GET", Fields::new()).passed("redis:GET", 7).passed("redis:GET", 8);

    client.exchange(
        b"AUTH x\r\nSELECT 1\r\nSELECT 2\r\nPING\r\nGET a\r\n",
        b"+OK\r\n+OK\r\n+OK\r\n+PONG\r\n$-1\r\n",
    );
    client.exchange(b"GET b\r\n", b"");
    assert_eq!(
        client.output.upstream,
        b"*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n"
    );
    assert_eq!(client.on(Event::Upstream(b"+OK\r\n")).upstream, b"");
    assert_eq!(client.on(Event::Upstream(b"+OK\r\n")).upstream, b"*2\r\n$3\r\nGET\r\n$1\r\nb\r\n");
    assert_eq!(client.on(Event::Upstream(b"$1\r\nx\r\n")).client, b"$1\r\nx\r\n");

    client.exchange(b"SELECT 3\r\nGET c\r\n", b"");
    assert_eq!(client.output.upstream, b"*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n");
    client.on(Event::Upstream(b"+OK\r\n"));
    assert_eq!(client.output.client, b"+OK\r\n");
    assert_eq!(client.output.upstream, b"*2\r\n$3\r\nGET\r\n$1\r\nc\r\n");
}

/// If it refuses that, nothing is asked of it.
#[test]
fn a_refused_greeting_is_the_answer() {
    let mut client = client().passed("redis:GET", 7);

    client.exchange(b"AUTH x\r\nGET a\r\n", b"+OK\r\n");
    client.on(Event::Upstream(b"-WRONGPASS no\r\n"));

    assert_eq!(
        (client.output.client.as_slice(), client.output.upstream.as_slice()),
        (&b"-WRONGPASS no\r\n"[..], &b""[..])
    );
    assert_eq!(client.output.end, Some(End::Close));
}

/// Where rules alone have a connection read, the real server answers the greeting too.
#[test]
fn without_mocks_all_is_the_real_servers() {
    let mut client = read().passed("redis:GET", 7);

    client.exchange(b"HELLO 3\r\n", b"");
    assert_eq!(client.output.upstream, b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
    client.on(Event::Upstream(b"%0\r\n"));
    client.exchange(b"GET a\r\n", b"");
    assert_eq!(client.output.upstream, b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n");
    client.on(Event::Upstream(b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n_\r\n"));
    assert_eq!(client.output.client, b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n_\r\n");
    client.exchange(b"DEL a\r\n", b"-ERR bigfoot: no mock answers it\r\n");

    assert_eq!(asked(&client), ["redis:GET a", "redis:DEL a"]);
    assert_eq!(client.completed(), [(7, value(json!(null)))]);
    assert_eq!(client.on(Event::UpstreamEnd).end, Some(End::Close));
}

/// A transaction is one for the real server too, as far as it has a part in it.
#[test]
fn a_transaction_is_one_for_the_real_server() {
    let mut client = client()
        .passed("redis:SET", 7)
        .mocked("redis:GET", value(json!("m")))
        .passed("redis:INCR", 8);

    client.exchange(
        b"MULTI\r\nSET a b\r\nGET a\r\nINCR n\r\nEXEC\r\n",
        b"+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n",
    );
    assert_eq!(
        client.output.upstream,
        b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n*1\r\n$4\r\nEXEC\r\n"
    );
    client.on(Event::Upstream(b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:5\r\n"));

    assert_eq!(client.output.client, b"*3\r\n+OK\r\n$1\r\nm\r\n:5\r\n");
    assert_eq!(client.completed(), [(7, value(json!("OK"))), (8, value(json!(5)))]);
}

/// If a watched key has changed, the client hears that.
#[test]
fn a_real_abort_is_passed_on() {
    let mut client = client().passed("redis:GET", 6).passed("redis:SET", 7);

    client.exchange(b"WATCH a\r\nGET a\r\n", b"+OK\r\n").on(Event::Upstream(b"+OK\r\n$-1\r\n"));
    client.exchange(b"MULTI\r\nSET a b\r\nEXEC\r\n", b"+OK\r\n+QUEUED\r\n");
    client.on(Event::Upstream(b"+OK\r\n+QUEUED\r\n*-1\r\n"));

    assert_eq!(client.output.client, b"*-1\r\n");
}

/// Real subscriptions are confirmed by the server, and its messages go on.
#[test]
fn real_messages_are_passed_on() {
    let mut client = client().passed("redis:SUBSCRIBE", 7);
    let confirmed = b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
    let message = b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n";

    client.exchange(b"SUBSCRIBE a\r\n", b"");
    assert_eq!(client.on(Event::Upstream(confirmed)).client, confirmed);
    assert_eq!(client.on(Event::Upstream(message)).client, message);
    client.exchange(b"UNSUBSCRIBE\r\n", b"");
    assert_eq!(client.output.upstream, b"*1\r\n$11\r\nUNSUBSCRIBE\r\n");
    assert_eq!(client.completed(), [(7, Fields::new())]);
}

/// A server that goes away is an error for who waits.
#[test]
fn a_lost_server_is_an_error() {
    let mut client = client().passed("redis:GET", 7).passed("redis:GET", 8);
    client.exchange(b"GET a\r\n", b"");
    client.on(Event::UpstreamFailed("it is gone"));
    assert_eq!(
        client.output.client,
        b"-ERR bigfoot: the real server did not answer: it is gone\r\n"
    );
    client.exchange(b"GET a\r\n", b"");
    assert!(client.output.connect.is_some());
}

/// Lengths and nesting of a server's answers are bounded too.
#[test]
fn answers_are_bounded() {
    for bomb in [
        &b"$99999999999\r\n"[..],
        b"*1000000000\r\n",
        &b"*1\r\n".repeat(40),
        b"?\r\n",
        b"\r\n",
        b"%9223372036854775807\r\n",
    ] {
        let mut client = client().passed("redis:GET", 7);
        client.exchange(b"GET a\r\n", b"").on(Event::Upstream(bomb));
        assert_eq!(client.output.end, Some(End::Close), "{}", bomb.escape_ascii());
    }
}

/// Every type of the protocol is read as the plain value that a mock would give.
#[test]
fn every_type_is_read() {
    for (bytes, given) in [
        (&b"+OK\r\n"[..], json!("OK")),
        (b":5\r\n", json!(5)),
        (b",1.5\r\n", json!(1.5)),
        (b",inf\r\n", json!("inf")),
        (b"#t\r\n", json!(true)),
        (b"(12345678901234567890123\r\n", json!("12345678901234567890123")),
        (b"$2\r\n\x00\xff\r\n", json!({ "hex": "00ff" })),
        (b"=5\r\ntxt:a\r\n", json!("a")),
        (b"~2\r\n$1\r\na\r\n:1\r\n", json!(["a", 1])),
        (b"%1\r\n$1\r\na\r\n*1\r\n_\r\n", json!({ "a": [null] })),
        (b"%1\r\n:1\r\n:2\r\n", json!([[1, 2]])),
        (b"|1\r\n$1\r\na\r\n:1\r\n$1\r\nx\r\n", json!("x")),
        (b"*2\r\n-ERR a\r\n!3\r\nE b\r\n", json!([{ "error": "ERR a" }, { "error": "E b" }])),
    ] {
        let mut client = client().passed("redis:EVAL", 7);
        client.exchange(b"EVAL s 0\r\n", b"").on(Event::Upstream(bytes));
        assert_eq!(client.completed(), [(7, value(given))], "{}", bytes.escape_ascii());
        assert_eq!(client.output.client, bytes);
    }
}
