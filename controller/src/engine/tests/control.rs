//! What tests say, and whose each call is.

use std::collections::HashSet;

use bigfoot_ipc::control::Outcome as Heard;

use super::*;
use crate::config::told;

/// The process of the tests, each on a thread of its own.
const RUNNER: Pid = 500;
/// Its threads at the top of two lineages.
const ONE: u32 = 501;
const TWO: u32 = 502;

/// A run in which tests speak.
struct Speaking {
    engine: Engine,
    sandboxes: HashMap<u64, u32>,
    /// The threads of the process.
    threads: HashSet<u32>,
    /// Clock ticks since the machine started.
    ticks: u64,
}

impl Speaking {
    fn new() -> Self {
        let levels = Levels::new(Level::Error, BTreeMap::new());
        let setup = Setup { responder: 9, ..Setup::default() };
        let tools = Tools::new(&[]).unwrap();
        let mut engine = Engine::new(Policy::new(Vec::new(), levels), tools, setup);
        engine.processes().hello(RUNNER, 1, 0, || None, || None);
        let threads = HashSet::from([RUNNER, ONE, TWO]);
        Self { engine, sandboxes: HashMap::new(), threads, ticks: 100 }
    }

    /// Two tests that run at once, whose mocks of one name answer differently.
    fn two() -> Self {
        let mut speaking = Self::new();
        for (speaker, thread) in [(1, ONE), (2, TWO)] {
            speaking.begin(speaker, thread);
            speaking.mock(speaker, &format!("10.0.0.{speaker}"));
            speaking.open(speaker);
        }
        speaking
    }

    fn begin(&mut self, speaker: u64, thread: u32) {
        let beginning = Beginning {
            pid: RUNNER,
            thread,
            name: format!("test_{speaker}"),
            origin: origin(),
            language: "rust".to_owned(),
        };
        assert!(matches!(
            self.say(speaker, Word::Begin(beginning)),
            Told::Heard(Heard::Welcome { .. })
        ));
    }

    fn say(&mut self, speaker: u64, word: Word) -> Told {
        self.ticks += 1;
        self.engine.control(speaker, word)
    }

    fn now(&self) -> Moment {
        Moment { threads: self.threads.clone(), ticks: self.ticks }
    }

    fn mock(&mut self, speaker: u64, address: &str) -> Told {
        let text = format!(
            r#"{{"source": "dns:lookup", "when": {{"name": "db"}}, "reply": {{"addresses": ["{address}"]}}}}"#
        );
        let mock = told::mock(&text, origin(), std::path::Path::new("/")).unwrap();
        self.say(speaker, Word::Mock(Box::new(mock)))
    }

    fn open(&mut self, speaker: u64) {
        let word = Word::Open(self.now());
        let Told::Heard(Heard::Opened { sandbox }) = self.say(speaker, word) else {
            panic!("no sandbox");
        };
        self.sandboxes.insert(speaker, sandbox);
    }

    fn close(&mut self, speaker: u64) -> Told {
        let word = Word::Close(self.sandboxes[&speaker], self.now());
        self.say(speaker, word)
    }

    fn assert(&mut self, speaker: u64, fields: &str) -> Told {
        let said = ("dns:lookup", fields, "{}");
        let expected = told::expected(said, &[], origin(), std::path::Path::new("/")).unwrap();
        self.say(speaker, Word::Assert(Box::new(expected)))
    }

    fn check(&mut self, speaker: u64) -> Vec<Code> {
        let word = Word::Check(self.now());
        let Told::Checked(findings, broken, _) = self.say(speaker, word) else {
            panic!("not verified");
        };
        let codes = findings.iter().map(|it| it.code).chain(broken.iter().map(|it| it.code));
        codes.collect()
    }

    /// The last number of the address that a look-up gives, or None where it is refused.
    fn look_up(&mut self, asker: &Asker) -> Option<u8> {
        let query = Query::Name("db".to_owned());
        let sought = Sought::Addresses(Some(crate::plugins::dns::Family::V4));
        let verdict = self.engine.ask(asker, Asked::Lookup { query, known: false, sought }).verdict;
        match verdict {
            Verdict::Found { addresses, .. } => Some(addresses[0][15]),
            _ => None,
        }
    }
}

fn origin() -> Origin {
    Origin::File("tests/a.rs".to_owned(), 7)
}

/// A thread of the process of the tests.
fn thread(lineage: u32, thread: u32) -> Asker {
    Asker { lineage, thread, ..asker(RUNNER) }
}

/// Each test is answered by its own mock, in its own threads and those that these make.
#[test]
fn a_thread_is_answered_by_its_own_test() {
    let mut speaking = Speaking::two();

    assert_eq!(speaking.look_up(&thread(TWO, TWO)), Some(2));
    assert_eq!(speaking.look_up(&thread(ONE, 777)), Some(1));
}

/// A process that a test started belongs to it, and so does what that starts.
#[test]
fn a_process_is_answered_by_the_test_that_started_it() {
    let mut speaking = Speaking::two();
    let by = Some((RUNNER, TWO));
    let target = Target::at("/usr/bin/curl".into());
    let started = Started { target, line: String::new(), by, own: None, spawns: false };
    let start = speaking.engine.processes().start(started);
    let stand = speaking.engine.attributed(&thread(TWO, TWO)).stand;
    speaking.engine.sandboxes.born(start, stand);
    speaking.engine.processes().hello(600, RUNNER, start, || None, || None);

    assert_eq!(speaking.look_up(&asker(600)), Some(2));
}

