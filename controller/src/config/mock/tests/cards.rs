//! What the cards of the real protocols promise.

use super::Folder;
use crate::plugins::{PLUGINS, cards};

/// The examples are for pasting, so they have to be configurations.
#[test]
fn the_mocks_of_every_card_are_configurations() {
    for card in cards() {
        for example in card.mocks {
            let read = Folder::new().read_of(example, PLUGINS);
            let mocks =
                read.unwrap_or_else(|error| panic!("{}: {example}\n{error}", card.name)).mocks;
            assert!(!mocks.is_empty(), "{}: {example}", card.name);
            assert!(mocks.iter().any(|mock| mock.plugin.card().name == card.name), "{example}");
        }
    }
}

/// A card that can be mocked shows how; a source begins with its protocol; names are there once.
#[test]
fn cards_with_shapes_are_whole() {
    for card in cards() {
        assert_eq!(card.interactions.is_empty(), card.mocks.is_empty(), "{}", card.name);
        for shape in card.interactions {
            assert_eq!(shape.protocol(), card.name, "{}", shape.source);
            assert!(shape.key.is_none_or(|key| shape.field(key).is_some()), "{}", shape.source);
            for fields in [shape.fields, shape.reply] {
                let mut names: Vec<_> = fields.iter().map(|field| field.name).collect();
                let all = names.len();
                names.sort_unstable();
                names.dedup();
                assert_eq!(names.len(), all, "{}", shape.source);
            }
        }
    }
}
