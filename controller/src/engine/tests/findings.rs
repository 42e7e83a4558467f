//! What is noted, once, and how it is put together.

use super::*;
use crate::site::Frame as StackFrame;

/// A stack of one frame.
fn stack(address: u64) -> Stack {
    Stack { frames: vec![StackFrame { module: Some("/bin/suite".into()), address }] }
}

/// The second call of a loop is counted, without another look at the guest's stack.
#[test]
fn a_call_site_is_described_once() {
    let mut scene = Scene::new(Level::Warn, vec![]).command("python3");

    let first = scene.ask(COMMAND, connect("192.0.2.1:80"));
    let again = scene.ask(COMMAND, connect("192.0.2.1:80"));

    assert_eq!((first.undescribed, again.undescribed), (Some(0), None));
    let [finding] = &scene.findings()[..] else { panic!("one finding") };
    assert_eq!(finding.count, 2);
}

/// Another place, thread, process, call or test is another site.
#[test]
fn another_site_is_described_too() {
    let mut scene = Scene::new(Level::Warn, vec![]).command("python3");
    scene.hello(101, COMMAND, 0);
    let at = |stack, frame| Registers { instruction: 9, stack, frame };
    let askers = [
        asker(COMMAND),
        Asker { registers: at(7, 3), ..asker(COMMAND) },
        Asker { registers: at(2, 7), ..asker(COMMAND) },
        Asker { thread: 7, ..asker(COMMAND) },
        asker(101),
        tester(COMMAND, "test_a"),
        tester(COMMAND, "test_b"),
    ];

    for (number, asker) in askers.iter().enumerate() {
        let outcome = scene.engine.ask(asker, connect("192.0.2.1:80"));
        assert_eq!(outcome.undescribed, Some(number));
    }
    assert_eq!(scene.ask(COMMAND, connect("192.0.2.1:81")).undescribed, Some(askers.len()));
}

/// Two tests that go through one helper are two findings, each with its own name.
#[test]
fn a_shared_helpers_calls_are_each_tests_own() {
    let mut scene = Scene::new(Level::Error, vec![]).command("python3");

    for test in ["a.py::test_a", "a.py::test_b", "a.py::test_a"] {
        scene.engine.ask(&tester(COMMAND, test), connect("192.0.2.1:80"));
    }

    let found: Vec<_> =
        scene.findings().into_iter().map(|found| (found.test, found.count)).collect();
    let test = |name: &str| Attribution::Test(name.into());
    assert_eq!(found, [(test("a.py::test_a"), 2), (test("a.py::test_b"), 1)]);
}

/// What is known beyond the call comes later, and a thread's name stands in for a test's.
#[test]
fn a_finding_is_described() {
    let mut scene = Scene::new(Level::Warn, vec![]).command("suite");
    let thread = Some("tests::order_is".to_owned());
    let details = Details { stack: stack(1), chain: vec!["suite".into()], thread, script: None };

    let unknown = scene.ask(COMMAND, connect("192.0.2.1:80")).undescribed.unwrap();
    let known = scene.engine.ask(&tester(COMMAND, "test_a"), connect("192.0.2.1:80"));
    scene.engine.describe(unknown, details.clone());
    scene.engine.describe(known.undescribed.unwrap(), details.clone());
    scene.engine.describe(usize::MAX, details); // nobody's

    let found = scene.findings();
    assert_eq!(found[0].test, Attribution::Thread("tests::order_is".into()));
    assert_eq!(found[1].test, Attribution::Test("test_a".into()));
    assert_eq!((&found[0].stack, &found[0].chain[..]), (&stack(1), &["suite".to_owned()][..]));
}

/// The same call of many processes, from one place in the code, is one finding.
#[test]
fn findings_of_one_place_are_put_together() {
    let mut scene = Scene::new(Level::Error, vec![]).command("suite");
    for pid in 101..=105 {
        scene.hello(pid, COMMAND, 0);
        let number = scene.ask(pid, connect("192.0.2.1:80")).undescribed.unwrap();
        let address = if pid == 105 { 2 } else { 1 };
        scene.engine.describe(number, Details { stack: stack(address), ..Details::default() });
        scene.ask(pid, connect("192.0.2.1:80"));
    }

    let counts: Vec<_> = scene.findings().iter().map(|finding| finding.count).collect();

    assert_eq!(counts, [8, 2]);
}

