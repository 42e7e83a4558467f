//! How what a guest did differs from what was expected, in lines.

use std::borrow::Cow;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};
use toml::Value as Toml;

use super::text::brief;

/// Longest text that stands on one line, in characters.
const LINE_CHARS_MAX: usize = 60;
/// Most lines of a difference between long texts.
const LINES_MAX: usize = 24;
/// Most steps that a line is moved in.
const DEPTH_MAX: usize = 20;
/// Most bytes of a text that are looked at.
const BYTES_MAX: usize = 64 * 1024;
/// Longest time that one difference takes.
const TIME_MAX: Duration = Duration::from_millis(200);

/// How the fields differ from what stands at `origin`: a name, what was expected of it, and what it
/// was, both as a configuration has them. Both of short ones are shown, and of long ones the lines that
/// differ. Fields that do not differ are left out.
#[must_use]
pub fn lines<N: AsRef<str>>(origin: &str, fields: &[(N, String, String)]) -> Vec<String> {
    let head = (!origin.is_empty()).then(|| format!("{} differs in", brief(origin)));
    let indent = if head.is_some() { "  " } else { "" };
    let differing = fields.iter().filter(|(_, expected, actual)| expected != actual);
    let lines =
        differing.flat_map(|(field, expected, actual)| one(field.as_ref(), expected, actual));
    head.into_iter().chain(lines.map(|line| format!("{indent}{line}"))).collect()
}

fn one(field: &str, expected: &str, actual: &str) -> Vec<String> {
    let field = brief(field);
    if is_short(expected) && is_short(actual) {
        let indent = " ".repeat(field.chars().count());
        return vec![
            format!("{field}  expected {}", brief(expected)),
            format!("{indent}  actual   {}", brief(actual)),
        ];
    }
    let (expected, actual) = (plain(expected), plain(actual));
    let mut lines = vec![format!("{field}  - expected, + actual")];
    lines.extend(unified(&expected, &actual).into_iter().map(|line| format!("  {line}")));
    lines
}

/// What a string of TOML holds, so that its lines can be compared.
fn plain(text: &str) -> Cow<'_, str> {
    let quoted = text.starts_with('"');
    match text.parse() {
        Ok(Toml::String(inner)) if quoted => Cow::Owned(inner),
        _ => Cow::Borrowed(text),
    }
}

fn is_short(text: &str) -> bool {
    text.chars().nth(LINE_CHARS_MAX).is_none() && !text.contains('\n')
}

/// The lines that differ, with their neighbours.
#[must_use]
pub fn unified(expected: &str, actual: &str) -> Vec<String> {
    let (expected, actual) = (broken_up(expected), broken_up(actual));
    let diff = TextDiff::configure().timeout(TIME_MAX).diff_lines(&expected, &actual);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(2).iter_hunks() {
        if !lines.is_empty() {
            lines.push("...".to_owned());
        }
        for change in hunk.iter_changes() {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("{sign} {}", brief(change.value().trim_end_matches('\n'))));
        }
    }
    let more = lines.len().saturating_sub(LINES_MAX);
    if more > 0 {
        lines.truncate(LINES_MAX);
        lines.push(format!("and {more} more lines"));
    }
    lines
}

