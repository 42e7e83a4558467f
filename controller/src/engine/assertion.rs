//! What a test says that was done, and how it differs from what was.

use bigfoot_ipc::control::Outcome as Heard;

use super::Engine;
use super::control::{INSIDE, Told};
use super::mocked::further_on;
use super::said::unlike;
use crate::config::told::Expected;
use crate::fields::Fields;
use crate::mocks::Matcher;
use crate::report::{Attribution, Broken, Code, differ, paste};
use crate::rules::Origin;
use crate::timeline::{How, Interaction, Order, Unlike};

/// An assertion that the test decides.
#[derive(Debug)]
pub(super) struct Judging {
    expected: Box<Expected>,
    number: u64,
    /// Interactions that it found not to be as said.
    not: Vec<u64>,
}

/// Most interactions that are named as those that are left.
const LEFT_MAX: usize = 8;

impl Engine {
    pub(super) fn assert(&mut self, test: u32, expected: Box<Expected>, not: Vec<u64>) -> Told {
        if self.stands_open(test) {
            return Told::refused(format!("an assertion {INSIDE}"));
        }
        if expected.is_empty() {
            return self.says_nothing(test, &expected);
        }
        let any = self.sandboxes.test(test).is_some_and(|test| test.any_order);
        let order = if any { Order::Any } else { Order::Next };
        let of = (expected.plugin, expected.shape);
        match self.timeline.find_open(test, of, &expected.when, order, &not) {
            Ok(number) => self.found(test, expected, number, not),
            Err(unlike) => {
                let broken = self.unlike(test, &expected, &unlike, not.last().copied());
                Told::Violated(Box::new(broken))
            }
        }
    }

    fn found(&mut self, test: u32, expected: Box<Expected>, number: u64, not: Vec<u64>) -> Told {
        let Some(interaction) = self.timeline.get(number) else {
            return Told::refused("the interaction is gone");
        };
        let missing = missing(&expected, interaction);
        if !missing.is_empty() {
            let line = asserted_line(interaction, &expected.origin);
            return Told::refused(format!(
                "the assertion does not name {}, and the interaction has it; name it, or say that it may be anything{}",
                missing.join(", "),
                line.map(|line| format!(":\n  {line}")).unwrap_or_default()
            ));
        }
        let differing = unlike(expected.shape, &expected.reply, &interaction.reply);
        if !differing.is_empty() {
            let parts = vec![("answer", differ::lines("", &differing))];
            return Told::Violated(Box::new(self.mismatch(test, &expected, Some(number), parts)));
        }
        if expected.judged.is_empty() {
            self.timeline.mark(number);
            return Told::Heard(Heard::Asserted { interaction: number });
        }
        let fields = json_of(&interaction.fields, &expected.judged);
        self.judging.insert(test, Judging { expected, number, not });
        Told::Heard(Heard::Judge { interaction: number, fields })
    }

    pub(super) fn judged_by_test(&mut self, test: u32, holds: bool) -> Told {
        let Some(Judging { expected, number, mut not }) = self.judging.remove(&test) else {
            return Told::refused("there is nothing to be judged");
        };
        if holds {
            self.timeline.mark(number);
            return Told::Heard(Heard::Asserted { interaction: number });
        }
        let any = self.sandboxes.test(test).is_some_and(|test| test.any_order);
        if !any {
            let fields = expected.judged.join(", ");
            let parts = vec![("judged", vec![format!("{fields}: not as the test wants it")])];
            return Told::Violated(Box::new(self.mismatch(test, &expected, Some(number), parts)));
        }
        not.push(number);
        self.assert(test, expected, not)
    }

    fn says_nothing(&self, test: u32, expected: &Expected) -> Told {
        let next = self.timeline.open_of(test).find(|it| it.shape.source == expected.shape.source);
        let line = next.and_then(|next| asserted_line(next, &expected.origin));
        let line = line.map(|line| format!(":\n  {line}")).unwrap_or_default();
        Told::refused(format!(
            "this assertion says nothing: whatever was done would be as it says. Name what was done{line}"
        ))
    }

