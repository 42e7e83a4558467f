//! What right ones mean.

use serde_json::json;

use super::{Folder, http, mocks, reply};
use crate::fields::{Fields, Value};
use crate::mocks::{Act, Matcher, Mock, Step, Times};
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::Fault;

fn words(mock: &Mock) -> Vec<String> {
    mock.when.0.iter().map(|(name, matcher)| format!("{name} = {}", matcher.words())).collect()
}

/// The mock of the handbook arrives whole, with its line.
#[test]
fn a_whole_mock_is_read() {
    let text = r#"
[[mock]]
source = "http:request"
when = { method = "GET", url = "https://API.example.com:443/users/42" }
reply = { status = 200, json = { name = "Alice", born = 1979-05-27 } }
times = 2
assert = "match"
test = "tests/*"
"#;
    let mock = mocks(text).remove(0);

    assert_eq!((mock.plugin.card().name, mock.shape.source), ("http", "http:request"));
    assert_eq!(words(&mock), [r#"method = "GET""#, r#"url = "https://api.example.com/users/42""#]);
    let expected = Fields::new()
        .with("status", 200)
        .with("json", json!({"name": "Alice", "born": "1979-05-27"}));
    assert_eq!(reply(&mock), &expected);
    assert_eq!(mock.times, Times { min: 2, max: Some(2) });
    assert!(mock.asserts && mock.steps.is_empty());
    assert_eq!(mock.test.map(|test| test.text().to_owned()).as_deref(), Some("tests/*"));
    assert_eq!(mock.origin.to_string(), "bigfoot.toml:2");
}

/// The least that a mock may say: it answers anything of its kind, once.
#[test]
fn a_mock_needs_a_source_only() {
    let mock = http("");

    assert!(mock.when.0.is_empty() && reply(&mock).is_empty() && !mock.asserts);
    assert_eq!((mock.times, mock.test), (Times::ONCE, None));
}

/// A package.json says the same in its own way.
#[test]
fn mocks_of_json_are_the_same() {
    let text = r#"{"mock": [
        {"source": "http:request", "when": {"json": {"a": null, "b": 1.5e1}}, "reply": {"status": 204}}
    ]}"#;
    let mock = mocks(text).remove(0);

    assert_eq!(
        mock.when.get("json").map(Matcher::words).as_deref(),
        Some("{ a = null, b = 15.0 }")
    );
    assert_eq!(reply(&mock).number("status"), Some(204));
    assert_eq!(mock.origin.to_string(), "package.json:2");
}

/// A pattern is written as a string, or as a table that says which kind it is.
#[test]
fn patterns_are_written_in_several_ways() {
    for (line, shown) in [
        ("when = { method = \"P*T\" }", "method = \"P*T\""),
        ("when = { method = \"~PUT|POST\" }", "method = \"~PUT|POST\""),
        ("when = { method = { exact = \"a*\" } }", "method = { exact = \"a*\" }"),
        ("when = { method = { glob = \"a*\" } }", "method = \"a*\""),
        ("when = { method = { regex = \"a+\" } }", "method = \"~a+\""),
        ("when = { url = \"https://*.example.com/*\" }", "url = \"https://*.example.com/*\""),
        ("when = { url = \"~https://.*\" }", "url = \"~https://.*\""),
        ("when = { body = \"a\\u0000b\" }", "body = \"a\\u0000b\""),
        ("when = { body = { hex = \"00 FF\" } }", "body = { hex = \"00ff\" }"),
        ("when = { body = { hex = \"\" } }", "body = \"\""),
        (
            "when = { query = { page = 2, all = true, q = \"a*\" } }",
            "query = { page = \"2\", all = \"true\", q = \"a*\" }",
        ),
        ("when = { headers = { a = [\"1\", \"2\"] } }", "headers = { a = \"1\", a = \"2\" }"),
        ("when = { headers = { x = { regex = \"a\" } } }", "headers = { x = \"~a\" }"),
        ("when = { json = { a = 1, \"$.b[0]\" = 2 } }", "json = { a = 1, \"$.b[0]\" = 2 }"),
        ("when = { json = { \"$.b\" = [] } }", "json = { \"$.b\" = [] }"),
        ("when = { json = [1, { a = 0x1F }] }", "json = [1, { a = 31 }]"),
        ("when = { json = \"a*\" }", "json = \"a*\""),
    ] {
        assert_eq!(words(&http(line)), [shown], "{line}");
    }
}

