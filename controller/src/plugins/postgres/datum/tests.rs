//! Values in both formats.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::plugins::postgres::kind::Type;

fn kind(name: &str) -> Type {
    Type::named(name).unwrap_or_else(|| panic!("{name}"))
}

fn datum(name: &str, value: Json) -> Datum {
    json::datum(kind(name), &value).unwrap_or_else(|wrong| panic!("{wrong}")).expect("no NULL")
}

/// Values are printed as PostgreSQL prints them.
#[test]
fn values_are_printed_as_by_the_server() {
    for (name, value, wanted) in [
        ("bool", json!(true), "t"),
        ("float4", json!(1.1), "1.1"),
        ("float4", json!(1_000_000), "1e+06"),
        ("float8", json!(1e15), "1e+15"),
        ("float8", json!(123_456_789_012_345.0), "123456789012345"),
        ("float8", json!(0.00001), "1e-05"),
        ("float8", json!(0.0001), "0.0001"),
        ("float8", json!("-Infinity"), "-Infinity"),
        ("numeric", json!("-0012.500"), "-12.500"),
        ("numeric", json!("1.5e3"), "1500"),
        ("numeric", json!("12e-4"), "0.0012"),
        ("numeric", json!("NaN"), "NaN"),
        ("date", json!("2024-02-29"), "2024-02-29"),
        ("timestamp", json!("2024-05-01T10:00:00.120"), "2024-05-01 10:00:00.12"),
        ("timestamptz", json!("2024-05-01T12:30:00+02:30"), "2024-05-01 10:00:00+00"),
        ("timestamptz", json!("1999-12-31 23:59:59Z"), "1999-12-31 23:59:59+00"),
        ("time", json!("23:59"), "23:59:00"),
        ("interval", json!("14 months -3 days 04:05:06.7"), "1 year 2 mons -3 days +04:05:06.7"),
        (
            "uuid",
            json!("{00000000000000000000000000000A2A}"),
            "00000000-0000-0000-0000-000000000a2a",
        ),
        ("bytea", json!("\u{0}a"), "\\x0061"),
        ("int4[]", json!([[1, 2], [3, null]]), "{{1,2},{3,NULL}}"),
        ("text[]", json!(["", "a,b", "\"", "null"]), "{\"\",\"a,b\",\"\\\"\",\"null\"}"),
        ("jsonb", json!({ "bb": 1, "a": [1.50, null] }), "{\"a\": [1.5, null], \"bb\": 1}"),
        ("json", json!({ "bb": 1 }), "{\"bb\":1}"),
        ("int4[]", json!([]), "{}"),
        ("int4[]", json!([1, { "null": true }]), "{1,NULL}"),
    ] {
        assert_eq!(text::text(&datum(name, value)), wanted, "{name}");
    }
}

/// What a type cannot hold is told.
#[test]
fn values_have_to_fit_their_type() {
    for (name, value) in [
        ("int2", json!(40_000)),
        ("int4", json!("x")),
        ("int4", json!(1.5)),
        ("int4", json!(true)),
        ("bool", json!(1)),
        ("text", json!(1)),
        ("text", json!("a\u{0}b")),
        ("date", json!("2023-02-29")),
        ("timestamp", json!("2024-05-01T10:00:00Z")),
        ("uuid", json!("1234")),
        ("int4[]", json!("{1}")),
        ("int4[]", json!([[1], [2, 3]])),
        ("int4[]", json!([1, [2]])),
        ("int4[]", json!([[1], 2])),
        ("bytea", json!({ "hex": "0" })),
        ("interval", json!("soon")),
        ("numeric", json!("1e999999")),
    ] {
        assert!(json::datum(kind(name), &value).is_err(), "{name} {value}");
    }
}

