//! Levels, rules, and what passes by itself.

use super::*;

/// One call of each kind that is guarded by default, with the protocol that it counts as.
fn guarded(scene: &Scene) -> Vec<(&'static str, Asked)> {
    let family = Asked::Connect {
        transport: Transport::Other,
        peer: Peer::Other(40),
        own: false,
        vacant: false,
    };
    let bus = Peer::UnixAbstract(b"bus".to_vec());
    let bus = Asked::Connect { transport: Transport::Stream, peer: bus, own: false, vacant: false };
    let backwards = Query::Address("192.0.2.1".parse().unwrap());
    let backwards = Asked::Lookup { query: backwards, known: false, sought: Sought::Name };
    vec![
        ("http", connect("192.0.2.1:80")),
        ("redis", connect("[2001:db8::1]:6379")),
        ("socket", connect("127.0.0.1:4711")),
        ("socket", connect_unix("/run/docker.sock")),
        ("socket", bus),
        ("socket", family),
        ("dns", look_up("shop.example")),
        ("dns", records("shop.example")),
        ("dns", backwards),
        ("subprocess", exec(scene.program("bin/git"), &["git", "push"], true)),
        ("subprocess", exec(scene.program("bin/curl"), &["curl"], false)),
    ]
}

fn is_real(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Allow | Verdict::Start { .. })
}

/// With the guard off, nothing is refused and nothing noted.
#[test]
fn off_lets_everything_pass() {
    let mut scene = Scene::new(Level::Off, vec![]).command("python3");

    for (protocol, asked) in guarded(&scene) {
        let outcome = scene.ask(COMMAND, asked);
        assert!(is_real(&outcome.verdict) && outcome.undescribed.is_none(), "{protocol}");
    }

    assert!(scene.findings().is_empty());
}

/// A warning is a real call and a finding.
#[test]
fn warn_lets_pass_and_notes() {
    let mut scene = Scene::new(Level::Warn, vec![]).command("python3");

    for (number, (protocol, asked)) in guarded(&scene).into_iter().enumerate() {
        if number == 7 {
            continue; // the same call as before: no new finding
        }
        let outcome = scene.ask(COMMAND, asked);
        assert!(is_real(&outcome.verdict), "{protocol}");
        let finding = &scene.engine.findings.found[outcome.undescribed.unwrap()].finding;
        assert_eq!(finding.protocol, protocol);
        assert_eq!((finding.code, finding.refused, finding.count), (Code::Guarded, false, 1));
    }
}

/// A refusal is an error number and a finding.
#[test]
fn error_refuses_and_notes() {
    let mut scene = Scene::new(Level::Error, vec![]).command("python3");
    scene.ask(COMMAND, connect("192.0.2.9:1")); // so that no exec is a wrapper's

    for (protocol, asked) in guarded(&scene) {
        let outcome = scene.ask(COMMAND, asked);
        assert_eq!(outcome.verdict, REFUSED, "{protocol}");
        assert_eq!(outcome.real, None);
    }

    let findings = scene.findings();
    assert_eq!(findings.len(), 11, "the look-ups of one name are one");
    assert!(findings.iter().all(|finding| finding.refused && finding.code == Code::Guarded));
}

/// Files and libraries are real calls unless the guard table names them.
#[test]
fn files_and_libraries_are_guarded_where_the_table_says_so() {
    let levels = BTreeMap::from([("file", Level::Error), ("native", Level::Warn)]);
    let mut named = Scene::of(Policy::new(vec![], Levels::new(Level::Off, levels))).command("node");
    let mut plain = Scene::new(Level::Error, vec![]).command("node");

    assert_eq!(plain.verdict(COMMAND, open("/etc/hostname")), Verdict::Allow);
    assert_eq!(plain.verdict(COMMAND, load("libpq.so.5")), Verdict::Allow);
    assert_eq!(named.verdict(COMMAND, open("/etc/hostname")), REFUSED);
    assert_eq!(named.verdict(COMMAND, load("libpq.so.5")), Verdict::Allow);
    assert_eq!(named.verdict(COMMAND, connect("192.0.2.1:80")), Verdict::Allow);

    assert!(plain.findings().is_empty());
    let found = named.findings();
    assert_eq!(
        found.iter().map(|f| (f.protocol, f.refused)).collect::<Vec<_>>(),
        [("file", true), ("native", false)]
    );
}

/// What a rule allows is not noted, in any protocol.
#[test]
fn allowed_calls_pass_under_error() {
    let frame = allow(&[
        "http://192.0.2.0/24",
        "unix:/run/docker.sock",
        "dns:*.example",
        "subprocess:git push*",
        "socket:family=40",
    ]);
    let mut scene = Scene::new(Level::Error, vec![frame]).command("python3");
    let git = scene.program("bin/git");
    let family = Asked::Connect {
        transport: Transport::Other,
        peer: Peer::Other(40),
        own: false,
        vacant: false,
    };

    for asked in [
        connect("192.0.2.77:80"),
        connect_unix("/run/docker.sock"),
        look_up("shop.example"),
        family,
        exec(git.clone(), &["git", "push", "--force"], true),
    ] {
        assert!(is_real(&scene.verdict(COMMAND, asked.clone())), "{asked:?}");
    }
    assert_eq!(scene.verdict(COMMAND, exec(git, &["git", "fetch"], true)), REFUSED);
    assert_eq!(scene.verdict(COMMAND, connect("192.0.2.77:6379")), REFUSED);
}