    fn unlike(
        &self,
        test: u32,
        expected: &Expected,
        unlike: &Unlike,
        judged: Option<u64>,
    ) -> Broken {
        match unlike {
            Unlike::Nothing | Unlike::NoneLeft => {
                let all = "nothing was recorded that is not asserted already".to_owned();
                let why = match judged {
                    Some(_) => "the test found none to be as it wants it".to_owned(),
                    None => all,
                };
                self.mismatch(test, expected, None, vec![("actual", vec![why])])
            }
            Unlike::Source(number) => self.mismatch(test, expected, Some(*number), Vec::new()),
            Unlike::Fields(number, names) => {
                let interaction = self.timeline.get(*number);
                let pair = |name: &&'static str| {
                    let matcher = expected.when.get(name)?;
                    let actual = interaction.and_then(|it| it.fields.get(name));
                    Some(differing(name, matcher, actual))
                };
                let pairs: Vec<_> = names.iter().filter_map(pair).collect();
                let parts = vec![("differs", differ::lines("", &pairs))];
                self.mismatch(test, expected, Some(*number), parts)
            }
        }
    }

    /// An assertion that does not hold.
    fn mismatch(
        &self,
        test: u32,
        expected: &Expected,
        actual: Option<u64>,
        parts: Vec<(&'static str, Vec<String>)>,
    ) -> Broken {
        let words = format!("{} {}", expected.shape.source, expected.when.words());
        let mut all = vec![("at", vec![expected.origin.to_string()])];
        let actual = actual.and_then(|number| self.timeline.get(number));
        if let Some(actual) = actual {
            let did = actual.plugin.words(actual.shape, &actual.fields);
            let number = actual.number;
            all.push((
                "actual",
                vec![format!("{did} ({}, the {number}. that was recorded)", actual.shape.source)],
            ));
            if let How::Mocked(origin) | How::Passed(origin) = &actual.how {
                all.push(("mock", vec![origin.to_string()]));
            }
        }
        all.extend(parts);
        let left: Vec<&Interaction> = self
            .timeline
            .open_of(test)
            .filter(|it| Some(it.number) != actual.map(|it| it.number))
            .collect();
        if !left.is_empty() {
            all.push(("left", left_lines(&left)));
            all.push((
                "mend",
                vec!["assert in the order in which it was done, or within in_any_order".to_owned()],
            ));
        }
        let name = self.sandboxes.test(test).map(|test| test.name.clone());
        Broken {
            code: Code::Mismatch,
            test: name.map_or(Attribution::Unknown, Attribution::Test),
            words: words.trim_end().to_owned(),
            parts: all,
            paste: actual.and_then(|actual| asserted_line(actual, &expected.origin)),
            count: 1,
        }
    }
}

/// The fields that an assertion has to name, and does not.
fn missing(expected: &Expected, interaction: &Interaction) -> Vec<&'static str> {
    let wanted = interaction.plugin.paste(interaction.shape, &interaction.fields);
    let same = |name: &str| match name {
        "json" | "body" => expected.names("json") || expected.names("body"),
        name => expected.names(name),
    };
    wanted.into_iter().map(|(name, _)| name).filter(|name| !same(name)).collect()
}

/// A line that asserts this, where it is known how the test writes it.
pub(super) fn asserted_line(interaction: &Interaction, origin: &Origin) -> Option<String> {
    let Interaction { plugin, shape, fields, reply, .. } = interaction;
    origin.is_rust().then(|| paste::rust::assertion(*plugin, shape, fields, reply))
}

fn differing(
    name: &'static str,
    matcher: &Matcher,
    actual: Option<&crate::fields::Value>,
) -> (&'static str, String, String) {
    let actual = actual.map_or_else(|| "nothing".to_owned(), paste::value);
    (name, matcher.words(), further_on(&matcher.words(), actual))
}

fn left_lines(left: &[&Interaction]) -> Vec<String> {
    let line = |it: &&Interaction| {
        format!("the {}., {}", it.number, it.plugin.words(it.shape, &it.fields))
    };
    let mut lines: Vec<String> = left.iter().take(LEFT_MAX).map(line).collect();
    if left.len() > LEFT_MAX {
        lines.push(format!("and {} more", left.len() - LEFT_MAX));
    }
    lines
}

/// Fields as JSON: bytes that are no text as `{"hex": ".."}`.
fn json_of(fields: &Fields, names: &[&'static str]) -> String {
    use crate::fields::Value;
    use serde_json::{Map, Value as Json};
    let bytes = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => Json::from(text),
        Err(_) => serde_json::json!({ "hex": paste::hex(bytes) }),
    };
    let value = |value: &Value| match value {
        Value::Text(text) => Json::from(text.as_str()),
        Value::Bytes(it) => bytes(it),
        Value::Number(number) => Json::from(*number),
        Value::Words(words) => words.iter().map(|word| bytes(word)).collect(),
        Value::Pairs(pairs) => {
            pairs.iter().map(|(name, text)| serde_json::json!([name, text])).collect()
        }
        Value::Json(document) => document.clone(),
    };
    let all = names.iter().filter_map(|name| Some(((*name).to_owned(), value(fields.get(name)?))));
    Json::Object(all.collect::<Map<_, _>>()).to_string()
}
