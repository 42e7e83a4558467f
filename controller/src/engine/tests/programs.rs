//! Mocked programs: which starts are stood in for, and what each stand-in is told.

use std::sync::Arc;

use super::*;
use crate::fields::Fields;
use crate::mocks::{Act, Matcher, Times, When};
use crate::plugins;
use crate::plugins::subprocess::answer::{Played, Told};
use crate::processes::Role;

type Waits = Vec<(&'static str, Matcher)>;

/// A mock of this command, once.
fn mock(command: &str, more: Waits, reply: Fields) -> Mock {
    let (plugin, shape) = plugins::source("subprocess:run").unwrap();
    let words = command.split(' ').map(exact).collect();
    let argv = ("argv", Matcher::Words { words, rest: false });
    Mock {
        plugin,
        shape,
        when: When([vec![argv], more].concat()),
        act: Act::Replies(vec![Arc::new(reply)]),
        times: Times::ONCE,
        test: None,
        asserts: true,
        steps: Vec::new(),
        origin: Origin::Flag("--mock"),
    }
}

fn exact(text: &str) -> Matcher {
    Matcher::Exact(text.into())
}

fn out(text: &str) -> Fields {
    Fields::new().with("stdout", text)
}

/// Under error, with no rule, and with these mocks.
fn scene(command: &str, mocks: Vec<Mock>) -> Scene {
    scene_at(Level::Error, command, mocks)
}

fn scene_at(level: Level, command: &str, mocks: Vec<Mock>) -> Scene {
    let mut scene = Scene::new(level, vec![]);
    let policy = Policy::new(vec![], Levels::new(level, BTreeMap::new()));
    let setup = Setup { mocks, ..Setup::default() };
    scene.engine = Engine::new(policy, Tools::new(&[]).unwrap(), setup);
    scene.command(command)
}

/// A program that is nowhere.
fn missing(name: &str) -> Target {
    Target::at(format!("/nowhere/{name}").into())
}

impl Scene {
    /// The number of a stand-in that is started in place of a program, and whether it reads.
    fn stands(&mut self, target: Target, words: &[&str]) -> (u64, bool) {
        match self.verdict(COMMAND, exec(target, words, true)) {
            Verdict::StandIn { number, reads, .. } => (number, reads),
            verdict => panic!("not stood in for: {verdict:?}"),
        }
    }

    fn told(&mut self, number: u64, told: Told) -> Option<Standing> {
        self.ask(101, Asked::Stand { number, told, target: None }).standing
    }
}

fn plays(text: &str) -> Option<Standing> {
    Some(Standing::Play(Played::of(&out(text))))
}

/// A program that is not installed is stood in for; one that no mock names is as missing as ever.
#[test]
fn a_missing_program_is_stood_in_for_where_a_mock_names_it() {
    let mut scene = scene("bin/suite", vec![mock("kubectl get", vec![], out("pods"))]);

    let (number, reads) = scene.stands(missing("kubectl"), &["kubectl", "get"]);
    let other = scene.verdict(COMMAND, exec(missing("other"), &["other"], true));

    assert!(!reads);
    assert_eq!(scene.told(number, Told::default()), plays("pods"));
    assert_eq!(other, Verdict::Allow, "the kernel says that it is not there");
    assert!(scene.findings().is_empty());
}

/// What would be no call of a guest's own is mocked all the same; so is what a tool starts.
#[test]
fn mocks_come_before_every_exemption() {
    let mut suite = scene("bin/suite", vec![mock("suite worker", vec![], out("played"))]);
    let again = suite.program("bin/suite");
    suite.stands(again, &["suite", "worker"]);

    let mut make = scene("make", vec![mock("kubectl get", vec![], out("played"))]);
    assert_eq!(make.role(COMMAND), Role::Tool);
    make.stands(missing("kubectl"), &["kubectl", "get"]);
}

/// Mocks are used up in the order of the starts, however late a stand-in asks.
#[test]
fn stand_ins_are_told_in_the_order_of_their_starts() {
    let mocks = vec![mock("kubectl", vec![], out("1")), mock("kubectl", vec![], out("2"))];
    let mut scene = scene("bin/suite", mocks);

    let (first, _) = scene.stands(missing("kubectl"), &["kubectl"]);
    let (second, _) = scene.stands(missing("kubectl"), &["kubectl"]);

    assert_eq!(scene.told(second, Told::default()), plays("2"));
    assert_eq!(scene.told(first, Told::default()), plays("1"));
}

/// A part is played once: whoever says its number again is refused, and so is who invents one.
#[test]
fn a_part_is_played_once() {
    let mut scene = scene("bin/suite", vec![mock("kubectl", vec![], out("1"))]);
    let (number, _) = scene.stands(missing("kubectl"), &["kubectl"]);

    assert_eq!(scene.told(number, Told::default()), plays("1"));
    let refused = Some(Standing::Play(Played::refused(126, "its part was played already")));
    assert_eq!(scene.told(number, Told::default()), refused);
    assert_eq!(scene.told(7777, Told::default()), refused);
}

/// What only the process knows is waited for: of two commands that are the same so far, each gets its own.
#[test]
fn a_stand_in_is_told_by_what_it_reads() {
    let stdin = |text: &str| vec![("stdin", exact(text))];
    let mocks = vec![
        mock("kubectl apply", stdin("a"), out("was a")),
        mock("kubectl apply", stdin("b"), out("was b")),
    ];
    let mut scene = scene("bin/suite", mocks);
    let given = |text: &str| Told { input: Some(text.into()), ..Told::default() };

    let (first, reads) = scene.stands(missing("kubectl"), &["kubectl", "apply"]);
    let (second, _) = scene.stands(missing("kubectl"), &["kubectl", "apply"]);

    assert!(reads);
    assert_eq!(scene.told(first, given("b")), plays("was b"));
    assert_eq!(scene.told(second, given("a")), plays("was a"));
}

/// A script calls a mocked command in another way: whether it is there or not, that is a call of the
/// tests' own.
#[test]
fn a_tool_that_calls_a_mocked_command_otherwise_is_told() {
    let mut make = scene("make", vec![mock("kubectl get", vec![], out("pods"))]);
    let found = |words: &[&str], target: Target| match exec(target, words, true) {
        Asked::Exec { target, arguments, spawns, cwd, .. } => Asked::Exec {
            target,
            arguments,
            spawns,
            cwd,
            stood: true,
            installed: false,
            named: None,
        },
        asked => asked,
    };

    let installed = make.program("bin/kubectl");
    let real = make.verdict(COMMAND, found(&["kubectl", "drop"], installed));
    let verdict = make.verdict(COMMAND, found(&["kubectl", "drop"], missing("kubectl")));
    let other = make.program("bin/cc-wrapper");
    make.started(COMMAND, found(&["cc-wrapper"], other));

    assert_eq!([real, verdict], [REFUSED, Verdict::Deny { errno: nix::libc::ENOENT }]);
    let codes: Vec<_> = make.findings().iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::Guarded, Code::Unmocked]);
}

