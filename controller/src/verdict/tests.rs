//! The order of decision, held against a model that is nothing but the order.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::call::{Connect, Peer, Transport};
use crate::rules::{Frame, Levels, Origin, Place, Rule, TestGlob};

/// What the rules of a frame say of the one call: each list has a rule that means it, one that does
/// not, or none.
#[derive(Debug, Clone, Copy)]
struct Said {
    allow: Option<bool>,
    deny: Option<bool>,
    restrict: Option<bool>,
    /// The frame holds for test `a` only.
    of_test: bool,
}

/// The call, a rule that means it, and one that does not.
const ADDRESS: &str = "192.0.2.1:80";
const MEANT: &str = "http://192.0.2.1";
const OTHER: &str = "redis:*";

impl Said {
    fn frame(self) -> Frame {
        let rules = |meant: Option<bool>, flag| -> Vec<Rule> {
            let text = meant.map(|meant| if meant { MEANT } else { OTHER });
            let rule = |text| Rule::parse(text, Origin::Flag(flag), &Place::at("/")).unwrap();
            text.map(rule).into_iter().collect()
        };
        let mut frame = Frame::new(Origin::Flag("--restrict"));
        frame.allow = rules(self.allow, "--allow");
        frame.deny = rules(self.deny, "--deny");
        frame.restrict = rules(self.restrict, "--restrict");
        frame.test = self.of_test.then(|| TestGlob::parse("a").unwrap());
        frame
    }

    /// In one frame deny beats allow.
    fn word(self) -> Option<Word> {
        if self.deny == Some(true) {
            Some(Word::Denied)
        } else if self.allow == Some(true) {
            Some(Word::Allowed)
        } else {
            None
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Allowed,
    Denied,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Pass,
    Allowed,
    Warned,
    Denied,
    Restricted,
    Guarded,
    Passed,
    Unmocked,
    Late,
    Unattributed,
}

/// The order: what the innermost frame that speaks denies; then restrictions; then what it allows;
/// then what a mock lets pass; then plumbing and tools, whom no restriction concerns; then the sandbox;
/// then the level.
fn expected(said: &[Said], level: Level, about: Circumstances<'_>) -> Expected {
    let held: Vec<Said> =
        said.iter().copied().filter(|said| !said.of_test || about.test == Some("a")).collect();
    let spared = about.by_tool || about.plumbing;
    let outside = held.iter().any(|said| said.restrict == Some(false));
    let word = held.iter().rev().find_map(|said| said.word());
    match (outside, word, level) {
        (_, Some(Word::Denied), _) => Expected::Denied,
        (true, ..) if spared => Expected::Pass,
        (true, ..) => Expected::Restricted,
        (false, Some(Word::Allowed), _) => Expected::Allowed,
        (false, None, _) if about.passes => Expected::Passed,
        (false, None, _) if spared => Expected::Pass,
        (false, None, level) => match (about.sandbox, level) {
            (Sandboxed::Inside, _) => Expected::Unmocked,
            (Sandboxed::Closed, _) => Expected::Late,
            (Sandboxed::Unknown, _) => Expected::Unattributed,
            (Sandboxed::Outside, Level::Off) => Expected::Pass,
            (Sandboxed::Outside, Level::Warn) => Expected::Warned,
            (Sandboxed::Outside, Level::Error) => Expected::Guarded,
        },
    }
}

fn found(judgement: Judgement<'_>) -> Expected {
    match judgement {
        Judgement::Pass => Expected::Pass,
        Judgement::Allowed(Decision::Allowed { rule }) if rule.text() == MEANT => Expected::Allowed,
        Judgement::Denied(Decision::Denied { rule }) if rule.text() == MEANT => Expected::Denied,
        Judgement::Denied(Decision::Restricted { .. }) => Expected::Restricted,
        Judgement::Warned => Expected::Warned,
        Judgement::Guarded => Expected::Guarded,
        Judgement::Passed => Expected::Passed,
        Judgement::Unmocked => Expected::Unmocked,
        Judgement::Late => Expected::Late,
        Judgement::Unattributed => Expected::Unattributed,
        other => panic!("a word that no rule said: {other:?}"),
    }
}

fn call() -> Call {
    let peer = Peer::Internet(ADDRESS.parse().unwrap());
    Call::Connect(Connect { transport: Transport::Stream, peer, names: Vec::new() })
}

fn said() -> impl Strategy<Value = Said> {
    let meant = || prop_oneof![2 => Just(None), 1 => Just(Some(true)), 1 => Just(Some(false))];
    (
        meant(),
        meant(),
        prop_oneof![3 => Just(None), 1 => any::<bool>().prop_map(Some)],
        any::<bool>(),
    )
        .prop_map(|(allow, deny, restrict, of_test)| Said { allow, deny, restrict, of_test })
}

fn sandbox() -> impl Strategy<Value = Sandboxed> {
    prop_oneof![
        Just(Sandboxed::Outside),
        Just(Sandboxed::Inside),
        Just(Sandboxed::Closed),
        Just(Sandboxed::Unknown),
    ]
}

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::Off), Just(Level::Warn), Just(Level::Error)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the frames, the level and the caller: the verdict is the model's. Frames of a test's
    /// own lie inside the run's.
    #[test]
    fn the_order_is_the_models(
        said in prop::collection::vec(said(), 0..5),
        level in level(),
        by_tool in any::<bool>(),
        plumbing in any::<bool>(),
        test in prop_oneof![Just(None), Just(Some("a")), Just(Some("b"))],
        passes in any::<bool>(),
        sandbox in sandbox(),
        own in 0..5_usize,
    ) {
        let mut frames: Vec<Frame> = said.iter().map(|said| said.frame()).collect();
        let own = Policy::new(frames.split_off(own.min(frames.len())), Levels::default());
        let policy = Policy::new(frames, Levels::new(level, BTreeMap::new()));
        let inner = Some(&own);
        let about = Circumstances { by_tool, plumbing, test, passes, sandbox, inner };

        prop_assert_eq!(found(judge(&policy, &call(), about)), expected(&said, level, about));
    }

    /// A call that a guest makes of its own never passes because of a restriction.
    #[test]
    fn a_restriction_only_ever_takes_away(
        said in prop::collection::vec(said(), 0..4),
        level in level(),
        test in prop_oneof![Just(None), Just(Some("a"))],
    ) {
        let real = |said: &[Said]| {
            let frames = said.iter().map(|said| said.frame()).collect();
            let policy = Policy::new(frames, Levels::new(level, BTreeMap::new()));
            let about = Circumstances { test, ..Circumstances::default() };
            !matches!(judge(&policy, &call(), about), Judgement::Denied(_) | Judgement::Guarded)
        };
        let free: Vec<Said> = said.iter().map(|said| Said { restrict: None, ..*said }).collect();

        prop_assert!(real(&free) || !real(&said));
    }
}

/// The same for tools and plumbing: a restriction must not lift what a rule denies them.
#[test]
fn a_denied_call_of_a_tool_stays_denied_outside_a_restriction() {
    let denied = Said { allow: None, deny: Some(true), restrict: None, of_test: false };
    let both = Said { restrict: Some(false), ..denied };
    let about = Circumstances { by_tool: true, ..Circumstances::default() };

    for said in [denied, both] {
        let policy = Policy::new(vec![said.frame()], Levels::default());
        assert_eq!(found(judge(&policy, &call(), about)), Expected::Denied);
    }
}
