//! What mocks answer, what is recorded, and what is left over.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::fields::Fields;
use crate::plugins::conversation::{Answer, By, Wait};
use crate::timeline::{Asserted, How, Interaction};

const SERVER: &str = "192.0.2.80:80";

/// A mock of a GET, and further keys.
fn mock(path: &str, more: &str) -> String {
    format!(
        "[[mock]]\nsource = \"http:request\"\nwhen = {{ method = \"GET\", url = \"http://192.0.2.80{path}\" }}\n{more}\n"
    )
}

impl Scene {
    /// A connection that is answered by a plugin: its ticket.
    pub(super) fn claimed(&mut self, pid: Pid, address: &str) -> u32 {
        let outcome = self.ask(pid, connect(address));
        let claim = outcome.claim.unwrap_or_else(|| panic!("not claimed: {:?}", outcome.verdict));
        let to = SocketAddr::new(bigfoot_ipc::page::ticket_address(claim.ticket).into(), PORT);
        assert_eq!(outcome.verdict, Verdict::Redirect { to });
        claim.ticket
    }

    /// What a GET on a connection is answered with: `mock` and its status, `real`, or the refusal.
    fn get(&mut self, ticket: u32, path: &str) -> String {
        let url = format!("http://192.0.2.80{path}");
        let fields = Fields::new().with("method", "GET").with("url", url);
        told(self.engine.answer(ticket, "http:request", fields))
    }

    /// The same for bytes on a connection.
    fn exchange(&mut self, ticket: u32, bytes: &str) -> String {
        let fields = place().with("bytes", bytes);
        told(self.engine.answer(ticket, "socket:exchange", fields))
    }

    pub(super) fn ended(self) -> (Vec<Finding>, Vec<Interaction>, Vec<String>) {
        let ended = self.engine_ended();
        let unused = ended.unused.iter().map(|it| format!("{}: {}", it.code.name(), it.words));
        let unused = unused.collect();
        (grouped(ended.found), ended.interactions, unused)
    }

    pub(super) fn engine_ended(mut self) -> Ended {
        let other = Engine::new(Policy::default(), Tools::new(&[]).unwrap(), Setup::default());
        std::mem::replace(&mut self.engine, other).finish()
    }
}

fn told(answer: Answer) -> String {
    match answer {
        Answer::Mocked(reply) => match (reply.fields.number("status"), &reply.fault) {
            (Some(status), None) => format!("mock {status}"),
            (None, None) => format!("mock {}", reply.fields.text("bytes").unwrap_or_default()),
            (_, Some(fault)) => format!("fault {}", fault.kind.name()),
        },
        Answer::Real(_) => "real".to_owned(),
        Answer::Refused(why) => why.split(' ').next().unwrap_or_default().to_owned(),
    }
}

fn place() -> Fields {
    Fields::new().with("host", "192.0.2.80").with("port", 7_i64).with("transport", "tcp")
}

fn of_test(pid: Pid, test: &str) -> Asker {
    Asker { test: Some(test.to_owned()), ..asker(pid) }
}

/// Nothing real happens when a mock answers, so no rule is asked; what no mock answers is denied.
#[test]
fn a_mock_answers_before_any_rule() {
    let deny = "[firewall]\ndeny = [\"http://192.0.2.80\"]\n";
    let mut scene = Scene::configured(&(deny.to_owned() + &mock("/a", "reply = { status = 200 }")));

    let ticket = scene.claimed(200, SERVER);

    assert_eq!(scene.get(ticket, "/a"), "mock 200");
    assert_eq!(scene.get(ticket, "/a"), "BF102");
}

/// Connections to other hosts and ports stay direct.
#[test]
fn only_what_a_mock_may_answer_is_read() {
    let mut scene =
        Scene::configured(&("guard = \"off\"\n".to_owned() + &mock("/a", "times = \"any\"")));

    for elsewhere in ["192.0.2.80:81", "192.0.2.81:80"] {
        let outcome = scene.ask(200, connect(elsewhere));
        assert_eq!((outcome.verdict, outcome.claim), (Verdict::Allow, None), "{elsewhere}");
    }
    scene.claimed(200, SERVER);
}

