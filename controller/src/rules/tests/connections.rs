//! What rules of connections and look-ups match.

use super::*;

/// Without a port the scheme's own is meant; with one, the protocol does not count.
#[test]
fn schemes_mean_their_ports() {
    check(
        "http://a.example",
        &[connect("1.2.3.4:80", &["a.example"])],
        &[
            connect("1.2.3.4:443", &["a.example"]),
            connect("1.2.3.4:80", &["b.example"]),
            connect("1.2.3.4:80", &[]),
        ],
    );
    check(
        "https://a.example/",
        &[connect("1.2.3.4:443", &["a.example"])],
        &[connect("1.2.3.4:80", &["a.example"])],
    );
    check(
        "http://a.example:6379",
        &[connect("1.2.3.4:6379", &["b.example", "a.example"])],
        &[connect("1.2.3.4:80", &["a.example"])],
    );
    check(
        "postgresql://localhost/*",
        &[connect("127.0.0.1:5432", &[])],
        &[connect("127.0.0.1:5433", &[])],
    );
    check("mongodb+srv://h.example", &[connect("1.2.3.4:27017", &["h.example"])], &[]);
    check(
        "socket://a.example:8000-8002",
        &[connect("1.2.3.4:8002", &["a.example"])],
        &[connect("1.2.3.4:8003", &["a.example"])],
    );
    check("socket://a.example", &[connect("1.2.3.4:1", &["a.example"])], &[]);
    check("HTTP://A.Example.:*", &[connect("1.2.3.4:9", &["a.example"])], &[]);
    check("ws://localhost:8765", &[connect("127.0.0.1:8765", &[])], &[]);
}

/// A whole protocol is told by the ports of its card; sockets are all connections.
#[test]
fn whole_protocols_go_by_the_cards() {
    check(
        "redis:*",
        &[connect("1.2.3.4:6379", &[]), connect("1.2.3.4:6380", &[])],
        &[connect("1.2.3.4:80", &[]), unix("/x"), exec("/x", &[])],
    );
    check(
        "socket:*",
        &[connect("1.2.3.4:80", &[]), connect("1.2.3.4:4321", &[]), unix("/x"), unix("@x")],
        &[exec("/x", &[])],
    );
    check(
        "dns:*",
        &[lookup("a.example"), lookup("1.2.3.4"), connect("1.2.3.4:53", &[])],
        &[connect("1.2.3.4:80", &[])],
    );
    check("subprocess:*", &[exec("/bin/x", &[])], &[open("/x", "r")]);
    check("file:*", &[open("/a/b", "rw")], &[load("x")]);
    check("*", &[connect("1.2.3.4:80", &[]), lookup("x"), exec("/x", &[]), unix("@x")], &[]);
}

/// Both sides are in one form, whatever form they were written in.
#[test]
fn the_machine_itself_has_many_names() {
    let forms =
        ["localhost", "LOCALHOST.", "127.0.0.1", "[::1]", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]"];
    for form in forms {
        let calls = ["127.0.0.1:80", "[::1]:80", "0.0.0.0:80", "[::]:80", "[::ffff:127.0.0.1]:80"]
            .map(|to| connect(to, &[]));
        check(
            &format!("http://{form}"),
            &calls,
            &[connect("127.0.0.2:80", &[]), connect("10.0.0.1:80", &["example.com"])],
        );
        check(
            &format!("http://{form}"),
            &[lookup("localhost"), lookup("127.0.0.1"), lookup("::1")],
            &[lookup("example.com")],
        );
    }
}

