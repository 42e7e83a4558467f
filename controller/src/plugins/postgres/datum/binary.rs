//! The binary format: values as PostgreSQL's `*send` functions write them.

use super::{Array, DIMENSIONS_MAX, Datum, Interval, Numeric};
use crate::plugins::postgres::frame::Reader;
use crate::plugins::postgres::kind::{Base, Type};

/// Most elements of an array: each has a length of four bytes in the message.
const ELEMENTS_MAX: usize = 4 << 20;

/// Adds a value of this type.
pub(in crate::plugins::postgres) fn put(datum: &Datum, kind: Type, out: &mut Vec<u8>) {
    match datum {
        Datum::Bool(value) => out.push(u8::from(*value)),
        Datum::Int(number) => put_int(*number, kind.base(), out),
        Datum::Float4(number) => out.extend(number.to_be_bytes()),
        Datum::Float8(number) => out.extend(number.to_be_bytes()),
        Datum::Numeric(number) => number.put(out),
        Datum::Text(text) => {
            if kind.base() == Base::Jsonb {
                out.push(1); // version of the format
            }
            out.extend(text.as_bytes());
        }
        Datum::Bytes(bytes) => out.extend(bytes),
        Datum::Uuid(bytes) => out.extend(bytes),
        Datum::Date(days) => out.extend(days.to_be_bytes()),
        Datum::Time(micros) | Datum::Timestamp(micros, _) => out.extend(micros.to_be_bytes()),
        Datum::Interval(Interval { months, days, micros }) => {
            out.extend(micros.to_be_bytes());
            out.extend(days.to_be_bytes());
            out.extend(months.to_be_bytes());
        }
        Datum::Array(array) => put_array(array, kind.element(), out),
        Datum::Void => {}
    }
}

fn put_int(number: i64, base: Base, out: &mut Vec<u8>) {
    // Values are checked when they are read: none is cut here.
    match base {
        Base::Int2 => out.extend(i16::try_from(number).unwrap_or_default().to_be_bytes()),
        Base::Int4 => out.extend(i32::try_from(number).unwrap_or_default().to_be_bytes()),
        Base::Oid => out.extend(u32::try_from(number).unwrap_or_default().to_be_bytes()),
        _ => out.extend(number.to_be_bytes()),
    }
}

fn put_array(array: &Array, element: Type, out: &mut Vec<u8>) {
    let dimensions = if array.elements.is_empty() { &[][..] } else { array.lengths.as_slice() };
    let number = |number: usize| u32::try_from(number).unwrap_or_default().to_be_bytes();
    out.extend(number(dimensions.len()));
    out.extend(u32::from(array.elements.iter().any(Option::is_none)).to_be_bytes());
    out.extend(element.oid().to_be_bytes());
    for length in dimensions {
        out.extend(number(*length));
        out.extend(1_u32.to_be_bytes()); // the first index
    }
    for datum in &array.elements {
        let bytes = datum.as_ref().map(|datum| datum.written(element, true));
        crate::plugins::postgres::said::value(out, bytes.as_deref());
    }
}

/// Reads a value of this type, all of it.
pub(in crate::plugins::postgres) fn read(kind: Type, bytes: &[u8]) -> Option<Datum> {
    let mut reader = Reader(bytes);
    let datum = if kind.array {
        Datum::Array(array(&mut reader, kind.element())?)
    } else {
        single(&mut reader, kind.base())?
    };
    reader.0.is_empty().then_some(datum)
}

fn single(reader: &mut Reader<'_>, base: Base) -> Option<Datum> {
    Some(match base {
        Base::Bool => Datum::Bool(reader.array::<1>()? != [0]),
        Base::Int2 => Datum::Int(i16::from_be_bytes(reader.array()?).into()),
        Base::Int4 => Datum::Int(i32::from_be_bytes(reader.array()?).into()),
        Base::Oid => Datum::Int(reader.number()?.into()),
        Base::Int8 => Datum::Int(i64::from_be_bytes(reader.array()?)),
        Base::Float4 => Datum::Float4(f32::from_be_bytes(reader.array()?)),
        Base::Float8 => Datum::Float8(f64::from_be_bytes(reader.array()?)),
        Base::Numeric => Datum::Numeric(Numeric::read(reader)?),
        Base::Jsonb => {
            reader.array::<1>().filter(|version| *version == [1])?;
            Datum::Text(characters(reader)?)
        }
        Base::Text | Base::Json => Datum::Text(characters(reader)?),
        Base::Bytea => Datum::Bytes(std::mem::take(&mut reader.0).to_vec()),
        Base::Uuid => Datum::Uuid(reader.array()?),
        Base::Date => Datum::Date(i32::from_be_bytes(reader.array()?)),
        Base::Time => Datum::Time(i64::from_be_bytes(reader.array()?)),
        Base::Timestamp => Datum::Timestamp(i64::from_be_bytes(reader.array()?), false),
        Base::TimestampTz => Datum::Timestamp(i64::from_be_bytes(reader.array()?), true),
        Base::Interval => {
            let micros = i64::from_be_bytes(reader.array()?);
            let days = i32::from_be_bytes(reader.array()?);
            Datum::Interval(Interval { months: i32::from_be_bytes(reader.array()?), days, micros })
        }
        Base::Void => Datum::Void,
    })
}

fn characters(reader: &mut Reader<'_>) -> Option<String> {
    String::from_utf8(std::mem::take(&mut reader.0).to_vec()).ok()
}

fn array(reader: &mut Reader<'_>, element: Type) -> Option<Array> {
    let dimensions = usize::try_from(reader.number()?).ok().filter(|it| *it <= DIMENSIONS_MAX)?;
    let (_, oid) = (reader.number()?, reader.number()?);
    if Type::numbered(oid).map(Type::base) != Some(element.base()) {
        return None;
    }
    let length = |_| {
        let length = usize::try_from(reader.number()?).ok()?;
        reader.number()?; // the first index
        Some(length)
    };
    let lengths: Vec<usize> = (0..dimensions).map(length).collect::<Option<_>>()?;
    let count = lengths.iter().try_fold(1_usize, |all, length| all.checked_mul(*length))?;
    let count = if dimensions == 0 { 0 } else { count };
    // Each element takes four bytes at least: no more are made than there are bytes for.
    if count > ELEMENTS_MAX || count > reader.0.len() / 4 {
        return None;
    }
    let one = |_| match reader.value()? {
        None => Some(None),
        Some(bytes) => read(element, bytes).map(Some),
    };
    Some(Array { elements: (0..count).map(one).collect::<Option<_>>()?, lengths })
}
