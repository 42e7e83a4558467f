//! The text format: values as PostgreSQL prints them.

use std::fmt::Write;

use super::{Array, Datum, Interval, Numeric, array, moment};
use crate::plugins::postgres::kind::{Base, Type};

/// Exponents from which on a number is printed with one: 15 digits are those of a float8, 6 of a float4.
const PLAIN_DIGITS: [i32; 2] = [6, 15];

/// As text.
pub(in crate::plugins::postgres) fn text(datum: &Datum) -> String {
    match datum {
        Datum::Bool(value) => if *value { "t" } else { "f" }.to_owned(),
        Datum::Int(number) => number.to_string(),
        Datum::Float4(number) => float(f64::from(*number), &format!("{number:e}"), PLAIN_DIGITS[0]),
        Datum::Float8(number) => float(*number, &format!("{number:e}"), PLAIN_DIGITS[1]),
        Datum::Numeric(number) => number.to_string(),
        Datum::Text(text) => text.clone(),
        Datum::Bytes(bytes) => format!("\\x{}", hex(bytes)),
        Datum::Uuid(bytes) => uuid_text(bytes),
        Datum::Date(days) => moment::date_text(*days),
        Datum::Time(micros) => moment::time_text(*micros),
        Datum::Timestamp(micros, zoned) => moment::timestamp_text(*micros, *zoned),
        Datum::Interval(interval) => interval.text(),
        Datum::Array(array) => array_text(array),
        Datum::Void => String::new(),
    }
}

/// The fewest digits that are this number, with an exponent where it is large or small.
fn float(number: f64, scientific: &str, digits_max: i32) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..digits_max).contains(&exponent) {
        return Numeric::parse(scientific).map_or_else(
            || number.to_string(),
            |plain| {
                if number.is_sign_negative() && number == 0.0 {
                    format!("-{plain}")
                } else {
                    plain.to_string()
                }
            },
        );
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

pub(in crate::plugins::postgres) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
        text
    })
}

fn uuid_text(bytes: &[u8; 16]) -> String {
    let digits = hex(bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part).unwrap_or(""));
    parts.join("-")
}

fn array_text(array: &Array) -> String {
    let mut elements = array.elements.iter();
    if array.elements.is_empty() {
        return "{}".to_owned();
    }
    let mut text = String::new();
    put_array(&array.lengths, &mut elements, &mut text);
    text
}

fn put_array<'a>(
    lengths: &[usize],
    elements: &mut impl Iterator<Item = &'a Option<Datum>>,
    out: &mut String,
) {
    let Some((length, inner)) = lengths.split_first() else {
        match elements.next() {
            Some(Some(datum)) => out.push_str(&element(&text(datum))),
            _ => out.push_str("NULL"),
        }
        return;
    };
    out.push('{');
    for at in 0..*length {
        if at > 0 {
            out.push(',');
        }
        put_array(inner, elements, out);
    }
    out.push('}');
}

/// In quotes, where an element would be read as something else.
fn element(text: &str) -> String {
    let special = |c: char| "{},\"\\".contains(c) || c.is_ascii_whitespace();
    if text.is_empty() || text.eq_ignore_ascii_case("null") || text.contains(special) {
        return format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    }
    text.to_owned()
}

/// The value of a type that characters mean.
pub(in crate::plugins::postgres) fn read(kind: Type, text: &str) -> Option<Datum> {
    if kind.array {
        return array::read(kind.element(), text).map(Datum::Array);
    }
    let trimmed = text.trim();
    Some(match kind.base() {
        Base::Bool => Datum::Bool(boolean(trimmed)?),
        Base::Int2 => Datum::Int(trimmed.parse::<i16>().ok()?.into()),
        Base::Int4 => Datum::Int(trimmed.parse::<i32>().ok()?.into()),
        Base::Oid => Datum::Int(trimmed.parse::<u32>().ok()?.into()),
        Base::Int8 => Datum::Int(trimmed.parse().ok()?),
        Base::Float4 => Datum::Float4(trimmed.parse().ok()?),
        Base::Float8 => Datum::Float8(trimmed.parse().ok()?),
        Base::Numeric => Datum::Numeric(Numeric::parse(trimmed)?),
        Base::Text => Datum::Text(text.to_owned()).filter(!text.contains('\0'))?,
        Base::Json | Base::Jsonb => {
            let document: serde_json::Value = serde_json::from_str(text).ok()?;
            match kind.base() {
                Base::Jsonb => Datum::Text(super::json::jsonb(&document)),
                _ => Datum::Text(text.to_owned()),
            }
        }
        Base::Bytea => Datum::Bytes(bytea(text)?),
        Base::Uuid => Datum::Uuid(uuid(trimmed)?),
        Base::Date => Datum::Date(moment::date(trimmed)?),
        Base::Time => Datum::Time(moment::time(trimmed)?),
        Base::Timestamp => Datum::Timestamp(moment::timestamp(trimmed, false)?, false),
        Base::TimestampTz => Datum::Timestamp(moment::timestamp(trimmed, true)?, true),
        Base::Interval => Datum::Interval(Interval::parse(trimmed)?),
        Base::Void => Datum::Void,
    })
}

impl Datum {
    fn filter(self, fits: bool) -> Option<Self> {
        fits.then_some(self)
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "on" | "1" => Some(true),
        "f" | "false" | "n" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// `\x00ff`, or characters with backslashes.
fn bytea(text: &str) -> Option<Vec<u8>> {
    if let Some(digits) = text.strip_prefix("\\x") {
        return unhex(digits);
    }
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        (rest, bytes) = match (first, after) {
            (b'\\', [b'\\', after @ ..]) => (after, pushed(bytes, b'\\')),
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                let byte = (a - b'0') << 6 | (b - b'0') << 3 | (c - b'0');
                (after, pushed(bytes, byte))
            }
            (b'\\', _) => return None,
            (byte, after) => (after, pushed(bytes, *byte)),
        };
    }
    Some(bytes)
}

fn pushed(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.push(byte);
    bytes
}

pub(in crate::plugins::postgres) fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        digits.chars().filter(|c| *c != ' ').map(|c| c.to_digit(16)?.try_into().ok()).collect();
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    };
    digits?.chunks(2).map(byte).collect()
}

fn uuid(text: &str) -> Option<[u8; 16]> {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    unhex(&inner.replace('-', ""))?.try_into().ok()
}