/// Mocks of one request answer one after the other, each as often as it says.
#[test]
fn mocks_are_used_in_order() {
    let text = [
        "sandbox = \"run\"\n".to_owned(),
        mock("/a", "reply = { status = 201 }\ntimes = 2"),
        mock("/a", "reply = { status = 202 }"),
    ];
    let mut scene = Scene::configured(&text.concat());
    let ticket = scene.claimed(200, SERVER);

    let heard: Vec<_> = (0..4).map(|_| scene.get(ticket, "/a")).collect();

    assert_eq!(heard, ["mock 201", "mock 201", "mock 202", "BF104"]);
    let (findings, ..) = scene.ended();
    let nearest = &findings[0].parts[0].1[0];
    assert!(nearest.contains("bigfoot.toml:2 answers this and was used up"), "{nearest}");
}

/// Several replies of one mock come one a call.
#[test]
fn a_sequence_gives_one_reply_a_call() {
    let more = "reply = [{ status = 201 }, { status = 202 }]";
    let mut scene = Scene::configured(&mock("/a", more));
    let ticket = scene.claimed(200, SERVER);

    assert_eq!([scene.get(ticket, "/a"), scene.get(ticket, "/a")], ["mock 201", "mock 202"]);
}

/// Outside a sandbox what no mock answers falls to the level, so that a suite migrates step by step.
#[test]
fn outside_a_sandbox_the_level_decides_the_rest() {
    for (level, heard, found) in [("off", "real", 0), ("warn", "real", 1), ("error", "BF101", 1)] {
        let text = format!("guard = \"{level}\"\n") + &mock("/a", "times = \"any\"");
        let mut scene = Scene::configured(&text);
        let ticket = scene.claimed(200, SERVER);

        assert_eq!(scene.get(ticket, "/b"), heard, "{level}");
        assert_eq!(scene.ended().0.len(), found, "{level}");
    }
}

/// In a sandbox a rule lets a call through for real, which is recorded and needs no assertion.
#[test]
fn an_allowed_call_in_a_sandbox_is_recorded() {
    let rules = "sandbox = \"run\"\n[firewall]\nallow = [\"GET http://192.0.2.80/b\"]\n";
    let mut scene = Scene::configured(&(rules.to_owned() + &mock("/a", "times = \"any\"")));
    let ticket = scene.claimed(200, SERVER);

    assert_eq!([scene.get(ticket, "/b"), scene.get(ticket, "/c")], ["real", "BF104"]);

    let (findings, interactions, _) = scene.ended();
    assert_eq!(findings.len(), 1);
    assert_eq!((&interactions[0].how, interactions[0].asserted), (&How::Real, Asserted::Needless));
}

/// What a mock answered has to be asserted in a sandbox, and only there.
#[test]
fn what_is_recorded_in_a_sandbox_has_to_be_asserted() {
    let mocks = mock("/a", "reply = { status = 200 }")
        + &mock("/b", "reply = { status = 200 }\nassert = \"match\"");
    for (sandbox, expected) in
        [("run", [Asserted::Open, Asserted::Done]), ("none", [Asserted::Needless; 2])]
    {
        let mut scene = Scene::configured(&(format!("sandbox = \"{sandbox}\"\n") + &mocks));
        let ticket = scene.claimed(200, SERVER);
        scene.get(ticket, "/a");
        scene.get(ticket, "/b");

        let (_, interactions, unused) = scene.ended();

        assert_eq!(interactions.iter().map(|it| it.asserted).collect::<Vec<_>>(), expected);
        assert_eq!(unused, [""; 0]);
    }
}

/// A mock that has to be used and was not is told, and so is one that was used too seldom.
#[test]
fn mocks_that_were_not_used_are_told() {
    let text = [
        mock("/a", ""),
        mock("/b", "times = 2"),
        mock("/c", "required = false"),
        mock("/d", "times = \"any\""),
    ];
    let mut scene = Scene::configured(&text.concat());
    let ticket = scene.claimed(200, SERVER);
    scene.get(ticket, "/b");

    let (_, _, unused) = scene.ended();

    assert_eq!(unused.len(), 2, "{unused:?}");
    assert!(unused[0].contains("BF108") && unused[0].contains("/a"), "{unused:?}");
    assert!(unused[1].contains("/b"), "{unused:?}");
}

/// A pass-through is a real call: recorded, to be asserted, and refused where a rule says so.
#[test]
fn a_pass_through_is_real_unless_a_rule_refuses_it() {
    let passes = mock("/a", "pass_through = true");
    for (rules, heard) in [("", "real"), ("[firewall]\ndeny = [\"http://192.0.2.80\"]\n", "BF102")]
    {
        let mut scene = Scene::configured(&("sandbox = \"run\"\n".to_owned() + rules + &passes));
        let ticket = scene.claimed(200, SERVER);

        assert_eq!(scene.get(ticket, "/a"), heard);
        let (_, interactions, unused) = scene.ended();
        let open = interactions.iter().filter(|it| it.asserted == Asserted::Open).count();
        assert_eq!((open, unused.len()), (usize::from(heard == "real"), 0));
    }
}

