//! In which order frames speak, and what is left to the levels.

use super::*;

/// In one frame deny beats allow; among frames the inner one speaks.
#[test]
fn inner_frames_speak_first() {
    let call = connect("1.2.3.4:80", &["a.example"]);
    let spoken = |frames| match policy(frames).speak(&call, None) {
        Decision::Allowed { .. } => "allowed",
        Decision::Denied { .. } => "denied",
        Decision::Restricted { .. } => "restricted",
        Decision::Silent => "silent",
    };
    let allow = || frame(&["http://*"], &[], &[]);
    let deny = || frame(&[], &["http://a.example"], &[]);

    assert_eq!(spoken(vec![]), "silent");
    assert_eq!(spoken(vec![frame(&["http://*"], &["http://a.example"], &[])]), "denied");
    assert_eq!(spoken(vec![deny(), allow()]), "allowed");
    assert_eq!(spoken(vec![allow(), deny()]), "denied");
    assert_eq!(spoken(vec![allow(), frame(&["redis:*"], &["redis:*"], &[])]), "allowed");
    assert_eq!(spoken(vec![frame(&[], &[], &["redis:*"]), allow()]), "restricted");
    assert_eq!(spoken(vec![allow(), frame(&[], &[], &["redis:*", "http:*"])]), "allowed");
    assert_eq!(spoken(vec![frame(&[], &[], &["http:*"])]), "silent");
    assert_eq!(
        spoken(vec![frame(&[], &[], &["http:*"]), frame(&[], &[], &["redis:*"]), allow()]),
        "restricted"
    );
}

/// A restriction of hosts lets their look-ups through, and no files are caught in it.
#[test]
fn restrictions_concern_what_they_can_name() {
    let hosts = policy(vec![frame(&[], &[], &["http://a.example", "dns:b.example"])]);
    for call in [lookup("a.example"), lookup("b.example"), open("/x", "r"), load("libx.so")] {
        assert_eq!(hosts.speak(&call, None), Decision::Silent, "{call:?}");
    }
    for call in [lookup("c.example"), exec("/bin/x", &[]), unix("/x")] {
        assert!(
            matches!(hosts.speak(&call, None), Decision::Restricted { frame } if frame.restrict() == "http://a.example, dns:b.example")
        );
    }
    let files = policy(vec![frame(&[], &[], &["file:/tmp/**"])]);
    assert!(matches!(files.speak(&open("/etc/x", "r"), None), Decision::Restricted { .. }));
    assert_eq!(files.speak(&load("libx.so"), None), Decision::Silent);
}

/// `*` means files only where they are guarded, or nothing could be started under `deny = ["*"]`.
#[test]
fn everything_is_what_is_guarded() {
    let levels = Levels::new(Level::Error, BTreeMap::from([("file", Level::Warn)]));
    let deny = || vec![frame(&[], &["*"], &[])];
    let call = open("/x", "r");

    assert_eq!(policy(deny()).speak(&call, None), Decision::Silent);
    assert!(matches!(Policy::new(deny(), levels).speak(&call, None), Decision::Denied { .. }));
    assert!(matches!(policy(deny()).speak(&exec("/x", &[]), None), Decision::Denied { .. }));
}

/// Rules for some tests hold for these alone.
#[test]
fn tests_are_known_by_name_or_file() {
    for (glob, test, holds) in [
        ("tests/integration/*", Some("tests/integration/test_db.py::TestX::test_y (call)"), true),
        ("tests/integration/*", Some("tests/integration/sub/test_db.py::test_y"), false),
        ("tests/integration/**", Some("tests/integration/sub/test_db.py::test_y"), true),
        ("db::*", Some("db::reads::a_row"), true),
        ("db::*", Some("web::db::x"), false),
        ("*", None, false),
        ("test_x", Some("test_x (setup)"), true),
    ] {
        let test_frame = Frame {
            test: Some(TestGlob::parse(glob).expect("a glob")),
            ..frame(&["redis:*"], &[], &[])
        };
        let policy = policy(vec![frame(&[], &["redis:*"], &[]), test_frame]);
        let decision = policy.speak(&connect("1.2.3.4:6379", &[]), test);
        assert_eq!(matches!(decision, Decision::Allowed { .. }), holds, "{glob} {test:?}");
        assert!(policy.wants_test());
    }
}

/// The level is that of the protocol, which goes by port.
#[test]
fn levels_go_by_protocol() {
    let set = BTreeMap::from([("dns", Level::Off), ("file", Level::Warn)]);
    let policy = Policy::new(vec![], Levels::new(Level::Error, set));
    for (call, protocol, level) in [
        (connect("1.2.3.4:80", &[]), "http", Level::Error),
        (connect("1.2.3.4:4321", &[]), "socket", Level::Error),
        (lookup("x"), "dns", Level::Off),
        (open("/x", "r"), "file", Level::Warn),
        (load("x"), "native", Level::Off),
        (exec("/x", &[]), "subprocess", Level::Error),
        (unix("/x"), "socket", Level::Error),
    ] {
        assert_eq!((policy.protocol(&call), policy.level(&call)), (protocol, level));
    }
}

/// Only hosts that a deny rule names are stood in for.
#[test]
fn denied_names_have_stand_ins() {
    let policy = policy(vec![frame(
        &["http://b.example", "GET https://f.example", "http://*/x"],
        &[
            "http://*.a.example",
            "redis:*",
            "ssh://*",
            "http://localhost",
            "dns:c.example",
            "smtp://10.0.0.0/8",
            "POST http://d.example",
        ],
        &["http://e.example/x"],
    )]);
    for (name, stands) in [
        ("x.a.example", true),
        ("b.example", false),
        ("c.example", false),
        ("d.example", true),
        ("e.example", true),
        ("f.example", true),
        ("localhost", false),
        ("10.1.2.3", false),
    ] {
        assert_eq!(policy.stands_in(name), stands, "{name}");
    }
}

/// What nobody wants to know is not asked.
#[test]
fn only_what_matters_is_asked() {
    let off =
        |set: &[(&'static str, Level)]| Levels::new(Level::Off, set.iter().copied().collect());
    let asked = |rules: &[&str], levels| Policy::new(vec![frame(rules, &[], &[])], levels).asks();
    let network = ask::NETWORK | ask::NAMES | ask::PROGRAMS;

    assert_eq!(asked(&[], off(&[])), 0);
    assert_eq!(asked(&[], Levels::default()), network);
    assert_eq!(asked(&[], off(&[("file", Level::Warn)])), ask::FILES | ask::PROGRAMS);
    assert_eq!(asked(&[], off(&[("redis", Level::Warn)])), ask::NETWORK | ask::PROGRAMS);
    assert_eq!(asked(&["file:/x"], Levels::default()), network | ask::FILES);
    assert_eq!(asked(&["native:x"], off(&[])), ask::LIBRARIES | ask::PROGRAMS);
    assert_eq!(asked(&["http://x"], off(&[])), network);
    assert_eq!(asked(&["unix:/x"], off(&[])), ask::NETWORK | ask::PROGRAMS);
    assert_eq!(asked(&["dns:x"], off(&[])), ask::NAMES | ask::PROGRAMS);
    assert_eq!(asked(&["subprocess:x"], off(&[])), ask::PROGRAMS);
    assert_eq!(asked(&["*"], off(&[])), network);
}
