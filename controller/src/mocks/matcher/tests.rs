//! What a mock's pattern takes, kind by kind, and how it is shown.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use serde_json_path::JsonPath;

use super::Matcher;
use crate::fields::Value;
use crate::plugins::card::FieldKind;

fn exact(value: impl Into<Value>) -> Matcher {
    Matcher::Exact(value.into())
}

fn glob(kind: FieldKind, text: &str) -> Matcher {
    Matcher::glob(kind, text)
}

fn regex(kind: FieldKind, text: &str) -> Matcher {
    Matcher::regex(kind, text).expect("a regular expression")
}

fn words(words: &[&str]) -> Value {
    Value::Words(words.iter().map(|word| word.as_bytes().to_vec()).collect())
}

fn pairs(pairs: &[(&str, &str)]) -> Value {
    Value::Pairs(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect())
}

/// SQL is compared as written, without what stands around it; or by its words, whatever their layout.
#[test]
fn sql_is_compared_as_written_or_by_its_words() {
    let (plain, other) = ("SELECT * FROM t ", "select *\n  from T -- all\n;");

    assert!(exact(plain).has(FieldKind::Sql, &"\nSELECT * FROM t;".into()));
    assert!(!exact(plain).has(FieldKind::Sql, &other.into()));
    assert!(exact(plain).has(FieldKind::NormalSql, &other.into()));
    assert!(!exact(plain).has(FieldKind::NormalSql, &"select a from t".into()));
    assert!(glob(FieldKind::Sql, "SELECT *").has(FieldKind::Sql, &"SELECT 1;".into()));
    assert!(
        glob(FieldKind::NormalSql, "select *  from t")
            .has(FieldKind::NormalSql, &"SELECT a FROM t".into())
    );
}

/// Characters and bytes are one thing to whoever writes a mock.
#[test]
fn characters_and_bytes_are_compared_by_utf_8() {
    for kind in [FieldKind::Text, FieldKind::Bytes, FieldKind::Path] {
        assert!(exact("é").has(kind, &Value::Bytes("é".into())));
        assert!(exact("é".as_bytes().to_vec()).has(kind, &"é".into()));
        assert!(!exact("a").has(kind, &"A".into()));
        assert!(!exact("a").has(kind, &"ab".into()));
        assert!(exact("7").has(kind, &Value::Number(7)));
    }
    assert!(exact("").has(FieldKind::Bytes, &Value::Bytes(Vec::new())));
    assert!(
        glob(FieldKind::Bytes, "a*b").has(FieldKind::Bytes, &Value::Bytes(vec![b'a', 0xff, b'b']))
    );
    assert!(
        regex(FieldKind::Bytes, "(?s-u)a.+b")
            .has(FieldKind::Bytes, &Value::Bytes(vec![b'a', 0xff, b'b']))
    );
}

/// The case of a word does not matter, in whatever way it is written.
#[test]
fn the_case_of_words_does_not_matter() {
    let kind = FieldKind::Word;
    assert!(exact("get").has(kind, &"GET".into()));
    assert!(glob(kind, "P*T").has(kind, &"put".into()));
    assert!(regex(kind, "get|HEAD").has(kind, &"Head".into()));
    assert!(!exact("get").has(kind, &"gets".into()));
}

/// A number is its value.
#[test]
fn numbers_are_compared_by_value() {
    let kind = FieldKind::Number;
    assert!(exact(443).has(kind, &Value::Number(443)));
    assert!(exact(443).has(kind, &"443".into()));
    assert!(glob(kind, "80*").has(kind, &Value::Number(8080)));
    assert!(!exact(443).has(kind, &Value::Number(80)));
}

