//! What comes before the first query.

use super::*;

const TLS: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x2f";
const GSS: &[u8] = b"\0\0\0\x08\x04\xd2\x16\x30";
const CANCEL: &[u8] = b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x01";

/// Encryption is declined, and then everybody may log in; that is no interaction.
#[test]
fn a_client_logs_in() {
    let mut client = client();

    client.exchange(TLS, b"N").exchange(GSS, b"N");
    let heard = client.said(&user());

    assert!(heard.starts_with("RS") && heard.ends_with("SKZ"), "{heard}");
    let told = bodies(&client, 'S');
    for wanted in ["server_version|15.0|", "client_encoding|UTF8|", "integer_datetimes|on|"] {
        assert!(told.iter().any(|told| told == wanted), "{told:?}");
    }
    assert!(client.asked().is_empty());
}

/// A log-in that a mock names is one, with user and database; it may tell of another server, or fail.
#[test]
fn a_named_log_in_is_an_interaction() {
    let parameters = vec![("server_version".to_owned(), "14.3".to_owned())];
    let mut other =
        client().naming(CONNECT).mocked(CONNECT, Fields::new().with("parameters", parameters));
    let mut failing = client().naming(CONNECT).mocked(CONNECT, error("28P01"));
    let mut refused = client().naming(CONNECT);

    other.said(&user());
    assert!(bodies(&other, 'S').contains(&"server_version|14.3|".to_owned()));
    assert_eq!(other.asked()[0].1.text("database").as_deref(), Some("app"));
    assert_eq!(failing.said(&user()), "E");
    assert_eq!(bodies(&failing, 'E'), ["SFATAL|VFATAL|C28P01|Mno||"]);
    assert_eq!(failing.output.end, Some(End::Close));
    assert_eq!(refused.said(&user()), "E");
    assert_eq!(refused.output.end, Some(End::Close));
}

/// A newer client is told which version is spoken; an old one, and one that replicates, that it is not.
#[test]
fn versions_are_negotiated() {
    let mut newer = user();
    newer[7] = 2;
    let mut old = user();
    old[5] = 2;
    let replication = startup(&[("user", "ada"), ("replication", "database")]);

    assert!(client().said(&newer).starts_with("vR"));
    assert_eq!(client().said(&old), "E");
    assert_eq!(client().said(&replication), "E");
    assert_eq!(client().said(&startup(&[("database", "app")])), "E");
}

/// Nothing is under way that could be cancelled: the connection is closed without a word, as by the server.
#[test]
fn a_cancellation_is_heard_and_closed() {
    let mut client = client();

    client.exchange(CANCEL, b"");

    assert_eq!((client.output.end, client.output.malformed.is_none()), (Some(End::Close), true));
}

/// Faults of a log-in.
#[test]
fn a_log_in_goes_wrong() {
    let mut reset = client().naming(CONNECT).failing(CONNECT, fault(FaultKind::Reset, 3));
    let mut silent = client().naming(CONNECT).failing(CONNECT, fault(FaultKind::Timeout, 0));

    reset.exchange(&user(), b"R\0\0");
    assert_eq!(reset.output.end, Some(End::Reset));
    silent.exchange(&user(), b"").exchange(b"Q\0\0\0\x05\0", b"");
    assert_eq!(silent.output.end, None);
}

/// A goodbye is an interaction where a mock or a step names it.
#[test]
fn a_goodbye_may_be_an_interaction() {
    let mut unnamed = client().logged_in();
    let mut named = client().naming(CLOSE).mocked(CLOSE, Fields::new()).logged_in();

    unnamed.exchange(b"X\0\0\0\x04", b"");
    named.exchange(b"X\0\0\0\x04", b"");

    assert_eq!((unnamed.asked().len(), named.asked().len()), (0, 1));
    assert_eq!(named.output.end, Some(End::Close));
}
