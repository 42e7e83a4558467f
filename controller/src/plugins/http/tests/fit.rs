//! Which mocks HTTP can carry, where they are answered, and what is shown of requests.

use super::*;
use crate::mocks::{Act, Matcher, Mock, Times, When};
use crate::plugins::card::FieldKind;
use crate::plugins::{Hosts, Plugin};
use crate::rules::Origin;
use std::sync::Arc;

fn mock(when: Vec<(&'static str, Matcher)>, reply: Fields) -> Mock {
    Mock {
        plugin: &Http,
        shape: Http.card().shape(SOURCE).expect("the shape of a request"),
        when: When(when),
        act: Act::Replies(vec![Arc::new(reply)]),
        times: Times::ONCE,
        test: None,
        asserts: false,
        steps: Vec::new(),
        origin: Origin::Flag("test"),
    }
}

fn exact(text: &str) -> Matcher {
    Matcher::Exact(Value::from(text))
}

fn glob(text: &str) -> Matcher {
    Matcher::glob(FieldKind::Url, text)
}

fn places(url: Option<Matcher>) -> Vec<String> {
    let when = url.map(|url| ("url", url)).into_iter().collect();
    let endpoints = Http.endpoints(&mock(when, Fields::new()));
    let host = |host: &Hosts| match host {
        Hosts::Any => "any".to_owned(),
        Hosts::One(host) => host.clone(),
        Hosts::Pattern(Matcher::Glob(text, _)) => format!("like {text}"),
        Hosts::Pattern(other) => format!("{other:?}"),
    };
    let ports = |endpoint: &crate::plugins::Endpoint| match endpoint.ports.clone().into_inner() {
        (from, to) if from == to => from.to_string(),
        (from, to) => format!("{from}-{to}"),
    };
    endpoints
        .iter()
        .map(|endpoint| format!("{} {}", host(&endpoint.host), ports(endpoint)))
        .collect()
}

/// A mock's address says where its clients connect to.
#[test]
fn places_are_read_off_addresses() {
    let any: Vec<String> =
        ["any 80", "any 443", "any 8000", "any 8080", "any 8443"].map(str::to_owned).into();
    for (url, expected) in [
        (exact("https://API.example.com/users?x=1"), vec!["api.example.com 443"]),
        (exact("http://localhost:8080"), vec!["localhost 8080"]),
        (exact("http://[::1]/x"), vec!["::1 80"]),
        (Matcher::UrlBase(Box::new(exact("http://a.example/"))), vec!["a.example 80"]),
        (glob("https://*.example.com/*"), vec!["like *.example.com 443"]),
        (glob("http*://a.example/*"), vec!["a.example 80", "a.example 443"]),
        (glob("http://a.example:*/x"), vec!["a.example 1-65535"]),
        (glob("http://a.example:8000/*"), vec!["a.example 8000"]),
        (glob("http://*/x"), vec!["any 80"]),
    ] {
        assert_eq!(places(Some(url.clone())), expected, "{url:?}");
    }
    assert_eq!(places(Some(glob("*/users"))), any);
    assert_eq!(places(Some(glob("http://*"))), any);
    assert_eq!(places(None), any);
}

/// What could never match, or never be sent, is said when the configuration is read.
#[test]
fn unfit_mocks_are_refused() {
    let reply = Fields::new;
    let headers = |name: &str, value: &str| reply().with("headers", pairs(&[(name, value)]));
    for (when, reply, key) in [
        (vec![("url", exact("/users"))], reply(), "url"),
        (vec![("url", exact("api.example.com/users"))], reply(), "url"),
        (vec![("url", exact("ftp://a.example/"))], reply(), "url"),
        (vec![("url", glob("/users/*"))], reply(), "url"),
        (vec![("url", glob("redis://*"))], reply(), "url"),
        (vec![("method", exact("GET "))], reply(), "method"),
        (vec![("method", exact("CONNECT"))], reply(), "method"),
        (vec![], reply().with("status", 600), "status"),
        (vec![], reply().with("status", 99), "status"),
        (vec![], reply().with("status", 101), "status"),
        (vec![], headers("a\0", "x"), "headers"),
        (vec![], headers("a", "x\r\ny: z"), "headers"),
        (vec![], headers("a", "x\0"), "headers"),
        (vec![], headers("", "x"), "headers"),
        (vec![], headers("Transfer-Encoding", "chunked"), "headers"),
        (vec![], headers("content-length", "5"), "headers"),
        (vec![], reply().with("status", 204).with("body", "x"), "body"),
        (vec![], reply().with("status", 304).with("json", json("{}")), "json"),
        (vec![], reply().with("body", "x").with("json", json("{}")), "json"),
        (vec![], reply().with("file", "x").with("body", "x"), "file"),
    ] {
        let mock = mock(when, reply);
        let unfit = Http.check(mock.shape, &mock).expect_err(&format!("{mock:?}"));
        assert_eq!(unfit.key, key, "{unfit:?}");
    }
}

/// What looks odd and can be sent is let through.
#[test]
fn fit_mocks_are_taken() {
    let reply = Fields::new;
    for (when, reply) in [
        (vec![("url", exact("https://a.example"))], reply().with("status", 599)),
        (vec![("url", glob("*://*/users"))], reply().with("status", 204)),
        (vec![("url", glob("https://*"))], reply().with("json", json("null"))),
        (vec![("method", exact("PROPFIND"))], reply().with("status", 207)),
        (
            vec![("method", exact("head"))],
            reply().with("headers", pairs(&[("Content-Length", "500")])),
        ),
        (vec![], reply().with("headers", pairs(&[("x", "caf\u{e9}\tx")]))),
    ] {
        let mock = mock(when, reply);
        assert_eq!(Http.check(mock.shape, &mock), Ok(()), "{mock:?}");
    }
}

/// Mocks are found by address without query, in one form on both sides.
#[test]
fn keys_are_addresses_without_query() {
    let shape = Http.card().shape(SOURCE).expect("the shape of a request");
    let fields = Fields::new().with("url", "http://A.example:80/x/../y?q=1");
    let when = When(vec![("url", exact("HTTP://a.example/y?other"))]);

    assert_eq!(Http.key(shape, &fields).as_deref(), Some("http://a.example/y"));
    assert_eq!(Http.mock_key(shape, &when), Http.key(shape, &fields));
    assert_eq!(Http.mock_key(shape, &When(vec![("url", glob("http://a.example/*"))])), None);
}

/// What is shown is what a person would write.
#[test]
fn requests_are_worded_and_pasted() {
    let shape = Http.card().shape(SOURCE).expect("the shape of a request");
    let get =
        Fields::new().with("method", "GET").with("url", "https://a.example/x").with("body", "");
    let post = get.clone().with("body", "{}").with("json", json("{}"));

    assert_eq!(Http.words(shape, &get), "GET https://a.example/x");
    let names = |fields: &Fields| -> Vec<_> {
        Http.paste(shape, fields).into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names(&get), ["method", "url"]);
    assert_eq!(names(&post), ["method", "url", "json"]);
    assert_eq!(names(&get.clone().with("body", "x")), ["method", "url", "body"]);
}
