//! Arrays in the text format: `{1,2}`, `{{a,"b c"},{NULL,d}}`.

use super::{Array, DIMENSIONS_MAX, Datum, text};
use crate::plugins::postgres::kind::Type;

/// The array that characters mean; one that begins at another index than 1 is not read.
pub(super) fn read(element: Type, text: &str) -> Option<Array> {
    let mut reader = Reader { rest: text.trim(), element };
    let mut array = Array { lengths: Vec::new(), elements: Vec::new() };
    reader.list(&mut array, 0)?;
    if array.elements.is_empty() {
        array.lengths.clear();
    }
    reader.rest.is_empty().then_some(array)
}

struct Reader<'a> {
    rest: &'a str,
    element: Type,
}

impl Reader<'_> {
    fn take(&mut self, sign: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(sign)?.trim_start();
        Some(())
    }

    /// A list, and the lists in it: as long as those beside it.
    fn list(&mut self, array: &mut Array, depth: usize) -> Option<()> {
        if depth >= DIMENSIONS_MAX {
            return None;
        }
        self.take('{')?;
        let is_first = array.lengths.len() == depth && array.elements.is_empty();
        if is_first {
            array.lengths.push(0);
        }
        let mut length = 0;
        while !self.rest.starts_with('}') {
            if length > 0 {
                self.take(',')?;
            }
            if self.rest.starts_with('{') {
                self.list(array, depth + 1)?;
            } else if array.lengths.len() == depth + 1 {
                array.elements.push(self.one()?);
            } else {
                return None;
            }
            length += 1;
        }
        self.take('}')?;
        let known = array.lengths.get_mut(depth)?;
        if is_first {
            *known = length;
        }
        (*known == length).then_some(())
    }

    /// An element, in quotes or without.
    #[expect(clippy::option_option, reason = "the inner one is for NULL")]
    fn one(&mut self) -> Option<Option<Datum>> {
        let quoted = self.rest.starts_with('"');
        let (mut word, mut escaped) = (String::new(), false);
        let start = usize::from(quoted);
        let mut end = None;
        for (at, c) in self.rest.char_indices().skip(start) {
            match c {
                c if escaped => {
                    word.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' if quoted => {
                    end = Some(at + 1);
                    break;
                }
                ',' | '}' if !quoted => {
                    end = Some(at);
                    break;
                }
                '"' | '{' if !quoted => return None,
                c => word.push(c),
            }
        }
        self.rest = self.rest.get(end?..)?.trim_start();
        if quoted {
            return text::read(self.element, &word).map(Some);
        }
        let word = word.trim_end();
        if word.eq_ignore_ascii_case("null") {
            return Some(None);
        }
        if word.is_empty() { None } else { text::read(self.element, word).map(Some) }
    }
}
