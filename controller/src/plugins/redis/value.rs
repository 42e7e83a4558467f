//! Plain values of mocks as answers of a server.

use std::borrow::Cow;

use serde_json::{Number, Value as Json};

use super::form::{BULK, ENTRIES, Form, LIST};
use super::frame::{NESTING_MAX, Version, put_bulk, put_head, put_line, put_null};

/// What a value of a mock lacks to be an answer, in words that follow the command.
pub(super) type Odd = String;

/// Writes a value in the form that a command answers in.
pub(super) fn put(
    out: &mut Vec<u8>,
    form: Form,
    value: &Json,
    version: Version,
) -> Result<(), Odd> {
    Writer { out, version, depth: 0 }.put(form, value)
}

/// What a mock answers that gives no value. None if there is nothing that it could mean.
pub(super) fn absent(form: Form) -> Option<Json> {
    Some(match form {
        Form::Status => Json::from("OK"),
        Form::Integer => return None,
        Form::Bulk | Form::Double | Form::Verbatim | Form::Any | Form::Maybe(_) => Json::Null,
        Form::Scan(_) => Json::Array(vec![Json::from("0"), Json::Array(Vec::new())]),
        _ => Json::Array(Vec::new()),
    })
}

/// The bytes that a value means; `{ hex = ".." }` are any.
pub(super) fn bytes(value: &Json) -> Option<Cow<'_, [u8]>> {
    match value {
        Json::String(text) => Some(Cow::Borrowed(text.as_bytes())),
        Json::Number(number) => Some(Cow::Owned(decimal(number).into_bytes())),
        Json::Object(members) if members.len() == 1 => {
            hex(members.get("hex")?.as_str()?).map(Cow::Owned)
        }
        _ => None,
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> =
        text.chars().filter(|c| *c != ' ').map(|c| c.to_digit(16)).collect();
    let pair = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high << 4 | low).ok(),
        _ => None,
    };
    digits?.chunks(2).map(pair).collect()
}

fn decimal(number: &Number) -> String {
    match (number.as_i64(), number.as_f64()) {
        (None, Some(float)) => float.to_string(), // without the `.0` of JSON, as servers write it
        _ => number.to_string(),
    }
}

/// TOML has no null, and so a word for it: `{ null = true }`.
fn is_null(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Object(members) => {
            members.len() == 1 && members.get("null") == Some(&Json::Bool(true))
        }
        _ => false,
    }
}

/// Names with values: of a table, or a list of pairs.
fn pairs(value: &Json) -> Option<Vec<(Cow<'_, Json>, &Json)>> {
    match value {
        Json::Object(_) if bytes(value).is_some() => None,
        Json::Object(members) => {
            let pair = |(name, value)| (Cow::Owned(Json::String(String::clone(name))), value);
            Some(members.iter().map(pair).collect())
        }
        Json::Array(items) => items.iter().map(pair).collect(),
        _ => None,
    }
}

fn pair(item: &Json) -> Option<(Cow<'_, Json>, &Json)> {
    match item.as_array()?.as_slice() {
        [name, value] => Some((Cow::Borrowed(name), value)),
        _ => None,
    }
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    version: Version,
    depth: usize,
}