/// In lines that can be compared: a document a member a line, a long line after each separator.
fn broken_up(text: &str) -> String {
    let cut = (0..=BYTES_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    let text = &text[..cut.unwrap_or_default()];
    if text.starts_with(['{', '['])
        && let Ok(document) = serde_json::from_str::<serde_json::Value>(text)
        && let Ok(pretty) = serde_json::to_string_pretty(&document)
    {
        return pretty + "\n";
    }
    if text.starts_with(['{', '[']) {
        return laid_out(text);
    }
    let mut lines = String::with_capacity(text.len() + 1);
    for line in text.lines() {
        let separators: &[char] = if is_short(line) { &[] } else { &[' ', '&', ',', ';'] };
        for part in line.split_inclusive(separators) {
            lines.push_str(part);
            lines.push('\n');
        }
    }
    lines
}

/// A table or list of any notation, an element a line.
fn laid_out(text: &str) -> String {
    let (mut out, mut depth, mut quoted, mut escaped) = (String::new(), 0_usize, false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth.min(DEPTH_MAX)));
    };
    for character in text.chars() {
        if quoted {
            quoted = escaped || character != '"';
            escaped = character == '\\' && !escaped;
            out.push(character);
            continue;
        }
        match character {
            '{' | '[' => {
                depth += 1;
                out.push(character);
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(character);
                line(&mut out, depth);
            }
            ' ' if out.ends_with([' ', '\n']) => {}
            _ => {
                quoted = character == '"';
                out.push(character);
            }
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn differing(field: &str, expected: &str, actual: &str) -> (String, String, String) {
        (field.to_owned(), expected.to_owned(), actual.to_owned())
    }

    /// Short values stand below each other, behind the place of what was expected; equal ones are
    /// left out.
    #[test]
    fn short_values_stand_below_each_other() {
        let fields = [
            differing("url", "\"http://x/a\"", "\"http://x/\u{1b}\""),
            differing("method", "\"GET\"", "\"GET\""),
        ];

        let below = ["url  expected \"http://x/a\"", "     actual   \"http://x/\\x1b\""];
        assert_eq!(lines("", &fields), below);
        let lines = lines("bigfoot.toml:3", &fields);
        assert_eq!(lines[0], "bigfoot.toml:3 differs in");
        assert_eq!(lines[1..], below.map(|line| format!("  {line}")));
    }

    /// Of long documents only the members that differ are shown, with their neighbours; also where
    /// they stand in a string.
    #[test]
    fn long_documents_show_what_differs() {
        let document = |name: &str| {
            let text = "x".repeat(60);
            serde_json::json!({ "a": 1, "b": 2, "c": 3, "name": name, "d": 4, "text": text })
                .to_string()
        };
        let quoted = |name: &str| crate::report::text::toml(&document(name));
        let wanted = [
            "json  - expected, + actual",
            "      \"b\": 2,",
            "      \"c\": 3,",
            "  -   \"name\": \"Ada\",",
            "  +   \"name\": \"Bob\",",
            "      \"d\": 4,",
            &format!("      \"text\": \"{}\"", "x".repeat(60)),
        ];

        assert_eq!(lines("", &[("json", document("Ada"), document("Bob"))]), wanted);
        assert_eq!(lines("", &[("json", quoted("Ada"), quoted("Bob"))]), wanted);
    }

    /// Tables are laid out alike in either notation.
    #[test]
    fn tables_are_laid_out_alike() {
        let table = |name: &str| {
            format!(
                "{{ name = \"{name}\", note = \"a, b {{\", none = null, l = [1, 2, 3, 4, 5, 6, 7, 8, 9] }}"
            )
        };

        let lines = lines("", &[("json", table("Ada"), table("Bob"))]);

        assert_eq!(
            lines,
            [
                "json  - expected, + actual",
                "    {",
                "  -   name = \"Ada\",",
                "  +   name = \"Bob\",",
                "      note = \"a, b {\",",
                "      none = null,",
            ]
        );
    }

    /// A long line is compared part by part, and what is shown is bounded.
    #[test]
    fn long_lines_are_compared_in_parts() {
        let query = |value: &str| format!("{}&b={value}&c=3", "a=0123456789&".repeat(6));
        let parts = lines("", &[("body", query("1"), query("2"))]);
        assert!(parts.contains(&"  - b=1&".to_owned()), "{parts:?}");
        assert!(parts.contains(&"  + b=2&".to_owned()), "{parts:?}");
        assert!(parts.len() < 10, "{parts:?}");

        let (old, new) = ("a\n".repeat(100_000), "b\n".repeat(100_000));
        let cut = lines("", &[("body", old, new)]);
        assert_eq!(cut.len(), LINES_MAX + 2);
        assert!(cut.iter().all(|line| line.len() < 300));
    }

    proptest! {
        /// No text acts on a terminal, and texts that differ are told.
        #[test]
        fn no_text_acts_on_a_terminal(expected in "(?s).{0,100}", actual in "(?s).{0,100}") {
            let lines = lines("", &[differing("body", &expected, &actual)]);

            prop_assert!(lines.iter().all(|line| !line.chars().any(char::is_control)), "{:?}", lines);
            prop_assert_eq!(lines.is_empty(), expected == actual);
        }
    }
}
