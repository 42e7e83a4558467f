//! The bytes of both versions of the protocol: what is written, and how much may be read
//! (<https://redis.io/docs/latest/develop/reference/protocol-spec/>).

/// Most bytes of a request, and of an answer of a real server.
pub(super) const FRAME_BYTES_MAX: usize = 16 << 20;
/// Most elements of a request, and of an answer.
pub(super) const ELEMENTS_MAX: usize = 1 << 20;
/// How deep an answer may be nested.
pub(super) const NESTING_MAX: usize = 32;
/// Longest line, with its end, in bytes.
pub(super) const LINE_BYTES_MAX: usize = 64 << 10;

/// What is wrong with bytes that came.
pub(super) type Wrong = &'static str;

/// Which version of the protocol a connection speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Version {
    /// RESP2.
    #[default]
    Two,
    /// RESP3.
    Three,
}

impl Version {
    /// The first in RESP3, else the second.
    pub(super) fn or<T>(self, three: T, two: T) -> T {
        match self {
            Self::Three => three,
            Self::Two => two,
        }
    }
}

/// A line: a mark, and what it says.
pub(super) fn put_line(out: &mut Vec<u8>, mark: u8, text: &[u8]) {
    out.push(mark);
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}

/// The head of what has a length.
pub(super) fn put_head(out: &mut Vec<u8>, mark: u8, length: usize) {
    put_line(out, mark, length.to_string().as_bytes());
}

pub(super) fn put_bulk(out: &mut Vec<u8>, bytes: &[u8]) {
    put_head(out, b'$', bytes.len());
    out.extend_from_slice(bytes);
    out.extend_from_slice(b"\r\n");
}

/// RESP2 has one null for strings and one for lists.
pub(super) fn put_null(out: &mut Vec<u8>, list: bool, version: Version) {
    out.extend_from_slice(match (version, list) {
        (Version::Three, _) => b"_\r\n",
        (Version::Two, false) => b"$-1\r\n",
        (Version::Two, true) => b"*-1\r\n",
    });
}

/// An error is one line, whatever stands in it.
pub(super) fn put_error(out: &mut Vec<u8>, text: &str) {
    put_line(out, b'-', text.replace(['\r', '\n'], " ").as_bytes());
}

/// A request, as clients write it.
pub(super) fn request<'a>(words: impl ExactSizeIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    put_head(&mut out, b'*', words.len());
    words.for_each(|word| put_bulk(&mut out, word));
    out
}

/// Bytes that have come, taken off line by line.
#[derive(Debug, Default)]
pub(super) struct Input {
    bytes: Vec<u8>,
    at: usize,
    /// How far no line ends.
    searched: usize,
}

impl Input {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        self.searched -= self.at;
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// What has not been taken yet.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The next line, without its end. None if it has not ended yet.
    pub(super) fn line(&mut self) -> Result<Option<&[u8]>, Wrong> {
        let start = self.at;
        let fresh = self.bytes.get(self.searched..).unwrap_or_default();
        let Some(length) = fresh.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.bytes.len();
            return if self.searched - start > LINE_BYTES_MAX {
                Err("too big line")
            } else {
                Ok(None)
            };
        };
        let end = self.searched + length;
        if end - start > LINE_BYTES_MAX {
            return Err("too big line");
        }
        (self.at, self.searched) = (end + 1, end + 1);
        let line = self.bytes.get(start..end).unwrap_or_default();
        Ok(Some(line.strip_suffix(b"\r").unwrap_or(line)))
    }

    /// So many bytes, and the end of a line behind them. None if they are not all there yet.
    pub(super) fn bulk(&mut self, length: usize) -> Result<Option<&[u8]>, Wrong> {
        let (start, end) = (self.at, self.at + length);
        match self.bytes.get(end..end + 2) {
            None => Ok(None),
            Some(b"\r\n") => {
                (self.at, self.searched) = (end + 2, end + 2);
                Ok(self.bytes.get(start..end))
            }
            Some(_) => Err("a string without its end"),
        }
    }
}

/// A number that stands in a line.
pub(super) fn number(line: &[u8]) -> Option<i64> {
    std::str::from_utf8(line).ok()?.parse().ok()
}