/// Arrays in text are read as PostgreSQL reads them; what is none is not.
#[test]
fn arrays_are_read_in_text() {
    let read = |text: &str| text::read(kind("text[]"), text).map(|datum| text::text(&datum));

    assert_eq!(
        read(r#" { "a" , b\"c , null, "NULL"}"#).as_deref(),
        Some(r#"{a,"b\"c",NULL,"NULL"}"#)
    );
    assert_eq!(read("{{1,2},{3,4}}").as_deref(), Some("{{1,2},{3,4}}"));
    assert_eq!(read("{}").as_deref(), Some("{}"));
    for wrong in [
        "",
        "{",
        "{1,}",
        "{,}",
        "{{1},{2,3}}",
        "{{1},2}",
        "{1,{2}}",
        "{\"a}",
        "{1}2",
        "{{{{{{{1}}}}}}}",
    ] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}

/// The binary format of numbers is that of PostgreSQL's manual and sources: groups of four digits.
#[test]
fn numbers_are_written_in_groups() {
    let bytes = |text: &str| datum("numeric", json!(text)).written(kind("numeric"), true);

    assert_eq!(bytes("12.50"), [0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 0x13, 0x88]);
    assert_eq!(bytes("-0.0001"), [0, 1, 255, 255, 0x40, 0, 0, 4, 0, 1]);
    assert_eq!(bytes("10000"), [0, 1, 0, 1, 0, 0, 0, 0, 0, 1]);
    assert_eq!(bytes("0.00"), [0, 0, 0, 0, 0, 0, 0, 2]);
}

/// Values of a type, as a configuration may have them.
fn any_value() -> impl Strategy<Value = (&'static str, Json)> {
    prop_oneof![
        any::<bool>().prop_map(|it| ("bool", json!(it))),
        any::<i16>().prop_map(|it| ("int2", json!(it))),
        any::<i32>().prop_map(|it| ("int4", json!(it))),
        any::<i64>().prop_map(|it| ("int8", json!(it))),
        any::<f64>()
            .prop_filter("finite", |it| it.is_finite())
            .prop_map(|it| ("float8", json!(it))),
        "-?[0-9]{1,12}(\\.[0-9]{1,12})?(e-?[0-9])?".prop_map(|it| ("numeric", json!(it))),
        "[a-z\u{e9}\"\\\\, {}]{0,12}".prop_map(|it| ("text", json!(it))),
        "([1-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])".prop_map(|it| ("date", json!(it))),
        "([1-9][0-9]{3})-1[0-2]-2[0-8] [01][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{1,6}\\+0[0-9]"
            .prop_map(|it| ("timestamptz", json!(it))),
        "[0-9a-f]{32}".prop_map(|it| ("uuid", json!(it))),
        prop::collection::vec(prop::option::of(any::<i32>()), 0..4)
            .prop_map(|it| ("int4[]", json!(it))),
        "(-?[1-9] (day|month|hour)s? ){1,3}-?[0-9]:[0-5][0-9]"
            .prop_map(|it| ("interval", json!(it))),
    ]
}

proptest! {
    /// What is written in binary is read as the same, and prints the same.
    #[test]
    fn both_formats_mean_the_same((name, value) in any_value()) {
        let (kind, datum) = (kind(name), datum(name, value));

        let read = binary::read(kind, &datum.written(kind, true)).expect(name);
        prop_assert_eq!(text::text(&read), text::text(&datum));
        let again = text::read(kind, &text::text(&datum)).expect(name);
        prop_assert_eq!(text::text(&again), text::text(&datum));
    }

    /// Any bytes are a value of a type, or none.
    #[test]
    fn any_bytes_are_read(oid in prop::sample::select(vec![16_u32, 17, 20, 23, 701, 1000, 1007, 1009, 1082, 1184, 1186, 1231, 1700, 2950, 3802, 3807]),
                          bytes in prop::collection::vec(any::<u8>(), 0..48)) {
        let kind = Type::numbered(oid).expect("a type");
        if let Some(datum) = binary::read(kind, &bytes) {
            text::text(&datum);
            json::plain_value(&datum, kind);
        }
        text::read(kind, &String::from_utf8_lossy(&bytes));
    }
}
