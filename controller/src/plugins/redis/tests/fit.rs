//! Mocks that cannot be are told when the configuration is read.

use std::sync::Arc;

use super::*;
use crate::mocks::{Act, Matcher, Mock, Times, When};
use crate::plugins::{Plugin, Unfit, source};
use crate::rules::Origin;

fn check(name: &str, when: Vec<(&'static str, Matcher)>, reply: Fields) -> Result<(), Unfit> {
    let (plugin, shape) = source(name).expect("a source");
    let mock = Mock {
        plugin,
        shape,
        when: When(when),
        act: Act::Replies(vec![Arc::new(reply)]),
        times: Times::ONCE,
        test: None,
        asserts: false,
        steps: Vec::new(),
        origin: Origin::Flag("test"),
    };
    Redis.check(shape, &mock)
}

fn exact(text: &str) -> Matcher {
    Matcher::Exact(text.into())
}

fn args(words: &[&str], rest: bool) -> Matcher {
    Matcher::Words { words: words.iter().map(|word| exact(word)).collect(), rest }
}

/// A value has to be one that the command can answer, with some option or another.
#[test]
fn values_fit_their_commands() {
    for (name, given, fits) in [
        ("redis:GET", json!("a"), true),
        ("redis:GET", json!(["a"]), false),
        ("redis:GET", json!({ "a": 1 }), false),
        ("redis:GET", json!({ "hex": "0" }), false),
        ("redis:INCR", json!("1"), false),
        ("redis:INCR", json!(1.5), false),
        ("redis:RENAME", json!("a\r\nb"), false),
        ("redis:HGETALL", json!({ "a": { "b": 1 } }), false),
        ("redis:HGETALL", json!(["a", "b"]), false),
        ("redis:ZRANGE", json!({ "a": 1 }), true),
        ("redis:ZRANGE", json!(["a"]), true),
        ("redis:ZRANGE", json!({ "a": "b" }), false),
        ("redis:LPOP", json!(["a"]), true),
        ("redis:EVAL", json!({ "a": [1, { "b": null }] }), true),
        ("redis:XREAD", json!({ "s": [["1-1", { "f": "v" }]] }), true),
        ("redis:XREAD", json!({ "s": ["1-1"] }), false),
        ("redis:EXEC", json!(["a"]), false),
        ("redis:EXEC", json!(null), true),
        ("redis:other", json!([1, "a"]), true),
    ] {
        assert_eq!(check(name, Vec::new(), value(given.clone())).is_ok(), fits, "{name} {given}");
    }
    let odd = check("redis:GET", Vec::new(), value(json!(["a"]))).unwrap_err();
    assert_eq!(odd.message, "GET answers a string, or `{ hex = \"..\" }`, and not such a list");
}

/// Where all arguments are known, so is the type of the answer.
#[test]
fn known_arguments_narrow_the_answer() {
    let zrange = |more: &[&str], given| {
        let words = [&["k", "0", "1"], more].concat();
        check("redis:ZRANGE", vec![("args", args(&words, false))], value(given)).is_ok()
    };
    assert!(zrange(&[], json!(["a"])) && !zrange(&[], json!({ "a": 1 })));
    assert!(zrange(&["WITHSCORES"], json!({ "a": 1 })) && !zrange(&["WITHSCORES"], json!(["a"])));
}

/// What can never come is told.
#[test]
fn what_never_matches_is_told() {
    for (when, key) in [
        (vec![("args", args(&["k", "l"], false))], "args"),
        (vec![("args", args(&["k"], false)), ("key", exact("l"))], "key"),
        (vec![("host", exact("redis://a"))], "host"),
        (vec![("host", exact("a:6379"))], "host"),
        (vec![("host", exact("/run/redis.sock"))], "host"),
        (vec![("path", exact("run/redis.sock"))], "path"),
        (vec![("path", exact("/run/redis.sock")), ("port", Matcher::Exact(1.into()))], "path"),
        (vec![("port", Matcher::Exact(0.into()))], "port"),
    ] {
        let unfit = check("redis:GET", when, Fields::new()).map_err(|unfit| unfit.key);
        assert_eq!(unfit, Err(key));
    }
    for when in [
        vec![("args", args(&["k"], true))],
        vec![("args", args(&["k"], false)), ("key", exact("k"))],
        vec![("host", exact("::1"))],
        vec![("path", exact("/run/redis.sock"))],
    ] {
        assert_eq!(check("redis:GET", when, Fields::new()), Ok(()));
    }
}

/// Errors, messages and missing numbers are looked at, too.
#[test]
fn other_answers_are_checked() {
    let error = |text: &str| Fields::new().with("error", text);
    let messages = |given: Json| Fields::new().with("messages", given);
    for (name, reply, key) in [
        ("redis:GET", error("wrong type"), "error"),
        ("redis:GET", error("ERR a\nb"), "error"),
        ("redis:GET", error("ERR a").with("value", json!("a")), "error"),
        ("redis:INCR", Fields::new(), "reply"),
        ("redis:SUBSCRIBE", messages(json!("a")), "messages"),
        ("redis:SUBSCRIBE", messages(json!([["a"]])), "messages"),
    ] {
        assert_eq!(check(name, Vec::new(), reply).map_err(|unfit| unfit.key), Err(key), "{name}");
    }
    assert_eq!(check("redis:GET", Vec::new(), error("WRONGTYPE no")), Ok(()));
    assert_eq!(check("redis:SUBSCRIBE", Vec::new(), messages(json!(["a", 1]))), Ok(()));
}