/// What was read and no mock answers falls to the rules; a program that may run is run.
#[test]
fn a_stand_in_that_no_mock_answers_falls_to_the_rules() {
    let stdin = || vec![("stdin", exact("a"))];
    let given = |text: &str| Told { input: Some(text.into()), ..Told::default() };
    let mut guarded = scene("bin/suite", vec![mock("sort", stdin(), out(""))]);
    let mut free = scene_at(Level::Off, "make", vec![mock("sort", stdin(), out(""))]);

    let target = guarded.program("bin/sort");
    let (number, _) = guarded.stands(target, &["sort"]);
    let refused = guarded.told(number, given("b"));
    let target = free.program("bin/sort");
    let (number, _) = free.stands(target.clone(), &["sort"]);
    let real = free.told(number, given("b"));

    let words = "it is refused; the run's report says why";
    assert_eq!(refused, Some(Standing::Play(Played::refused(126, words))));
    assert_eq!(guarded.findings().len(), 1);
    let Some(Standing::Become { program, arm: true, .. }) = real else { panic!("{real:?}") };
    assert_eq!(program, target.program);
}

/// A start that a mock lets fail is no start.
#[test]
fn a_mocked_failure_starts_nothing() {
    let failing = |error: &str| Fields::new().with("error", error);
    let mocks = vec![
        mock("docker", vec![], failing("not-found")),
        mock("docker", vec![], failing("permission")),
    ];
    let mut scene = scene("bin/suite", mocks);
    let docker = scene.program("bin/docker");

    let verdicts = [0, 1].map(|_| scene.verdict(COMMAND, exec(docker.clone(), &["docker"], true)));

    let errno = |errno| Verdict::Deny { errno };
    assert_eq!(verdicts, [errno(nix::libc::ENOENT), errno(nix::libc::EACCES)]);
}

/// A stand-in that was found on PATH, unseen, is known by what it tells of itself.
#[test]
fn an_unseen_start_is_answered_too() {
    let mut scene = scene("bin/suite", vec![mock("kubectl get", vec![], out("pods"))]);
    let unseen = |words: &[&str]| Asked::Stand {
        number: 0,
        told: Told {
            arguments: words.iter().map(|word| word.as_bytes().to_vec()).collect(),
            ..Told::default()
        },
        target: Some(missing("kubectl")),
    };

    assert_eq!(scene.ask(101, unseen(&["kubectl", "get"])).standing, plays("pods"));
    let refused = scene.ask(101, unseen(&["kubectl", "drop"])).standing;

    let words = "no mock answers it, and it is not there";
    assert_eq!(refused, Some(Standing::Play(Played::refused(127, words))));
    assert_eq!(scene.findings().len(), 1);
}

/// Stand-ins are ours: no process of the run's, and nothing is unseen of them.
#[test]
fn stand_ins_are_no_gap_in_what_is_seen() {
    let mut scene = scene("bin/suite", vec![mock("kubectl", vec![], out("1"))]);

    scene.stands(missing("kubectl"), &["kubectl"]);

    let coverage = scene.coverage();
    assert_eq!((coverage.processes, coverage.armed, coverage.blind.len()), (1, 1, 0));
}
