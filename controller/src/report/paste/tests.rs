//! What is pasted says what was recorded.

use proptest::prelude::*;
use serde_json::json;
use toml::{Table, Value as Toml};

use super::*;
use crate::report::fake::{Fake, SHAPE};

fn pasted(fields: &Fields) -> String {
    mock(&Fake, &SHAPE, fields)
}

fn pairs(pairs: &[(&str, &str)]) -> Value {
    let owned = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    owned.collect::<Vec<_>>().into()
}

/// The mock in a text, and what it waits for.
fn when(text: &str) -> Table {
    let table: Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mock = table["mock"][0].as_table().unwrap();
    assert_eq!(mock["source"].as_str(), Some("fake:request"));
    mock.get("when").map_or_else(Table::new, |when| when.as_table().unwrap().clone())
}

/// A value as a configuration reads it: `{ exact = ".." }` and `{ hex = ".." }` are what they hold.
fn read(value: &Toml) -> Vec<u8> {
    match value {
        Toml::String(text) => {
            assert!(!text.contains('*') && !text.starts_with('~'), "a pattern: {text}");
            text.clone().into_bytes()
        }
        Toml::Table(table) => match (table.get("exact"), table.get("hex")) {
            (Some(Toml::String(text)), None) => text.clone().into_bytes(),
            (None, Some(Toml::String(hex))) => (0..hex.len() / 2)
                .map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap())
                .collect(),
            _ => panic!("{table:?}"),
        },
        _ => panic!("{value:?}"),
    }
}

/// A mock with what was recorded, and the answer that its protocol proposes.
#[test]
fn a_mock_says_what_was_recorded() {
    let fields = Fields::new().with("url", "http://x/a").with("number", 4);

    assert_eq!(
        pasted(&fields),
        "[[mock]]\nsource = \"fake:request\"\nwhen = { url = \"http://x/a\", number = 4 }\n\
         reply = { status = 200 }\n"
    );
    assert_eq!(pasted(&Fields::new()).lines().count(), 3);
}

/// An assertion is the same mock, and says that it is one.
#[test]
fn an_assertion_is_a_mock_that_says_so() {
    let fields = Fields::new().with("url", "http://x/a");

    let text = assertion(&Fake, &SHAPE, &fields);

    assert_eq!(text, pasted(&fields) + "assert = \"match\"\n");
    let long = Fields::new().with("url", "x".repeat(200));
    let table: Table = assertion(&Fake, &SHAPE, &long).parse().unwrap();
    assert_eq!(table["mock"][0]["assert"].as_str(), Some("match"));
}

/// Many fields stand a line each.
#[test]
fn a_long_mock_is_a_table_of_its_own() {
    let fields = Fields::new().with("url", "http://x/a".repeat(10)).with("body", "b");

    let text = pasted(&fields);

    assert!(
        text.ends_with("[mock.when]\nurl = \"".to_owned().as_str())
            || text.contains("[mock.when]\nurl = ")
    );
    assert_eq!(when(&text)["body"].as_str(), Some("b"));
}

/// A long value is no part of what is pasted; how long it is is said there.
#[test]
fn a_long_value_is_left_out() {
    let fields = |length: usize| {
        let bytes = vec![b'x'; length];
        Fields::new().with("url", "http://x/a").with("body", bytes)
    };

    assert_eq!(
        pasted(&fields(8 << 20)),
        "[[mock]]\nsource = \"fake:request\"\n# body left out: 8388608 bytes\n\
         when = { url = \"http://x/a\" }\nreply = { status = 200 }\n"
    );
    let text = assertion(&Fake, &SHAPE, &fields(1025));
    assert!(!when(&text).contains_key("body"), "{text}");
    assert!(text.contains("# body left out: 1025 bytes\n"), "{text}");
    assert!(when(&pasted(&fields(1024))).contains_key("body"));

    let json = json!({ "a": "x".repeat(2000) });
    let text = pasted(&Fields::new().with("url", "x".repeat(2000)).with("json", json));
    assert!(text.contains("# json left out: 2008 bytes\n"), "{text}");
    assert_eq!(when(&text)["url"].as_str().map(str::len), Some(2000)); // without it any would match
}

/// A long value is compared by its beginning and its length.
#[test]
fn a_long_value_is_cut() {
    let long = |unit: &str, count: usize| Value::from(unit.repeat(count));

    assert_eq!(value(&long("x", 1024)).len(), 1026);
    assert_eq!(value(&long("x", 1025)), format!("\"{}… (1025 bytes)", "x".repeat(1023)));
    assert_eq!(value(&long("é", 1000)), format!("\"{}… (2000 bytes)", "é".repeat(511)));
    let bytes = value(&Value::from(vec![0xff_u8; 8 << 20]));
    assert!(
        bytes.starts_with("{ hex = \"ffff") && bytes.ends_with("f… (8388608 bytes)"),
        "{bytes}"
    );
    assert!(bytes.len() < 1100);
}