/// Addresses and networks hold for IPv4 in IPv6 as well.
#[test]
fn addresses_and_networks() {
    check(
        "http://10.1.2.3",
        &[connect("10.1.2.3:80", &[]), connect("[::ffff:10.1.2.3]:80", &[])],
        &[connect("10.1.2.4:80", &[])],
    );
    check(
        "socket://10.0.0.0/8:5432",
        &[connect("10.9.9.9:5432", &[]), connect("[::ffff:10.9.9.9]:5432", &[])],
        &[connect("11.0.0.1:5432", &[]), connect("10.9.9.9:80", &[])],
    );
    check("http://10.0.0.0/8/", &[connect("10.9.9.9:80", &["x"])], &[]);
    check("http://[fd00::]/8", &[connect("[fd12::1]:80", &[])], &[connect("[fe80::1]:80", &[])]);
    check("http://[fd00::/8]:81", &[connect("[fd12::1]:81", &[])], &[connect("[fd12::1]:80", &[])]);
    check(
        "http://[::ffff:10.0.0.0]/104",
        &[connect("10.9.9.9:80", &[])],
        &[connect("11.9.9.9:80", &[])],
    );
    check(
        "http://127.0.0.0/8",
        &[connect("127.0.0.7:80", &[]), connect("0.0.0.0:80", &[])],
        &[connect("[::1]:80", &[])],
    );
}

/// `*.example.com` is all names below, at any depth, and not the apex.
#[test]
fn globs_of_names() {
    let named = |name: &str| connect("1.2.3.4:80", &[name]);
    check(
        "http://*.example.com",
        &[named("a.example.com"), named("a.b.example.com")],
        &[named("example.com"), named("evilexample.com"), named("a.example.com.evil.org")],
    );
    check("http://api-*.EXAMPLE.com", &[named("api-1.example.com")], &[named("api.example.com")]);
    check("http://*.bücher.example", &[named("a.xn--bcher-kva.example")], &[]);
    check("http://bücher.example", &[named("xn--bcher-kva.example")], &[]);
    check("http://10.*", &[connect("10.1.2.3:80", &[])], &[connect("11.1.2.3:80", &[])]);
    check("http://*", &[named("x"), connect("9.9.9.9:80", &[])], &[connect("9.9.9.9:81", &["x"])]);
}

/// A regular expression speaks of the whole host.
#[test]
fn regular_expressions_match_fully() {
    let named = |name: &str| connect("1.2.3.4:80", &[name]);
    check(
        r"http://~api\d+\.Example\.com",
        &[named("api12.example.com")],
        &[named("xapi1.example.com"), named("api1.example.com.evil")],
    );
    check(r"http://~(?:a|b):80-81", &[named("a"), named("b")], &[named("c")]);
    check(r"dns:~a|b", &[lookup("a"), lookup("b")], &[lookup("ab")]);
}

/// What belongs to an allowed connection is allowed with it, and nothing else.
#[test]
fn connection_rules_permit_their_lookups() {
    check("redis://cache.example", &[lookup("cache.example")], &[lookup("other.example")]);
    check("http://*.example.com", &[lookup("a.example.com")], &[lookup("example.com")]);
    check("http://10.0.0.0/8", &[lookup("10.1.2.3")], &[lookup("11.1.2.3"), lookup("a.example")]);
    check("http:*", &[lookup("a.example")], &[]);
    check("unix:*", &[], &[lookup("a.example")]);
    assert!(!rule("http://a.example").forbids(&lookup("a.example")));
    assert!(!rule("http:*").forbids(&lookup("a.example")));
    assert!(rule("dns:a.example").forbids(&lookup("a.example")));
}

/// Look-ups have names and addresses.
#[test]
fn dns_rules() {
    check(
        "dns:a.example",
        &[lookup("A.Example.")],
        &[lookup("b.example"), connect("1.2.3.4:80", &["a.example"])],
    );
    check(
        "dns:*.internal",
        &[lookup("db.internal"), lookup("a.b.internal")],
        &[lookup("internal")],
    );
    check("dns:10.0.0.0/8", &[lookup("10.1.2.3")], &[lookup("11.1.2.3")]);
    check("dns:fd00::/8", &[lookup("fd00::1")], &[lookup("fe80::1")]);
    check("dns:2001:db8::1", &[lookup("2001:db8::1")], &[]);
}
