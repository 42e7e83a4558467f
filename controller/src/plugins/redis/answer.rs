//! What real servers send: where one answer ends and the next begins, and what it says.

use serde_json::{Map, Value as Json, json};

use super::form::Form;
use super::frame::{ELEMENTS_MAX, FRAME_BYTES_MAX, Input, NESTING_MAX, Wrong, number};

/// Answers, as they come.
#[derive(Debug, Default)]
pub(super) struct Answers {
    input: Input,
    /// What has been read of an answer.
    read: Vec<u8>,
    /// The lists that are open, outermost first: how many values are missing, and whether the list is a
    /// value itself. Attributes are none.
    open: Vec<(usize, bool)>,
    elements: usize,
    /// Length of a string whose bytes come next.
    length: Option<usize>,
}

impl Answers {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.input.add(bytes);
    }

    /// The bytes of the next answer that is whole.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, Wrong> {
        loop {
            let whole = match self.length {
                Some(length) => self.string(length)?,
                None => self.line()?,
            };
            match whole {
                None => return Ok(None),
                Some(true) if self.value_ends() => {
                    self.elements = 0;
                    return Ok(Some(std::mem::take(&mut self.read)));
                }
                Some(_) => {}
            }
            if self.read.len() > FRAME_BYTES_MAX || self.elements > ELEMENTS_MAX {
                return Err("an answer of more than 16 MiB");
            }
        }
    }

    fn string(&mut self, length: usize) -> Result<Option<bool>, Wrong> {
        let Some(bytes) = self.input.bulk(length)? else {
            return Ok(None);
        };
        self.read.extend_from_slice(bytes);
        self.read.extend_from_slice(b"\r\n");
        self.length = None;
        Ok(Some(true))
    }

    /// Reads a line: whether a value ends with it. None if it is not there yet.
    fn line(&mut self) -> Result<Option<bool>, Wrong> {
        let Some(line) = self.input.line()? else {
            return Ok(None);
        };
        self.read.extend_from_slice(line);
        self.read.extend_from_slice(b"\r\n");
        self.elements += 1;
        let (mark, text) = line.split_first().ok_or("an empty line")?;
        let length = match mark {
            b'+' | b'-' | b':' | b',' | b'#' | b'(' | b'_' => return Ok(Some(true)),
            b'$' | b'=' | b'!' | b'*' | b'~' | b'>' | b'%' | b'|' => number(text),
            _ => None,
        };
        match (mark, length.map(usize::try_from)) {
            (b'$' | b'*', Some(Err(_))) => Ok(Some(true)), // null
            (b'$' | b'=' | b'!', Some(Ok(length))) if length <= FRAME_BYTES_MAX => {
                self.length = Some(length);
                Ok(Some(false))
            }
            (b'*' | b'~' | b'>', Some(Ok(length))) => self.begin(length, true),
            (b'%', Some(Ok(length))) => self.begin(length.saturating_mul(2), true),
            (b'|', Some(Ok(length))) => self.begin(length.saturating_mul(2), false),
            _ => Err("what is no answer"),
        }
    }

    fn begin(&mut self, length: usize, is_value: bool) -> Result<Option<bool>, Wrong> {
        if length > ELEMENTS_MAX || self.open.len() >= NESTING_MAX {
            return Err("an answer that is too large or too deep");
        }
        if length > 0 {
            self.open.push((length, is_value));
        }
        Ok(Some(length == 0 && is_value))
    }

    /// A value has ended, and perhaps the lists with it: whether that was the answer.
    fn value_ends(&mut self) -> bool {
        while let Some((left, is_value)) = self.open.last_mut() {
            *left -= 1;
            if *left > 0 {
                return false;
            }
            let was_value = *is_value;
            self.open.pop();
            if !was_value {
                return false; // what the attributes are of follows
            }
        }
        true
    }
}

/// A value in an answer, with the bytes that it takes.
#[derive(Debug)]
enum Part<'a> {
    Line(u8, &'a [u8]),
    Text(u8, &'a [u8]),
    List(u8, usize),
}

/// Takes the first part off an answer that is whole.
fn part<'a>(rest: &mut &'a [u8]) -> Option<Part<'a>> {
    let end = rest.windows(2).position(|end| end == b"\r\n")?;
    let (mark, text) = rest.get(..end)?.split_first()?;
    *rest = rest.get(end + 2..)?;
    let length = number(text).and_then(|length| usize::try_from(length).ok());
    Some(match (mark, length) {
        (b'$' | b'=' | b'!', Some(length)) => {
            let bytes = rest.get(..length)?;
            *rest = rest.get(length + 2..)?;
            Part::Text(*mark, bytes)
        }
        (b'*' | b'~' | b'>', Some(length)) => Part::List(*mark, length),
        (b'%' | b'|', Some(length)) => Part::List(*mark, 2 * length),
        _ => Part::Line(*mark, text),
    })
}

