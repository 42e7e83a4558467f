//! What clients send: a list of strings, or a line of words.

use super::frame::{ELEMENTS_MAX, FRAME_BYTES_MAX, Input, Wrong, number};

/// Requests, as they come.
#[derive(Debug, Default)]
pub(super) struct Requests {
    input: Input,
    open: Option<Open>,
}

/// A list that is not whole yet.
#[derive(Debug)]
struct Open {
    left: usize,
    /// Length of the string that comes next, once it is known.
    length: Option<usize>,
    words: Vec<Vec<u8>>,
    bytes: usize,
}

/// A request: its words, at least one.
pub(super) type Words = Vec<Vec<u8>>;

impl Requests {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.input.add(bytes);
    }

    /// How many bytes wait.
    pub(super) fn waiting(&self) -> usize {
        self.input.rest().len()
    }

    /// What waits, or the start of it.
    pub(super) fn rest(&self) -> &[u8] {
        self.input.rest()
    }

    /// Whether a request has begun that is not whole.
    pub(super) fn is_partial(&self) -> bool {
        self.open.is_some() || !self.input.rest().is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.input.clear();
        self.open = None;
    }

    /// The next request that is whole.
    pub(super) fn next(&mut self) -> Result<Option<Words>, Wrong> {
        loop {
            if self.open.is_none() && !self.begin()? {
                return Ok(None);
            }
            let Some(mut open) = self.open.take() else {
                continue; // an empty line, or a list of nothing: neither is answered
            };
            while open.left > 0 {
                if !self.word(&mut open)? {
                    self.open = Some(open);
                    return Ok(None);
                }
            }
            return Ok(Some(open.words));
        }
    }

    /// Reads the line that a request begins with; false if it is not there yet.
    fn begin(&mut self) -> Result<bool, Wrong> {
        let Some(line) = self.input.line()? else {
            return Ok(false);
        };
        let (left, words) = match line.strip_prefix(b"*") {
            None => (0, split(line).ok_or("unbalanced quotes in request")?),
            Some(count) => match number(count).map(usize::try_from) {
                Some(Ok(count)) if count <= ELEMENTS_MAX => (count, Vec::new()),
                Some(Err(_)) => (0, Vec::new()),
                _ => return Err("invalid multibulk length"),
            },
        };
        if left > 0 || !words.is_empty() {
            self.open = Some(Open { left, length: None, words, bytes: 0 });
        }
        Ok(true)
    }

    /// Reads the next string of a list; false if it is not there yet.
    fn word(&mut self, open: &mut Open) -> Result<bool, Wrong> {
        let length = match open.length {
            Some(length) => length,
            None => {
                let Some(line) = self.input.line()? else {
                    return Ok(false);
                };
                let length = length(line, FRAME_BYTES_MAX - open.bytes)?;
                open.length = Some(length);
                length
            }
        };
        let Some(word) = self.input.bulk(length)? else {
            return Ok(false);
        };
        open.words.push(word.to_vec());
        open.bytes += length;
        (open.left, open.length) = (open.left - 1, None);
        Ok(true)
    }
}

fn length(line: &[u8], most: usize) -> Result<usize, Wrong> {
    let Some(digits) = line.strip_prefix(b"$") else {
        return Err("expected '$'");
    };
    let length = number(digits).and_then(|length| usize::try_from(length).ok());
    length.filter(|length| *length <= most).ok_or("invalid bulk length")
}

/// Splits a line into words, some of them in quotes. None if a quote is left open.
fn split(line: &[u8]) -> Option<Words> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii();
    while let Some(first) = rest.first() {
        let (word, after) = match first {
            b'"' => double_quoted(rest.get(1..)?)?,
            b'\'' => single_quoted(rest.get(1..)?)?,
            _ => {
                let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
                (rest.get(..end)?.to_vec(), rest.get(end..)?)
            }
        };
        if after.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
            return None;
        }
        words.push(word);
        rest = after.trim_ascii_start();
    }
    Some(words)
}

fn double_quoted(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    loop {
        let (byte, after) = match rest {
            [b'"', after @ ..] => return Some((word, after)),
            [b'\\', b'x', high, low, after @ ..] if hex(*high, *low).is_some() => {
                (hex(*high, *low)?, after)
            }
            [b'\\', escaped, after @ ..] => (meant(*escaped), after),
            [byte, after @ ..] => (*byte, after),
            [] => return None,
        };
        word.push(byte);
        rest = after;
    }
}

fn single_quoted(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    loop {
        let (byte, after) = match rest {
            [b'\'', after @ ..] => return Some((word, after)),
            [b'\\', b'\'', after @ ..] => (b'\'', after),
            [byte, after @ ..] => (*byte, after),
            [] => return None,
        };
        word.push(byte);
        rest = after;
    }
}

fn meant(escaped: u8) -> u8 {
    match escaped {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => other,
    }
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}
