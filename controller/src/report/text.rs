//! Escapes and quotes. Names, arguments and paths come from guests: none of them may act on a
//! terminal, a shell, a configuration or a workflow.

use std::borrow::Cow;
use std::fmt::Write;

/// Most characters of one piece of text in the forms that people read.
const PIECE_CHARS_MAX: usize = 240;

/// As it may be shown on a terminal: what would control it is escaped.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_control) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if is_control(character) {
            clean.extend(escape(character));
        } else {
            clean.push(character);
        }
    }
    Cow::Owned(clean)
}

/// As [`clean`], and not longer than fits a few lines.
pub(super) fn brief(text: &str) -> String {
    clean(&shorten(text, PIECE_CHARS_MAX)).into_owned()
}

/// Cut after so many characters, and marked as cut.
pub(super) fn shorten(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// What moves the cursor, changes the terminal, ends a line or turns the direction of writing.
pub(crate) fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn escape(character: char) -> impl Iterator<Item = char> {
    let code = u32::from(character);
    let escape = match character {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        _ if code < 0x100 => format!("\\x{code:02x}"),
        _ => format!("\\u{{{code:x}}}"),
    };
    escape.chars().collect::<Vec<_>>().into_iter()
}

/// As one word of a shell. Control characters take bash's form of quotes.
pub(super) fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if word.chars().any(is_control) {
        format!("$'{}'", bash(word))
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn bash(word: &str) -> String {
    word.chars().fold(String::new(), |mut quoted, character| {
        match character {
            '\'' | '\\' => quoted.extend(['\\', character]),
            _ if is_control(character) && u32::from(character) < 0x80 => {
                quoted.extend(escape(character));
            }
            _ if is_control(character) => _ = write!(quoted, "\\u{:04x}", u32::from(character)),
            _ => quoted.push(character),
        }
        quoted
    })
}

/// As a string of TOML.
pub(crate) fn toml(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' | '\r' | '\t' => quoted.extend(escape(character)),
            _ if is_control(character) => _ = write!(quoted, "\\u{:04X}", u32::from(character)),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// "1 process", "2 processes".
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A guest's text cannot colour, clear, overwrite or turn round what is shown.
    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(clean("\u{1b}[2Ja\r\nb\u{7f}\u{9b}31m"), "\\x1b[2Ja\\r\\nb\\x7f\\x9b31m");
        assert_eq!(clean("a\u{202e}b\u{2066}"), "a\\u{202e}b\\u{2066}");
        assert!(matches!(clean("größe 日本"), Cow::Borrowed("größe 日本")));
    }

    /// A word that is pasted into a shell stays one word.
    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(shell("http://x:80/a"), "http://x:80/a");
        assert_eq!(shell("*"), "'*'");
        assert_eq!(shell("it's $(x)"), "'it'\\''s $(x)'");
        assert_eq!(shell("a\u{1b}'\n\u{202e}"), "$'a\\x1b\\'\\n\\u202e'");
        assert_eq!(shell(""), "''");
    }

    /// A string that is pasted into a configuration stays one string.
    #[test]
    fn a_string_stays_one_string() {
        assert_eq!(toml("file:/a\"b\\c\n"), "\"file:/a\\\"b\\\\c\\n\"");
    }

    /// Long text is cut between characters.
    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(shorten("äöü", 2), "äö...");
        assert_eq!(shorten("äöü", 3), "äöü");
    }
}
