//! What requests mean, how replies go out, and which mocks cannot be.

use proptest::prelude::*;
use serde_json::json;

use super::layer::Rest;
use super::*;
use crate::mocks::{Act, Matcher, Times, When};
use crate::plugins::Hosts;
use crate::plugins::conversation::Fault;
use crate::rules::Origin;

/// A request as HTTP tells it, with this body.
fn request(method: &str, target: &str, body: &str) -> Fields {
    let url = format!("http://search.example.com:9200{target}");
    let query = crate::mocks::url::Url::parse(&url).map(|url| url.query_pairs());
    Fields::new()
        .with("method", method)
        .with("url", url)
        .with("query", query.unwrap_or_default())
        .with("body", body.as_bytes().to_vec())
}

fn lifted(method: &str, target: &str, body: &str) -> (&'static str, Fields) {
    Rest.lift(&request(method, target, body)).expect("a meaning")
}

/// `source index id`, as far as there are any.
fn meant(method: &str, target: &str) -> String {
    let (source, fields) = lifted(method, target, "");
    let named = ["index", "id"].into_iter().filter_map(|name| fields.text(name));
    let operation = source.strip_prefix("elasticsearch:").unwrap_or(source).to_owned();
    named.fold(operation, |words, name| format!("{words} {name}"))
}

/// Each operation is known by its method and path.
#[test]
fn operations_are_known_by_method_and_path() {
    for (method, target, expected) in [
        ("PUT", "/users/_doc/42", "index users 42"),
        ("POST", "/users/_doc/42", "index users 42"),
        ("POST", "/users/_doc", "index users"),
        ("post", "/users/_doc?refresh=true", "index users"),
        ("PUT", "/users/_create/42", "index users 42"),
        ("GET", "/users/_doc/42", "get users 42"),
        ("HEAD", "/users/_doc/42", "get users 42"),
        ("DELETE", "/users/_doc/42", "delete users 42"),
        ("POST", "/users/_update/42", "update users 42"),
        ("POST", "/users-*/_search?size=1", "search users-*"),
        ("GET", "/_search", "search"),
        ("GET", "/_all/_search/", "search _all"),
        ("PUT", "/_bulk", "bulk"),
        ("POST", "/users/_bulk", "bulk users"),
        ("POST", "/a,b/_count", "count a,b"),
        ("GET", "/_count", "count"),
        ("POST", "/users/_mget", "mget users"),
        ("POST", "/_mget", "mget"),
        ("GET", "/_msearch", "msearch"),
        ("POST", "/users/_msearch", "msearch users"),
    ] {
        assert_eq!(meant(method, target), expected, "{method} {target}");
    }
}

/// Everything else is a request by its method and path.
#[test]
fn other_paths_are_requests() {
    for (method, target) in [
        ("GET", "/"),
        ("GET", "/_cluster/health"),
        ("PUT", "/users"),
        ("PUT", "/users/_doc"),
        ("GET", "/users/_update/42"),
        ("DELETE", "/users/_search"),
        ("POST", "/users/_delete_by_query"),
        ("POST", "/_search/scroll"),
        ("POST", "/users/_search/template"),
        ("GET", "/_cat/_search"),
        ("GET", "/users/_doc/42/_more"),
    ] {
        let (source, fields) = lifted(method, target, "");
        assert_eq!(source, REQUEST, "{method} {target}");
        assert_eq!(fields.text("path").as_deref(), Some(target), "{method}");
        assert_eq!(fields.text("method").as_deref(), Some(method), "{target}");
        assert_eq!(fields.get("index"), None, "{method} {target}");
    }
}

/// Names are compared as they are, and not as an address has them.
#[test]
fn names_are_decoded() {
    assert_eq!(meant("GET", "/users/_doc/a%2Fb%20c"), "get users a/b c");
    assert_eq!(meant("GET", "/%3Clogs-%7Bnow%2Fd%7D%3E/_search"), "search <logs-{now/d}>");
    assert_eq!(meant("GET", "/a%2Cb/_search"), "search a,b");
    assert_eq!(meant("GET", "/users/_doc/%zz%ff"), "get users %zz\u{fffd}");
}

/// The server and the query are told as well.
#[test]
fn places_and_queries_are_told() {
    let (_, fields) = lifted("GET", "/users/_search?q=name%3AAlice&size=1", "");

    assert_eq!(fields.text("host").as_deref(), Some("search.example.com"));
    assert_eq!(fields.number("port"), Some(9200));
    let pairs = [("q", "name:Alice"), ("size", "1")];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(fields.get("query"), Some(&Value::Pairs(pairs.to_vec())));
}

