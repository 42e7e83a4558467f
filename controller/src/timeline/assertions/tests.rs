//! Assertions against a model that is nothing but a list.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::call::{Call, Load};
use crate::engine::Details;
use crate::fields::{Fields, Value};
use crate::mocks::Matcher;
use crate::plugins::card::{Card, Field, FieldKind, Kind};
use crate::timeline::{How, Layer};

#[derive(Debug)]
struct Paper;

static PAPER: Paper = Paper;

static FIELDS: [Field; 2] = [
    Field { name: "key", kind: FieldKind::Text, summary: "what it is about" },
    Field { name: "body", kind: FieldKind::Text, summary: "the rest" },
];

const fn shape(source: &'static str) -> Shape {
    Shape {
        source,
        summary: "note",
        fields: &FIELDS,
        key: Some("key"),
        reply: &[],
        faults: &[],
        opens: false,
    }
}

static SHAPES: [Shape; 2] = [shape("paper:read"), shape("paper:write")];

static CARD: Card = Card {
    name: "paper",
    summary: "a protocol on paper",
    schemes: &[],
    ports: &[],
    firewall: &[],
    guard_default: true,
    kind: Kind::Call,
    examples: &[],
    interactions: &SHAPES,
    mocks: &[],
};

impl Plugin for Paper {
    fn card(&self) -> &'static Card {
        &CARD
    }
}

fn interaction(source: usize, key: u8, body: u8) -> Interaction {
    let fields = Fields::new().with("key", key.to_string()).with("body", body.to_string());
    Interaction {
        number: 0,
        plugin: &PAPER,
        shape: &SHAPES[source],
        fields,
        reply: Arc::default(),
        how: How::Real,
        call: Call::Load(Load { library: String::new() }),
        test: None,
        process: (1, 1, 1),
        layer: Layer::Wire,
        sandbox: Some(1),
        asserted: Asserted::Open,
        details: Details::default(),
    }
}

fn said(key: Option<u8>, body: Option<u8>) -> When {
    let exact = |number: u8| Matcher::Exact(Value::Text(number.to_string()));
    let key = key.map(|key| ("key", exact(key)));
    When(key.into_iter().chain(body.map(|body| ("body", exact(body)))).collect())
}

/// One assertion: source, key, body, order.
type Word = (usize, Option<u8>, Option<u8>, bool);

/// The model: a list of what is open.
fn expected(open: &mut Vec<(u64, usize, u8, u8)>, word: Word) -> Result<u64, Unlike> {
    let (source, key, body, any) = word;
    let differing = |it: &(u64, usize, u8, u8)| {
        let mut names = Vec::new();
        if key.is_some_and(|key| key != it.2) {
            names.push("key");
        }
        if body.is_some_and(|body| body != it.3) {
            names.push("body");
        }
        names
    };
    if key.is_none() && body.is_none() {
        return Err(Unlike::Nothing);
    }
    let at = if any {
        let oldest = open.iter().find(|it| it.1 == source).ok_or(Unlike::NoneLeft)?;
        let found = open.iter().position(|it| it.1 == source && differing(it).is_empty());
        found.ok_or_else(|| Unlike::Fields(oldest.0, differing(oldest)))?
    } else {
        let next = open.first().ok_or(Unlike::NoneLeft)?;
        if next.1 != source {
            return Err(Unlike::Source(next.0));
        }
        if !differing(next).is_empty() {
            return Err(Unlike::Fields(next.0, differing(next)));
        }
        0
    };
    Ok(open.remove(at).0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever was done and is said of it, in whatever order: the outcome is the model's.
    #[test]
    fn assertions_are_the_models(
        done in prop::collection::vec((0_usize..2, 0_u8..3, 0_u8..3), 0..12),
        words in prop::collection::vec(
            (0_usize..2, prop::option::of(0_u8..3), prop::option::of(0_u8..3), any::<bool>()),
            0..20,
        ),
    ) {
        let mut timeline = Timeline::default();
        let mut open = Vec::new();
        for (source, key, body) in done {
            let number = timeline.record(interaction(source, key, body));
            open.push((number, source, key, body));
        }

        for word in words {
            let (source, key, body, any) = word;
            let order = if any { Order::Any } else { Order::Next };
            let found = timeline.assert(1, (&PAPER, &SHAPES[source]), &said(key, body), order);
            prop_assert_eq!(found, expected(&mut open, word));
        }
        let (left, _) = timeline.finish();
        let left: Vec<u64> = left.iter().filter(|it| it.asserted == Asserted::Open).map(|it| it.number).collect();
        prop_assert_eq!(left, open.iter().map(|it| it.0).collect::<Vec<_>>());
    }
}

/// Another sandbox's interactions are none of this one's.
#[test]
fn sandboxes_do_not_see_each_other() {
    let mut timeline = Timeline::default();
    timeline.record(Interaction { sandbox: Some(2), ..interaction(0, 1, 1) });

    let found = timeline.assert(1, (&PAPER, &SHAPES[0]), &said(Some(1), None), Order::Any);

    assert_eq!(found, Err(Unlike::NoneLeft));
}

/// Assertions in reverse cost about as much as in order: each is found by its key.
#[test]
fn asserting_in_reverse_is_no_search() {
    let mut timeline = Timeline::default();
    let count = 20_000;
    let named =
        |number: usize| When(vec![("key", Matcher::Exact(Value::Text(number.to_string())))]);
    for number in 0..count {
        let mut one = interaction(0, 0, 0);
        one.fields.set("key", number.to_string());
        timeline.record(one);
    }

    for number in (0..count).rev() {
        let found = timeline.assert(1, (&PAPER, &SHAPES[0]), &named(number), Order::Any);
        assert_eq!(found, Ok(number as u64 + 1));
    }
}
