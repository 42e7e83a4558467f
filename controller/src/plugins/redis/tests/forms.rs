//! Plain values as what each command answers, in both versions of the protocol.

use super::*;

/// The same mock in RESP2 and in RESP3.
fn answers(line: &str, given: &Json, two: &str, three: &str) {
    let bytes = format!("{line}\r\n");
    let source: &'static str =
        Box::leak(format!("redis:{}", line.split(' ').next().unwrap()).into());
    for (hello, heard) in [("2", two), ("3", three)] {
        let mut client = client().mocked(source, value(given.clone()));
        client.on(Event::Client(format!("HELLO {hello}\r\n").as_bytes()));
        client.exchange(bytes.as_bytes(), heard.replace(' ', "\r\n").as_bytes());
    }
}

/// Scalars go out as the type of the command, whatever they are written as.
#[test]
fn scalars_take_the_type_of_the_command() {
    for (line, given, two, three) in [
        ("GET k", json!("a"), "$1 a ", "$1 a "),
        ("GET k", json!(36), "$2 36 ", "$2 36 "),
        ("GET k", json!(1.5), "$3 1.5 ", "$3 1.5 "),
        ("GET k", json!({ "hex": "61" }), "$1 a ", "$1 a "),
        ("GET k", json!(null), "$-1 ", "_ "),
        ("GET k", json!({ "null": true }), "$-1 ", "_ "),
        ("SET k v", json!("OK"), "+OK ", "+OK "),
        ("SET k v", json!(false), "$-1 ", "_ "),
        ("SET k v GET", json!("old"), "$3 old ", "$3 old "),
        ("INCR k", json!(2), ":2 ", ":2 "),
        ("EXISTS k", json!(true), ":1 ", ":1 "),
        ("ZSCORE k m", json!(1.5), "$3 1.5 ", ",1.5 "),
        ("ZSCORE k m", json!("inf"), "$3 inf ", ",inf "),
        ("INCRBYFLOAT k 1", json!(2.0), "$1 2 ", "$1 2 "),
        ("LOLWUT", json!("a"), "$1 a ", "=5 txt:a "),
        ("EVAL s 0", json!(true), ":1 ", "#t "),
        ("EVAL s 0", json!(1.5), "$3 1.5 ", ",1.5 "),
        ("TYPE k", json!("hash"), "+hash ", "+hash "),
    ] {
        answers(line, &given, two, three);
    }
}

/// Lists, sets and maps too.
#[test]
fn lists_take_the_type_of_the_command() {
    for (line, given, two, three) in [
        ("LRANGE k 0 1", json!(["a", 2]), "*2 $1 a $1 2 ", "*2 $1 a $1 2 "),
        ("MGET k l", json!(["a", { "null": true }]), "*2 $1 a $-1 ", "*2 $1 a _ "),
        ("SMEMBERS k", json!(["a"]), "*1 $1 a ", "~1 $1 a "),
        ("HGETALL k", json!({ "f": 1 }), "*2 $1 f $1 1 ", "%1 $1 f $1 1 "),
        ("HGETALL k", json!([[{ "hex": "66" }, "v"]]), "*2 $1 f $1 v ", "%1 $1 f $1 v "),
        ("SMISMEMBER k a b", json!([true, 0]), "*2 :1 :0 ", "*2 :1 :0 "),
        ("ZRANGE k 0 1", json!(["a"]), "*1 $1 a ", "*1 $1 a "),
        ("ZRANGE k 0 1 WITHSCORES", json!({ "a": 1.5 }), "*2 $1 a $3 1.5 ", "*1 *2 $1 a ,1.5 "),
        ("ZPOPMIN k", json!(["a", 1]), "*2 $1 a $1 1 ", "*2 $1 a ,1 "),
        ("ZPOPMIN k", json!({ "a": 1 }), "*2 $1 a $1 1 ", "*2 $1 a ,1 "),
        ("BLPOP k 0", json!(["k", "a"]), "*2 $1 k $1 a ", "*2 $1 k $1 a "),
        ("LPOP k 2", json!(null), "*-1 ", "_ "),
        ("SCAN 0", json!(["a"]), "*2 $1 0 *1 $1 a ", "*2 $1 0 *1 $1 a "),
        ("SCAN 0", json!([5, ["a"]]), "*2 $1 5 *1 $1 a ", "*2 $1 5 *1 $1 a "),
        ("HSCAN k 0", json!({ "f": "v" }), "*2 $1 0 *2 $1 f $1 v ", "*2 $1 0 *2 $1 f $1 v "),
        (
            "XRANGE k - +",
            json!([["1-1", { "f": "v" }]]),
            "*1 *2 $3 1-1 *2 $1 f $1 v ",
            "*1 *2 $3 1-1 *2 $1 f $1 v ",
        ),
        (
            "XREAD STREAMS k 0",
            json!({ "k": [["1-1", ["f", "v"]]] }),
            "*1 *2 $1 k *1 *2 $3 1-1 *2 $1 f $1 v ",
            "%1 $1 k *1 *2 $3 1-1 *2 $1 f $1 v ",
        ),
        ("GEOPOS k m", json!([[1.5, 2]]), "*1 *2 $3 1.5 $1 2 ", "*1 *2 ,1.5 ,2 "),
        ("EVAL s 0", json!({ "a": [] }), "*2 $1 a *0 ", "%1 $1 a *0 "),
        ("CONFIG SET a b", json!("OK"), "+OK ", "+OK "),
    ] {
        answers(line, &given, two, three);
    }
}

/// A mock without a value means that nothing is there.
#[test]
fn no_value_means_that_nothing_is_there() {
    for (line, source, two) in [
        ("GET k", "redis:GET", "$-1\r\n"),
        ("SET k v", "redis:SET", "+OK\r\n"),
        ("LRANGE k 0 1", "redis:LRANGE", "*0\r\n"),
        ("HGETALL k", "redis:HGETALL", "*0\r\n"),
        ("LPOP k 1", "redis:LPOP", "*-1\r\n"),
        ("XREAD STREAMS k 0", "redis:XREAD", "*-1\r\n"),
        ("SCAN 0", "redis:SCAN", "*2\r\n$1\r\n0\r\n*0\r\n"),
    ] {
        client()
            .mocked(source, Fields::new())
            .exchange(format!("{line}\r\n").as_bytes(), two.as_bytes());
    }
}

/// Errors are told as they are given.
#[test]
fn errors_are_answers() {
    let error = Fields::new().with("error", "WRONGTYPE Operation against a key");
    client()
        .mocked("redis:LPUSH", error)
        .exchange(b"LPUSH k v\r\n", b"-WRONGTYPE Operation against a key\r\n");
}

/// What slipped through the check of the configuration is an error, not a broken connection.
#[test]
fn a_value_that_does_not_fit_is_an_error() {
    client().mocked("redis:INCR", value(json!("many"))).exchange(
        b"INCR k\r\n",
        b"-ERR bigfoot: INCR answers a whole number, and not a string\r\n",
    );
    let mut deep = json!(1);
    for _ in 0..40 {
        deep = json!([deep]);
    }
    client().mocked("redis:EVAL", value(deep)).exchange(
        b"EVAL s 0\r\n",
        b"-ERR bigfoot: EVAL answers nothing that is nested deeper than 32\r\n",
    );
}
