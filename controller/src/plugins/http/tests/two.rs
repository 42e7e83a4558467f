//! HTTP/2 with the client.

mod client;
mod waits;

use std::task::Poll;

use self::client::{Heard, Two, request, whole};
use super::*;

fn secure() -> Transcript {
    let opened = opening("api.example.com", 443);
    Transcript::opened(&Http, &Opening { encrypted: true, alpn: Some(b"h2".to_vec()), ..opened })
}

/// A request over HTTP/2 is told like one over HTTP/1.1.
#[test]
fn a_request_is_told_with_all_its_fields() {
    let reply = Fields::new()
        .with("status", 201)
        .with(
            "headers",
            pairs(&[("Set-Cookie", "a=1"), ("set-cookie", "b=2"), ("Connection", "close")]),
        )
        .with("json", json("{\"a\":1}"));
    let mut client = Two::new(secure().mocked(SOURCE, reply));

    let headers =
        [("x-a", "1"), ("cookie", "a=1"), ("cookie", "b=2"), ("content-type", "application/json")];
    let mut waiting =
        client.ask(request("POST", "https://API.example.com/users?q=1", &headers, "{\"b\": 2}"));
    let Poll::Ready(Some(Heard { before, parts, body, .. })) = client.hear(&mut waiting) else {
        panic!("no answer")
    };

    assert!(before.is_empty());
    assert_eq!((parts.status.as_u16(), body), (201, Ok(b"{\"a\":1}".to_vec())));
    let cookies: Vec<_> = parts.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert_eq!(parts.headers["content-length"], "7");
    assert!(!parts.headers.contains_key("date") && !parts.headers.contains_key("connection"));
    let fields = asked(&client.transcript);
    assert_eq!(fields.text("url").as_deref(), Some("https://api.example.com/users?q=1"));
    assert_eq!(
        fields.get("headers"),
        Some(&pairs(&[
            ("host", "API.example.com"),
            ("x-a", "1"),
            ("content-type", "application/json"),
            ("cookie", "a=1; b=2"),
        ]))
    );
    assert_eq!(fields.get("json"), Some(&json("{\"b\":2}")));
}

/// Without TLS a client may begin with HTTP/2 at once; it is known by its preface.
#[test]
fn prior_knowledge_is_recognised() {
    let mut client = Two::new(client().mocked(SOURCE, body("a")).mocked(SOURCE, body("b")));

    assert_eq!(whole(client.get("http://api.example.com/1")), (200, "a".to_owned()));
    assert_eq!(whole(client.get("http://api.example.com/2")), (200, "b".to_owned()));
    assert_eq!(whole(client.get("http://api.example.com/3")).0, 501);
    assert!(client.reasons.is_empty() && client.end.is_none());
}

/// Many streams at once are each answered with their own.
#[test]
fn streams_are_answered_each_by_itself() {
    let mut transcript = secure();
    for number in 0..100 {
        transcript = transcript.mocked(SOURCE, body(&number.to_string()));
    }
    let mut client = Two::new(transcript);

    let mut waiting: Vec<_> = (0..100)
        .map(|number| client.ask(request("GET", &format!("https://a.example/{number}"), &[], "")))
        .collect();
    for waiting in &mut waiting {
        assert_eq!(whole(client.hear(waiting)).0, 200);
    }

    assert_eq!(client.transcript.asked().len(), 100);
}

/// Bodies larger than a window go through, both ways.
#[test]
fn large_bodies_go_through() {
    let large = "x".repeat(3 << 20);
    let mut client = Two::new(secure().mocked(SOURCE, body(&large)));

    let mut waiting = client.ask(request("PUT", "https://a.example/", &[], &large));
    for _ in 0..1000 {
        if let Poll::Ready(Some(Heard { body: Ok(heard), .. })) = client.hear(&mut waiting) {
            assert_eq!(heard.len(), large.len());
            assert_eq!(asked(&client.transcript).bytes("body").unwrap().len(), large.len());
            return;
        }
    }
    panic!("no answer");
}