/// A star stands for any characters, and nothing else is special.
#[test]
fn globs_take_stars_only() {
    let has = |pattern: &str, text: &str| {
        glob(FieldKind::Text, pattern).has(FieldKind::Text, &text.into())
    };
    for (pattern, text) in [
        ("*", ""),
        ("*", "a/b\nc"),
        ("a*c", "ac"),
        ("a*b*c", "a-b-b-c"),
        ("**a", "a"),
        ("a?[b]{c}*", "a?[b]{c}d"),
        ("*ab", "aab"),
        ("*.*", "a.b.c"),
    ] {
        assert!(has(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in
        [("a*a", "a"), ("a?*", "ab"), ("ab*bc", "abc"), ("*a*a*", "a"), ("a*", "ba")]
    {
        assert!(!has(pattern, text), "{pattern} {text}");
    }
}

/// A regular expression is held to the whole value; one that is none, or huge, says so.
#[test]
fn regular_expressions_match_whole_values() {
    let has = |text: &str| regex(FieldKind::Text, "a|b+").has(FieldKind::Text, &text.into());
    assert!(has("a") && has("bbb") && !has("ab") && !has("xa"));
    for (text, message, label) in [
        ("", "this regular expression is empty", "matches nothing"),
        ("a)|(b", "this regular expression is not valid", "unopened group"),
        (
            "(((a{99}){99}){99}){99}",
            "this regular expression is too large",
            "larger than 1 MiB when compiled",
        ),
    ] {
        let fault = Matcher::regex(FieldKind::Text, text).expect_err(text);
        assert_eq!((fault.message.as_str(), fault.label.as_str()), (message, label));
    }
}

/// Addresses are compared as what they mean.
#[test]
fn addresses_are_compared_in_normal_form() {
    let kind = FieldKind::Url;
    let has = |matcher: &Matcher, text: &str| matcher.has(kind, &text.into());

    let users = exact("https://API.example.com:443/users");
    assert!(has(&users, "https://api.example.com/users"));
    assert!(!has(&users, "https://api.example.com/users?page=2"));
    assert!(!has(&users, "https://api.example.com/users/"));

    let below = glob(kind, "https://*.Example.com/users/*");
    assert!(has(&below, "https://api.example.com:443/users/1/posts?x=/"));
    assert!(!has(&below, "https://example.org/users/1"));
    assert!(has(&regex(kind, r"https://a\.example/\d+"), "https://A.example:443/42"));
}

/// Where the query is a field of its own, the address is compared without it.
#[test]
fn an_address_may_be_compared_without_its_query() {
    let kind = FieldKind::Url;
    for inner in
        [exact("https://a.example/s"), glob(kind, "https://a.example/*"), regex(kind, ".*/s")]
    {
        let base = Matcher::UrlBase(Box::new(inner));
        assert!(base.has(kind, &"https://A.example/s?q=1".into()));
        assert!(base.has(kind, &"https://a.example/s".into()));
        assert!(!base.has(kind, &"https://b.example/t?/s".into()));
    }
    let base = Matcher::UrlBase(Box::new(exact("https://a.example/s")));
    assert_eq!(base.only(), Some(&"https://a.example/s".into()));
}

/// Arguments are compared one by one, and may go on where the mock says so.
#[test]
fn words_are_compared_one_by_one() {
    let kind = FieldKind::Words;
    let git =
        |rest| Matcher::Words { words: vec![exact("git"), glob(FieldKind::Text, "pu*")], rest };

    assert!(git(false).has(kind, &words(&["git", "push"])));
    assert!(!git(false).has(kind, &words(&["git", "push", "-f"])));
    assert!(!git(false).has(kind, &words(&["git", "log"])));
    assert!(!git(true).has(kind, &words(&["git"])));
    assert!(git(true).has(kind, &words(&["git", "pull"])));
    assert!(git(true).has(kind, &words(&["git", "pull", "a", "b"])));
    assert!(!git(true).has(kind, &"git pull".into()));
    assert!(exact(vec![b"a".to_vec()]).has(kind, &words(&["a"])));
}

/// What a mock names has to be among what there is.
#[test]
fn pairs_are_a_part_of_what_there_is() {
    let wanted = Matcher::Pairs(vec![
        ("Accept".into(), glob(FieldKind::Text, "*json")),
        ("b".into(), exact("1")),
    ]);
    let there =
        pairs(&[("accept", "text/html"), ("ACCEPT", "application/json"), ("b", "1"), ("c", "")]);

    assert!(wanted.has(FieldKind::Headers, &there));
    assert!(!wanted.has(FieldKind::Pairs, &there));
    assert!(!wanted.has(FieldKind::Headers, &pairs(&[("accept", "application/json"), ("b", "2")])));
    assert!(!wanted.has(FieldKind::Headers, &"x".into()));
    assert!(Matcher::Pairs(Vec::new()).has(FieldKind::Pairs, &pairs(&[])));
    assert!(
        exact(vec![("a".to_owned(), "1".to_owned())]).has(FieldKind::Pairs, &pairs(&[("a", "1")]))
    );
}

/// A part of a document: members that are named, arrays element by element, numbers by value.
#[test]
fn documents_are_compared_in_part() {
    let there =
        json!({"name": "Ada", "age": 36, "tags": [{"id": 1, "x": 2}, {"id": 2}], "none": null});
    let has = |part: Json| Matcher::Subset(part).has(FieldKind::Json, &Value::Json(there.clone()));

    assert!(has(json!({})) && has(json!({"age": 36.0, "none": null})));
    assert!(has(json!({"tags": [{"id": 1}, {}]})));
    assert!(!has(json!({"tags": [{"id": 1}]})) && !has(json!({"tags": [{"id": 2}, {"id": 1}]})));
    assert!(!has(json!({"age": "36"})) && !has(json!({"other": null})) && !has(json!([])));
    assert!(Matcher::Subset(json!({"a": 1})).has(FieldKind::Json, &"{\"a\": 1, \"b\": 2}".into()));
    assert!(
        !Matcher::Subset(json!({"a": 1}))
            .has(FieldKind::Json, &Value::Bytes(b"{\"a\": 1".to_vec()))
    );
    assert!(!Matcher::Subset(json!({})).has(FieldKind::Json, &words(&["{}"])));
    assert!(exact(json!({"a": 1})).has(FieldKind::Json, &Value::Json(json!({"a": 1.0}))));
    assert!(!exact(json!({"a": 1})).has(FieldKind::Json, &Value::Json(json!({"a": 1, "b": 2}))));
}

/// A path finds one node that is the value, or all nodes of the list.
#[test]
fn paths_find_their_values() {
    let there =
        Value::Json(json!({"items": [{"id": 1}, {"id": 2}], "list": [1, 2], "a": {"b": "c"}}));
    let has = |path: &str, wanted: Json| {
        let path = JsonPath::parse(path).expect("a path");
        Matcher::Paths(vec![(path, wanted)]).has(FieldKind::Json, &there)
    };

    assert!(
        has("$.a.b", json!("c"))
            && has("$.items[1].id", json!(2.0))
            && has("$.list", json!([1, 2]))
    );
    assert!(has("$.items[*].id", json!([1, 2])) && has("$.items[?@.id > 1]", json!({"id": 2})));
    assert!(has("$.none", json!([])) && has("$.list[0]", json!([1])));
    assert!(
        !has("$.items[*].id", json!(1))
            && !has("$.none", json!(null))
            && !has("$.items[*].id", json!([2, 1]))
    );
    assert!(!has("$.a", json!({})), "a path's value is the whole of it");
}

/// Several claims on one field hold together.
#[test]
fn all_have_to_hold() {
    let both = Matcher::All(vec![
        Matcher::Subset(json!({"a": 1})),
        Matcher::Paths(vec![(JsonPath::parse("$.b").expect("a path"), json!(2))]),
    ]);
    assert!(both.has(FieldKind::Json, &Value::Json(json!({"a": 1, "b": 2}))));
    assert!(!both.has(FieldKind::Json, &Value::Json(json!({"a": 1}))));
    assert_eq!(both.words(), "{ a = 1, \"$.b\" = 2 }");
}

/// People see what they would write.
#[test]
fn matchers_are_shown_as_they_are_written() {
    for (matcher, shown) in [
        (exact("GET"), r#""GET""#),
        (exact("a*b"), r#"{ exact = "a*b" }"#),
        (exact("~a"), r#"{ exact = "~a" }"#),
        (exact("a\"b\\\n\u{7f}"), r#""a\"b\\\n\u007F""#),
        (exact(vec![0, 255]), r#"{ hex = "00ff" }"#),
        (exact(vec![b'a']), r#""a""#),
        (exact(-5), "-5"),
        (glob(FieldKind::Url, "HTTPS://a.example*"), r#""HTTPS://a.example*""#),
        (glob(FieldKind::Text, "a"), r#"{ glob = "a" }"#),
        (regex(FieldKind::Word, r"a|\d"), r#""~a|\\d""#),
        (
            Matcher::Words { words: vec![exact("a"), exact("...")], rest: true },
            r#"["a", { exact = "..." }, "..."]"#,
        ),
        (
            Matcher::Pairs(vec![("x-a".into(), exact("1")), ("a b".into(), exact(""))]),
            r#"{ x-a = "1", "a b" = "" }"#,
        ),
        (
            Matcher::Subset(json!({"a": [1, 2.5, null, true], "b": {}})),
            "{ a = [1, 2.5, null, true], b = {} }",
        ),
        (Matcher::UrlBase(Box::new(exact("https://a.example/"))), r#""https://a.example/""#),
    ] {
        assert_eq!(matcher.words(), shown);
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<String>().prop_map(Value::Text),
        any::<Vec<u8>>().prop_map(Value::Bytes),
        any::<i64>().prop_map(Value::Number),
        any::<Vec<Vec<u8>>>().prop_map(Value::Words),
        any::<Vec<(String, String)>>().prop_map(Value::Pairs),
        "\\PC{0,20}".prop_map(|text| Value::Json(json!({"a": text}))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any matcher meets any value; a value is always itself, and has words.
    #[test]
    fn matching_never_panics(value in any_value(), text in "[a*~/:.]{0,8}") {
        for kind in [FieldKind::Text, FieldKind::Word, FieldKind::Url, FieldKind::Bytes, FieldKind::Number,
            FieldKind::Words, FieldKind::Pairs, FieldKind::Headers, FieldKind::Json, FieldKind::Path] {
            let _ = glob(kind, &text).has(kind, &value);
            let own = exact(value.clone());
            prop_assert!(own.has(kind, &value), "{}", own.words());
            let star = glob(kind, "*");
            prop_assert_eq!(star.has(kind, &value), value.bytes().is_some());
        }
    }
}
