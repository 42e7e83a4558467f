//! Questions, written on the stack (RFC 1035, 4.1).

use core::net::IpAddr;
use core::sync::atomic::{AtomicU16, Ordering};

use super::{HEADER_BYTES, PTR};

/// Bytes of a question: header, the longest name, type and class.
const QUESTION_BYTES_MAX: usize = HEADER_BYTES + 255 + 4;
/// Class of the Internet.
const IN: u16 = 1;

/// A question on the stack.
pub(in crate::hooks) struct Question {
    bytes: [u8; QUESTION_BYTES_MAX],
    used: usize,
}

impl Question {
    /// For records of this type; None for what is no name.
    pub(in crate::hooks) fn new(name: &[u8], class: u16, kind: u16) -> Option<Self> {
        let mut question = Self::started();
        for label in name.strip_suffix(b".").unwrap_or(name).split(|byte| *byte == b'.') {
            question.label(label)?;
        }
        question.ended(class, kind)
    }

    /// For the name of an address (RFC 1035, 3.5; RFC 3596, 2.5).
    pub(in crate::hooks) fn of_address(address: IpAddr) -> Option<Self> {
        let mut question = Self::started();
        let zone = match address.to_canonical() {
            IpAddr::V4(address) => {
                for octet in address.octets().into_iter().rev() {
                    question.number(octet)?;
                }
                b"in-addr"
            }
            IpAddr::V6(address) => {
                for octet in address.octets().into_iter().rev() {
                    for half in [octet & 15, octet >> 4] {
                        question.label(&[*b"0123456789abcdef".get(usize::from(half))?])?;
                    }
                }
                &b"ip6"[..]
            }
        };
        question.label(zone)?;
        question.label(b"arpa")?;
        question.ended(IN, PTR)
    }

    fn started() -> Self {
        static NUMBER: AtomicU16 = AtomicU16::new(0);
        let own = rustix::process::getpid().as_raw_nonzero().get().cast_unsigned() as u16;
        let [high, low] = own.wrapping_add(NUMBER.fetch_add(1, Ordering::Relaxed)).to_be_bytes();
        let mut bytes = [0; QUESTION_BYTES_MAX];
        let header = [high, low, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]; // recursion desired; one question
        for (place, byte) in bytes.iter_mut().zip(header) {
            *place = byte;
        }
        Self { bytes, used: HEADER_BYTES }
    }

    /// Writes three digits at most.
    fn number(&mut self, octet: u8) -> Option<()> {
        let digits = [octet / 100 + b'0', octet / 10 % 10 + b'0', octet % 10 + b'0'];
        let skip = if octet > 99 {
            0
        } else if octet > 9 {
            1
        } else {
            2
        };
        self.label(digits.get(skip..)?)
    }

    /// Escapes are left to those who use them: such a name is none here.
    fn label(&mut self, label: &[u8]) -> Option<()> {
        if label.is_empty() || label.len() > 63 || label.contains(&b'\\') {
            return None;
        }
        self.push(&[label.len() as u8])?;
        self.push(label)
    }

    fn ended(mut self, class: u16, kind: u16) -> Option<Self> {
        self.push(&[0])?;
        self.push(&kind.to_be_bytes())?;
        self.push(&class.to_be_bytes())?;
        Some(self)
    }

    fn push(&mut self, bytes: &[u8]) -> Option<()> {
        self.bytes.get_mut(self.used..self.used + bytes.len())?.copy_from_slice(bytes);
        self.used += bytes.len();
        Some(())
    }

    /// As it goes over the wire.
    pub(in crate::hooks) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::Name;
    use super::*;

    /// A question is header, name, type and class; one whose name is none does not exist.
    #[test]
    fn a_question_is_written() {
        let question = Question::new(b"a.example.", 1, 15).unwrap();
        assert_eq!(
            question.bytes()[2..],
            *b"\x01\0\0\x01\0\0\0\0\0\0\x01a\x07example\0\0\x0f\0\x01"
        );

        let long = [b'x'; 64];
        for name in [&b""[..], b"a..b", b".", b"a\\.b", &long, &b"abc.".repeat(70)] {
            assert!(Question::new(name, 1, 1).is_none(), "{name:?}");
        }
    }

    fn name_of(question: &Question) -> String {
        let name = Name::read(question.bytes(), HEADER_BYTES).unwrap();
        String::from_utf8(name.text().to_vec()).unwrap()
    }

    /// An address is asked for under its name in the tree of addresses.
    #[test]
    fn an_address_is_asked_for_backwards() {
        let v4 = Question::of_address("192.0.2.70".parse().unwrap()).unwrap();
        assert_eq!(name_of(&v4), "70.2.0.192.in-addr.arpa");

        let v6 = Question::of_address("2001:db8::7".parse().unwrap()).unwrap();
        assert_eq!(name_of(&v6), format!("7.{}8.b.d.0.1.0.0.2.ip6.arpa", "0.".repeat(23)));
    }
}
