//! Requests that are really made.

use super::*;
use crate::plugins::conversation::Upstream;

const GET: &[u8] = b"GET /x?y=1 HTTP/1.1\r\nHost: api.example.com\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-A: 2\r\n\r\n";
const SENT: &[u8] = b"GET /x?y=1 HTTP/1.1\r\nHost: api.example.com\r\nX-A: 2\r\nTE: trailers\r\nConnection: TE\r\n\r\n";

fn upstream(client: &Transcript) -> String {
    String::from_utf8_lossy(&client.output.upstream).into_owned()
}

fn heard(client: &Transcript) -> String {
    String::from_utf8_lossy(&client.output.client).into_owned()
}

/// The first request opens the connection to the real server, the next one uses it again; the
/// answer is passed on and told.
#[test]
fn requests_are_passed_on_and_answers_told() {
    let mut client = client().passed(SOURCE, 7).passed(SOURCE, 8);

    client.on(Event::Client(GET));
    let wanted = Upstream { host: "api.example.com".to_owned(), port: 80, tls: None };
    assert_eq!(client.output.connect, Some(wanted));
    assert_eq!(upstream(&client), String::from_utf8_lossy(SENT));
    assert_eq!(client.output.client, b"");

    client.on(Event::UpstreamOpened);
    client.on(Event::Upstream(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 Fine\r\nX-B: 1\r\nContent-Type: application/json\r\nContent-Length: 8\r\nKeep-Alive: timeout=5\r\n\r\n{\"a\""));
    assert_eq!(
        heard(&client),
        "HTTP/1.1 200 Fine\r\nX-B: 1\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"a\""
    );
    client.on(Event::Upstream(b": 1}"));
    assert_eq!(heard(&client), ": 1}");

    let [(7, reply)] = client.completed() else { panic!("{:?}", client.completed()) };
    assert_eq!(reply.number("status"), Some(200));
    assert_eq!(reply.bytes("body").as_deref(), Some(&b"{\"a\": 1}"[..]));
    assert_eq!(reply.get("json"), Some(&json("{\"a\":1}")));

    client.on(Event::Client(GET));
    assert_eq!((client.output.connect.take(), upstream(&client).len()), (None, SENT.len()));
    client.on(Event::Upstream(b"HTTP/1.1 204 No Content\r\n\r\n"));
    assert_eq!(heard(&client), "HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(client.completed().len(), 2);
}

/// Over TLS the real server is asked for by the name that the guest knows.
#[test]
fn encrypted_connections_are_encrypted_again() {
    let secure = Opening {
        encrypted: true,
        alpn: Some(b"http/1.1".to_vec()),
        ..opening("api.example.com", 8443)
    };
    let mut client = Transcript::opened(&Http, &secure).passed(SOURCE, 1);

    client.on(Event::Client(GET));

    let tls = Some(("api.example.com".to_owned(), vec![b"http/1.1".to_vec()]));
    let wanted = Upstream { host: "api.example.com".to_owned(), port: 8443, tls };
    assert_eq!(client.output.connect, Some(wanted));
}

/// A body that comes in chunks or to the end goes out in chunks, as it comes.
#[test]
fn streams_are_passed_on_as_they_come() {
    let mut client = client().passed(SOURCE, 1).passed(SOURCE, 2);

    client.on(Event::Client(GET));
    client.on(Event::Upstream(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n7\r\ndata: 1"));
    assert_eq!(
        heard(&client),
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n7\r\ndata: 1\r\n"
    );
    client.on(Event::Upstream(b"\r\n1\r\n\n\r\n0\r\n\r\n"));
    assert_eq!(heard(&client), "1\r\n\n\r\n0\r\n\r\n");

    client.on(Event::Client(GET));
    client.on(Event::Upstream(b"HTTP/1.0 200 OK\r\n\r\nabc"));
    client.on(Event::UpstreamEnd);
    assert_eq!(heard(&client), "0\r\n\r\n");
    assert_eq!(client.completed().last().unwrap().1.bytes("body").as_deref(), Some(&b"abc"[..]));
}

/// Fields behind a body are passed on, but for those that do not belong there.
#[test]
fn trailers_are_passed_on() {
    let mut client = client().passed(SOURCE, 1);

    client.on(Event::Client(GET));
    client.on(Event::Upstream(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n1\r\na\r\n0\r\nX-Sum:"));
    assert_eq!(
        heard(&client),
        "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n"
    );
    client.on(Event::Upstream(
        b" 7 \r\nContent-Length: 3\r\nConnection: close\r\nnone\r\n: x\r\n\r\n",
    ));

    assert_eq!(heard(&client), "0\r\nX-Sum: 7\r\n\r\n");
    assert_eq!(client.completed().len(), 1);
}

/// A client of HTTP/1.0 knows no chunks: its connection ends with the body.
#[test]
fn old_clients_get_no_chunks() {
    let mut client = client().passed(SOURCE, 1);

    client.on(Event::Client(b"GET / HTTP/1.0\r\n\r\n"));
    assert_eq!(upstream(&client), "GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n");
    client.on(Event::Upstream(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    ));

    assert_eq!(heard(&client), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\na");
    assert_eq!(client.output.end, Some(End::Close));
}

/// A body is passed on as it was packed, with its length.
#[test]
fn bodies_are_passed_on() {
    let mut client = client().passed(SOURCE, 1);

    client.on(Event::Client(
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    ));

    assert_eq!(upstream(&client), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab");
}

/// What a guest asks of its proxy is asked of that proxy.
#[test]
fn proxies_are_asked_in_their_own_form() {
    let mut client = client().passed(SOURCE, 1);

    client.on(Event::Client(b"GET http://b.example/x HTTP/1.1\r\nHost: b.example\r\n\r\n"));

    assert_eq!(upstream(&client), "GET http://b.example/x HTTP/1.1\r\nHost: b.example\r\n\r\n");
}

/// A host beside a whole address is not the one that is asked: it is replaced (RFC 9112 §3.2.2), so that
/// what was judged is what is made.
#[test]
fn the_host_is_that_of_the_target() {
    let mut client = client().passed(SOURCE, 1);

    client.on(Event::Client(
        b"GET http://a.example:81/x HTTP/1.1\r\nX: 1\r\nhost: b.example\r\n\r\n",
    ));

    assert_eq!(asked(&client).text("url").as_deref(), Some("http://a.example:81/x"));
    assert_eq!(
        upstream(&client),
        "GET http://a.example:81/x HTTP/1.1\r\nHost: a.example:81\r\nX: 1\r\n\r\n"
    );
}

/// A fragment is no part of a request: what a rule would judge and what a server would read of it differ.
#[test]
fn a_fragment_is_refused() {
    for target in ["/public#/../admin", "http://api.example.com/x#y", "http://api.example.com#@b/"]
    {
        let mut client = client().passed(SOURCE, 1);

        client.on(Event::Client(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()));

        assert!(heard(&client).starts_with("HTTP/1.1 400 Bad Request\r\n"), "{target}");
        assert!(reason(client.output.malformed.as_ref()).contains("fragment"), "{target}");
        assert!(client.asked().is_empty() && client.output.upstream.is_empty());
    }
}

/// A server that cannot be reached is a bad gateway; the client may try again.
#[test]
fn failures_are_said_in_words() {
    let mut client = client().passed(SOURCE, 1).passed(SOURCE, 2).passed(SOURCE, 3);

    client.on(Event::Client(GET));
    client.on(Event::UpstreamFailed("connection refused"));
    assert!(heard(&client).starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
    assert!(
        heard(&client).ends_with("bigfoot: the real server did not answer: connection refused\n")
    );

    client.on(Event::Client(GET));
    assert!(client.output.connect.is_some());
    client.on(Event::Upstream(b"SSH-2.0-x\r\n"));
    assert!(heard(&client).ends_with("it sent what is no HTTP/1.1\n"));

    client.on(Event::Client(GET));
    client.on(Event::Upstream(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"));
    client.on(Event::UpstreamEnd);
    assert_eq!(client.output.end, Some(End::Reset));
    let [(1, none), (2, neither), (3, part)] = client.completed() else {
        panic!("{:?}", client.completed())
    };
    assert!(none.is_empty() && neither.is_empty());
    assert_eq!(part.bytes("body").as_deref(), Some(&b"abc"[..]));
}

/// A client may go too far, or away, before its answer came: that none came is told, once.
#[test]
fn an_answer_that_nobody_waits_for_is_told() {
    let mut client = client().passed(SOURCE, 1);

    client.on(Event::Client(GET));
    client.on(Event::Client(&vec![b'x'; 17 << 20]));
    assert_eq!(client.output.end, Some(End::Reset));
    client.on(Event::Upstream(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    client.on(Event::UpstreamFailed("reset"));

    assert_eq!(client.completed(), [(1, Fields::new())]);

    let mut gone = super::client().passed(SOURCE, 1);
    gone.on(Event::Client(GET));
    gone.on(Event::ClientEnd);
    gone.on(Event::UpstreamEnd);
    assert_eq!(gone.output.end, Some(End::Close));
    assert_eq!(gone.completed(), [(1, Fields::new())]);
}

/// A server may close a connection that it had kept: the next request opens another one, and one
/// that crossed the closing is made again, if that does no harm.
#[test]
fn kept_connections_may_be_closed() {
    let ok = Event::Upstream(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let mut client = client().passed(SOURCE, 1).passed(SOURCE, 2).passed(SOURCE, 3);

    client.on(Event::Client(GET));
    client.on(ok);
    client.on(Event::UpstreamEnd);
    assert_eq!(client.output.end, None);

    client.on(Event::Client(GET));
    assert!(client.output.connect.is_some());
    client.on(ok);
    client.on(Event::Client(GET));
    assert!(client.output.connect.is_none());
    client.on(Event::UpstreamEnd);
    assert!(client.output.connect.is_some());
    assert_eq!(upstream(&client).len(), SENT.len());
    client.on(ok);
    assert_eq!(client.completed().len(), 3);
}

/// A server that wants the connection closed has it closed.
#[test]
fn connections_are_closed_where_the_server_asks() {
    let mut client = client().passed(SOURCE, 1).passed(SOURCE, 2);

    client.on(Event::Client(GET));
    client
        .on(Event::Upstream(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
    assert!(client.output.end_upstream && client.output.end.is_none());

    client.on(Event::Client(GET));
    assert!(client.output.connect.is_some() && !client.output.end_upstream);
}

/// Requests sent ahead of a real answer wait for it; mocks and real answers may take turns.
#[test]
fn requests_ahead_wait_for_the_answer() {
    let mut client = client().passed(SOURCE, 1).mocked(SOURCE, body("m"));

    client.on(Event::Client(&[GET, GET].concat()));
    assert_eq!((client.asked().len(), heard(&client).len()), (1, 0));
    client.on(Event::Upstream(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nr"));

    assert_eq!(
        heard(&client),
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nrHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nm"
    );
}

/// A client that said all that it had to say still hears the answer.
#[test]
fn a_half_closed_client_is_answered() {
    let mut client = client().passed(SOURCE, 1);

    client.on(Event::Client(GET));
    client.on(Event::ClientEnd);
    assert_eq!(client.output.end, None);
    client.on(Event::Upstream(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nr"));

    assert_eq!(client.output.end, Some(End::Close));
    assert!(heard(&client).ends_with("r"));
}
