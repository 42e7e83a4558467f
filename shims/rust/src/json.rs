//! JSON (RFC 8259): tables for the controller, and the few values that come back.

use std::fmt::Write;

/// A table that grows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table(Vec<(String, String)>);

impl Table {
    /// A member, whose value is JSON already; in place of one of its name.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// A member of a table within: `headers` of a request.
    pub(crate) fn set_in(&mut self, table: &str, name: &str, value: &str) {
        let member = format!("{}:{value}", string(name));
        match self.0.iter_mut().find(|(known, _)| known == table) {
            Some((_, old)) => {
                old.truncate(old.len() - 1);
                let _ = write!(old, ",{member}}}");
            }
            None => self.0.push((table.to_owned(), format!("{{{member}}}"))),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As JSON.
    pub(crate) fn text(&self) -> String {
        let members = self.0.iter().map(|(name, value)| format!("{}:{value}", string(name)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

/// A string.
pub(crate) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            control if control.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Bytes: a string where they are UTF-8, else their digits.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => string(text),
        Err(_) => hex(bytes),
    }
}

/// Bytes by their digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{{\"hex\":\"{digits}\"}}")
}

/// A list.
pub(crate) fn list(elements: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", elements.into_iter().collect::<Vec<_>>().join(","))
}

/// A member of a table: the characters of a string, the text of anything else.
pub(crate) fn member(table: &str, name: &str) -> Option<String> {
    let mut reader = Reader { rest: table.trim().strip_prefix('{')? };
    loop {
        reader.skip(&[' ', ',', '\n']);
        let key = reader.string()?;
        reader.skip(&[' ', ':']);
        let value = reader.value()?;
        if key == name {
            return Some(value);
        }
    }
}

/// What is left to read.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip(&mut self, characters: &[char]) {
        self.rest = self.rest.trim_start_matches(characters);
    }

    fn string(&mut self) -> Option<String> {
        let mut characters = self.rest.strip_prefix('"')?.chars();
        let mut out = String::new();
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => match characters.next()? {
                    'n' => out.push('\n'),
                    'r' => out.push('\r'),
                    't' => out.push('\t'),
                    'b' => out.push('\u{8}'),
                    'f' => out.push('\u{c}'),
                    'u' => out.push(unit(&mut characters)?),
                    other => out.push(other),
                },
                other => out.push(other),
            }
        }
        self.rest = characters.as_str();
        Some(out)
    }

    fn value(&mut self) -> Option<String> {
        if self.rest.starts_with('"') {
            return self.string();
        }
        let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
        for (at, byte) in self.rest.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b',' | b'}' | b']' if depth == 0 => {
                    let (value, rest) = self.rest.split_at(at);
                    self.rest = rest;
                    return Some(value.trim().to_owned());
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
        }
        None
    }
}

/// A character by its UTF-16 units.
fn unit(characters: &mut std::str::Chars<'_>) -> Option<char> {
    let mut digits = || {
        let text: String = characters.by_ref().take(4).collect();
        u16::from_str_radix(&text, 16).ok()
    };
    let first = digits()?;
    if !(0xD800..0xDC00).contains(&first) {
        return char::decode_utf16([first]).next()?.ok();
    }
    (characters.next()? == '\\' && characters.next()? == 'u').then_some(())?;
    let text: String = characters.by_ref().take(4).collect();
    let second = u16::from_str_radix(&text, 16).ok()?;
    char::decode_utf16([first, second]).next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written can be read again, whatever is in it.
    #[test]
    fn strings_come_back() {
        for text in ["", "a \"b\" \\ \n\t\u{1}", "ü \u{1F980}", "{}[],:"] {
            let mut table = Table::default();
            table.set("other", "[1, {\"a\": \"}\"}]");
            table.set("text", string(text));

            assert_eq!(member(&table.text(), "text").as_deref(), Some(text));
            assert_eq!(member(&table.text(), "other").as_deref(), Some("[1, {\"a\": \"}\"}]"));
            assert_eq!(member(&table.text(), "none"), None);
        }
        assert_eq!(member(r#"{"a":"\ud83e\udd80"}"#, "a").as_deref(), Some("\u{1F980}"));
    }

    /// A table within another grows.
    #[test]
    fn members_are_added_to_inner_tables() {
        let mut table = Table::default();
        table.set_in("headers", "a", "1");
        table.set_in("headers", "b", "\"2\"");

        assert_eq!(table.text(), r#"{"headers":{"a":1,"b":"2"}}"#);
    }
}