/// A real answer that is not as the mock says is a mismatch, with what differs.
#[test]
fn a_real_answer_is_compared_with_what_is_expected() {
    for (status, found) in [(200, 0), (500, 1)] {
        let mut scene = Scene::configured(&mock("/a", "spy = true\nreply = { status = 200 }"));
        let ticket = scene.claimed(200, SERVER);
        scene.get(ticket, "/a");

        let reply = Fields::new().with("status", status);
        scene.engine.said(ticket, Said::Completed { number: 1, reply });

        let (findings, interactions, _) = scene.ended();
        assert_eq!(findings.len(), found);
        assert_eq!(interactions[0].reply.number("status"), Some(status));
        if let Some(finding) = findings.first() {
            assert_eq!(finding.code, Code::Mismatch);
            assert!(finding.parts[0].1.iter().any(|line| line.contains("500")), "{finding:?}");
        }
    }
}

/// What is done after the sandbox closed is late, whatever mocks there are for other things.
#[test]
fn a_call_after_the_sandbox_closed_is_late() {
    let mut scene =
        Scene::configured(&("sandbox = \"run\"\n".to_owned() + &mock("/a", "times = \"any\"")));
    let ticket = scene.claimed(200, SERVER);
    scene.engine.close();

    assert_eq!(scene.get(ticket, "/b"), "BF106");
    assert_eq!(scene.verdict(200, connect("192.0.2.99:99")), REFUSED);

    let (findings, ..) = scene.ended();
    assert!(findings.iter().all(|finding| finding.code == Code::Late), "{findings:?}");
    assert!(findings.iter().all(|finding| finding.parts[0].1[0].starts_with("1, ")));
}

/// A mock for some tests answers these only, each as often as it says, and has to be used by those
/// that ran.
#[test]
fn a_mock_for_some_tests_is_theirs() {
    let text = "guard = \"error\"\n".to_owned() + &mock("/a", "test = \"t/test_a.py::*\"");
    let mut scene = Scene::configured(&text);
    let mut heard = |pid: Pid, test: &str| {
        let asked = connect(SERVER);
        let ticket = scene.engine.ask(&of_test(pid, test), asked).claim.unwrap().ticket;
        let heard = scene.get(ticket, "/a");
        scene.engine.said(ticket, Said::Ended);
        heard
    };

    assert_eq!(heard(200, "t/test_a.py::one"), "mock ");
    assert_eq!(heard(200, "t/test_a.py::one"), "BF101");
    assert_eq!(heard(200, "t/test_a.py::two"), "mock ");
    assert_eq!(heard(200, "t/test_b.py::one"), "BF101");

    scene.engine.ask(&of_test(200, "t/test_a.py::three"), Asked::Test);
    let ended = scene.engine_ended();
    let tests: Vec<_> = ended.unused.iter().map(|it| it.test.clone()).collect();
    assert_eq!(tests, [Attribution::Test("t/test_a.py::three".to_owned())]);
}

/// A connection that is kept open is the next test's, once its runner has said so.
#[test]
fn a_kept_connection_is_of_the_test_that_runs_now() {
    let mut scene =
        Scene::configured(&("sandbox = \"run\"\n".to_owned() + &mock("/a", "times = 2")));
    let ticket = scene.engine.ask(&of_test(200, "one"), connect(SERVER)).claim.unwrap().ticket;
    scene.get(ticket, "/a");
    scene.engine.ask(&of_test(200, "two"), Asked::Test);
    scene.get(ticket, "/a");

    let (_, interactions, _) = scene.ended();
    let tests: Vec<_> = interactions.iter().map(|it| it.test.as_deref()).collect();
    assert_eq!(tests, [Some("one"), Some("two")]);
}