/// A fork belongs to the test whose thread forked it, and a fork of that too.
#[test]
fn a_fork_is_answered_by_the_test_that_forked_it() {
    let mut speaking = Speaking::two();
    speaking.engine.processes().hello(700, RUNNER, 0, || None, || None);
    speaking.engine.processes().hello(701, 700, 0, || None, || None);

    assert_eq!(speaking.look_up(&Asker { lineage: ONE, ..asker(700) }), Some(1));
}

/// A thread that no test made is nobody's while sandboxes are open, unless it enters one.
#[test]
fn a_strange_thread_is_nobodys_until_it_enters_a_test() {
    let mut speaking = Speaking::two();
    let strange = thread(900, 900);

    assert_eq!(speaking.look_up(&strange), None);
    speaking.say(2, Word::Enter(900));
    assert_eq!(speaking.look_up(&strange), Some(2));
    speaking.say(2, Word::Leave(900));

    assert_eq!(speaking.look_up(&strange), None);
    let codes: Vec<Code> =
        speaking.engine.finish().found.into_iter().map(|it| it.finding.code).collect();
    assert_eq!(codes, [Code::Unattributed]);
}

/// A test that does not speak to us is in nobody's sandbox.
#[test]
fn a_plain_test_is_outside() {
    let mut speaking = Speaking::two();
    let plain = Asker { test: Some("plain".to_owned()), ..thread(901, 901) };

    assert_eq!(speaking.look_up(&plain), None);

    let found = speaking.engine.finish().found;
    assert_eq!(found[0].finding.code, Code::Guarded);
}

/// A thread that began in a sandbox makes its call too late; the test's own is outside by then.
#[test]
fn what_began_in_a_sandbox_is_late() {
    let mut speaking = Speaking::two();
    speaking.threads.insert(777);
    speaking.close(1);

    assert_eq!(speaking.look_up(&thread(ONE, 777)), None);
    assert_eq!(speaking.look_up(&thread(ONE, ONE)), None);

    let codes: Vec<Code> =
        speaking.engine.finish().found.into_iter().map(|it| it.finding.code).collect();
    assert_eq!(codes, [Code::Late, Code::Guarded]);
}

/// The three rules, each broken and kept.
#[test]
fn a_test_is_told_what_it_broke() {
    let mut speaking = Speaking::two();
    speaking.look_up(&thread(ONE, ONE));
    speaking.look_up(&thread(ONE, ONE)); // its mock is used up
    speaking.close(1);
    speaking.close(2);

    assert_eq!(speaking.check(1), [Code::Unmocked, Code::Unasserted]);
    assert_eq!(speaking.check(2), [Code::Unused]);
}

/// What was done is asserted once, behind the sandbox, and nothing is left then.
#[test]
fn an_assertion_takes_what_was_done() {
    let mut speaking = Speaking::two();
    speaking.look_up(&thread(ONE, ONE));
    assert!(refused(&speaking.assert(1, r#"{"name": "db"}"#)).contains("open sandbox"));
    speaking.close(1);

    assert!(refused(&speaking.assert(1, r#"{"name": {"any": true}}"#)).contains("says nothing"));
    assert!(matches!(speaking.assert(1, r#"{"name": "other"}"#), Told::Violated(_)));
    let asserted = speaking.assert(1, r#"{"name": "db", "type": {"any": true}}"#);
    assert!(matches!(asserted, Told::Heard(Heard::Asserted { .. })), "{asserted:?}");
    assert!(matches!(speaking.assert(1, r#"{"name": "db"}"#), Told::Violated(_)));
    assert_eq!(speaking.check(1), []);
}

/// What cannot be is refused in words: a mock in a sandbox, a sandbox closed twice, a second end.
#[test]
fn what_cannot_be_is_refused() {
    let mut speaking = Speaking::two();
    assert!(refused(&speaking.mock(1, "10.0.0.9")).contains("before the sandbox is opened"));
    speaking.close(1);
    assert!(refused(&speaking.close(1)).contains("not open"));
    speaking.check(1);
    assert!(refused(&speaking.say(1, Word::AnyOrder(true))).contains("verified already"));
    assert!(refused(&speaking.say(9, Word::AnyOrder(true))).contains("who it is"));
}

/// A test whose connection ends before it was verified is told of; its mocks answer nobody any more.
#[test]
fn a_test_that_goes_is_told_of() {
    let mut speaking = Speaking::two();

    let word = Word::Gone(speaking.now());
    let Told::Note(Some(note)) = speaking.say(1, word) else {
        panic!("no note");
    };

    assert!(note.contains("test_1") && note.contains("tests/a.rs:7"), "{note}");
    assert_eq!(speaking.look_up(&thread(ONE, ONE)), None);
    assert_eq!(speaking.look_up(&thread(TWO, TWO)), Some(2));
}

fn refused(told: &Told) -> String {
    match told {
        Told::Heard(Heard::Refused { reason }) => reason.clone(),
        other => panic!("not refused: {other:?}"),
    }
}