/// A body over the limit is refused; the connection goes on.
#[test]
fn too_large_a_body_is_refused() {
    let mut client = Two::new(secure().mocked(SOURCE, body("ok")));
    let large = "x".repeat((16 << 20) + 1);

    let mut waiting = client.ask(request("PUT", "https://a.example/", &[], &large));
    let status = loop {
        match client.hear(&mut waiting) {
            Poll::Ready(Some(Heard { parts, .. })) => break parts.status.as_u16(),
            Poll::Ready(None) => panic!("no answer"),
            Poll::Pending => {}
        }
    };

    assert_eq!(
        (status, client.reasons.as_slice()),
        (413, &["sent a body of more than 16 MiB".to_owned()][..])
    );
    assert_eq!(whole(client.get("https://a.example/")).1, "ok");
}

/// gRPC is told in its own terms that there is no answer.
#[test]
fn grpc_is_refused_in_its_own_words() {
    let mut client = Two::new(secure());
    let kind = [("content-type", "application/grpc+proto"), ("te", "trailers")];

    let mut waiting = client.ask(request("POST", "https://a.example/svc/Call", &kind, "x"));
    let Poll::Ready(Some(Heard { parts, .. })) = client.hear(&mut waiting) else {
        panic!("no answer")
    };

    assert_eq!(
        (parts.status.as_u16(), &parts.headers["grpc-status"]),
        (200, &"12".parse().unwrap())
    );
    assert!(client.reasons[0].contains("gRPC") && client.transcript.asked().is_empty());
}

/// A fault of the connection ends it, after so many bytes.
#[test]
fn faults_end_the_connection() {
    for (kind, after, end) in [
        (FaultKind::Reset, 0, End::Reset),
        (FaultKind::Reset, 10, End::Reset),
        (FaultKind::Reset, 10_000, End::Reset),
        (FaultKind::Truncated, 12, End::Close),
        (FaultKind::Garbage, 0, End::Close),
    ] {
        let transcript = secure().mocked(SOURCE, body("hello")).broken(fault(kind, after, 0));
        let mut client = Two::new(transcript);
        let heard = client.get("https://a.example/");
        assert_eq!(client.end, Some(end), "{kind:?} {after}");
        let complete = matches!(heard, Poll::Ready(Some(Heard { body: Ok(_), .. })));
        assert_eq!(complete, after == 10_000, "{kind:?} {after}");
    }
}

/// A stream that is never answered, or slowly, holds up no other one.
#[test]
fn slow_streams_hold_up_nobody() {
    let transcript = secure()
        .mocked(SOURCE, Fields::new())
        .broken(fault(FaultKind::Timeout, 0, 0))
        .mocked(SOURCE, body("hello"))
        .broken(fault(FaultKind::Slow, 0, 3))
        .mocked(SOURCE, body("fast"));
    let mut client = Two::new(transcript);
    let mut never = client.ask(request("GET", "https://a.example/1", &[], ""));
    client.turn();
    let mut slow = client.ask(request("GET", "https://a.example/2", &[], ""));
    client.turn();

    assert_eq!(whole(client.get("https://a.example/3")).1, "fast");
    for _ in 0..5 {
        assert!(client.hear(&mut slow).is_pending());
        assert_eq!(client.transcript.output.wake.map(|wake| wake.as_millis()), Some(3));
        client.event(Event::Wake);
    }
    assert_eq!(whole(client.hear(&mut slow)).1, "hello");
    assert!(client.hear(&mut never).is_pending() && client.transcript.output.wake.is_none());
}