/// A refused connection comes to nothing at the connect; the next one is the next mock's.
#[test]
fn a_mock_may_refuse_a_connection() {
    let text =
        mock("/a", "fault = { kind = \"refuse\" }") + &mock("/a", "reply = { status = 200 }");
    let mut scene = Scene::configured(&text);

    let refused = scene.verdict(200, connect(SERVER));
    let ticket = scene.claimed(200, SERVER);

    assert_eq!(refused, Verdict::Deny { errno: nix::libc::ECONNREFUSED });
    assert_eq!(scene.get(ticket, "/a"), "mock 200");
    let (findings, interactions, unused) = scene.ended();
    assert_eq!((findings.len(), interactions.len(), unused.len()), (0, 2, 0));
}

const SESSION: &str = r#"
sandbox = "run"
[[mock]]
source = "socket:connect"
when = { host = "192.0.2.80", port = 7 }
assert = "match"
steps = [
    { source = "socket:exchange", when = { bytes = "A" }, reply = { bytes = "1" } },
    { any_order = [
        { source = "socket:exchange", when = { bytes = "B" }, reply = { bytes = "2" } },
        { source = "socket:exchange", when = { bytes = "C" }, reply = { bytes = "3" } },
    ] },
]
"#;

/// Each step answers in its turn; those of a group in any.
#[test]
fn the_steps_of_a_session_come_in_order() {
    let mut scene = Scene::configured(SESSION);
    let ticket = scene.claimed(200, "192.0.2.80:7");
    scene.engine.answer(ticket, "socket:connect", place());

    let waits = scene.engine.waits(ticket, "socket:exchange", &place().with("bytes", "B"));
    assert_eq!(waits, Wait::Never);
    let heard = ["A", "C", "B"].map(|bytes| scene.exchange(ticket, bytes));

    assert_eq!(heard, ["mock 1", "mock 3", "mock 2"]);
    scene.engine.said(ticket, Said::Ended);
    let (findings, _, unused) = scene.ended();
    assert_eq!((findings.len(), unused.len()), (0, 0), "{unused:?}");
}

/// What would answer is told before all is known of a call, and nothing is recorded.
#[test]
fn an_answer_is_foreseen() {
    let mut scene = Scene::configured(SESSION);
    let ticket = scene.claimed(200, "192.0.2.80:7");
    let foresee = |scene: &mut Scene, fields| {
        let foreseen = scene.engine.foresee(ticket, "socket:exchange", fields);
        (
            foreseen.by,
            foreseen.replies.first().and_then(|reply| reply.text("bytes").map(String::from)),
        )
    };

    assert_eq!(foresee(&mut scene, place()), (By::Nobody, None));
    scene.engine.answer(ticket, "socket:connect", place());
    assert_eq!(foresee(&mut scene, place()), (By::Mock, Some("1".to_owned())));
    assert_eq!(foresee(&mut scene, place().with("bytes", "B")), (By::Nobody, None));

    assert_eq!(scene.ended().1.len(), 1);
}

/// The original compares no step with the call; here another call than the next step's is told.
#[test]
fn what_is_not_the_next_step_is_a_mismatch() {
    let mut scene = Scene::configured(SESSION);
    let ticket = scene.claimed(200, "192.0.2.80:7");
    scene.engine.answer(ticket, "socket:connect", place());

    assert_eq!(scene.exchange(ticket, "B"), "BF105");

    let (findings, ..) = scene.ended();
    let step = &findings[0].parts[0];
    assert_eq!((step.0, step.1[0].contains("bigfoot.toml:")), ("step", true), "{step:?}");
}

/// The original forgets steps that are left when a connection closes; here each of them is told.
#[test]
fn steps_that_are_left_over_are_told() {
    for closed in [true, false] {
        let mut scene = Scene::configured(SESSION);
        let ticket = scene.claimed(200, "192.0.2.80:7");
        scene.engine.answer(ticket, "socket:connect", place());
        scene.exchange(ticket, "A");
        if closed {
            scene.engine.said(ticket, Said::Ended);
        }

        let (_, _, unused) = scene.ended();

        assert_eq!(unused.len(), 2, "{unused:?}");
    }
}

/// A name that a mock answers at is answered by a stand-in, so that no name server matters.
#[test]
fn a_mocked_name_needs_no_name_server() {
    let text = "guard = \"error\"\n[[mock]]\nsource = \"http:request\"\nwhen = { url = \"http://api.example/a\" }\nreply = { status = 200 }\n";
    let mut scene = Scene::configured(text);
    let query = |name: &str| Asked::Lookup {
        query: Query::Name(name.to_owned()),
        known: false,
        sought: Sought::Addresses(None),
    };

    let Verdict::Answer { v4, .. } = scene.verdict(200, query("api.example")) else {
        panic!("no stand-in");
    };
    let address = SocketAddr::from((v4, 80)).to_string();
    let ticket = scene.claimed(200, &address);
    let fields = Fields::new().with("method", "GET").with("url", "http://api.example/a");

    assert_eq!(told(scene.engine.answer(ticket, "http:request", fields)), "mock 200");
    assert_eq!(scene.verdict(200, query("other.example")), REFUSED);
}

