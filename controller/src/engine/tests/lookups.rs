//! Look-ups that mocks answer: by libc, and by resolvers of the programs' own.

use std::net::Ipv6Addr;
use std::sync::Arc;

use super::*;
use crate::fields::Fields;
use crate::mocks::{Act, Matcher, Mock, Times, When};
use crate::plugins::conversation::{Answer, Fault};
use crate::plugins::dns::{self, Family};
use crate::plugins::{self, card::FaultKind};

/// A run with these mocks and nothing else; look-ups that none answers are refused.
fn scene(mocks: Vec<Mock>) -> Scene {
    let mut scene = Scene::new(Level::Error, Vec::new());
    let policy = Policy::new(Vec::new(), Levels::new(Level::Error, BTreeMap::new()));
    let setup = Setup { mocks, responder: 5353, ..Setup::default() };
    scene.engine = Engine::new(policy, Tools::new(&[]).unwrap(), setup);
    scene.command("app")
}

fn mock(when: &[(&'static str, &str)], reply: Fields) -> Mock {
    let (plugin, shape) = plugins::source(dns::SOURCE).unwrap();
    let exact = |(name, text): &(&'static str, &str)| (*name, Matcher::Exact((*text).into()));
    Mock {
        plugin,
        shape,
        when: When(when.iter().map(exact).collect()),
        act: Act::Replies(vec![Arc::new(reply)]),
        times: Times::ONCE,
        test: None,
        asserts: true,
        steps: Vec::new(),
        origin: Origin::Flag("--mock"),
    }
}

fn addresses(list: &[&str]) -> Fields {
    let words: Vec<Vec<u8>> = list.iter().map(|text| text.as_bytes().to_vec()).collect();
    Fields::new().with("addresses", words)
}

fn sought(name: &str, sought: Sought) -> Asked {
    Asked::Lookup { query: Query::Name(name.into()), known: false, sought }
}

fn found(verdict: &Verdict) -> Vec<String> {
    let Verdict::Found { count, addresses } = verdict else {
        panic!("{verdict:?}");
    };
    let text = |octets: &[u8; 16]| Ipv6Addr::from(*octets).to_canonical().to_string();
    addresses[..usize::from(*count)].iter().map(text).collect()
}

/// One call for both families is one use of the mock; a second one has none left.
#[test]
fn a_mock_answers_one_call_for_both_families() {
    let list = addresses(&["192.0.2.1", "2001:db8::1"]);
    let mut scene = scene(vec![mock(&[("name", "api.example")], list)]);

    assert_eq!(
        found(&scene.verdict(COMMAND, look_up("api.example"))),
        ["192.0.2.1", "2001:db8::1"]
    );
    assert_eq!(scene.verdict(COMMAND, look_up("api.example")), REFUSED);
}

/// A call for one family hears of that; its connection is known by the name.
#[test]
fn a_family_is_answered_alone_and_its_address_is_known_by_name() {
    let list = addresses(&["192.0.2.1", "2001:db8::1"]);
    let mut scene = scene(vec![mock(&[("name", "api.example")], list)]);

    let family = sought("api.example", Sought::Addresses(Some(Family::V6)));
    assert_eq!(found(&scene.verdict(COMMAND, family)), ["2001:db8::1"]);

    assert_eq!(scene.engine.names.of("2001:db8::1".parse().unwrap()), ["api.example"]);
}

/// Two mocks of one family each are one answer, and both are used; one alone answers alone.
#[test]
fn mocks_of_one_family_answer_their_halves() {
    let half = |kind, address: &str| {
        mock(&[("name", "api.example"), ("type", kind)], addresses(&[address]))
    };
    let mocks = vec![half("AAAA", "2001:db8::1"), half("A", "192.0.2.1"), half("A", "192.0.2.2")];
    let mut scene = scene(mocks);

    assert_eq!(
        found(&scene.verdict(COMMAND, look_up("api.example"))),
        ["192.0.2.1", "2001:db8::1"]
    );
    assert_eq!(found(&scene.verdict(COMMAND, look_up("api.example"))), ["192.0.2.2"]);
}

/// A name that is mocked away fails with libc's own code.
#[test]
fn a_mocked_error_is_a_code() {
    let missing = mock(&[("name", "gone.example")], Fields::new().with("error", "nxdomain"));
    let mut scene = scene(vec![missing]);

    let verdict = scene.verdict(COMMAND, look_up("gone.example"));

    assert_eq!(verdict, Verdict::NotFound { code: nix::libc::EAI_NONAME });
}

/// Records and names of addresses are no verdicts: the guest is sent to our name server, once a mock
/// answers them, and for nothing else.
#[test]
fn records_are_answered_by_our_name_server() {
    let words = |text: &str| Fields::new().with("records", vec![text.as_bytes().to_vec()]);
    let mut scene = scene(vec![
        mock(&[("name", "a.example"), ("type", "MX")], words("10 mail.example")),
        mock(&[("name", "7.2.0.192.in-addr.arpa"), ("type", "PTR")], words("host.example")),
    ]);
    let is_ours = |outcome: Outcome| {
        let claim = outcome.claim.map(|claim| claim.plugin.card().name);
        matches!(outcome.verdict, Verdict::Redirect { .. }) && claim == Some("dns")
    };

    assert!(is_ours(scene.ask(COMMAND, sought("a.example", Sought::Records(Some(15))))));
    assert!(!is_ours(scene.ask(COMMAND, sought("a.example", Sought::Records(Some(16))))));
    let backwards = |address: &str| {
        let query = Query::Address(address.parse().unwrap());
        Asked::Lookup { query, known: false, sought: Sought::Name }
    };
    assert!(is_ours(scene.ask(COMMAND, backwards("192.0.2.7"))));
    assert!(!is_ours(scene.ask(COMMAND, backwards("192.0.2.8"))));
}

/// A resolver of a program's own, which asks by datagrams.
struct Resolver {
    scene: Scene,
    ticket: u32,
}

impl Resolver {
    fn of(mut scene: Scene) -> Self {
        let peer = Peer::Internet("203.0.113.53:53".parse().unwrap());
        let transport = Transport::Datagram;
        let asked = Asked::Connect { transport, peer, own: false, vacant: false };
        let claim = scene.ask(COMMAND, asked).claim.expect("a connection that is answered");
        Self { scene, ticket: claim.ticket }
    }

    fn ask(&mut self, fields: Fields) -> Answer {
        self.scene.engine.answer(self.ticket, dns::SOURCE, fields)
    }

    /// Whether a mock answers.
    fn is_mocked(&mut self, fields: Fields) -> bool {
        matches!(self.ask(fields), Answer::Mocked(_))
    }
}

/// Resolvers ask for each family by itself; together that is one look-up, and one use of the mock.
#[test]
fn two_questions_of_one_look_up_use_a_mock_once() {
    let list = addresses(&["192.0.2.1"]);
    let twice =
        Mock { times: Times { min: 2, max: Some(2) }, ..mock(&[("name", "api.example")], list) };
    let mut resolver = Resolver::of(scene(vec![twice]));
    let [v4, v6] = [Family::V4, Family::V6].map(|family| dns::family("api.example", family));

    for fields in [&v4, &v6, &v6, &v4] {
        assert!(resolver.is_mocked(fields.clone()));
    }

    assert!(!resolver.is_mocked(v4));
    assert!(resolver.scene.engine.mocks.lacking().is_empty());
}

/// A mock of one family is not the other's answer.
#[test]
fn a_mock_of_one_family_is_no_answer_for_the_other() {
    let only = mock(&[("name", "api.example"), ("type", "A")], addresses(&["192.0.2.1"]));
    let mut resolver = Resolver::of(scene(vec![only]));

    assert!(resolver.is_mocked(dns::family("api.example", Family::V4)));
    assert!(!resolver.is_mocked(dns::family("api.example", Family::V6)));
}

/// A client that hears nothing asks again; that is the same look-up, and goes on hearing nothing. A
/// further mock is for the next try.
#[test]
fn a_question_that_is_sent_again_hears_nothing_again() {
    let fault = Fault { kind: FaultKind::Timeout, after: 0, delay_ms: 0 };
    let silent = Mock {
        act: Act::Fault(fault, Arc::default()),
        ..mock(&[("name", "slow.example")], Fields::new())
    };
    let later = mock(&[("name", "slow.example"), ("type", "A")], addresses(&["192.0.2.1"]));
    let fields = dns::family("slow.example", Family::V4);
    let silence =
        |answer: Answer| matches!(answer, Answer::Mocked(reply) if dns::is_silent(&reply));

    let mut resolver = Resolver::of(scene(vec![silent.clone()]));
    for _ in 0..5 {
        assert!(silence(resolver.ask(fields.clone())));
    }
    assert!(resolver.scene.findings().is_empty());

    let mut resolver = Resolver::of(scene(vec![silent, later]));
    assert!(silence(resolver.ask(fields.clone())));
    assert!(!silence(resolver.ask(fields.clone())));
    assert!(silence(resolver.ask(fields)));
}

/// What no mock answers is refused by its name, whatever is asked of it.
#[test]
fn an_unmocked_question_is_refused_by_its_name() {
    let mut resolver =
        Resolver::of(scene(vec![mock(&[("name", "a.example")], addresses(&["192.0.2.1"]))]));

    assert!(matches!(resolver.ask(dns::records_of("b.example", 15)), Answer::Refused(_)));

    let findings = resolver.scene.findings();
    let call = Call::Lookup(Lookup { query: Query::Name("b.example".into()) });
    assert_eq!(findings.iter().map(|it| &it.call).collect::<Vec<_>>(), [&call]);
}
