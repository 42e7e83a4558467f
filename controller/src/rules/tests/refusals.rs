//! What is no rule, and what is said of it.

use super::*;

/// What can never match, or would be read more widely than it is written, is refused.
#[test]
fn what_is_no_rule_is_refused() {
    for text in [
        "",
        " ",
        "http",
        "htpp:*",
        "http://",
        "http://:80",
        "http://a:0",
        "http://a:65536",
        "http://a:9-8",
        "http://a:b",
        "http://a b",
        "redis://a/path",
        "ws://a/users/*",
        "http://a/x?y",
        "http://a/../x",
        "http://~a/x#y",
        "http://a/[",
        "get http://a",
        "Get http://a/x",
        "GET, http://a",
        "GETT redis://a",
        "SELECT redis://a",
        "get redis://a",
        "GET ssh://a",
        "GET ws://a/x",
        "GET /x",
        "GET a.example/x",
        "GET dns:a",
        "GET subprocess://x",
        "http://u:p@a",
        "http://a?x=1",
        "http://a/#f",
        "http://::1",
        "http://[::1",
        "http://[x]",
        "http://10.0.0.1/8",
        "http://10.0.0.0/33",
        "http://0.0.0.0/0",
        "http://.a",
        "http://a..b",
        "http://a{b,c}",
        "http://~(",
        "http://~",
        "http://~(a{1000}){1000}",
        "http://~a)|(b",
        "http:a.example",
        "http:GET *",
        "redis://localhost/x",
        "redis://localhost/0/1",
        "redis://127.0.0.1/0",
        "redis:GET",
        "postgres://h/db",
        "aws:s3",
        "memcache:get",
        "boto3:s3",
        "websocket:*",
        "https:*",
        "grpc:*",
        "psycopg2:*",
        "dns:a:53",
        "dns://a",
        "dns:",
        "dns:a/b",
        "file:",
        "file:/a/",
        "file:/a[",
        "file:/*/../x",
        "file://etc",
        "file+x:/a",
        "subprocess:",
        "subprocess: x",
        "subprocess://git",
        "subprocess:git [",
        "native:",
        "native://x",
        "unix:",
        "unix://x",
        "socket:80",
        "socket:family=x",
        "ftp://a",
    ] {
        assert!(parse(text).is_err(), "{text} should be refused");
    }
    assert!(parse(&format!("http://{}", "a.".repeat(2000))).is_err());
    assert!(parse(&format!("file:/{}", "a".repeat(5000))).is_err());
}

/// What is said of a rule names the right one; the place is marked in its text.
#[test]
fn refusals_say_what_to_write() {
    for (text, marked, message, help) in [
        ("htpp:*", "htpp", "unknown protocol `htpp`", "did you mean `http`?"),
        ("http", "http", "`http` is no rule", "did you mean `http:*`?"),
        ("https", "https", "`https` is no rule", "did you mean `http:*`?"),
        (
            "ws://a/b/c",
            "/b/c",
            "this version sees host and port of websocket calls only, and no paths",
            "write `ws://a`",
        ),
        (
            "ssh://localhost:1/0",
            "/0",
            "this version sees host and port of ssh calls only, and no paths",
            "write `ssh://localhost:1`",
        ),
        (
            "redis://localhost:1/users",
            "/users",
            "`/users` is no database of redis",
            "its databases have numbers: `/0`",
        ),
        ("GETT redis://a", "GETT", "`GETT` is no command of Redis", "did you mean `GET`?"),
        (
            "GET,SELECT redis://a",
            "GET,SELECT",
            "rules do not speak of SELECT, which no client can do without",
            "leave it out: what follows it is held to the rules",
        ),
        (
            "http:api.example.com",
            "api.example.com",
            "a host stands after `http://`",
            "write `http://api.example.com` for the host, or `http:*` for the whole protocol",
        ),
        (
            "http:GET *",
            "GET *",
            "methods stand before the address",
            "write `GET http://*` for requests",
        ),
        (
            "get https://a/x",
            "get",
            "`get` is no method",
            "methods are written in capitals, with a comma between them: `GET,HEAD`",
        ),
        ("GET ssh://a", "ssh://a", "ssh calls have no methods", "write `ssh://a`"),
        ("GET /x", "GET /x", "`GET /x` is no rule", "write `GET https://HOST/x` for requests"),
        (
            "GET  http://a/x?y=1",
            "?y=1",
            "rules do not speak of queries and fragments",
            "leave it out",
        ),
        (
            "aws:s3",
            "aws",
            "unknown protocol `aws`",
            "this version sees host and port only: write `https://*.amazonaws.com`",
        ),
        ("dns:a:53", ":53", "a look-up has no port", "write `dns:a`"),
        ("dns://a", "dns://", "`dns` rules have no slashes", "write `dns:a`"),
        (
            "socket://10.0.0.1/8:80",
            "10.0.0.1/8",
            "`10.0.0.1/8` is an address within a network",
            "write `10.0.0.0/8` for the network, or `10.0.0.1` for the address",
        ),
        (
            " http://u:p@h ",
            "u:p@",
            "rules do not speak of users and passwords",
            "write the host alone: `h`",
        ),
        (
            "http://h:99999",
            "99999",
            "`99999` is no port",
            "a port is a number from 1 to 65535; a range is written `8000-8999`",
        ),
        ("subprocess:git [a", "[a", "this glob is not valid", ""),
        ("http://~a(", "a(", "this regular expression is not valid", ""),
    ] {
        let fault = parse(text).expect_err(text);
        assert_eq!(
            (&text[fault.span.clone()], fault.message.as_str()),
            (marked, message),
            "{text}"
        );
        assert_eq!(fault.help.unwrap_or_default(), help, "{text}");
    }
}
