//! HTTP/1.1 with the client.

use super::*;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n";

/// A request is told as it was sent: raw headers in order, the address in its normal form.
#[test]
fn a_request_is_told_with_all_its_fields() {
    let mut client = client().mocked(SOURCE, Fields::new());

    client.on(Event::Client(
        b"POST /a/../Users/4%32?q=a+b&q=%C3%A9&x HTTP/1.1\r\nHost: API.example.com:80\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 11\r\n\r\n{\"a\": [1] }",
    ));

    let fields = asked(&client);
    assert_eq!(fields.text("method").as_deref(), Some("POST"));
    assert_eq!(
        fields.text("url").as_deref(),
        Some("http://api.example.com/Users/42?q=a+b&q=%C3%A9&x")
    );
    assert_eq!(fields.get("query"), Some(&pairs(&[("q", "a b"), ("q", "é"), ("x", "")])));
    assert_eq!(
        fields.get("headers"),
        Some(&pairs(&[
            ("Host", "API.example.com:80"),
            ("X-B", "1"),
            ("x-a", "2"),
            ("X-B", "3"),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", "11"),
        ]))
    );
    assert_eq!(fields.bytes("body").as_deref(), Some(&b"{\"a\": [1] }"[..]));
    assert_eq!(fields.get("json"), Some(&json("{\"a\":[1]}")));
}