/// A real answer is passed on as it comes, and told.
#[test]
fn real_answers_are_passed_on() {
    let mut client = Two::new(secure().passed(SOURCE, 1).passed(SOURCE, 2));
    let mut first = client.ask(request("GET", "https://a.example/x", &[("x-a", "1")], ""));
    let mut second = client.ask(request("GET", "https://a.example/y", &[], ""));
    client.turn();
    let first_sent = "GET /x HTTP/1.1\r\nhost: a.example\r\nx-a: 1\r\n\r\n";
    assert_eq!(String::from_utf8_lossy(&client.upstream), first_sent);

    client.event(Event::Upstream(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-B: 2\r\n\r\n1\r\na",
    ));
    assert!(client.hear(&mut first).is_pending());
    client.event(Event::Upstream(b"\r\n1\r\nb\r\n0\r\n\r\n"));
    let second_sent = "GET /y HTTP/1.1\r\nhost: a.example\r\n\r\n";
    let sent = String::from_utf8_lossy(&client.upstream).into_owned();
    assert_eq!(sent, format!("{first_sent}{second_sent}"));
    assert_eq!(whole(client.hear(&mut first)), (200, "ab".to_owned()));

    client.event(Event::Upstream(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"));
    client.event(Event::UpstreamFailed("reset"));
    let broken = client.hear(&mut second);
    assert!(matches!(broken, Poll::Ready(Some(Heard { body: Err(()), .. }))), "{broken:?}");
    assert_eq!(client.transcript.completed().len(), 2);
}

/// Fields behind a real body are passed on, without what HTTP/2 cannot carry; of an empty body too.
#[test]
fn trailers_are_passed_on() {
    for chunk in ["1\r\na\r\n", ""] {
        let mut client = Two::new(secure().passed(SOURCE, 1));
        let mut waiting =
            client.ask(request("GET", "https://a.example/", &[("te", "trailers")], ""));
        client.turn();
        assert!(client.upstream.ends_with(b"TE: trailers\r\nConnection: TE\r\n\r\n"));

        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let trailer = "0\r\nX-Sum: 7\r\nKeep-Alive: 5\r\n\r\n";
        client.event(Event::Upstream(format!("{head}{chunk}{trailer}").as_bytes()));
        let Poll::Ready(Some(heard)) = client.hear(&mut waiting) else { panic!("no answer") };

        assert_eq!(heard.body.unwrap().len(), chunk.len().min(1));
        assert_eq!((heard.trailer.len(), &heard.trailer["x-sum"]), (1, &"7".parse().unwrap()));
    }
}

/// A client that goes away leaves requests unanswered: each is told once, as far as its answer came.
#[test]
fn a_client_that_goes_away_leaves_no_request_open() {
    let mut client = Two::new(secure().passed(SOURCE, 1).passed(SOURCE, 2));
    let mut first = client.ask(request("GET", "https://a.example/x", &[], ""));
    let mut second = client.ask(request("GET", "https://a.example/y", &[], ""));
    client.turn();
    client.event(Event::Upstream(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"));
    assert!(client.hear(&mut first).is_pending() && client.hear(&mut second).is_pending());

    client.event(Event::ClientEnd);
    client.event(Event::UpstreamFailed("reset"));

    assert!(client.end.is_some());
    let [(1, part), (2, none)] = client.transcript.completed() else {
        panic!("{:?}", client.transcript.completed())
    };
    assert_eq!(part.bytes("body").as_deref(), Some(&b"a"[..]));
    assert!(none.is_empty());
}

/// A server that cannot be reached is told as no answer, for each stream.
#[test]
fn an_absent_server_is_no_answer() {
    let mut client = Two::new(secure().passed(SOURCE, 1));
    let mut waiting = client.ask(request("GET", "https://a.example/x", &[], ""));
    client.turn();

    client.event(Event::UpstreamFailed("refused"));

    assert_eq!(whole(client.hear(&mut waiting)).0, 502);
    assert_eq!(client.transcript.completed(), [(1, Fields::new())]);
}

/// A stream that its client resets is answered by the real server all the same, and holds up no other.
#[test]
fn a_stream_that_was_reset_holds_up_nobody() {
    let mut client = Two::new(secure().passed(SOURCE, 1).passed(SOURCE, 2));
    let first = client.ask(request("GET", "https://a.example/x", &[], ""));
    client.turn();
    drop(first);
    client.turn();
    let mut second = client.ask(request("GET", "https://a.example/y", &[], ""));
    client.turn();

    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
    client.event(Event::Upstream(&[&answer[..], b"a"].concat()));
    client.event(Event::Upstream(&[&answer[..], b"b"].concat()));

    assert_eq!(whole(client.hear(&mut second)), (200, "b".to_owned()));
    assert_eq!(client.transcript.completed().len(), 2);
}

/// What breaks the protocol is told, and the connection closed.
#[test]
fn nonsense_is_told() {
    let mut transcript = secure();

    transcript.on(Event::Client(b"GET / HTTP/1.1\r\n\r\n                          "));

    assert_eq!(transcript.output.end, Some(End::Close));
    assert!(reason(transcript.output.malformed.as_ref()).starts_with("broke HTTP/2: "));
}
