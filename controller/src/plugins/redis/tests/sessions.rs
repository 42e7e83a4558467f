//! Transactions, subscriptions, commands that wait, and what goes wrong.

use std::time::Duration;

use super::*;

/// What stands in a transaction is asked about when it is made, in order.
#[test]
fn a_transaction_is_made_at_exec() {
    let mut client =
        client().mocked("redis:SET", Fields::new()).mocked("redis:INCR", value(json!(1)));

    client.exchange(
        b"MULTI\r\nSET a b\r\nINCR n\r\nPING\r\n",
        b"+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n",
    );
    assert_eq!(asked(&client), Vec::<String>::new());
    client.exchange(b"EXEC\r\n", b"*3\r\n+OK\r\n:1\r\n+PONG\r\n");
}

/// A refused command is an error in its place; one that is none spoils all.
#[test]
fn errors_in_transactions_are_a_servers() {
    let mut client = client().mocked("redis:GET", Fields::new());

    client.exchange(
        b"MULTI\r\nGET a\r\nGET\r\n",
        b"+OK\r\n+QUEUED\r\n-ERR wrong number of arguments for 'get' command\r\n",
    );
    client
        .exchange(b"EXEC\r\n", b"-EXECABORT Transaction discarded because of previous errors.\r\n");
    client.exchange(
        b"EXEC\r\nDISCARD\r\n",
        b"-ERR EXEC without MULTI\r\n-ERR DISCARD without MULTI\r\n",
    );
    client.exchange(b"WATCH a\r\nMULTI\r\nMULTI\r\nWATCH a\r\n", b"+OK\r\n+OK\r\n-ERR MULTI calls can not be nested\r\n-ERR WATCH inside MULTI is not allowed\r\n");
    client.exchange(b"DISCARD\r\n", b"+OK\r\n");
    client.exchange(
        b"MULTI\r\nGET a\r\nSET a b\r\nEXEC\r\n",
        b"+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$-1\r\n-ERR bigfoot: no mock answers it\r\n",
    );
}

/// A mock of EXEC says that a watched key has changed: nothing is made.
#[test]
fn a_transaction_may_be_aborted() {
    let mut client = client_naming(&["redis:EXEC"]).mocked("redis:EXEC", value(json!(null)));

    client.exchange(b"WATCH a\r\nMULTI\r\nGET a\r\nEXEC\r\n", b"+OK\r\n+OK\r\n+QUEUED\r\n*-1\r\n");

    assert_eq!(asked(&client), ["redis:EXEC"]);
}

/// Subscriptions are confirmed, and what is published follows.
#[test]
fn subscriptions_get_their_messages() {
    let messages = json!(["one", { "channel": "b", "data": "two" }]);
    let mut client = client().mocked("redis:SUBSCRIBE", Fields::new().with("messages", messages));

    client.exchange(
        b"SUBSCRIBE a b\r\n",
        b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n\
          *3\r\n$7\r\nmessage\r\n$1\r\na\r\n$3\r\none\r\n*3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$3\r\ntwo\r\n",
    );
    client.exchange(b"PING\r\n", b"*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    client.exchange(b"GET a\r\n", b"-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n");
    client.exchange(
        b"UNSUBSCRIBE\r\n",
        b"*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:0\r\n",
    );
    client.exchange(
        b"UNSUBSCRIBE\r\nPING\r\n",
        b"*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n+PONG\r\n",
    );
}

/// In RESP3 they are pushed, and other commands go on beside them.
#[test]
fn messages_are_pushed_in_resp3() {
    let messages = Fields::new().with("messages", json!([{ "channel": "n.1", "data": "x" }]));
    let mut client =
        client().mocked("redis:PSUBSCRIBE", messages).mocked("redis:GET", Fields::new());

    client.on(Event::Client(b"HELLO 3\r\n"));
    client.exchange(
        b"PSUBSCRIBE n.*\r\nGET a\r\n",
        b">3\r\n$10\r\npsubscribe\r\n$3\r\nn.*\r\n:1\r\n>4\r\n$8\r\npmessage\r\n$3\r\nn.*\r\n$3\r\nn.1\r\n$1\r\nx\r\n_\r\n",
    );
}

/// What waits for an element is answered at once; that none came is said when the time is over.
#[test]
fn commands_that_wait_end_in_time() {
    let mut client = client()
        .mocked("redis:BLPOP", value(json!(["q", "job"])))
        .mocked("redis:BLPOP", Fields::new())
        .mocked("redis:XREAD", Fields::new())
        .mocked("redis:BLPOP", Fields::new());

    client.exchange(b"BLPOP q 5\r\n", b"*2\r\n$1\r\nq\r\n$3\r\njob\r\n");
    client.exchange(b"BLPOP q 1.5\r\nPING\r\n", b"");
    assert_eq!(client.output.wake, Some(Duration::from_millis(1500)));
    assert_eq!(client.on(Event::Wake).client, b"*-1\r\n+PONG\r\n");
    client.exchange(b"XREAD BLOCK 20 STREAMS s $\r\n", b"");
    assert_eq!(client.output.wake, Some(Duration::from_millis(20)));
    assert_eq!(client.on(Event::Wake).client, b"*-1\r\n");
    client.exchange(b"BLPOP q 0\r\nPING\r\n", b"");
    assert_eq!(client.output.wake, None);
    assert_eq!(client.on(Event::ClientEnd).end, Some(End::Close));
}

/// Nobody waits for the end of a time in which the client has left.
#[test]
fn a_client_that_waits_may_leave() {
    let mut client = client().mocked("redis:BLPOP", Fields::new());
    client.exchange(b"BLPOP q 3600\r\n", b"");
    assert_eq!(client.on(Event::ClientEnd).end, Some(End::Close));
}

/// Answers go wrong in each way that the card names.
#[test]
fn faults_are_played() {
    let says = || value(json!("abc"));
    for (kind, after, heard, end) in [
        (FaultKind::Reset, 2, &b"$3"[..], Some(End::Reset)),
        (FaultKind::Truncated, 5, b"$3\r\na", Some(End::Close)),
        (FaultKind::Garbage, 0, super::super::session::GARBAGE, Some(End::Close)),
        (FaultKind::Timeout, 0, b"", None),
    ] {
        let mut client = client().failing_with("redis:GET", fault(kind, after, 0), says());
        client.exchange(b"GET a\r\nPING\r\n", heard);
        assert_eq!(client.output.end, end, "{kind:?}");
    }
    let mut slow = client().failing_with("redis:GET", fault(FaultKind::Slow, 0, 5), says());
    slow.exchange(b"GET a\r\nPING\r\n", b"$");
    assert_eq!(slow.output.wake, Some(Duration::from_millis(5)));
    let rest: Vec<u8> = (0..8).flat_map(|_| slow.on(Event::Wake).client.clone()).collect();
    assert_eq!(rest, b"3\r\nabc\r\n+PONG\r\n");
}

/// A session may begin with its connection; one that is refused there is reset.
#[test]
fn a_connection_may_be_an_interaction() {
    let begun = |answered: bool| {
        let client = Transcript::prepared(&Redis, "cache.example", 6379);
        let client = client.naming("redis").naming("redis:connect");
        if answered {
            client.mocked("redis:connect", Fields::new()).begun()
        } else {
            client.begun()
        }
    };
    assert_eq!(asked(&begun(true)), ["redis:connect"]);
    assert_eq!(begun(true).output.end, None);
    assert_eq!(begun(false).output.end, Some(End::Reset));
}
