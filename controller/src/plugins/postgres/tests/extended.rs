//! Extended queries.

use super::*;
use crate::mocks::{Matcher, When};

/// Parse, Bind, Describe, Execute, Sync: as libpq sends them.
fn at_once(sql: &str, parameters: &[Option<&[u8]>], types: &[u32], binary: bool) -> Vec<u8> {
    [parse("", sql, types), bind(parameters, binary), message(b'D', b"P\0"), execute(0), sync()]
        .concat()
}

/// Parameters are recorded in PostgreSQL's own text, whatever format they came in; NULL differs from its name.
#[test]
fn parameters_are_read() {
    let mut client = client().logged_in();
    let one_and_a_half = [0, 2, 0, 0, 0, 0, 0, 1, 0, 1, 0x13, 0x88];
    let array = [
        &[0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 23, 0, 0, 0, 2, 0, 0, 0, 1][..],
        &[0, 0, 0, 4, 0, 0, 0, 7],
        &[255; 4],
    ]
    .concat();

    client.said(&at_once(
        "select $1, $2, $3",
        &[Some(b"t"), Some(b"NULL"), None],
        &[16, 25, 25],
        false,
    ));
    client.said(&at_once(
        "select $1, $2",
        &[Some(&one_and_a_half), Some(&array)],
        &[1700, 1007],
        true,
    ));
    let moment = 769_651_200_000_000_i64.to_be_bytes();
    client.said(&at_once(
        "select $1, $2",
        &[Some(&moment), Some(b"\x01{\"a\":1}")],
        &[1184, 3802],
        true,
    ));

    let asked = asked(&client);
    assert_eq!(asked[0], "select $1, $2, $3 true \"NULL\" NULL");
    assert_eq!(asked[1], "select $1, $2 1.5 {7,NULL}");
    assert_eq!(asked[2], "select $1, $2 2024-05-22 00:00:00+00 {\"a\":1}");
}

/// Values go out in the format that is wanted.
#[test]
fn values_are_written_in_binary() {
    let mut client =
        client().logged_in().mocked(QUERY, rows(json!([{ "a": 7, "b": true, "c": [1.5] }])));

    assert_eq!(client.said(&at_once("select", &[], &[], true)), "12TDCZ");

    let (_, row) = messages(&client.output.client)[3].clone();
    let wanted: Vec<u8> = [
        &[0, 3, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 1, 1, 0, 0, 0, 32][..],
        &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 189, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 8],
        &1.5_f64.to_be_bytes(),
    ]
    .concat();
    assert_eq!(row, wanted);
}

/// A statement is described by the mock that would answer it: parameters by the values that it waits for.
#[test]
fn statements_are_described_before_they_are_asked_about() {
    let exact = |text: &str| Matcher::Exact(text.into());
    let words = vec![exact("42"), exact("x"), exact("true")];
    let when = When(vec![("parameters", Matcher::Words { words, rest: false })]);
    let mut client =
        client().logged_in().foreseeing(when).mocked(QUERY, rows(json!([{ "id": 1 }])));

    let sql = "select $1, $2, $3, $4::uuid";
    let prepare = [parse("s", sql, &[]), message(b'D', b"Ss\0"), sync()].concat();
    assert_eq!(client.said(&prepare), "1tTZ");

    let types: Vec<u8> = [23_u32, 25, 16, 2950].iter().flat_map(|oid| oid.to_be_bytes()).collect();
    assert_eq!(messages(&client.output.client)[1].1, [&[0, 4], types.as_slice()].concat());
    assert!(client.asked().is_empty());
}

/// Rows are given in parts, as many at once as are wanted.
#[test]
fn rows_are_given_in_parts() {
    let mut client = client().logged_in().mocked(QUERY, rows(json!([[1], [2], [3]])));

    let all = [parse("", "select", &[]), bind(&[], false), execute(2), execute(2), sync()].concat();
    assert_eq!(client.said(&all), "12DDsDCZ");

    assert_eq!(bodies(&client, 'C'), ["SELECT 1|"]);
    assert_eq!(client.asked().len(), 1);
}

/// After an error all is left out up to the next Sync.
#[test]
fn errors_skip_to_the_next_sync() {
    let mut client = client().logged_in().mocked(QUERY, error("22012"));

    let failing = at_once("select", &[], &[], false);
    let all =
        [failing[..failing.len() - 5].to_vec(), at_once("select 2", &[], &[], false)].concat();
    assert_eq!(client.said(&all), "12nEZ");

    assert_eq!(client.asked().len(), 1);
    assert_eq!(client.said(&[bind(&[], false), sync()].concat()), "2Z");
}

/// What does not fit together is told by PostgreSQL's own codes.
#[test]
fn misuse_is_told() {
    let mut client = client().logged_in();

    for (bytes, code) in [
        (message(b'D', b"Sx\0"), "26000"),
        (message(b'E', b"x\0\0\0\0\0"), "34000"),
        ([parse("a", "select 1", &[]), parse("a", "select 1", &[])].concat(), "42P05"),
        (parse("", "select 1; select 2", &[]), "42601"),
        ([parse("", "select $1", &[]), bind(&[], false)].concat(), "08P01"),
        ([parse("", "select $1", &[23]), bind(&[Some(b"1")], true)].concat(), "22P03"),
        (message(b'F', b""), "0A000"),
    ] {
        client.said(&[bytes, sync()].concat());
        let told = bodies(&client, 'E');
        assert!(told.len() == 1 && told[0].contains(&format!("C{code}|")), "{code}: {told:?}");
    }
}

/// A mock that has other columns than the one that described the statement is told, and not sent.
#[test]
fn columns_stay_as_they_were_described() {
    let mut client = client().logged_in().mocked(QUERY, rows(json!([{ "id": 1 }])));
    client.said(&[parse("s", "select", &[]), message(b'D', b"Ss\0"), sync()].concat());

    let mut body = b"\0s\0".to_vec();
    body.extend([0; 6]);
    let again = [message(b'B', &body), execute(0), sync()].concat();
    assert_eq!(client.said(&again), "2DCZ");
    let mut client = client.mocked(QUERY, rows(json!([{ "id": "x" }])));
    assert_eq!(client.said(&again), "2EZ");
}
