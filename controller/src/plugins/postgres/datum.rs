//! Values: what PostgreSQL's types hold, in text and in binary.
//!
//! | file | holds |
//! |---|---|
//! | `text`, `binary` | the two formats of the protocol |
//! | `array` | arrays in text |
//! | `json` | plain values of a configuration, and back |
//! | `numeric` | decimal numbers of any length |
//! | `moment` | dates, times and intervals |

use super::kind::Type;

mod array;
pub(super) mod binary;
pub(super) mod json;
mod moment;
mod numeric;
pub(super) mod text;

pub(super) use moment::Interval;
pub(super) use numeric::Numeric;

/// Most dimensions of an array, as PostgreSQL has it.
pub(super) const DIMENSIONS_MAX: usize = 6;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Datum {
    Bool(bool),
    Int(i64),
    Float4(f32),
    Float8(f64),
    Numeric(Numeric),
    Text(String),
    Bytes(Vec<u8>),
    Uuid([u8; 16]),
    /// Days since 2000-01-01.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    /// Microseconds since 2000-01-01; with a time zone, in UTC.
    Timestamp(i64, bool),
    Interval(Interval),
    Array(Array),
    Void,
}

/// An array: how many elements each dimension has, and the elements in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array {
    pub(super) lengths: Vec<usize>,
    pub(super) elements: Vec<Option<Datum>>,
}

impl Datum {
    /// In a format of the protocol.
    pub(super) fn written(&self, kind: Type, binary: bool) -> Vec<u8> {
        if !binary {
            return text::text(self).into_bytes();
        }
        let mut out = Vec::new();
        binary::put(self, kind, &mut out);
        out
    }
}

#[cfg(test)]
mod tests;