impl Writer<'_> {
    fn put(&mut self, form: Form, value: &Json) -> Result<(), Odd> {
        if self.depth > NESTING_MAX {
            return Err(format!("answers nothing that is nested deeper than {NESTING_MAX}"));
        }
        self.depth += 1;
        let put = if is_null(value) {
            put_null(self.out, form.is_list(), self.version);
            Some(())
        } else if form.is_list() {
            self.list(form, value)?
        } else {
            self.one(form, value)?
        };
        self.depth -= 1;
        put.ok_or_else(|| format!("answers {}, and not {}", form.words(), what(value)))
    }

    fn one(&mut self, form: Form, value: &Json) -> Result<Option<()>, Odd> {
        match (form, value) {
            (Form::Maybe(inner), value) => return self.put(*inner, value).map(Some),
            (Form::Any, value) => return self.any(value),
            (Form::Status, Json::String(text)) if !text.contains(['\r', '\n']) => {
                put_line(self.out, b'+', text.as_bytes());
            }
            (Form::Status, Json::Bool(true)) => put_line(self.out, b'+', b"OK"),
            (Form::Status, Json::Bool(false)) => put_null(self.out, false, self.version),
            (Form::Integer, Json::Bool(value)) => {
                put_line(self.out, b':', if *value { b"1" } else { b"0" });
            }
            (Form::Integer, Json::Number(number)) if number.as_i64().is_some() => {
                put_line(self.out, b':', number.to_string().as_bytes());
            }
            (Form::Double, value) => return Ok(self.double(value)),
            (Form::Verbatim, value) => return Ok(self.verbatim(value)),
            (Form::Bulk, value) => return Ok(bytes(value).map(|bytes| put_bulk(self.out, &bytes))),
            _ => return Ok(None),
        }
        Ok(Some(()))
    }

    fn double(&mut self, value: &Json) -> Option<()> {
        let text = match value {
            Json::Number(number) => decimal(number),
            Json::String(text) if matches!(text.as_str(), "inf" | "-inf" | "nan") => text.clone(),
            _ => return None,
        };
        match self.version {
            Version::Two => put_bulk(self.out, text.as_bytes()),
            Version::Three => put_line(self.out, b',', text.as_bytes()),
        }
        Some(())
    }

    fn verbatim(&mut self, value: &Json) -> Option<()> {
        let bytes = bytes(value)?;
        match self.version {
            Version::Two => put_bulk(self.out, &bytes),
            Version::Three => {
                put_head(self.out, b'=', bytes.len() + b"txt:".len());
                self.out.extend([b"txt:", bytes.as_ref(), b"\r\n"].concat());
            }
        }
        Some(())
    }

    /// A value in the type that it has by itself.
    fn any(&mut self, value: &Json) -> Result<Option<()>, Odd> {
        match (value, self.version) {
            (Json::Bool(value), Version::Three) => {
                put_line(self.out, b'#', if *value { b"t" } else { b"f" });
            }
            (Json::Bool(_), Version::Two) => return self.one(Form::Integer, value),
            (Json::Number(number), _) if number.as_i64().is_none() => {
                return Ok(self.double(value));
            }
            (Json::Number(_), _) => return self.one(Form::Integer, value),
            (Json::Array(_), _) => return self.list(Form::List(&Form::Any), value),
            (value, _) if bytes(value).is_some() => return self.one(BULK, value),
            (value, _) => return self.list(Form::Map(&Form::Any), value),
        }
        Ok(Some(()))
    }

    fn list(&mut self, form: Form, value: &Json) -> Result<Option<()>, Odd> {
        match (form, value) {
            (Form::Maybe(inner), value) => return self.put(*inner, value).map(Some),
            (Form::List(inner), Json::Array(items)) => self.items(b'*', *inner, items)?,
            (Form::Set, Json::Array(items)) => {
                self.items(self.version.or(b'~', b'*'), BULK, items)?;
            }
            (Form::Flat, Json::Array(items)) if pairs(value).is_none() => {
                self.items(b'*', BULK, items)?;
            }
            (Form::Tuple(forms), value) => return self.tuple(forms, value),
            (Form::Scan(inner), value) => return self.scan(*inner, value),
            (Form::Map(_) | Form::Pairs(_) | Form::Flat | Form::Streams, value) => {
                return self.pairs(form, value);
            }
            _ => return Ok(None),
        }
        Ok(Some(()))
    }

    fn items(&mut self, mark: u8, form: Form, items: &[Json]) -> Result<(), Odd> {
        put_head(self.out, mark, items.len());
        items.iter().try_for_each(|item| self.put(form, item))
    }

    fn pairs(&mut self, form: Form, value: &Json) -> Result<Option<()>, Odd> {
        let Some(pairs) = pairs(value) else {
            return Ok(None);
        };
        let (inner, single) = match form {
            Form::Map(inner) | Form::Pairs(inner) => (*inner, false),
            Form::Streams => (ENTRIES, true),
            _ => (BULK, false),
        };
        let two = self.version == Version::Two;
        match form {
            Form::Map(_) | Form::Streams if !two => put_head(self.out, b'%', pairs.len()),
            Form::Pairs(_) if !two => put_head(self.out, b'*', pairs.len()),
            Form::Streams => put_head(self.out, b'*', pairs.len()),
            _ => put_head(self.out, b'*', 2 * pairs.len()),
        }
        let apart = if two { single } else { matches!(form, Form::Pairs(_)) };
        for (name, value) in pairs {
            if apart {
                put_head(self.out, b'*', 2);
            }
            self.put(BULK, &name)?;
            self.put(inner, value)?;
        }
        Ok(Some(()))
    }

    fn tuple(&mut self, forms: &[Form], value: &Json) -> Result<Option<()>, Odd> {
        let one = value.as_object().and_then(|members| match members.iter().next() {
            Some((name, value)) if members.len() == 1 && forms.len() == 2 => {
                Some(vec![Json::String(name.clone()), value.clone()])
            }
            _ => None,
        });
        let items = match (&one, value) {
            (Some(items), _) => items,
            (None, Json::Array(items)) => items,
            _ => return Ok(None),
        };
        if !items.is_empty() && items.len() != forms.len() {
            return Ok(None);
        }
        put_head(self.out, b'*', items.len());
        forms.iter().zip(items).try_for_each(|(form, item)| self.put(*form, item))?;
        Ok(Some(()))
    }

    /// A cursor and a list, or the list alone: then it is whole.
    fn scan(&mut self, inner: Form, value: &Json) -> Result<Option<()>, Odd> {
        let end = Json::from("0");
        let (cursor, items) = match value.as_array().map(Vec::as_slice) {
            Some([cursor, items @ (Json::Array(_) | Json::Object(_))])
                if bytes(cursor).is_some() && (inner == LIST || bytes(items).is_none()) =>
            {
                (cursor, items)
            }
            _ => (&end, value),
        };
        put_head(self.out, b'*', 2);
        self.put(BULK, cursor)?;
        self.put(inner, items)?;
        Ok(Some(()))
    }
}

/// What a value is, for people.
fn what(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(number) if number.as_i64().is_some() => "a whole number",
        Json::Number(_) => "a number with a fraction",
        Json::String(_) => "a string",
        Json::Array(_) => "such a list",
        Json::Object(_) => "such a table",
    }
}
