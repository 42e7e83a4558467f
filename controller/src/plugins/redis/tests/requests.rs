//! What clients send, in whatever pieces and spelling.

use super::*;

/// A request is answered once it is whole; what stands in it is told.
#[test]
fn a_request_may_come_in_pieces() {
    let mut client = client().mocked("redis:GET", value(json!("Ada")));

    client.exchange(b"*2\r\n$3\r\nge", b"").exchange(b"t\r\n$6\r\nuser:1\r\n", b"$3\r\nAda\r\n");

    let (_, fields) = &client.asked()[0];
    assert_eq!(fields.text("host").as_deref(), Some("cache.example"));
    assert_eq!((fields.number("port"), fields.number("db")), (Some(6379), Some(0)));
    assert_eq!(fields.bytes("key").as_deref(), Some(&b"user:1"[..]));
    assert_eq!(asked(&client), ["redis:GET user:1"]);
}

/// Several requests at once are answered in order.
#[test]
fn a_pipeline_is_answered_in_order() {
    let mut client = client()
        .mocked("redis:SET", Fields::new())
        .mocked("redis:GET", value(json!("x")))
        .mocked("redis:INCR", value(json!(7)));

    client.exchange(
        b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nx\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n",
        b"+OK\r\n$1\r\nx\r\n:7\r\n",
    );
}

/// People at a terminal write lines, with quotes where they need them.
#[test]
fn lines_of_words_are_requests() {
    let lines: &[u8] = b"\r\nSET \"a b\" 'c\\'d'\nset e \"\\x00\\n\\\"\"\r\n";
    let mut client = client().mocked("redis:SET", Fields::new()).mocked("redis:SET", Fields::new());

    client.exchange(lines, b"+OK\r\n+OK\r\n");

    assert_eq!(asked(&client), ["redis:SET a b c\\'d", "redis:SET e \\x00\\n\\\""]);
}

/// A client off the protocol hears what a server would say, and is told of.
#[test]
fn what_is_no_request_ends_the_connection() {
    for (bytes, said) in [
        (&b"*1\r\n*1\r\n$4\r\nPING\r\n"[..], "expected '$'"),
        (b"*1\r\n$99999999999\r\n", "invalid bulk length"),
        (b"*1\r\n$16777217\r\n", "invalid bulk length"),
        (b"*2\r\n$3\r\nGET\r\n$16777216\r\n", "invalid bulk length"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$x\r\n", "invalid bulk length"),
        (b"*1000000000\r\n", "invalid multibulk length"),
        (b"*999999999999999999999\r\n", "invalid multibulk length"),
        (b"*x\r\n", "invalid multibulk length"),
        (b"*1\r\n$4\r\nPINGxx", "a string without its end"),
        (b"SET a \"b\r\n", "unbalanced quotes in request"),
        (b"SET a \"b\"c\r\n", "unbalanced quotes in request"),
    ] {
        let mut client = client();

        client.exchange(bytes, format!("-ERR Protocol error: {said}\r\n").as_bytes());

        assert_eq!(client.output.end, Some(End::Close));
        let malformed = client.output.malformed.as_ref().expect("told");
        assert!(malformed.reason.ends_with(said), "{}", malformed.reason);
        client.exchange(b"PING\r\n", b"");
    }
}

/// A line without an end is not kept for ever.
#[test]
fn a_line_has_a_longest_length() {
    let mut client = client();
    client.on(Event::Client(&vec![b'a'; 70_000]));
    assert_eq!(client.output.end, Some(End::Close));
}

/// Lists of nothing are no requests, and get no answer.
#[test]
fn empty_requests_are_passed_over() {
    client().exchange(b"*0\r\n*-1\r\n\r\nPING\r\n", b"+PONG\r\n");
}

/// What a server refuses before it looks at anything is no interaction.
#[test]
fn wrong_numbers_of_arguments_are_refused() {
    let mut client = client();

    client.exchange(b"GET\r\n", b"-ERR wrong number of arguments for 'get' command\r\n");
    client.exchange(b"get a b\r\n", b"-ERR wrong number of arguments for 'get' command\r\n");

    assert_eq!(asked(&client), Vec::<String>::new());
}

/// What is in no table is asked about by its name; what nobody answers is an error in so many words.
#[test]
fn unknown_commands_are_asked_about() {
    let mut client = client().mocked("redis:other", value(json!({ "a": [1, true] })));

    client.exchange(b"json.get doc $\r\n", b"*2\r\n$1\r\na\r\n*2\r\n:1\r\n:1\r\n");
    client.exchange(b"GET a\r\n", b"-ERR bigfoot: no mock answers it\r\n");

    assert_eq!(asked(&client), ["redis:other doc $", "redis:GET a"]);
    assert_eq!(client.asked()[0].1.text("command").as_deref(), Some("JSON.GET"));
}

/// The key of a command is told wherever it stands.
#[test]
fn keys_are_found() {
    for (line, key) in [
        ("EVAL s 1 k a", Some("k")),
        ("EVAL s 0 a", None),
        ("BLMPOP 0 2 k l LEFT", Some("k")),
        ("XREAD COUNT 1 STREAMS k 0", Some("k")),
        ("OBJECT ENCODING k", Some("k")),
        ("BITOP AND k a", Some("k")),
        ("MGET k l", Some("k")),
        ("PUBLISH k m", Some("k")),
        ("DBSIZE", None),
    ] {
        let mut client = client();
        client.on(Event::Client(format!("{line}\r\n").as_bytes()));
        assert_eq!(client.asked()[0].1.text("key").as_deref(), key, "{line}");
    }
}

/// A client that leaves within a request is told of; one that leaves between two is not.
#[test]
fn a_client_may_leave_between_requests() {
    let mut leaving = client();
    assert_eq!(leaving.on(Event::ClientEnd).end, Some(End::Close));
    assert_eq!(leaving.output.malformed, None);

    let mut early = client();
    early.exchange(b"*2\r\n$3\r\nGET\r\n", b"").on(Event::ClientEnd);
    assert!(early.output.malformed.is_some());
}