/// What would be read as a pattern is marked as none; bytes that cannot be read are digits.
#[test]
fn what_looks_like_a_pattern_is_marked() {
    let argv: Vec<Vec<u8>> =
        vec![b"ls".to_vec(), b"*.c".to_vec(), b"\xff".to_vec(), b"...".to_vec()];
    let fields = Fields::new()
        .with("url", "~x")
        .with("body", b"\0\xfe".to_vec())
        .with("argv", argv)
        .with("headers", pairs(&[("accept", "*/*"), ("x", "y"), ("x", "z")]));

    let text = pasted(&fields);

    assert!(text.contains(r#"url = { exact = "~x" }"#), "{text}");
    assert!(text.contains(r#"body = { hex = "00fe" }"#), "{text}");
    let words = r#"argv = ["ls", { exact = "*.c" }, { hex = "ff" }, { exact = "..." }]"#;
    assert!(text.contains(words), "{text}");
    let headers = r#"headers = { accept = { exact = "*/*" }, x = ["y", "z"] }"#;
    assert!(text.contains(headers), "{text}");
}

/// A secret is not shown, and what is pasted matches whatever it is.
#[test]
fn a_secret_matches_anything() {
    let fields = Fields::new()
        .with("url", "http://ada:pw@x/?token=zqx&a=1")
        .with("headers", pairs(&[("Authorization", "Bearer zqx"), ("accept", "a/b")]))
        .with("json", json!({ "name": "Ada", "password": "zqx" }));

    let text = pasted(&fields);

    let when = when(&text);
    assert_eq!(when["url"].as_str(), Some("http://*@x/?token=*&a=1"));
    assert_eq!(when["headers"]["Authorization"].as_str(), Some("*"));
    assert_eq!(when["json"].as_table().unwrap().len(), 1);
    assert!(!text.contains("zqx"), "{text}");
}

/// What TOML has no word for is left out: a part of a document is a wider mock, and never a wrong one.
#[test]
fn what_toml_cannot_say_is_left_out() {
    let document =
        json!({ "a": null, "b": [1, null], "c": { "d": 1.5, "e": u64::MAX }, "f": true });
    let fields = Fields::new().with("url", "x").with("json", document);

    let when_ = when(&pasted(&fields));
    assert_eq!(
        serde_json::to_value(&when_["json"]).unwrap(),
        json!({ "c": { "d": 1.5 }, "f": true })
    );

    let fields = Fields::new().with("json", json!({ "$.a": 1, "hex": 2 }));
    assert_eq!(when(&pasted(&fields))["json"].to_string(), "{ hex = 2 }");
    for document in [json!({ "$.a": 1 }), json!({ "a": null }), json!(null)] {
        let fields = Fields::new().with("url", "x").with("json", document);
        assert!(!when(&pasted(&fields)).contains_key("json"));
    }
}

/// A value that is compared stands as a configuration has it.
#[test]
fn a_value_stands_as_a_configuration_has_it() {
    for (field, text) in [
        (Value::from("a\"b*"), r#""a\"b*""#),
        (Value::from(b"a".to_vec()), r#""a""#),
        (Value::from(b"\xff".to_vec()), r#"{ hex = "ff" }"#),
        (Value::from(7), "7"),
        (
            Value::from(vec![b"ls".to_vec(), b"--token=t".to_vec()]),
            r#"["ls", "--token=[redacted]"]"#,
        ),
        (pairs(&[("cookie", "a"), ("b c", "d")]), r#"{ cookie = "[redacted]", "b c" = "d" }"#),
        (Value::from(json!({ "a": null, "b": ["c", 1.5] })), r#"{ a = null, b = ["c", 1.5] }"#),
    ] {
        assert_eq!(value(&field), text);
    }
}

fn document() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-1e300..1e300_f64).prop_map(Json::from),
        ".{0,10}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec(("[a-c \"é.]{0,3}", inner), 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    /// Whatever was recorded, the text is TOML and gives the same values.
    #[test]
    fn what_is_pasted_gives_the_same_values(
        url in "(?s).{0,20}",
        body in prop::collection::vec(any::<u8>(), 0..20),
        number in any::<i64>(),
        argv in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..4),
        headers in prop::collection::btree_map("[a-z \"]{1,6}", "(?s).{0,10}", 0..4),
        json in document(),
    ) {
        let url = format!("#{url}"); // never all of a secret
        let fields = Fields::new()
            .with("url", url.clone())
            .with("body", body.clone())
            .with("number", number)
            .with("argv", argv.clone())
            .with("headers", headers.clone().into_iter().collect::<Vec<_>>())
            .with("json", json!({ "document": json.clone() }));
        prop_assume!(redact::fields(&fields) == fields);

        let text = pasted(&fields);

        let when = when(&text);
        prop_assert_eq!(read(&when["url"]), url.into_bytes());
        prop_assert_eq!(read(&when["body"]), body);
        prop_assert_eq!(when["number"].as_integer(), Some(number));
        prop_assert_eq!(when["argv"].as_array().unwrap().iter().map(read).collect::<Vec<_>>(), argv);
        let read_headers: std::collections::BTreeMap<String, Vec<u8>> =
            when["headers"].as_table().unwrap().iter().map(|(n, v)| (n.clone(), read(v))).collect();
        let wanted: std::collections::BTreeMap<_, _> =
            headers.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
        prop_assert_eq!(read_headers, wanted);
        prop_assert_eq!(serde_json::to_value(&when["json"]["document"]).unwrap(), json);
    }
}
