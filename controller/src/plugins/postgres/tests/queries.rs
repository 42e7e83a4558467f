//! Simple queries, transactions, and what is answered behind the scenes.

use super::*;

/// Rows have the types of their values, or those that are stated; a name that a row lacks is NULL.
#[test]
fn rows_are_answered_in_text() {
    let reply = rows(json!([
        { "id": 1, "name": "Ada", "tags": ["a", "b c", null, "NULL"], "more": { "bb": 1, "a": [true] } },
        { "id": 5_000_000_000_i64, "raw": { "hex": "00ff" } },
    ]));
    let mut client = client().logged_in().mocked(QUERY, reply);

    assert_eq!(client.said(&query(" SELECT * FROM t ; ")), "TDDCZ");

    let types: Vec<&str> = vec!["int8", "text", "text[]", "jsonb", "bytea"];
    let oids: Vec<u32> =
        types.iter().map(|name| super::super::kind::Type::named(name).unwrap().oid()).collect();
    let (_, columns) = &messages(&client.output.client)[0];
    for oid in oids {
        assert!(columns.windows(4).any(|bytes| bytes == oid.to_be_bytes()), "{oid}");
    }
    let lines = bodies(&client, 'D');
    assert!(
        lines[0].contains("{a,\"b c\",NULL,\"NULL\"}")
            && lines[0].contains(r#"{"a": [true], "bb": 1}"#),
        "{lines:?}"
    );
    assert!(lines[1].contains("5000000000") && lines[1].contains("\\x00ff"), "{lines:?}");
    assert_eq!(bodies(&client, 'C'), ["SELECT 2|"]);
    assert_eq!(asked(&client), ["SELECT * FROM t"]);
}

/// Statements in one text are asked about one by one; an error leaves out those behind it.
#[test]
fn statements_of_one_text_are_parted() {
    let mut client = client()
        .logged_in()
        .mocked(QUERY, rows(json!([[1]])))
        .mocked(QUERY, error("22012"))
        .mocked(QUERY, Fields::new());

    assert_eq!(client.said(&query("select ';'; select 1/0; select 3")), "TDCEZ");

    assert_eq!(asked(&client), ["select ';'", "select 1/0"]);
    assert_eq!(client.said(&query(" -- nothing\n")), "IZ");
}

/// What nobody mocked is refused in PostgreSQL's words, and the connection stays.
#[test]
fn the_unmocked_is_refused() {
    let mut client = client().logged_in();

    assert_eq!(client.said(&query("select 1")), "EZ");

    assert_eq!(bodies(&client, 'E'), ["SERROR|VERROR|C42501|Mno mock answers it||"]);
    assert_eq!(client.output.end, None);
}

/// Transactions are told in ReadyForQuery; after an error all is refused up to their end.
#[test]
fn transactions_are_followed() {
    let mut client = client().logged_in().mocked(QUERY, error("23505"));

    let mut ready = |sql: &str| {
        let heard = client.said(&query(sql));
        (heard, bodies(&client, 'Z').concat())
    };
    let is = |heard: &str, status: &str| (heard.to_owned(), status.to_owned());
    assert_eq!(ready("BEGIN"), is("CZ", "T"));
    assert_eq!(ready("begin"), is("NCZ", "T"));
    assert_eq!(ready("SAVEPOINT a"), is("CZ", "T"));
    assert_eq!(ready("insert into t values (1)"), is("EZ", "E"));
    assert_eq!(ready("select 1"), is("EZ", "E"));
    assert_eq!(ready("rollback to a"), is("CZ", "T"));
    assert_eq!(ready("select 2"), is("EZ", "E"));
    assert_eq!(ready("COMMIT"), is("CZ", "I"));
    assert_eq!(ready("commit"), is("NCZ", "I"));
    assert_eq!(ready("release a"), is("EZ", "I"));
    assert_eq!(asked(&client), ["insert into t values (1)", "select 2"]);
}

/// A part of a transaction that a mock names is an interaction, and may fail.
#[test]
fn named_parts_of_transactions_are_interactions() {
    let mut client = client()
        .naming(BEGIN)
        .naming(super::super::COMMIT)
        .mocked(BEGIN, Fields::new())
        .mocked(super::super::COMMIT, error("40001"))
        .logged_in();

    assert_eq!(client.said(&query("START TRANSACTION; COMMIT")), "CEZ");

    assert_eq!(bodies(&client, 'C'), ["START TRANSACTION|"]);
    assert_eq!(bodies(&client, 'E'), ["SERROR|VERROR|C40001|Mno||"]);
    let sources: Vec<_> = client.asked().iter().map(|(source, _)| *source).collect();
    assert_eq!(sources, ["postgres:begin", "postgres:commit"]);
}

/// What drivers ask behind the scenes is answered and is no interaction; a mock that names it comes first.
#[test]
fn plumbing_is_hidden() {
    let mut client = client().logged_in();

    for (sql, heard) in [
        ("SET extra_float_digits = 3", "CZ"),
        ("SET TimeZone TO 'Europe/Berlin'", "CSZ"),
        ("SHOW TRANSACTION ISOLATION LEVEL", "TDCZ"),
        ("select pg_catalog.version()", "TDCZ"),
        (
            "SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL;",
            "TDCCCCSSSSSSSSSSSSSZ",
        ),
        ("DISCARD ALL", "CSSSSSSSSSSSSSZ"),
    ] {
        assert_eq!(client.said(&query(sql)), heard, "{sql}");
    }
    assert!(client.asked().is_empty());
}

/// COPY has messages that are not spoken: it is refused in so many words, whoever allows it.
#[test]
fn copy_is_refused() {
    let mut client = client().logged_in().mocked(QUERY, Fields::new());

    assert_eq!(client.said(&query("COPY t FROM STDIN")), "EZ");

    assert!(
        bodies(&client, 'E')[0].contains("C0A000|MCOPY is not spoken"),
        "{:?}",
        bodies(&client, 'E')
    );
    assert_eq!(asked(&client), ["COPY t FROM STDIN"]);
}

/// Answers go wrong: cut, slow, or as no answer at all.
#[test]
fn answers_go_wrong() {
    let failing = |kind, after| {
        client().logged_in().mocked(QUERY, rows(json!([[1]]))).broken(fault(kind, after))
    };

    let mut cut = failing(FaultKind::Truncated, 7);
    assert_eq!(cut.on(Event::Client(&query("select 1"))).client.len(), 7);
    assert_eq!(cut.output.end, Some(End::Close));
    let mut reset = failing(FaultKind::Reset, 0);
    assert_eq!(reset.on(Event::Client(&query("select 1"))).end, Some(End::Reset));
    let mut garbage = failing(FaultKind::Garbage, 0);
    assert!(!garbage.on(Event::Client(&query("select 1"))).client.is_empty());
    let mut silent = failing(FaultKind::Timeout, 0);
    silent.exchange(&query("select 1"), b"").exchange(&query("select 2"), b"");
    let mut slow = failing(FaultKind::Slow, 0);
    slow.on(Event::Client(&query("select 1")));
    let mut heard = slow.output.client.clone();
    assert_eq!(heard.len(), 1);
    while slow.output.wake.is_some() {
        heard.extend(slow.on(Event::Wake).client.clone());
    }
    assert_eq!(kinds(&heard), ['T', 'D', 'C', 'Z']);
}

/// An error that ends the connection does so.
#[test]
fn fatal_errors_end_the_connection() {
    let fatal = json!({ "code": "57P01", "message": "going down", "severity": "FATAL" });
    let mut client = client().logged_in().mocked(QUERY, Fields::new().with("error", fatal));

    client.on(Event::Client(&query("select 1")));

    assert_eq!((kinds(&client.output.client), client.output.end), (vec!['E'], Some(End::Close)));
}
