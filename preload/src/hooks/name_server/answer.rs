//! Answers, and the names in them (RFC 1035, 4.1). Whatever the bytes are, nothing is read beyond them.

use core::ffi::c_int;

use super::{HEADER_BYTES, PTR};
use crate::hooks::look_up::{HOST_NOT_FOUND, NO_DATA, NO_RECOVERY, TRY_AGAIN};

/// Longest name as text, in bytes: each byte of it may be written with an escape of four.
const NAME_BYTES_MAX: usize = 1024;
/// Type of the record that says how long datagrams may be.
const OPT: u16 = 41;
/// Most names that one compressed name goes on at.
const JUMPS_MAX: usize = 64;

/// Takes the record of datagrams' length off an answer whose question had none; the length left.
pub(super) fn without_extension(answer: &mut [u8]) -> usize {
    let end = extension(answer).filter(|_| count(answer, 10) == Some(1));
    match (end, answer.get_mut(10..12)) {
        (Some(end), Some(place)) => {
            place.copy_from_slice(&[0, 0]);
            end
        }
        _ => answer.len(),
    }
}

/// Where the records beside the answer begin, if the first is that one.
fn extension(answer: &[u8]) -> Option<usize> {
    let mut at = questions_end(answer)?;
    for _ in 0..count(answer, 6)? + count(answer, 8)? {
        at = record(answer, at)?.end;
    }
    (record(answer, at)?.kind == OPT).then_some(at)
}

fn count(answer: &[u8], at: usize) -> Option<usize> {
    word(answer, at).map(usize::from)
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn questions_end(answer: &[u8]) -> Option<usize> {
    let mut at = HEADER_BYTES;
    for _ in 0..count(answer, 4)? {
        at = skip_name(answer, at)? + 4;
    }
    Some(at)
}

/// A record's type, and where its data is.
struct Record {
    kind: u16,
    data: usize,
    end: usize,
}

fn record(answer: &[u8], at: usize) -> Option<Record> {
    let at = skip_name(answer, at)?;
    let (kind, data) = (word(answer, at)?, at + 10);
    let end = data + usize::from(word(answer, at + 8)?);
    (end <= answer.len()).then_some(Record { kind, data, end })
}

fn skip_name(answer: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *answer.get(at)? {
            0 => return Some(at + 1),
            length @ 1..=63 => at += 1 + usize::from(length),
            192.. => return Some(at + 2),
            _ => return None,
        }
    }
}

/// What h_errno says of an answer; None if there are records in it.
pub(in crate::hooks) fn h_errno(answer: &[u8]) -> Option<c_int> {
    match (answer.get(3).map(|flags| flags & 15), count(answer, 6)) {
        (Some(0), Some(1..)) => None,
        (Some(0), _) => Some(NO_DATA),
        (Some(2), _) => Some(TRY_AGAIN),
        (Some(3), _) => Some(HOST_NOT_FOUND),
        _ => Some(NO_RECOVERY),
    }
}

/// A name as text, with its zero byte.
pub(in crate::hooks) struct Name {
    bytes: [u8; NAME_BYTES_MAX],
    used: usize,
}

impl Name {
    /// The first name that an answer says an address has.
    pub(super) fn pointed(answer: &[u8]) -> Option<Self> {
        let mut at = questions_end(answer)?;
        for _ in 0..count(answer, 6)? {
            let record = record(answer, at)?;
            if record.kind == PTR {
                return Self::read(answer, record.data);
            }
            at = record.end;
        }
        None
    }

    /// Reads a name that may go on elsewhere in the answer (RFC 1035, 4.1.4).
    pub(super) fn read(answer: &[u8], mut at: usize) -> Option<Self> {
        let mut name = Self { bytes: [0; NAME_BYTES_MAX], used: 0 };
        let mut jumps = 0;
        loop {
            match *answer.get(at)? {
                0 => return name.ended(),
                length @ 1..=63 => {
                    let from = at + 1;
                    at = from + usize::from(length);
                    name.label(answer.get(from..at)?)?;
                }
                192.. if jumps < JUMPS_MAX => {
                    at = usize::from(word(answer, at)? & 0x3fff);
                    jumps += 1;
                }
                _ => return None,
            }
        }
    }

    /// A name of other than the usual characters is none: nobody could tell what it means.
    fn label(&mut self, label: &[u8]) -> Option<()> {
        let usual = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/');
        if !label.iter().all(usual) {
            return None;
        }
        if self.used > 0 {
            self.push(b".")?;
        }
        self.push(label)
    }

    fn push(&mut self, part: &[u8]) -> Option<()> {
        self.bytes.get_mut(self.used..self.used + part.len())?.copy_from_slice(part);
        self.used += part.len();
        Some(())
    }

    fn ended(mut self) -> Option<Self> {
        self.push(b"\0").filter(|()| self.used > 1).map(|()| self)
    }

    /// The name, with its zero byte.
    pub(in crate::hooks) fn with_zero(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or(b"\0")
    }

    /// The name alone.
    pub(in crate::hooks) fn text(&self) -> &[u8] {
        self.with_zero().strip_suffix(b"\0").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer with one PTR record whose name goes on in the question, and an OPT record.
    const ANSWER: &[u8] = b"\x12\x34\x81\x80\0\x01\0\x01\0\0\0\x01\
        \x017\x07in-addr\x04arpa\0\0\x0c\0\x01\
        \xc0\x0c\0\x0c\0\x01\0\0\0\x3c\0\x07\x04host\xc0\x0e\
        \0\0\x29\x04\xd0\0\0\0\0\0\0";

    /// The name that an answer gives is read, wherever in the answer it goes on.
    #[test]
    fn a_compressed_name_is_read() {
        let name = Name::pointed(ANSWER).unwrap();

        assert_eq!(name.with_zero(), b"host.in-addr.arpa\0");
        assert_eq!(h_errno(ANSWER), None);
    }

    /// What we added to a question is taken off its answer.
    #[test]
    fn the_extension_is_taken_off() {
        let mut answer = ANSWER.to_vec();

        let left = without_extension(&mut answer);

        assert_eq!(left, ANSWER.len() - 11);
        assert_eq!(answer[10..12], [0, 0]);
    }

    /// Cut, changed and endless answers are no answers, and nothing is read beyond them.
    #[test]
    fn broken_answers_have_no_name() {
        for cut in 0..ANSWER.len() {
            let mut answer = ANSWER[..cut].to_vec();
            let _ = (Name::pointed(&answer), h_errno(&answer), without_extension(&mut answer));
        }
        for (place, byte) in
            (0..ANSWER.len()).flat_map(|at| [0, 0x0c, 0x3f, 0xc0, 0xff].map(|byte| (at, byte)))
        {
            let mut answer = ANSWER.to_vec();
            answer[place] = byte;
            let _ = (Name::pointed(&answer), h_errno(&answer), without_extension(&mut answer));
        }
        let mut endless = ANSWER.to_vec();
        let at = ANSWER.len() - 13;
        endless[at..at + 2].copy_from_slice(&[0xc0, at as u8]);
        assert!(Name::pointed(&endless).is_none());
    }
}
