//! What rules with methods and paths match.

use super::*;

fn get(url: &str) -> Call {
    request("GET", url, "1.2.3.4:443", &["a.example"])
}

/// A rule speaks of methods and paths, and of any path where it names none.
#[test]
fn rules_speak_of_methods_and_paths() {
    check(
        "https://a.example/users/*",
        &[
            get("https://a.example/users/42"),
            get("https://a.example/users/42/posts?x=1"),
            request("POST", "https://a.example/users/", "1.2.3.4:443", &["a.example"]),
        ],
        &[
            get("https://a.example/users"),
            get("https://a.example/Users/42"),
            get("https://a.example/"),
            request("GET", "https://b.example/users/1", "1.2.3.4:443", &["b.example"]),
            request("GET", "http://a.example/users/1", "1.2.3.4:80", &["a.example"]),
        ],
    );
    let delete = request("DELETE", "https://a.example/x", "1.2.3.4:443", &["a.example"]);
    check(
        "GET,HEAD https://a.example",
        &[get("https://a.example/x")],
        std::slice::from_ref(&delete),
    );
    check("GET  https://a.example/", &[get("https://a.example/x")], std::slice::from_ref(&delete));
    check("DELETE https://a.example/x", &[delete], &[get("https://a.example/x")]);
    check("https://*/x", &[get("https://a.example/x")], &[get("https://a.example/y")]);
    check("https://~a.*/x", &[get("https://a.example/x")], &[get("https://a.example/y")]);
    check("http://1.2.3.4:443/x", &[get("https://a.example/x")], &[]);
    check("https://1.2.0.0/16/x", &[get("https://a.example/x")], &[]);
}

/// Both sides are decoded; what is written as `%2A` is a star and no glob.
#[test]
fn paths_are_compared_decoded() {
    check(
        "https://a.example/a b/%2A/é",
        &[get("https://a.example/a%20b/*/%C3%A9"), get("https://a.example/x/%2e%2E/a%20b/%2a/é")],
        &[get("https://a.example/a%20b/x/%C3%A9")],
    );
    check("https://a.example/%FF", &[get("https://a.example/%ff")], &[get("https://a.example/ab")]);
    check(
        "https://a.example/{a,b}/[0-9]",
        &[get("https://a.example/b/7")],
        &[get("https://a.example/c/7")],
    );
    check(
        "https://a.example/x/",
        &[get("https://a.example/x/y/..")],
        &[get("https://a.example/x")],
    );
    check("https://a.example/admin*", &[get("https://a.example/%61dmin/x")], &[]);
}

/// Rules of connections and protocols speak of all requests there.
#[test]
fn wider_rules_speak_of_requests() {
    let call = request("GET", "http://a.example:4321/x", "1.2.3.4:4321", &["a.example"]);
    for text in ["socket://a.example:4321", "http:*", "socket:*", "*", "http://1.2.3.4:4321/"] {
        assert!(rule(text).permits(&call) && rule(text).forbids(&call), "{text}");
    }
    assert!(!rule("redis:*").permits(&call) && !rule("http://a.example").permits(&call));
}

/// The name may be looked up that a request may go to; whether its connection is fine, its
/// requests tell.
#[test]
fn connections_are_left_to_their_requests() {
    let (lookup, connect) = (lookup("a.example"), connect("1.2.3.4:443", &["a.example"]));
    let rule = rule("GET https://a.example/x");

    assert!(rule.permits(&lookup) && !rule.forbids(&lookup));
    assert!(!rule.permits(&connect) && !rule.forbids(&connect));
}

/// A connection is read where a rule may speak of what is asked on it.
#[test]
fn only_what_rules_need_is_read() {
    let policy = policy(vec![frame(
        &["GET https://*.a.example", "http://b.example"],
        &["http://c.example/x"],
        &["http://10.0.0.0/8/x"],
    )]);
    for (name, address, port, reads) in [
        ("x.a.example", "1.2.3.4", 443, true),
        ("x.a.example", "1.2.3.4", 80, false),
        ("b.example", "1.2.3.4", 80, false),
        ("c.example", "1.2.3.4", 80, true),
        ("d.example", "10.1.2.3", 80, true),
    ] {
        let address = address.parse().expect("an address");
        let read = policy.reads(&[name.to_owned()], address, port);
        assert_eq!(read, reads.then_some("http"), "{name}:{port}");
    }
}

/// Deny beats allow in one frame, request by request.
#[test]
fn frames_speak_of_requests() {
    let policy = policy(vec![frame(
        &["https://a.example"],
        &["DELETE https://a.example", "https://a.example/admin/*"],
        &[],
    )]);
    for (method, url, denied) in [
        ("GET", "https://a.example/users", false),
        ("DELETE", "https://a.example/users", true),
        ("GET", "https://a.example/admin/x", true),
    ] {
        let call = request(method, url, "1.2.3.4:443", &["a.example"]);
        let decision = policy.speak(&call, None);
        assert_eq!(matches!(decision, Decision::Denied { .. }), denied, "{method} {url}");
        assert_eq!(matches!(decision, Decision::Allowed { .. }), !denied, "{method} {url}");
    }
}

/// A command on a connection to the usual port, in this database.
fn command(source: &'static str, db: i64) -> Call {
    let Call::Connect(connect) = connect("1.2.3.4:6379", &["cache.example"]) else {
        unreachable!()
    };
    Call::Request(Request { connect, source, fields: Fields::new().with("db", db) })
}

/// Rules of Redis speak of commands and of the number of a database.
#[test]
fn rules_speak_of_commands_and_databases() {
    let (get, set, other) =
        (command("redis:GET", 0), command("redis:SET", 0), command("redis:GET", 2));
    check("GET redis://cache.example", &[get.clone(), other.clone()], std::slice::from_ref(&set));
    check("GET,SET redis://*", &[get.clone(), set.clone()], &[command("redis:DEL", 0)]);
    check("redis://cache.example/2", std::slice::from_ref(&other), &[get.clone(), set.clone()]);
    check("GET redis://1.2.3.4:6379/0", std::slice::from_ref(&get), &[set.clone(), other.clone()]);
    check("redis://cache.example", &[get.clone(), set.clone(), other.clone()], &[]);
    check("redis:*", &[get, set, other], &[]);
    let json = Fields::new().with("command", "JSON.GET");
    let Call::Connect(connect) = connect("1.2.3.4:6379", &["cache.example"]) else {
        unreachable!()
    };
    let json = Call::Request(Request { connect, source: "redis:other", fields: json });
    check("JSON.GET redis://cache.example", &[json], &[command("redis:GET", 0)]);
}

/// The protocol of the rule reads the connection.
#[test]
fn a_rule_of_commands_has_its_connections_read() {
    let policy = policy(vec![frame(&["GET redis://cache.example"], &[], &[])]);
    let address = "1.2.3.4".parse().expect("an address");
    let names = ["cache.example".to_owned()];
    assert_eq!(policy.reads(&names, address, 6379), Some("redis"));
    assert_eq!(policy.reads(&names, address, 6380), None);
}

/// The narrowest rule for a command is that command on its host.
#[test]
fn commands_are_suggested() {
    let suggested = policy(vec![]).suggest(&command("redis:GET", 0));
    assert_eq!(suggested, "GET redis://cache.example");
    let Call::Connect(connect) = connect("1.2.3.4:4321", &[]) else { unreachable!() };
    let elsewhere = Request { connect, source: "redis:GET", fields: Fields::new() };
    assert_eq!(policy(vec![]).suggest(&Call::Request(elsewhere)), "GET redis://1.2.3.4:4321");
}
