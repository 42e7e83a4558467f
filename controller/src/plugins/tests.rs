//! Cards are data; these are the promises that the code makes of them.

use std::collections::HashSet;

use super::{Kind, cards, named, on_port, with_scheme};
use crate::rules::{Origin, Place, Rule};

/// A name in a guard table or a rule means one protocol.
#[test]
fn names_schemes_and_ports_are_unique() {
    let (mut names, mut schemes, mut ports) = (HashSet::new(), HashSet::new(), HashSet::new());

    for card in cards() {
        assert!(names.insert(card.name), "{} is there twice", card.name);
        assert!(card.schemes.iter().all(|scheme| schemes.insert(scheme.name)), "{}", card.name);
        assert!(card.ports.iter().all(|port| ports.insert(*port)), "{}", card.name);
    }
}

/// Help shows the examples, so they have to be rules.
#[test]
fn examples_are_rules() {
    let place = Place { home: Some("/home/user".into()), ..Place::at("/project") };
    for card in cards() {
        assert!(!card.examples.is_empty(), "{}", card.name);
        for example in card.examples {
            let rule = Rule::parse(example, Origin::Flag("--allow"), &place);
            assert!(rule.is_ok(), "{example}: {rule:?}");
        }
    }
}

/// A default port that is no port of its card would make `scheme://host` and `name:*` disagree.
#[test]
fn default_ports_are_ports_of_the_card() {
    for card in cards().filter(|card| card.kind == Kind::Connection) {
        for port in card.schemes.iter().filter_map(|scheme| scheme.port) {
            assert!(card.has_port(port), "{}", card.name);
        }
    }
}

/// A level or a rule for a protocol that no call has would be a promise that nobody keeps.
#[test]
fn connection_protocols_have_ports_or_are_the_rest() {
    for card in cards().filter(|card| card.kind == Kind::Connection) {
        assert!(!card.ports.is_empty() || card.name == "socket", "{}", card.name);
    }
}

/// The summary follows the name in lists.
#[test]
fn cards_are_worded_for_lists() {
    for card in cards() {
        assert!(!card.summary.is_empty() && !card.summary.ends_with('.'), "{}", card.name);
        assert!(!card.firewall.is_empty(), "{}", card.name);
        assert!(card.name.chars().all(|c| c.is_ascii_lowercase()), "{}", card.name);
    }
}

/// Aliases lead to the protocol; unknown ports to the rest.
#[test]
fn lookups_find_their_cards() {
    assert_eq!(
        with_scheme("https").map(|(card, scheme)| (card.name, scheme.port)),
        Some(("http", Some(443)))
    );
    assert_eq!(with_scheme("postgresql").map(|(card, _)| card.name), Some("postgres"));
    assert_eq!((on_port(6379), on_port(53), on_port(4321)), ("redis", "dns", "socket"));
    assert!(named("redis").is_some() && named("rediss").is_none());
}