/// A body is a document, whatever the client says of its kind; one that is none is not told.
#[test]
fn bodies_are_documents() {
    let body = |body: &str| lifted("POST", "/users/_search", body).1.get("body").cloned();

    assert_eq!(body(r#"{"size": 1}"#), Some(json!({ "size": 1 }).into()));
    assert_eq!(body(""), None);
    assert_eq!(body("{"), None);
}

/// Bulks and searches among several are lists of their lines.
#[test]
fn lines_are_lists() {
    let body = |path: &str, body: &str| lifted("POST", path, body).1.get("body").cloned();
    let list = Some(json!([{ "index": {} }, { "name": "Alice" }]).into());

    assert_eq!(body("/_bulk", "{\"index\":{}}\n{\"name\":\"Alice\"}\n"), list);
    assert_eq!(body("/_bulk", "{\"index\":{}}\r\n\n{\"name\":\"Alice\"}"), list);
    assert_eq!(body("/_msearch", "\n{\"size\":1}\n"), Some(json!([{}, { "size": 1 }]).into()));
    assert_eq!(body("/_bulk", "{\"index\":{}}\n{\n"), None);
    assert_eq!([body("/_bulk", ""), body("/_msearch", "\n")], [None, None]);
}

fn lowered(source: &'static str, reply: &Fields) -> (Option<i64>, String, Option<Value>) {
    let answer = Rest.lower(source, reply);
    let Some(Value::Pairs(headers)) = answer.get("headers") else {
        panic!("no headers");
    };
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}"));
    let content = answer.get("json").or(answer.get("body")).cloned();
    (answer.number("status"), headers.collect::<Vec<_>>().join("\n"), content)
}

/// Clients take an answer for one of Elasticsearch, and read it as what it is.
#[test]
fn replies_are_responses() {
    let product = "x-elastic-product: Elasticsearch";
    let document = format!("{product}\ncontent-type: application/json");
    let text = format!("{product}\ncontent-type: text/plain; charset=UTF-8");
    let found = json!({ "found": false });
    for (source, reply, expected) in [
        (SEARCH, Fields::new(), (Some(200), document.clone(), Some("{}".into()))),
        (INDEX, Fields::new(), (Some(201), document.clone(), Some("{}".into()))),
        (
            GET,
            Fields::new().with("status", 404_i64).with("json", found.clone()),
            (Some(404), document.clone(), Some(found.into())),
        ),
        (
            SEARCH,
            Fields::new().with("body", " {\"took\":1}"),
            (Some(200), document, Some(" {\"took\":1}".into())),
        ),
        (
            REQUEST,
            Fields::new().with("body", "green open users\n"),
            (Some(200), text, Some("green open users\n".into())),
        ),
        (REQUEST, Fields::new().with("status", 204_i64), (Some(204), product.to_owned(), None)),
    ] {
        assert_eq!(lowered(source, &reply), expected, "{source} {reply:?}");
    }
}

/// A mock that waits for these and does this.
fn mock(source: &str, when: &[(&'static str, Value)], act: Act) -> Mock {
    let exact = |(name, value): &(&'static str, Value)| (*name, Matcher::Exact(value.clone()));
    Mock {
        plugin: &Elasticsearch,
        shape: CARD.shape(source).expect("a shape"),
        when: When(when.iter().map(exact).collect()),
        act,
        times: Times::ONCE,
        test: None,
        asserts: false,
        steps: Vec::new(),
        origin: Origin::Flag("--mock"),
    }
}

fn replies(fields: Fields) -> Act {
    Act::Replies(vec![fields.into()])
}

fn unfit(mock: &Mock) -> Option<&'static str> {
    Elasticsearch.check(mock.shape, mock).err().map(|unfit| unfit.key)
}

/// What cannot be answered is told when the configuration is read.
#[test]
fn replies_that_cannot_be_are_told() {
    let document = || Fields::new().with("json", json!({}));
    for (reply, key) in [
        (document(), None),
        (document().with("body", "{}"), Some("body")),
        (Fields::new().with("status", 199_i64), Some("status")),
        (Fields::new().with("status", 600_i64), Some("status")),
        (Fields::new().with("status", 204_i64), None),
        (document().with("status", 204_i64), Some("json")),
    ] {
        let fault = Fault { kind: FaultKind::Slow, after: 0, delay_ms: 1 };
        for act in [replies(reply.clone()), Act::Fault(fault, reply.clone().into())] {
            assert_eq!(unfit(&mock(SEARCH, &[], act)), key, "{reply:?}");
        }
    }
}

/// What never comes is told too.
#[test]
fn mocks_that_never_match_are_told() {
    for (source, when, key) in [
        (SEARCH, vec![("index", "users-*".into()), ("port", 443_i64.into())], None),
        (SEARCH, vec![("index", "_all".into())], None),
        (SEARCH, vec![("index", "_cat".into())], Some("index")),
        (SEARCH, vec![("index", "".into())], Some("index")),
        (SEARCH, vec![("port", 0_i64.into())], Some("port")),
        (SEARCH, vec![("host", "Search.Example.com".into())], None),
        (SEARCH, vec![("host", "::1".into())], None),
        (SEARCH, vec![("host", "[::1]".into())], Some("host")),
        (SEARCH, vec![("host", "search.example.com:9200".into())], Some("host")),
        (SEARCH, vec![("host", "http://search.example.com".into())], Some("host")),
        (SEARCH, vec![("host", "".into())], Some("host")),
        (REQUEST, vec![("path", "/_cluster/health".into())], None),
        (REQUEST, vec![("path", "_cluster/health".into())], Some("path")),
        (REQUEST, vec![("path", "/_cat/indices?v".into())], Some("path")),
        (REQUEST, vec![("path", "/_search".into()), ("method", "POST".into())], Some("path")),
        (REQUEST, vec![("path", "/_search".into())], None), // DELETE is another request
    ] {
        assert_eq!(unfit(&mock(source, &when, replies(Fields::new()))), key, "{source} {when:?}");
    }
}

/// A mock answers where it says; on the usual port of any host where it says nothing.
#[test]
fn endpoints_are_those_of_the_mock() {
    for (when, host, ports) in [
        (vec![], None, 9200..=9200),
        (vec![("host", "Search.Example.com.".into())], Some("search.example.com"), 9200..=9200),
        (vec![("host", "[::1]".into()), ("port", 443_i64.into())], Some("::1"), 443..=443),
    ] {
        let endpoint = Elasticsearch.endpoint(&mock(GET, &when, replies(Fields::new())));
        let endpoint = endpoint.expect("an endpoint");
        let named = match &endpoint.host {
            Hosts::One(host) => Some(host.as_str()),
            _ => None,
        };
        assert_eq!((named, endpoint.ports), (host, ports), "{when:?}");
    }
}

/// People read what was done, and paste what answers it.
#[test]
fn interactions_are_worded_and_pasted() {
    for (method, target, body, words, names) in [
        ("GET", "/users/_doc/42", "", "get 42 in users", "host index id"),
        ("POST", "/users-*/_search", "{}", "search in users-*", "host index body"),
        ("GET", "/_count?q=a", "", "count", "host"),
        ("GET", "/_cat/indices", "", "GET /_cat/indices", "host method path"),
    ] {
        let (source, fields) = lifted(method, target, body);
        let shape = CARD.shape(source).expect("a shape");
        assert_eq!(Elasticsearch.words(shape, &fields), words);
        let pasted: Vec<_> =
            Elasticsearch.paste(shape, &fields).into_iter().map(|(name, _)| name).collect();
        assert_eq!(pasted.join(" "), names, "{method} {target}");
    }
}

proptest! {
    /// Whatever a client asks for, it is told as something that the card has, with fields of the card.
    #[test]
    fn any_request_is_told_as_the_card_has_it(
        method in "(GET|PUT|POST|DELETE|HEAD|[a-z]{0,4})",
        target in prop_oneof![
            "(/(users|_doc|_search|_bulk|_msearch|_update|%[0-9a-f]{0,2}|[^/]{0,3})){0,5}",
            "(/[a-z%*]{1,3})?/(_(doc|create|update)/[a-z%]{1,3}|_(search|bulk|msearch|mget|count))",
        ],
        body in prop_oneof!["([{}\\[\\]\":a1,\n\r]){0,20}", "(\\{\\}\n{0,2}){0,4}"],
    ) {
        let told = Rest.lift(&request(&method, &target, &body));

        if let Some((source, fields)) = told {
            let shape = CARD.shape(source).expect("a shape");
            prop_assert!(fields.iter().all(|(name, _)| shape.field(name).is_some()), "{:?}", fields);
            let _ = (Elasticsearch.words(shape, &fields), Elasticsearch.paste(shape, &fields));
        }
    }
}