/// The address has the scheme of the connection, and the host that the client names.
#[test]
fn addresses_are_made_of_connection_and_host() {
    let secure = Opening { encrypted: true, ..opening("api.example.com", 443) };
    for (opening, message, url) in [
        (secure.clone(), "GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n", "https://a.example/x"),
        (secure, "GET /x HTTP/1.0\r\n\r\n", "https://api.example.com/x"),
        (opening("a.example", 8080), "GET / HTTP/1.0\r\n\r\n", "http://a.example:8080/"),
        (opening("::1", 80), "GET / HTTP/1.0\r\n\r\n", "http://[::1]/"),
        (
            opening("/run/docker.sock", 0),
            "GET /v1 HTTP/1.1\r\nHost:\r\n\r\n",
            "http://localhost/v1",
        ),
        (
            opening("proxy", 80),
            "GET HTTP://b.example?a=1 HTTP/1.1\r\nHost: x\r\n\r\n",
            "http://b.example/?a=1",
        ),
        (opening("a", 80), "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "http://a/"),
    ] {
        let mut client = Transcript::opened(&Http, &opening);
        client.on(Event::Client(message.as_bytes()));
        assert_eq!(asked(&client).text("url").as_deref(), Some(url), "{message}");
    }
}

/// A mock's headers go out as they are given, several of one name too.
#[test]
fn answers_keep_the_order_and_case_of_headers() {
    let headers =
        pairs(&[("X-B", "1"), ("Set-Cookie", "a=1"), ("x-a", "2"), ("Set-Cookie", "b=2")]);
    let reply = Fields::new()
        .with("status", 201)
        .with("headers", headers)
        .with("json", json("{\"b\": 1, \"a\": [true, null]}"));

    client().mocked(SOURCE, reply).exchange(
        GET,
        b"HTTP/1.1 201 Created\r\nX-B: 1\r\nSet-Cookie: a=1\r\nx-a: 2\r\nSet-Cookie: b=2\r\ncontent-type: application/json\r\ncontent-length: 23\r\n\r\n{\"b\":1,\"a\":[true,null]}",
    );
}

/// The kind of a document may be said in a mock's own words, and so may a length.
#[test]
fn what_a_mock_says_of_its_body_stands() {
    let reply = Fields::new()
        .with(
            "headers",
            pairs(&[("Content-Type", "application/problem+json"), ("CONTENT-LENGTH", "2")]),
        )
        .with("json", json("{}"));

    client().mocked(SOURCE, reply).exchange(
        GET,
        b"HTTP/1.1 200 OK\r\nContent-Type: application/problem+json\r\nCONTENT-LENGTH: 2\r\n\r\n{}",
    );
}

/// Statuses without a body, and answers to HEAD, end with their head.
#[test]
fn some_answers_have_no_body() {
    client()
        .mocked(SOURCE, Fields::new().with("status", 204))
        .mocked(SOURCE, body("hello"))
        .mocked(SOURCE, body("hello"))
        .exchange(GET, b"HTTP/1.1 204 No Content\r\n\r\n")
        .exchange(b"HEAD / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")
        .exchange(GET, b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
}

/// A connection carries one request after the other; the client may send several ahead.
#[test]
fn a_connection_is_kept_and_requests_are_answered_in_order() {
    let mut client =
        client().mocked(SOURCE, body("a")).mocked(SOURCE, body("b")).mocked(SOURCE, body("c"));
    let answer = |body: &str| format!("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{body}");

    client.exchange(GET, answer("a").as_bytes());
    client.exchange(&[GET, GET].concat(), (answer("b") + &answer("c")).as_bytes());

    assert_eq!(client.output.end, None);
    client.on(Event::ClientEnd);
    assert_eq!((client.output.end, client.output.malformed.take()), (Some(End::Close), None));
}

/// However many requests a client sends ahead in one piece, each is taken off once.
#[test]
fn many_requests_ahead_are_answered() {
    const COUNT: usize = 20_000;
    let mut client = client();
    for _ in 0..COUNT {
        client = client.mocked(SOURCE, Fields::new());
    }

    client.on(Event::Client(&GET.repeat(COUNT)));

    assert_eq!(client.asked().len(), COUNT);
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(client.output.client, answer.repeat(COUNT));
}

/// A client that wants the connection closed has it closed; one of HTTP/1.0 unless it says not to.
#[test]
fn connections_end_as_the_client_asks() {
    for (head, said, ends) in [
        ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "connection: close\r\n", true),
        ("GET / HTTP/1.0\r\n\r\n", "connection: close\r\n", true),
        ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "connection: keep-alive\r\n", false),
    ] {
        let mut client = client().mocked(SOURCE, Fields::new());
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{said}\r\n");
        client.exchange(head.as_bytes(), answer.as_bytes());
        assert_eq!(client.output.end, ends.then_some(End::Close), "{head}");
    }
    let reply = Fields::new().with("headers", pairs(&[("Connection", "close")]));
    let mut client = client().mocked(SOURCE, reply);
    client.exchange(GET, b"HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(client.output.end, Some(End::Close));
}

/// However a request is cut into pieces, it is one request.
#[test]
fn requests_may_come_byte_by_byte() {
    let mut client = client().mocked(SOURCE, Fields::new());
    let message = b"\r\nPOST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n";

    let heard: Vec<u8> =
        message.iter().flat_map(|byte| client.on(Event::Client(&[*byte])).client.clone()).collect();

    assert_eq!(heard, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(client.asked().len(), 1);
    assert_eq!(asked(&client).bytes("body").as_deref(), Some(&b"abcde"[..]));
}

/// A client that asks before it sends a body is told to go on, once.
#[test]
fn expect_continue_is_answered() {
    let mut client = client().mocked(SOURCE, Fields::new());
    let head = b"PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";

    client.exchange(head, b"HTTP/1.1 100 Continue\r\n\r\n");
    client.exchange(b"a", b"").exchange(b"b", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

/// A refusal is an answer in words, and the connection stays usable.
#[test]
fn a_refusal_is_said_in_words() {
    let words = "bigfoot: no mock answers it\n";
    let refusal = format!(
        "HTTP/1.1 501 Not Implemented\r\ncontent-type: text/plain; charset=utf-8\r\nx-bigfoot: refused\r\ncontent-length: {}\r\n\r\n{words}",
        words.len()
    );
    let mut client = client();

    client.exchange(GET, refusal.as_bytes());
    client = client.mocked(SOURCE, body("x"));
    client.exchange(GET, b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx");
}

/// What is no HTTP is answered with 400, told with the bytes at fault, and the connection ends.
#[test]
fn nonsense_is_refused() {
    for (message, told) in [
        ("\x16\x03\x01\x02", "sent what is no HTTP/1.1"),
        ("hello\r\n\r\n", "sent what is no HTTP/1.1"),
        ("GET / HTTP/3.0\r\n\r\n", "sent what is no HTTP/1.1"),
        ("GET / HTTP/1.1\r\na b: c\r\n\r\n", "sent a header field that is none"),
        ("GET x HTTP/1.1\r\n\r\n", "asked for a target that is none"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "named two hosts"),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "named a host that is none"),
        ("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "sent a content-length that is none"),
        (
            "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "gave its body two lengths",
        ),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
            "named a transfer coding that is not chunked",
        ),
        (
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "sent a chunk without a size",
        ),
    ] {
        let mut client = client();
        client.on(Event::Client(message.as_bytes()));
        let output = &client.output;
        assert!(output.client.starts_with(b"HTTP/1.1 400 Bad Request\r\n"), "{message:?}");
        assert_eq!(reason(output.malformed.as_ref()), told, "{message:?}");
        assert!(!output.malformed.as_ref().unwrap().bytes.is_empty(), "{message:?}");
        assert_eq!((output.end, client.asked().len()), (Some(End::Close), 0), "{message:?}");
    }
}

/// What this version does not answer is said to be so, and is told in the report.
#[test]
fn what_is_beyond_this_version_is_refused_in_words() {
    for (message, words) in [
        ("GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "a WebSocket"),
        ("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n", "a tunnel"),
        ("POST / HTTP/1.1\r\nContent-Type: application/grpc+proto\r\n\r\n", "a gRPC call"),
    ] {
        let mut client = client();
        client.on(Event::Client(message.as_bytes()));
        assert!(client.output.client.starts_with(b"HTTP/1.1 501 "), "{message}");
        assert!(reason(client.output.malformed.as_ref()).contains(words), "{message}");
    }
}

/// An upgrade that a client merely offers is not taken: Java's client offers h2c by default.
#[test]
fn an_offer_of_http2_is_not_taken() {
    client().mocked(SOURCE, Fields::new()).exchange(
        b"GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    );
}

/// What is larger than the stated limits is refused as such.
#[test]
fn limits_are_held() {
    let mut large = client();
    large.on(Event::Client(b"PUT / HTTP/1.1\r\nContent-Length: 16777217\r\n\r\n"));
    assert!(large.output.client.starts_with(b"HTTP/1.1 413 "));
    assert_eq!(large.output.end, Some(End::HalfClose));

    let mut chunks = client();
    chunks.on(Event::Client(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1000001\r\n"));
    chunks.on(Event::Client(&vec![b'x'; 0x0100_0001]));
    assert!(chunks.output.client.starts_with(b"HTTP/1.1 413 "));

    let mut head = client();
    head.on(Event::Client(&[b"GET /", &vec![b'a'; 70_000][..]].concat()));
    assert_eq!(reason(head.output.malformed.as_ref()), "sent a head of more than 64 KiB");

    let mut fields = client();
    fields.on(Event::Client(&[b"GET / HTTP/1.1\r\n", "a: b\r\n".repeat(300).as_bytes()].concat()));
    assert_eq!(reason(fields.output.malformed.as_ref()), "sent more than 256 header fields");
}

/// A client that goes away in the middle of a request is told of; the request was none.
#[test]
fn half_a_request_is_told() {
    for start in ["GET / HTTP/1.1\r\nHos", "PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\na"] {
        let mut client = client();
        client.on(Event::Client(start.as_bytes()));
        client.on(Event::ClientEnd);
        let told = reason(client.output.malformed.as_ref());
        assert_eq!(told, "ended in the middle of a request", "{start}");
        assert_eq!((client.output.end, client.asked().len()), (Some(End::Close), 0));
    }
}

/// What is no request is refused, however its bytes come: at the latest when no line can follow.
#[test]
fn a_last_line_without_an_end_is_read() {
    let wrong = b"GET \x18 HTTP/T. ";
    let (mut whole, mut pieces) = (client(), client());

    whole.on(Event::Client(wrong));
    for byte in wrong {
        pieces.on(Event::Client(&[*byte]));
    }
    let whole = whole.output.client.clone();
    pieces.on(Event::ClientEnd);

    assert!(whole.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&whole));
    assert_eq!(pieces.output.client, whole);
}

/// Each fault is what it says, counted in bytes of the answer.
#[test]
fn faults_go_wrong_as_asked() {
    for (fault, heard, end) in [
        (fault(FaultKind::Reset, 12, 0), &b"HTTP/1.1 200"[..], Some(End::Reset)),
        (fault(FaultKind::Reset, 0, 0), b"", Some(End::Reset)),
        (fault(FaultKind::Refuse, 0, 0), b"", Some(End::Reset)),
        (fault(FaultKind::Truncated, 4, 0), b"HTTP", Some(End::Close)),
        (fault(FaultKind::Timeout, 0, 0), b"", None),
    ] {
        let mut client = failing(body("hello"), fault);
        client.exchange(GET, heard);
        assert_eq!(client.output.end, end, "{fault:?}");
    }
    let mut garbage = failing(Fields::new(), fault(FaultKind::Garbage, 0, 0));
    garbage.on(Event::Client(GET));
    assert!(!garbage.output.client.starts_with(b"HTTP"));
    assert_eq!(garbage.output.end, Some(End::Close));
}

/// A slow answer comes byte by byte, and is whole in the end; then the connection goes on.
#[test]
fn slow_answers_drip() {
    let mut client =
        failing(body("hi"), fault(FaultKind::Slow, 0, 7)).mocked(SOURCE, body("again"));
    let mut heard = client.on(Event::Client(GET)).client.clone();
    assert_eq!(heard.len(), 1);

    while let Some(pause) = client.output.wake {
        assert_eq!(pause.as_millis(), 7);
        heard.extend(client.on(Event::Wake).client.clone());
    }

    assert_eq!(heard, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
    client.exchange(GET, b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nagain");
}