/// A finding tells which rule spoke, and where it stands.
#[test]
fn a_denied_call_names_its_rule() {
    let mut scene = Scene::new(Level::Off, vec![deny(&["redis:*"])]).command("python3");

    assert_eq!(scene.verdict(COMMAND, connect("127.0.0.1:6379")), REFUSED);

    let [finding] = &scene.findings()[..] else { panic!("one finding") };
    assert_eq!(finding.code, Code::Denied);
    assert_eq!(finding.rule, Some(("redis:*".into(), "--rule".into())));
}

/// Outside a restriction nothing may happen, whatever allows it; inside, the rules and the level speak.
#[test]
fn a_restriction_is_a_ceiling() {
    let frames = vec![restrict(&["http://*.example", "redis:*"]), allow(&["smtp:*", "redis:*"])];
    let mut scene = Scene::new(Level::Error, frames).command("python3");
    scene.ask(COMMAND, resolved("shop.example", "192.0.2.1"));

    assert_eq!(scene.verdict(COMMAND, connect("192.0.2.9:25")), REFUSED);
    assert_eq!(scene.verdict(COMMAND, connect("192.0.2.9:6379")), Verdict::Allow);
    assert_eq!(scene.verdict(COMMAND, connect("192.0.2.1:80")), REFUSED);

    let found = scene.findings();
    assert_eq!(
        found.iter().map(|found| found.code).collect::<Vec<_>>(),
        [Code::Restricted, Code::Guarded]
    );
    let origin = "--restrict".to_owned();
    assert_eq!(found[0].rule, Some(("http://*.example, redis:*".into(), origin)));
}

/// A server of the tree's own is plumbing, unless a rule names it.
#[test]
fn the_trees_own_servers_are_free_to_be_called() {
    let mut scene = Scene::new(Level::Error, vec![deny(&["redis:*"])]).command("python3");

    assert_eq!(scene.verdict(COMMAND, own_server("127.0.0.1:8080")), Verdict::Allow);
    assert_eq!(scene.verdict(COMMAND, own_server("127.0.0.1:6379")), REFUSED);

    assert_eq!(scene.findings().len(), 1);
}

/// Names that nobody is asked for are no calls to anybody.
#[test]
fn known_names_pass() {
    let mut scene = Scene::new(Level::Error, vec![]).command("python3");
    let query = Query::Name("localhost".into());

    let known = Asked::Lookup { query, known: true, sought: Sought::Addresses(None) };

    assert_eq!(scene.verdict(COMMAND, known), Verdict::Allow);
    assert_eq!(scene.verdict(COMMAND, look_up("shop.example")), REFUSED);
}

/// What libc asks of name servers belongs to a look-up that was decided; nothing else does.
#[test]
fn a_look_ups_own_connections_pass() {
    let mut scene = Scene::new(Level::Error, vec![]).command("python3");
    let inside = Asker { in_lookup: true, ..asker(COMMAND) };

    let servers = ["192.0.2.53:53", "[2001:db8::53]:53"].map(connect);
    let caches =
        ["/run/nscd/socket", "/var/run/nscd/socket", "/run/systemd/resolve/io.systemd.Resolve"]
            .map(connect_unix);
    for asked in servers.into_iter().chain(caches) {
        assert_eq!(scene.engine.ask(&inside, asked.clone()).verdict, Verdict::Allow, "{asked:?}");
        assert_eq!(scene.verdict(COMMAND, asked.clone()), REFUSED, "{asked:?}");
    }
    for asked in [connect("192.0.2.53:80"), connect_unix("/run/docker.sock")] {
        assert_eq!(scene.engine.ask(&inside, asked.clone()).verdict, REFUSED, "{asked:?}");
    }
}

/// A rule for some tests holds in those and nowhere else, nor where no test is known.
#[test]
fn a_rule_for_some_tests_holds_for_them() {
    let frames = vec![allow_in("tests/integration/*", &["postgres:*"])];
    let mut scene = Scene::new(Level::Error, frames).command("python3");
    let mut from = |asker: &Asker| scene.engine.ask(asker, connect("192.0.2.1:5432")).verdict;

    assert_eq!(from(&tester(COMMAND, "tests/integration/db.py::test_a")), Verdict::Allow);
    assert_eq!(from(&tester(COMMAND, "tests/unit/db.py::test_a")), REFUSED);
    assert_eq!(from(&asker(COMMAND)), REFUSED);
    assert!(scene.engine.wants_test(&asker(COMMAND)));

    let tests: Vec<_> = scene.findings().into_iter().map(|finding| finding.test).collect();
    let unit = Attribution::Test("tests/unit/db.py::test_a".into());
    assert_eq!(tests, [unit, Attribution::Unknown]);
}

/// A finding says what would allow it, and that rule does.
#[test]
fn the_suggested_rule_allows_the_call() {
    let mut scene = Scene::new(Level::Error, vec![]).command("python3");
    scene.ask(COMMAND, connect("192.0.2.9:1"));
    let calls = guarded(&scene);
    for (_, asked) in &calls {
        scene.ask(COMMAND, asked.clone());
    }

    let suggested: Vec<_> =
        scene.engine.findings.found.iter().map(|found| found.finding.allow.clone()).collect();
    let suggested: Vec<_> = suggested.iter().map(String::as_str).collect();
    let mut again = Scene::new(Level::Error, vec![allow(&suggested)]).command("python3");

    for (protocol, asked) in calls {
        assert!(is_real(&again.verdict(COMMAND, asked.clone())), "{protocol}: {asked:?}");
    }
    assert!(again.findings().is_empty());
}