/// The error that an answer is, if it is one.
pub(super) fn error(answer: &[u8]) -> Option<String> {
    match part(&mut &*answer)? {
        Part::Line(b'-', text) | Part::Text(b'!', text) => {
            Some(String::from_utf8_lossy(text).into_owned())
        }
        _ => None,
    }
}

/// The elements of a list, each with all of its bytes. None if the answer is no list.
pub(super) fn elements(answer: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = answer;
    let Part::List(_, count) = part(&mut rest)? else {
        return None;
    };
    let element = |_| {
        let before = rest;
        skip(&mut rest)?;
        before.get(..before.len() - rest.len())
    };
    (0..count).map(element).collect()
}

fn skip(rest: &mut &[u8]) -> Option<()> {
    let mut left = 1_usize;
    while left > 0 {
        left -= 1;
        match part(rest)? {
            Part::List(b'|', count) => left += count + 1,
            Part::List(_, count) => left += count,
            Part::Line(..) | Part::Text(..) => {}
        }
    }
    Some(())
}

/// What a server says without being asked, or to a subscription: the word that it begins with.
pub(super) fn pushed(answer: &[u8]) -> Option<String> {
    let elements =
        elements(answer).filter(|_| answer.starts_with(b">") || answer.starts_with(b"*"))?;
    match part(&mut elements.first().copied()?)? {
        Part::Text(_, word) | Part::Line(b'+', word) => {
            Some(String::from_utf8_lossy(word).into_owned())
        }
        _ => None,
    }
}

/// An answer as a plain value: as a mock would have to give it.
pub(super) fn value(answer: &[u8], form: Form) -> Json {
    let value = read(&mut &*answer, NESTING_MAX).unwrap_or_default();
    match (form, value) {
        (Form::Map(_), Json::Array(items)) if items.len() % 2 == 0 => table(items),
        (_, value) => value,
    }
}

fn read(rest: &mut &[u8], depth: usize) -> Option<Json> {
    let depth = depth.checked_sub(1)?;
    Some(match part(rest)? {
        Part::Line(b':', digits) => number(digits).map_or_else(|| text(digits), Json::from),
        Part::Line(b',', digits) => double(digits),
        Part::Line(b'#', word) => Json::Bool(word == b"t"),
        Part::Line(b'_' | b'$' | b'*', _) => Json::Null,
        Part::Line(b'-', words) | Part::Text(b'!', words) => json!({ "error": text(words) }),
        Part::Line(_, bytes) | Part::Text(b'$', bytes) => text(bytes),
        Part::Text(_, bytes) => text(bytes.get(b"txt:".len()..).unwrap_or_default()),
        Part::List(mark, count) => {
            let items = (0..count).map(|_| read(rest, depth)).collect::<Option<Vec<_>>>()?;
            match mark {
                b'|' => return read(rest, depth),
                b'%' => table(items),
                _ => Json::Array(items),
            }
        }
    })
}

fn text(bytes: &[u8]) -> Json {
    match std::str::from_utf8(bytes) {
        Ok(text) => Json::from(text),
        Err(_) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({ "hex": digits })
        }
    }
}

fn double(digits: &[u8]) -> Json {
    let number = std::str::from_utf8(digits).ok().and_then(|text| text.parse::<f64>().ok());
    let number = number.and_then(serde_json::Number::from_f64);
    number.map_or_else(|| text(digits), Json::Number)
}

/// Names with values; a list of pairs where a name is none that a table can have.
fn table(items: Vec<Json>) -> Json {
    let named = items.iter().step_by(2).all(Json::is_string);
    let mut items = items.into_iter();
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (items.next(), items.next()) {
        pairs.push((name, value));
    }
    if !named {
        return pairs.into_iter().map(|(name, value)| json!([name, value])).collect();
    }
    let member = |(name, value): (Json, Json)| Some((name.as_str()?.to_owned(), value));
    Json::Object(pairs.into_iter().filter_map(member).collect::<Map<_, _>>())
}
