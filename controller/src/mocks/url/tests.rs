//! Which addresses are the same, and which are none.

use proptest::prelude::*;

use super::{Url, normal_glob};

fn normal(text: &str) -> String {
    Url::parse(text).map_or_else(|| format!("none: {text}"), |url| url.to_string())
}

/// Clients spell one address in many ways; a mock answers all of them.
#[test]
fn addresses_that_mean_the_same_are_equal() {
    for (text, expected) in [
        ("HTTPS://API.Example.COM", "https://api.example.com/"),
        ("https://api.example.com:443/", "https://api.example.com/"),
        ("http://api.example.com:/x", "http://api.example.com/x"),
        ("http://api.example.com:443/x", "http://api.example.com:443/x"),
        ("https://api.example.com./x#part", "https://api.example.com/x"),
        ("https://api.example.com?q=1", "https://api.example.com/?q=1"),
        ("https://a.example/%7euser/%c3%a9", "https://a.example/~user/%C3%A9"),
        ("https://a.example/é x", "https://a.example/%C3%A9%20x"),
        ("https://a.example/a%2fb?x=%2B+y", "https://a.example/a%2Fb?x=%2B+y"),
        ("https://a.example/100%", "https://a.example/100%25"),
        ("https://a.example/a/./b/../c", "https://a.example/a/c"),
        ("https://a.example/a/%2e%2E/..", "https://a.example/"),
        ("https://a.example/a/b/..", "https://a.example/a/"),
        ("https://a.example//a//", "https://a.example//a//"),
        ("https://a.example/?", "https://a.example/?"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("http://[::FFFF:1.2.3.4]/", "http://1.2.3.4/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://b%C3%BCcher.example/", "https://xn--bcher-kva.example/"),
        ("ws://a.example/chat", "ws://a.example/chat"),
        ("grpc+x://a.example:50051/x", "grpc+x://a.example:50051/x"),
    ] {
        assert_eq!(normal(text), expected, "{text}");
    }
}

/// What is no address is not guessed at.
#[test]
fn what_is_no_address_is_none() {
    for text in [
        "",
        "/users",
        "api.example.com/users",
        "https://",
        "https:///x",
        "https://a b/",
        "https://user:secret@a.example/",
        "https://a.example:65536/",
        "https://a.example:+80/",
        "https://[::1/",
        "https://[a.example]/",
        "https://a]:80/",
        "1http://a.example/",
        "nothing://a.example/",
    ] {
        assert_eq!(Url::parse(text), None, "{text}");
    }
    assert_eq!(Url::parse(&format!("https://a.example/{}", "x".repeat(super::LENGTH_MAX))), None);
}

/// A query's names and values are what a program put in.
#[test]
fn a_query_is_pairs() {
    let url = Url::parse("https://a.example/s?q=caf%C3%A9+x&flag&a=1=2&&q=").expect("an address");
    let pairs = url.query_pairs();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(pairs, [("q", "café x"), ("flag", ""), ("a", "1=2"), ("q", "")]);
    assert_eq!(url.without_query().to_string(), "https://a.example/s");
}

/// A glob meets normal forms, so it is brought as near to one as it can.
#[test]
fn globs_are_written_as_normal_forms_are() {
    for (text, expected) in [
        ("HTTPS://*.Example.com:443/Users/*", "https://*.example.com/Users/*"),
        ("https://*.example.com", "https://*.example.com/"),
        ("https://api.example.com*", "https://api.example.com*"),
        ("https://a.example/é/*?q=*", "https://a.example/%C3%A9/*?q=*"),
        ("https://a.example?q=*", "https://a.example/?q=*"),
        ("*/users/*", "*/users/*"),
        ("*://a.example/x#y", "*://a.example/x"),
    ] {
        assert_eq!(normal_glob(text), expected, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Addresses come from guests: the worst that one may do is to be none; a normal form is its own.
    #[test]
    fn reading_an_address_never_panics_and_is_done_once(
        text in prop_oneof![any::<String>(), "(http|HTTPS|x)://[a-zA-Zé.\\[\\]:%0-9@*-]{0,12}[/a-z.%0-9é?#&=+ *-]{0,24}"],
    ) {
        let glob = normal_glob(&text);
        prop_assert_eq!(normal_glob(&glob), glob.clone());
        if let Some(url) = Url::parse(&text) {
            let shown = url.to_string();
            drop(url.query_pairs());
            prop_assert_eq!(Url::parse(&shown), Some(url), "{}", shown);
        }
    }
}