/// One mock of the model: which path, how often, which status.
type Model = (u8, u64, u64);

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever mocks there are and whatever is called: the first that fits and is left answers, and
    /// what is left over is told.
    #[test]
    fn consumption_is_the_models(
        mocks in prop::collection::vec((0_u8..4, 1_u64..3), 1..8),
        calls in prop::collection::vec(0_u8..5, 0..20),
    ) {
        let mut model: VecDeque<Model> = VecDeque::new();
        let mut text = "sandbox = \"run\"\n".to_owned();
        for (number, (path, times)) in mocks.iter().enumerate() {
            let status = 201 + number as u64;
            // Path 3 stands for all of them.
            let shown = if *path == 3 { "/*".to_owned() } else { format!("/{path}") };
            text += &mock(&shown, &format!("times = {times}\nreply = {{ status = {status} }}"));
            model.push_back((*path, *times, status));
        }
        let mut scene = Scene::configured(&text);
        let ticket = scene.claimed(200, SERVER);

        for call in calls {
            let heard = scene.get(ticket, &format!("/{call}"));
            let fits = |it: &&mut Model| (it.0 == call || it.0 == 3) && it.1 > 0;
            let expected = match model.iter_mut().find(fits) {
                Some(found) => {
                    found.1 -= 1;
                    format!("mock {}", found.2)
                }
                None => "BF104".to_owned(),
            };
            prop_assert_eq!(heard, expected);
        }
        let left = model.iter().filter(|it| it.1 > 0).count();
        prop_assert_eq!(scene.ended().2.len(), left);
    }
}

/// A real answer that never came is not as expected, whether the server was away or the guest left.
#[test]
fn a_real_answer_that_never_came_is_a_mismatch() {
    for told in [true, false] {
        let mut scene = Scene::configured(&mock("/a", "spy = true\nreply = { status = 200 }"));
        let ticket = scene.claimed(200, SERVER);
        scene.get(ticket, "/a");
        if told {
            scene.engine.said(ticket, Said::Completed { number: 1, reply: Fields::new() });
        }
        scene.engine.said(ticket, Said::Ended);

        let (findings, ..) = scene.ended();

        let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [Code::Mismatch], "told: {told}");
    }
}

/// One process may send datagrams to one address for several tests.
#[test]
fn datagrams_are_of_the_test_that_sends_them() {
    let text = "[[mock]]\nsource = \"socket:exchange\"\nwhen = { host = \"192.0.2.80\", port = 7 }\ntimes = \"any\"\n";
    let mut scene = Scene::configured(text);
    let mut ticket = |test: &str| {
        let asked = Asked::Connect {
            transport: Transport::Datagram,
            peer: Peer::Internet("192.0.2.80:7".parse().unwrap()),
            own: false,
            vacant: false,
        };
        scene.engine.ask(&of_test(200, test), asked).claim.unwrap().ticket
    };

    let tickets = ["a", "b", "a"].map(&mut ticket);

    assert_eq!(tickets[0], tickets[2]);
    assert_ne!(tickets[0], tickets[1]);
}

/// A plugin that does not speak by datagrams is handed none: they are decided as any other call.
#[test]
fn a_datagram_to_where_only_streams_are_mocked_is_decided() {
    let mut scene =
        Scene::configured(&("sandbox = \"run\"\n".to_owned() + &mock("/a", "times = \"any\"")));
    let asked = Asked::Connect {
        transport: Transport::Datagram,
        peer: Peer::Internet(SERVER.parse().unwrap()),
        own: false,
        vacant: false,
    };

    assert_eq!(scene.verdict(200, asked), REFUSED);

    assert_eq!(scene.ended().0[0].code, Code::Unmocked);
}

/// A request on a connection that is not known is refused, and the run is not clean.
#[test]
fn a_request_on_an_unknown_connection_fails_the_run() {
    let mut scene = Scene::configured(&mock("/a", "times = \"any\""));

    assert_eq!(scene.get(77, "/a"), "the");

    assert_eq!(scene.engine_ended().untold, 1);
}
