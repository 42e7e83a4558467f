//! Plain values, as configurations and timelines have them.

use std::fmt::Write;

use serde_json::{Map, Number, Value as Json};

use super::{Array, DIMENSIONS_MAX, Datum, Numeric, text};
use crate::plugins::postgres::kind::{Base, Type};

/// How bytes are written.
const HEX: &str = "hex";

/// The type that a plain value has by itself; None for null and for lists of nothing else.
pub(in crate::plugins::postgres) fn kind(value: &Json) -> Option<Type> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(_) => Type::of(Base::Bool),
        Json::Number(number) => Type::of(number_base(number)),
        Json::String(_) => Type::TEXT,
        Json::Array(elements) => {
            let kinds = elements.iter().filter_map(kind);
            kinds.reduce(common).map(Type::in_array)?
        }
        value if is_null(value) => return None,
        Json::Object(members) if is_hex(members) => Type::of(Base::Bytea),
        Json::Object(_) => Type::of(Base::Jsonb),
    })
}

fn number_base(number: &Number) -> Base {
    match (number.as_i64(), number.is_f64()) {
        (_, true) => Base::Float8,
        (Some(whole), _) if i32::try_from(whole).is_ok() => Base::Int4,
        (Some(_), _) => Base::Int8,
        (None, _) => Base::Numeric,
    }
}

/// The type that holds what two types hold.
pub(in crate::plugins::postgres) fn common(one: Type, other: Type) -> Type {
    const NUMBERS: [Base; 4] = [Base::Int4, Base::Int8, Base::Numeric, Base::Float8];
    let rank = |kind: Type| NUMBERS.iter().position(|base| *base == kind.base());
    match (rank(one), rank(other)) {
        (Some(first), Some(second)) => {
            if first >= second {
                one
            } else {
                other
            }
        }
        _ => one, // what does not fit it is told where the values are read
    }
}

/// NULL in a list: TOML has no null.
fn is_null(value: &Json) -> bool {
    let only = |members: &Map<String, Json>| members.len() == 1;
    value.is_null()
        || value.as_object().is_some_and(|it| only(it) && it.get("null") == Some(&Json::Bool(true)))
}

fn is_hex(members: &Map<String, Json>) -> bool {
    members.len() == 1 && members.get(HEX).is_some_and(Json::is_string)
}

/// The value of this type that a plain value means; None for NULL.
///
/// # Errors
///
/// If it means none.
pub(in crate::plugins::postgres) fn datum(
    kind: Type,
    value: &Json,
) -> Result<Option<Datum>, String> {
    let document = !kind.array && matches!(kind.base(), Base::Json | Base::Jsonb);
    if value.is_null() || is_null(value) && !document {
        return Ok(None);
    }
    let wrong = || format!("`{}` is no {kind}", shown(value));
    if kind.array {
        return list(kind.element(), value).map(Some);
    }
    let datum = match (kind.base(), value) {
        (Base::Json, value) => Some(Datum::Text(value.to_string())),
        (Base::Jsonb, value) => Some(Datum::Text(jsonb(value))),
        (_, Json::Bool(it)) if kind.base() == Base::Bool => Some(Datum::Bool(*it)),
        (Base::Bytea, Json::Object(members)) if is_hex(members) => {
            members.get(HEX).and_then(Json::as_str).and_then(text::unhex).map(Datum::Bytes)
        }
        (Base::Bytea, Json::String(text)) => Some(Datum::Bytes(text.clone().into_bytes())),
        (Base::Bool | Base::Text | Base::Bytea, Json::Number(_)) => None,
        (_, Json::Number(number)) => text::read(kind, &plain(number)),
        (_, Json::String(characters)) => text::read(kind, characters),
        _ => None,
    };
    datum.map(Some).ok_or_else(wrong)
}

/// A number without an exponent, which whole numbers do not have.
fn plain(number: &Number) -> String {
    Numeric::parse(&number.to_string()).map_or_else(|| number.to_string(), |it| it.to_string())
}

fn shown(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn list(element: Type, value: &Json) -> Result<Datum, String> {
    let Json::Array(_) = value else {
        return Err(format!("`{}` is no {element}[]: an array is written as a list", shown(value)));
    };
    let mut array = Array { lengths: Vec::new(), elements: Vec::new() };
    fill(&mut array, element, value, 0)?;
    Ok(Datum::Array(array))
}

fn fill(array: &mut Array, element: Type, value: &Json, depth: usize) -> Result<(), String> {
    let is_list =
        |value: &Json| value.is_array() && !matches!(element.base(), Base::Json | Base::Jsonb);
    match value {
        Json::Array(elements) if depth < DIMENSIONS_MAX && (depth == 0 || is_list(value)) => {
            match array.lengths.get(depth) {
                None if array.elements.is_empty() => array.lengths.push(elements.len()),
                Some(length) if *length == elements.len() => {}
                _ => return Err("an array has lists of one length and depth in it".to_owned()),
            }
            elements.iter().try_for_each(|value| fill(array, element, value, depth + 1))
        }
        _ if depth != array.lengths.len() => {
            Err("an array has lists of one length and depth in it".to_owned())
        }
        value => {
            array.elements.push(datum(element, value)?);
            Ok(())
        }
    }
}

/// A document as jsonb prints it: blanks behind colons and commas, members by the length of their names.
pub(in crate::plugins::postgres) fn jsonb(document: &Json) -> String {
    let mut out = String::new();
    put(document, &mut out);
    out
}

fn put(document: &Json, out: &mut String) {
    match document {
        Json::Array(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                put(element, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| (name.len(), *name));
            out.push('{');
            for (at, (name, value)) in members.into_iter().enumerate() {
                let comma = if at == 0 { "" } else { ", " };
                let _ = write!(out, "{comma}{}: ", Json::from(name.as_str())); // a String takes everything
                put(value, out);
            }
            out.push('}');
        }
        Json::Number(number) => out.push_str(&plain(number)),
        other => out.push_str(&other.to_string()),
    }
}

/// What a value is as a plain one.
pub(in crate::plugins::postgres) fn plain_value(datum: &Datum, kind: Type) -> Json {
    match datum {
        Datum::Bool(value) => Json::Bool(*value),
        Datum::Int(number) => (*number).into(),
        Datum::Float4(number) => short_float(*number),
        Datum::Float8(number) => {
            Number::from_f64(*number).map_or_else(|| text::text(datum).into(), Json::Number)
        }
        Datum::Bytes(bytes) => {
            Json::Object(Map::from_iter([(HEX.into(), text::hex(bytes).into())]))
        }
        Datum::Text(text) if matches!(kind.base(), Base::Json | Base::Jsonb) => {
            serde_json::from_str(text).unwrap_or_else(|_| text.clone().into())
        }
        Datum::Array(array) if array.lengths.len() <= 1 => {
            let plain = |datum: &Datum| plain_value(datum, kind.element());
            array.elements.iter().map(|one| one.as_ref().map_or(Json::Null, plain)).collect()
        }
        Datum::Void => Json::Null,
        other => text::text(other).into(),
    }
}

/// By its fewest digits, which are fewer than those of the same number in eight bytes.
fn short_float(number: f32) -> Json {
    let whole = number.to_string().parse().ok().and_then(Number::from_f64);
    whole.map_or_else(|| text::text(&Datum::Float4(number)).into(), Json::Number)
}
