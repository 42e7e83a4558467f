//! `bigfoot plugins`: the protocols, read off their cards.

use std::fmt::Write;

use crate::plugins::{self, card::Card};

/// All cards, a line each; or one, at length.
///
/// # Errors
///
/// There is no protocol of this name.
pub fn describe(name: Option<&str>) -> Result<String, String> {
    let Some(name) = name else {
        return Ok(plugins::cards().map(line).collect());
    };
    match plugins::named(name) {
        Some(card) => Ok(page(card)),
        None => {
            let names: Vec<_> = plugins::cards().map(|card| card.name).collect();
            let near = crate::rules::word::nearest(name, names.iter().copied());
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            Err(format!("find a protocol {name:?}{near} There are {}", names.join(", ")))
        }
    }
}

fn line(card: &Card) -> String {
    format!("{:14} {}\n", card.name, card.summary)
}

fn page(card: &Card) -> String {
    let mut text = format!("{}: {}\n", card.name, card.summary);
    let ports: Vec<_> = card.ports.iter().map(u16::to_string).collect();
    if !ports.is_empty() {
        let _ = writeln!(text, "ports: {}", ports.join(", ")); // a String takes everything
    }
    let _ = writeln!(text, "seen by rules: {}", card.firewall.join(", "));
    text.push_str("rules:\n");
    for rule in card.examples {
        let _ = writeln!(text, "  {rule}");
    }
    text.push_str("mocks: none in this version\n");
    text
}
