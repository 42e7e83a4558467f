//! Decimal numbers of any length: digits as they are written, and in groups of four.

use std::fmt;

use crate::plugins::postgres::frame::Reader;

/// Most digits before the point, and behind it, as PostgreSQL has it.
const WHOLE_DIGITS_MAX: usize = 131_072;
const SCALE_MAX: usize = 16_383;
/// Digits of a group.
const GROUP: usize = 4;

const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;

/// A decimal number, or none, or one without end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plugins::postgres) enum Numeric {
    /// Digits only; `whole` without zeros in front, `part` with those at its end.
    Finite {
        negative: bool,
        whole: String,
        part: String,
    },
    NaN,
    Infinity {
        negative: bool,
    },
}

impl Numeric {
    /// Reads a number: `-12.50`, `1e6`, `NaN`, `Infinity`.
    pub(in crate::plugins::postgres) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        match digits.to_ascii_lowercase().as_str() {
            "nan" => return Some(Self::NaN),
            "infinity" | "inf" => return Some(Self::Infinity { negative }),
            _ => {}
        }
        let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (digits, 0),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit());
        if !all_digits || whole.len() + part.len() == 0 {
            return None;
        }
        let (whole, part) = shifted(whole, part, exponent)?;
        Self::finite(negative, &whole, part)
    }

    fn finite(negative: bool, whole: &str, part: String) -> Option<Self> {
        let whole = whole.trim_start_matches('0').to_owned();
        let fits = whole.len() <= WHOLE_DIGITS_MAX && part.len() <= SCALE_MAX;
        let zero = whole.is_empty() && part.bytes().all(|byte| byte == b'0');
        fits.then_some(Self::Finite { negative: negative && !zero, whole, part })
    }

    /// In binary: how many groups, the place of the first, sign, scale, groups.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let (negative, whole, part) = match self {
            Self::Finite { negative, whole, part } => (*negative, whole, part),
            other => {
                let sign = match other {
                    Self::Infinity { negative: false } => INFINITY,
                    Self::Infinity { negative: true } => NEGATIVE_INFINITY,
                    _ => NAN,
                };
                return out.extend([0, 0, sign, 0].map(u16::to_be_bytes).concat());
            }
        };
        let front = (GROUP - whole.len() % GROUP) % GROUP;
        let back = (GROUP - part.len() % GROUP) % GROUP;
        let digits = ["0".repeat(front).as_str(), whole, part, &"0".repeat(back)].concat();
        let groups: Vec<u16> =
            digits.as_bytes().chunks(GROUP).map(|group| group.iter().fold(0, digit)).collect();
        let first = groups.iter().position(|group| *group != 0).unwrap_or(groups.len());
        let end = groups.iter().rposition(|group| *group != 0).map_or(first, |last| last + 1);
        let significant = groups.get(first..end).unwrap_or_default();
        let before = i64::try_from((front + whole.len()) / GROUP).unwrap_or_default();
        let weight = before - i64::try_from(first).unwrap_or_default() - 1;
        let weight = if significant.is_empty() { 0 } else { weight };
        out.extend(u16::try_from(significant.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend(i16::try_from(weight).unwrap_or_default().to_be_bytes());
        out.extend(if negative { NEGATIVE } else { 0 }.to_be_bytes());
        out.extend(u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
        significant.iter().for_each(|group| out.extend(group.to_be_bytes()));
    }

    /// Out of binary.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let count = usize::from(reader.short()?);
        let weight = i64::from(i16::from_be_bytes(reader.array()?));
        let (sign, scale) = (reader.short()?, usize::from(reader.short()?));
        match sign {
            NAN => return Some(Self::NaN),
            INFINITY | NEGATIVE_INFINITY => {
                return Some(Self::Infinity { negative: sign == NEGATIVE_INFINITY });
            }
            0 | NEGATIVE if scale <= SCALE_MAX => {}
            _ => return None,
        }
        let (mut whole, mut part) = (String::new(), String::new());
        if weight < -1 {
            let groups = usize::try_from(-1 - weight).ok()?;
            part.push_str(&"0".repeat((groups * GROUP).min(scale)));
        }
        for at in 0..count {
            let group = reader.short().filter(|group| *group < 10_000)?;
            let before = i64::try_from(at).ok()? <= weight;
            (if before { &mut whole } else { &mut part }).push_str(&format!("{group:04}"));
        }
        let whole_groups = usize::try_from(weight + 1).unwrap_or(0);
        let missing = whole_groups.saturating_sub(count);
        whole.push_str(&"0".repeat(missing * GROUP));
        part.truncate(scale);
        part.push_str(&"0".repeat(scale - part.len()));
        Self::finite(sign == NEGATIVE, &whole, part)
    }
}

fn digit(sum: u16, byte: &u8) -> u16 {
    sum * 10 + u16::from(byte - b'0')
}

/// The digits with the point moved by an exponent.
fn shifted(whole: &str, part: &str, exponent: i32) -> Option<(String, String)> {
    let places = usize::try_from(exponent.unsigned_abs()).ok()?;
    if places > WHOLE_DIGITS_MAX {
        return None;
    }
    if exponent >= 0 {
        let moved = part.len().min(places);
        let (moved, rest) = part.split_at(moved);
        let zeros = "0".repeat(places - moved.len());
        return Some(([whole, moved, &zeros].concat(), rest.to_owned()));
    }
    let (rest, moved) = whole.split_at(whole.len().saturating_sub(places));
    let zeros = "0".repeat(places - moved.len());
    Some((rest.to_owned(), [&zeros, moved, part].concat()))
}

impl fmt::Display for Numeric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = |negative: bool| if negative { "-" } else { "" };
        match self {
            Self::NaN => f.write_str("NaN"),
            Self::Infinity { negative } => write!(f, "{}Infinity", sign(*negative)),
            Self::Finite { negative, whole, part } => {
                let whole = if whole.is_empty() { "0" } else { whole };
                let point = if part.is_empty() { "" } else { "." };
                write!(f, "{}{whole}{point}{part}", sign(*negative))
            }
        }
    }
}
