//! `bigfoot plugins`: the protocols, read off their cards.

use std::fmt::Write;

use crate::plugins;
use crate::plugins::card::{Card, Field, FieldKind, Shape};

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

/// Longest line of a list of names.
const LINE_CHARS_MAX: usize = 110;

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
    text + &mocks(card)
}

fn mocks(card: &Card) -> String {
    if card.interactions.is_empty() {
        return "mocks: none in this version\n".to_owned();
    }
    let mut text = String::from("what can be mocked:\n");
    text.extend(groups(card.interactions).iter().map(|group| shapes(group)));
    text.push_str("mocks:\n");
    for line in card.mocks.iter().flat_map(|mock| mock.trim().lines().chain([""])) {
        text.push_str(format!("  {line}").trim_end());
        text.push('\n');
    }
    text.trim_end().to_owned() + "\n"
}

/// Whether two are told as one.
fn are_alike(one: &Shape, other: &Shape) -> bool {
    let names = |fields: &[Field]| fields.iter().map(|field| field.name).collect::<Vec<_>>();
    let told = |shape: &Shape| (shape.summary, names(shape.fields), names(shape.reply));
    told(one) == told(other) && one.opens == other.opens && one.faults == other.faults
}

fn groups(shapes: &[Shape]) -> Vec<Vec<&Shape>> {
    let mut groups: Vec<Vec<&Shape>> = Vec::new();
    for shape in shapes {
        match groups.iter_mut().find(|group| group.iter().all(|known| are_alike(known, shape))) {
            Some(group) => group.push(shape),
            None => groups.push(vec![shape]),
        }
    }
    groups
}

/// One, or several that are alike but for their names.
fn shapes(alike: &[&Shape]) -> String {
    let Some(first) = alike.first() else {
        return String::new();
    };
    let (mut text, mut line) = (String::new(), String::from(" "));
    for shape in alike {
        if line.len() + shape.source.len() > LINE_CHARS_MAX {
            text += &format!("{line}\n");
            line = String::from(" ");
        }
        line += &format!(" {}", shape.source);
    }
    text + &format!("{line}: {}\n{}", first.summary, tables(first))
}

/// What a mock of it may say.
fn tables(shape: &Shape) -> String {
    let mut text = String::new();
    for (table, fields) in [("when", shape.fields), ("reply", shape.reply)] {
        text.extend(fields.iter().map(|field| one(table, field)));
    }
    if !shape.faults.is_empty() {
        let faults: Vec<_> = shape.faults.iter().map(|fault| fault.name()).collect();
        let _ = writeln!(text, "    fault: {}", faults.join(", "));
    }
    if shape.opens {
        text.push_str("    steps: it opens a session\n");
    }
    text
}

fn one(table: &str, field: &Field) -> String {
    let name = format!("{table}.{}", field.name);
    let takes = match field.kind {
        FieldKind::Json if table == "when" => "a part of the document, or JSONPaths",
        other => kind(other),
    };
    format!("    {name:<16} {} ({takes})\n", field.summary)
}

/// What a field takes, for people.
fn kind(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "a string",
        FieldKind::Word => "a string; its case does not matter",
        FieldKind::Url => "an address of the web",
        FieldKind::Bytes => "a string or `{ hex = \"..\" }`",
        FieldKind::Number => "a whole number",
        FieldKind::Words => "a list of strings",
        FieldKind::Pairs => "a table of names and values",
        FieldKind::Headers => "a table; the case of names does not matter",
        FieldKind::Json => "any value",
        FieldKind::Sql | FieldKind::NormalSql => "SQL",
        FieldKind::Path => "the name of a file",
    }
}

#[cfg(test)]
mod tests {
    use super::{describe, mocks};
    use crate::plugins::card::{Card, FaultKind, Field, FieldKind, Kind, Shape};

    static CARD: Card = Card {
        name: "paper",
        summary: "a protocol of paper",
        schemes: &[],
        ports: &[],
        firewall: &["host"],
        guard_default: true,
        kind: Kind::Connection,
        examples: &[],
        interactions: &[Shape {
            source: "paper:fold",
            summary: "a fold",
            fields: &[Field { name: "edge", kind: FieldKind::Word, summary: "which edge" }],
            key: None,
            reply: &[Field { name: "angle", kind: FieldKind::Number, summary: "how far" }],
            faults: &[FaultKind::Reset, FaultKind::HalfClose],
            opens: true,
        }],
        mocks: &[
            "[[mock]]\nsource = \"paper:fold\"\n",
            "[[mock]]\nsource = \"paper:fold\"\nspy = true",
        ],
    };

    /// Whoever writes a mock sees its sources, fields, faults and an example.
    #[test]
    fn a_page_tells_what_can_be_mocked() {
        assert_eq!(
            mocks(&CARD),
            "what can be mocked:\n\
             \x20 paper:fold: a fold\n\
             \x20   when.edge        which edge (a string; its case does not matter)\n\
             \x20   reply.angle      how far (a whole number)\n\
             \x20   fault: reset, half-close\n\
             \x20   steps: it opens a session\n\
             mocks:\n\
             \x20 [[mock]]\n\
             \x20 source = \"paper:fold\"\n\
             \n\
             \x20 [[mock]]\n\
             \x20 source = \"paper:fold\"\n\
             \x20 spy = true\n"
        );
    }

    /// A name that is none leads to the nearest, and to all.
    #[test]
    fn a_wrong_name_leads_to_the_right_one() {
        assert!(describe(Some("redis")).is_ok_and(|page| page.contains("mocks:")));
        let error = describe(Some("reddis")).expect_err("no protocol");
        assert!(error.contains("did you mean redis?") && error.contains("subprocess"), "{error}");
    }
}