/// Lists of words may go on; numbers in them are meant as they are written.
#[test]
fn words_may_go_on() {
    let text = "[[mock]]\nsource = \"socket:exchange\"\nwhen.argv = [\"sleep\", 5, \"~a|b\", \"*\", { exact = \"...\" }, \"...\"]";
    let mock = mocks(text).remove(0);
    assert_eq!(words(&mock), [r#"argv = ["sleep", "5", "~a|b", "*", { exact = "..." }, "..."]"#]);
    assert!(matches!(mock.when.get("argv"), Some(Matcher::Words { rest: true, .. })));
}

/// A query of its own takes the query off the address.
#[test]
fn an_address_beside_a_query_is_compared_without_one() {
    let mock = http("when = { url = \"https://a.example/s\", query = { q = \"1\" } }");
    let request = |url: &str| {
        let query = vec![("q".to_owned(), "1".to_owned()), ("p".to_owned(), "2".to_owned())];
        Fields::new().with("url", url).with("query", query)
    };
    assert!(matches!(mock.when.get("url"), Some(Matcher::UrlBase(_))));
    assert!(mock.when.has(mock.shape, &request("https://a.example/s?p=2&q=1")));
    assert!(!mock.when.has(mock.shape, &request("https://a.example/t?p=2&q=1")));
}

/// Every kind of value may be answered.
#[test]
fn replies_carry_every_kind_of_value() {
    let mock = http(
        "reply = { body = { hex = \"00ff\" }, headers = { Set-Cookie = [\"a\", \"b\"], X = 1 }, names = [\"a\", 5, { hex = \"ff\" }] }",
    );
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = Fields::new()
        .with("body", vec![0, 255])
        .with("headers", vec![pair("Set-Cookie", "a"), pair("Set-Cookie", "b"), pair("X", "1")])
        .with("names", vec![b"a".to_vec(), b"5".to_vec(), vec![255]]);
    assert_eq!(reply(&mock), &expected);
    assert_eq!(reply(&http("reply = { body = \"text\" }")).get("body"), Some(&"text".into()));
    assert_eq!(
        reply(&http("reply = { json = [1, 2.5, true] }")).get("json"),
        Some(&Value::Json(json!([1, 2.5, true])))
    );
}

/// A file is read when the run begins, from where the configuration is.
#[test]
fn a_file_is_read_with_the_configuration() {
    let mock = http("reply = { file = \"below/../user.bin\" }");
    assert_eq!(reply(&mock).get("file"), Some(&Value::Bytes(b"\x00\xffdata".to_vec())));
}

/// Several replies are given one a time, each of them once unless something else is said.
#[test]
fn replies_may_be_a_sequence() {
    let sequence = |times: &str| {
        let mock = http(&format!("reply = [{{ status = 503 }}, {{ status = 200 }}]\n{times}"));
        let Act::Replies(replies) = &mock.act else { panic!("no replies") };
        assert_eq!(
            replies.iter().map(|reply| reply.number("status")).collect::<Vec<_>>(),
            [Some(503), Some(200)]
        );
        mock.times
    };
    assert_eq!(sequence(""), Times { min: 2, max: Some(2) });
    assert_eq!(sequence("times = \"any\""), Times::ANY);
    assert_eq!(sequence("required = false"), Times { min: 0, max: Some(2) });
}

/// How often a mock answers, in each way to say it.
#[test]
fn times_are_numbers_and_ranges() {
    for (lines, min, max) in [
        ("times = 1", 1, Some(1)),
        ("times = 7", 7, Some(7)),
        ("times = \"any\"", 0, None),
        ("times = \"0..\"", 0, None),
        ("times = \"2..\"", 2, None),
        ("times = \"1..3\"", 1, Some(3)),
        ("times = \"2..2\"", 2, Some(2)),
        ("required = false", 0, Some(1)),
        ("required = true", 1, Some(1)),
        ("times = 3\nrequired = false", 0, Some(3)),
        ("times = \"1..\"\nrequired = true", 1, None),
        ("pass_through = true", 0, None),
        ("pass_through = true\nrequired = true", 1, None),
        ("pass_through = true\ntimes = 2", 2, Some(2)),
        ("pass_through = false", 1, Some(1)),
        ("spy = true", 1, Some(1)),
        ("spy = true\ntimes = \"any\"", 0, None),
    ] {
        assert_eq!(http(lines).times, Times { min, max }, "{lines}");
    }
}

/// The real call may be made; what is said of its answer is expected of it.
#[test]
fn real_calls_may_have_an_expected_answer() {
    let mock = http("spy = true\nreply = { status = 200 }");
    assert!(matches!(&mock.act, Act::Real(expected) if expected.number("status") == Some(200)));
    assert!(matches!(&http("pass_through = true").act, Act::Real(expected) if expected.is_empty()));
}

/// A fault may come after a part of an answer.
#[test]
fn faults_have_their_numbers() {
    let mock =
        http("reply = { status = 200 }\nfault = { kind = \"reset\", after = 100, delay_ms = 5 }");
    let expected = Fault { kind: FaultKind::Reset, after: 100, delay_ms: 5 };
    assert!(
        matches!(&mock.act, Act::Fault(fault, fields) if *fault == expected && fields.number("status") == Some(200))
    );
    assert!(
        matches!(&http("fault = { kind = \"refuse\" }").act, Act::Fault(fault, _) if fault.after == 0)
    );
}

/// A session has steps, some of them in any order; each knows its line.
#[test]
fn a_session_has_steps() {
    let text = r#"
[[mock]]
source = "socket:connect"
when = { host = "db.example", port = 1521 }

[[mock.steps]]
source = "socket:exchange"
when = { bytes = "hello" }
reply = { bytes = { hex = "0a" }, close = "now" }

[[mock.steps]]
any_order = [
  { source = "socket:exchange", when = { bytes = "a" } },
  { source = "socket:exchange", when = { bytes = "b" } },
]
"#;
    let mock = mocks(text).remove(0);

    let [Step::One(one), Step::AnyOrder(group)] = mock.steps.as_slice() else { panic!("{mock:?}") };
    assert_eq!(
        (one.shape.source, one.origin.to_string().as_str()),
        ("socket:exchange", "bigfoot.toml:6")
    );
    assert!(
        matches!(&one.act, Act::Replies(replies) if replies[0].bytes("bytes").as_deref() == Some(b"\n"))
    );
    assert_eq!(
        group.iter().map(|step| step.origin.to_string()).collect::<Vec<_>>(),
        ["bigfoot.toml:13", "bigfoot.toml:14"]
    );
}

/// A mock behind one that runs out, or that is for another test, is no mistake.
#[test]
fn mocks_that_are_alike_may_follow_each_other() {
    let all = |lines: [&str; 3]| {
        mocks(
            &lines.map(|lines| format!("[[mock]]\nsource = \"http:request\"\n{lines}\n")).concat(),
        )
        .len()
    };
    assert_eq!(all(["", "", "times = \"any\""]), 3);
    assert_eq!(all(["times = \"any\"\ntest = \"a\"", "test = \"b\"", ""]), 3);
    assert_eq!(
        all(["times = \"any\"\nwhen = { method = \"A\" }", "when = { method = \"B\" }", ""]),
        3
    );
}

/// The two settings beside the mocks.
#[test]
fn sandbox_and_response_are_settings() {
    let read = |text: &str| {
        let file = Folder::new().read(text).expect("a configuration");
        (file.sandbox, file.require_response)
    };
    assert_eq!(read(""), (false, true));
    assert_eq!(read("sandbox = \"none\"\n[http]"), (false, true));
    assert_eq!(read("sandbox = \"run\"\n[http]\nrequire_response = false"), (true, false));
}

/// A long file is read in time that grows with its length, and its lines are right.
#[test]
fn many_mocks_are_read() {
    let one = |number: usize| {
        format!("[[mock]]\nsource = \"http:request\"\nwhen.url = \"https://a.example/{number}\"\n")
    };
    let text: String = (0..20_000).map(one).collect();
    let mocks = mocks(&text);
    assert_eq!(mocks.len(), 20_000);
    assert_eq!(mocks[19_999].origin.to_string(), "bigfoot.toml:59998");
}
