//! What is let through to a real server.

use super::*;

fn welcome() -> Vec<u8> {
    [message(b'R', &[0; 4]), message(b'S', b"TimeZone\0UTC\0"), message(b'Z', b"I")].concat()
}

fn answer() -> Vec<u8> {
    let columns =
        [&[0, 1][..], b"id\0", &[0; 6], &[0, 0, 0, 23, 0, 4, 255, 255, 255, 255, 0, 0]].concat();
    let row = [0, 1, 0, 0, 0, 1, b'7'];
    [
        message(b'T', &columns),
        message(b'D', &row),
        message(b'C', b"SELECT 1\0"),
        message(b'Z', b"I"),
    ]
    .concat()
}

/// The server is connected to when something is let through, and learns of the session first.
#[test]
fn a_query_is_passed_on() {
    let mut client = client().logged_in().passed(QUERY, 9);
    client.said(&query("SET a.b = 1"));

    client.exchange(&query("select id"), b"");
    assert_eq!(client.output.connect.as_ref().map(|to| to.port), Some(PORT));
    assert_eq!(client.output.upstream, user());
    assert_eq!(client.on(Event::Upstream(&welcome())).upstream, query("SET a.b = 1"));
    let set = [message(b'C', b"SET\0"), message(b'Z', b"I")].concat();
    assert_eq!(client.on(Event::Upstream(&set)).upstream, query("select id"));
    let said = answer();
    client.on(Event::Upstream(&said[..9]));
    let mut heard = client.output.client.clone();
    heard.extend(client.on(Event::Upstream(&said[9..])).client.clone());

    assert_eq!(heard, [&answer()[..answer().len() - 6], b"Z\0\0\0\x05I"].concat());
    let (number, told) = &client.completed()[0];
    assert_eq!((*number, told.get("rows")), (9, Some(&Value::Json(json!([{ "id": 7 }])))));
    assert_eq!(told.text("tag").as_deref(), Some("SELECT 1"));
}

/// An extended query is executed there, and its error told.
#[test]
fn an_error_of_the_server_is_passed_on() {
    let mut client = client().logged_in().passed(QUERY, 9);

    let sent =
        [parse("", "select $1", &[23]), bind(&[Some(b"1")], false), execute(0), sync()].concat();
    assert_eq!(client.said(&sent), "12");
    client.on(Event::Upstream(&welcome()));
    let failure = message(b'E', b"SERROR\0C42P01\0Mno table\0\0");
    let said =
        [message(b'1', b""), message(b'2', b""), failure.clone(), message(b'Z', b"I")].concat();
    client.on(Event::Upstream(&said));

    assert_eq!(client.output.client, [failure, message(b'Z', b"I")].concat());
    let error = json!({ "code": "42P01", "message": "no table" });
    assert_eq!(client.completed(), [(9, Fields::new().with("error", error))]);
}

/// A client may log in to the real server, which hears its password.
#[test]
fn a_log_in_is_passed_on() {
    let mut client = client().naming(CONNECT).passed(CONNECT, 3).passed(QUERY, 4);

    client.exchange(&user(), b"");
    let wants = message(b'R', &[0, 0, 0, 3]);
    assert_eq!(client.on(Event::Upstream(&wants)).client, wants);
    let password = message(b'p', b"secret\0");
    assert_eq!(client.on(Event::Client(&password)).upstream, password);
    assert_eq!(client.on(Event::Upstream(&welcome())).client, welcome());
    assert_eq!(client.on(Event::Client(&query("select id"))).upstream, query("select id"));
    client.on(Event::Upstream(&answer()));

    let numbers: Vec<u64> = client.completed().iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [3, 4]);
}

/// Who waits for a server that is not there, or wants a password that nobody has, is told so.
#[test]
fn a_server_of_no_use_is_told() {
    let mut gone = client().logged_in().passed(QUERY, 9);
    let mut locked = client().logged_in().passed(QUERY, 9);

    gone.said(&query("select 1"));
    gone.on(Event::UpstreamFailed("connection refused"));
    assert!(bodies(&gone, 'E')[0].contains("C08006|Mthe real server: connection refused"));
    locked.said(&query("select 1"));
    locked.on(Event::Upstream(&message(b'R', &[0, 0, 0, 10])));
    assert!(bodies(&locked, 'E')[0].contains("let postgres:connect pass through"));

    assert_eq!((gone.output.end, locked.output.end), (Some(End::Close), Some(End::Close)));
    assert_eq!((gone.completed().len(), locked.completed().len()), (1, 1));
}