/// A warning and a refusal of the same call are two things to read.
#[test]
fn warnings_and_refusals_stay_apart() {
    let frames = vec![allow_in("a", &["smtp:*"]), deny(&["redis:*"])];
    let mut scene = Scene::new(Level::Warn, frames).command("suite");

    scene.ask(COMMAND, connect("192.0.2.1:80"));
    scene.ask(COMMAND, connect("192.0.2.1:6379"));
    scene.ask(COMMAND, connect("192.0.2.1:25"));
    scene.engine.ask(&tester(COMMAND, "a"), connect("192.0.2.1:25"));

    let found: Vec<_> = scene.findings().iter().map(|found| (found.code, found.refused)).collect();
    assert_eq!(found, [(Code::Guarded, false), (Code::Denied, true), (Code::Guarded, false)]);
}

/// Findings are bounded; what is over is counted, and the verdict stays what it was.
#[test]
fn findings_are_bounded() {
    let mut scene = Scene::new(Level::Error, vec![]).command("suite");

    for number in 0..FINDINGS_MAX as u64 + 7 {
        let registers = Registers { stack: number, ..Registers::default() };
        let outcome =
            scene.engine.ask(&Asker { registers, ..asker(COMMAND) }, connect("192.0.2.1:80"));
        assert_eq!(outcome.verdict, REFUSED);
        assert_eq!(outcome.undescribed.is_some(), number < FINDINGS_MAX as u64);
    }

    assert_eq!(
        (scene.engine.findings.found.len(), scene.engine.findings.dropped),
        (FINDINGS_MAX, 7)
    );
}

/// However much was warned about before, a refusal is noted: else the run would pass for clean.
#[test]
fn a_refusal_finds_room_behind_many_warnings() {
    let mut scene = Scene::new(Level::Warn, vec![deny(&["redis:*"])]).command("suite");
    for number in 0..2 * FINDINGS_MAX as u64 {
        let registers = Registers { stack: number, ..Registers::default() };
        scene.engine.ask(&Asker { registers, ..asker(COMMAND) }, connect("192.0.2.1:80"));
    }

    scene.ask(COMMAND, connect("192.0.2.1:6379"));

    assert!(scene.findings().iter().any(|finding| finding.refused));
}

/// Who polls until a server of its own is up has called nobody else; who never gets one has.
#[test]
fn a_call_before_the_own_server_is_forgiven() {
    let mut scene = Scene::new(Level::Error, vec![]);
    let call = |port, own, vacant| {
        let peer = Peer::Internet(([127, 0, 0, 1], port).into());
        Asked::Connect { transport: Transport::Stream, peer, own, vacant }
    };

    for port in [4000, 5000] {
        let refused = scene.engine.ask(&asker(COMMAND), call(port, false, true));
        assert_eq!(refused.verdict, Verdict::Deny { errno: nix::libc::ECONNREFUSED });
    }
    let served = scene.engine.ask(&asker(COMMAND), call(4000, true, false));

    assert_eq!(served.verdict, Verdict::Allow);
    let found = scene.findings();
    let calls: Vec<_> = found.iter().map(|finding| finding.allow.as_str()).collect();
    assert_eq!(calls, ["socket://127.0.0.1:5000"]);
}

/// A call to another's server is not forgiven, though nobody served there before and the tree does later.
#[test]
fn a_call_to_anothers_server_is_not_forgiven() {
    let mut scene = Scene::new(Level::Error, vec![]);
    let call = |own, vacant| {
        let peer = Peer::Internet(([127, 0, 0, 1], 4000).into());
        Asked::Connect { transport: Transport::Stream, peer, own, vacant }
    };

    for (own, vacant) in [(false, true), (false, false), (true, false)] {
        scene.engine.ask(&asker(COMMAND), call(own, vacant));
    }

    let found = scene.findings();
    assert_eq!(found.iter().map(|finding| finding.count).collect::<Vec<_>>(), [2]);
}

/// A path search goes on to another folder, and what was a warning there may be denied here: that is
/// told by itself.
#[test]
fn a_refusal_is_not_counted_under_a_warning() {
    let mut frame = Frame::new(Origin::Flag("--deny"));
    let mut scene = Scene::new(Level::Warn, vec![]).command("bin/suite");
    let (first, second) = (scene.program("a/tool"), scene.program("b/tool"));
    let rule = format!("subprocess:{}", second.program.display());
    frame.deny = vec![Rule::parse(&rule, Origin::Flag("--deny"), &Place::at("/")).unwrap()];
    let policy = Policy::new(vec![frame], Levels::new(Level::Warn, BTreeMap::new()));
    scene.engine.policy = policy;

    scene.started(COMMAND, exec(first, &["tool"], true));
    let verdict = scene.verdict(COMMAND, exec(second, &["tool"], true));

    assert_eq!(verdict, REFUSED);
    let refused: Vec<_> = scene.findings().iter().map(|finding| finding.refused).collect();
    assert_eq!(refused, [false, true]);
}
