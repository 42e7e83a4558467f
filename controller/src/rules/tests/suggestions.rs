//! Suggestions, and promises that hold for every call and every text.

use proptest::prelude::*;

use super::*;

/// A suggestion is as narrow as a rule can be.
#[test]
fn suggestions_are_narrow() {
    for (call, expected) in [
        (connect("1.2.3.4:80", &["a.example"]), "http://a.example"),
        (connect("1.2.3.4:443", &["a.example", "b.example"]), "https://a.example"),
        (connect("1.2.3.4:8080", &["a.example"]), "http://a.example:8080"),
        (connect("[2001:db8::1]:6379", &[]), "redis://[2001:db8::1]"),
        (connect("[::ffff:1.2.3.4]:4321", &[]), "socket://1.2.3.4:4321"),
        (connect("127.0.0.53:53", &[]), "socket://127.0.0.53:53"),
        (unix("/run/a b[1].sock"), "unix:/run/a b[[]1[]].sock"),
        (unix("@x"), "unix:@x"),
        (lookup("a.example"), "dns:a.example"),
        (lookup("::1"), "dns:::1"),
        (open("/etc/hostname", "r"), "file+r:/etc/hostname"),
        (open("/tmp/x", "rw"), "file:/tmp/x"),
        (exec("/usr/bin/git", &["push", "*"]), "subprocess:git push [*]"),
        (exec("/usr/bin/true", &[]), "subprocess:true"),
        (exec("./x y", &[]), "subprocess:x?y"),
        (load("libfoo.so"), "native:libfoo.so"),
        (lookup("a b"), "dns:~a b"),
        (open(&format!("/a/{}", "b".repeat(5000)), "w"), "file+w:/a/**"),
        (
            request("GET", "https://a.example/users/42?x=1", "1.2.3.4:443", &["a.example"]),
            "GET https://a.example/users/42",
        ),
        (
            request(
                "POST",
                "http://a.example:8080/a%20%2a[%C3%A9%FF",
                "1.2.3.4:8080",
                &["a.example"],
            ),
            "POST http://a.example:8080/a%20%2A%5B%C3%A9%FF",
        ),
        (request("GET", "http://a.example/", "1.2.3.4:80", &["a.example"]), "GET http://a.example"),
        (request("GET", "http://127.0.0.1/8", "127.0.0.1:80", &[]), "GET http://127.0.0.1:80/8"),
        (request("GET", "http://[::1]:81/x", "[::1]:81", &[]), "GET http://[::1]:81/x"),
        (request("", "", "1.2.3.4:4321", &["a.example"]), "socket://a.example:4321"),
        (request("", "", "1.2.3.4:80", &["a.example"]), "http://a.example"),
        (request("", "", "127.0.0.53:53", &[]), "socket://127.0.0.53:53"),
    ] {
        assert_eq!(policy(vec![]).suggest(&call), expected);
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let rule_like = "([A-Z]{1,3},?[A-Z]{0,3} )?(http|https|redis|dns|file\\+r|file|unix|subprocess|native|socket|ws|HTTP|x)?(:|://|:/|/)?[a-z0-9.*\\[\\]{}~@:/? \\\\%é-]{0,20}";
    prop_oneof![rule_like, any::<String>()]
}

fn any_call() -> impl Strategy<Value = Call> {
    let name = "[a-z0-9-]{1,8}(\\.[a-z]{1,5}){0,3}";
    let bytes = || {
        prop::collection::vec(any::<u8>().prop_filter("no zero bytes", |byte| *byte != 0), 0..30)
    };
    let path = || {
        prop::collection::vec("[^/\0]{1,6}", 1..4)
            .prop_filter("lexically absolute", |parts| {
                parts.iter().all(|part| part != "." && part != "..")
            })
            .prop_map(|parts| PathBuf::from(format!("/{}", parts.join("/"))))
    };
    let peer = prop_oneof![
        (any::<IpAddr>(), 1_u16..)
            .prop_map(|(address, port)| Peer::Internet(SocketAddr::new(address, port))),
        path().prop_map(Peer::UnixPath),
        bytes().prop_map(Peer::UnixAbstract),
        any::<u16>().prop_map(Peer::Other),
    ];
    let connection = (peer, prop::collection::vec(name, 0..3));
    let target = prop_oneof!["(/[ -~]{0,6}){0,4}", ".{0,12}", "(/[.%a-z0-9]{0,3}){0,4}"];
    let request = (connection.clone(), "[A-Z]{0,7}", target, any::<bool>());
    prop_oneof![
        request.prop_map(|((peer, names), method, path, secure)| {
            let scheme = if secure { "https" } else { "http" };
            let fields =
                Fields::new().with("method", method).with("url", format!("{scheme}://host{path}"));
            let connect = Connect { transport: Transport::Stream, peer, names };
            Call::Request(Request { connect, source: "http:request", fields })
        }),
        connection.prop_map(|(peer, names)| Call::Connect(Connect {
            transport: Transport::Stream,
            peer,
            names
        })),
        name.prop_map(|name| lookup(&name)),
        any::<String>().prop_map(|name| lookup(&name)),
        any::<IpAddr>().prop_map(|address| Call::Lookup(Lookup { query: Query::Address(address) })),
        (path(), any::<bool>(), any::<bool>()).prop_map(|(path, read, write)| Call::Open(Open {
            path,
            read,
            write
        })),
        (
            prop_oneof![path(), any::<String>().prop_map(PathBuf::from)],
            prop::collection::vec(bytes(), 0..8)
        )
            .prop_map(|(program, arguments)| Call::Exec(Exec { program, arguments })),
        any::<String>().prop_map(|library| Call::Load(Load { library })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A rule comes from anywhere; the worst that it may do is to be refused, at a place in it.
    #[test]
    fn reading_a_rule_never_panics(text in any_text()) {
        if let Err(fault) = parse(&text) {
            prop_assert!(fault.span.start <= fault.span.end && fault.span.end <= text.len(), "{:?}", fault);
            prop_assert!(text.get(fault.span.clone()).is_some(), "{:?}", fault);
        }
    }

    /// Whoever pastes a suggestion has allowed the call.
    #[test]
    fn a_suggestion_allows_its_call(call in any_call()) {
        let text = policy(vec![]).suggest(&call);
        let rule = parse(&text);
        prop_assert!(rule.as_ref().is_ok_and(|rule| rule.permits(&call)), "{text}: {rule:?}");
    }
}
