//! What a mock answers: rows with their types, or an error.

use serde_json::{Map, Value as Json};

use super::datum::{Datum, json};
use super::kind::Type;
use super::statement;
use crate::fields::{Fields, Value};
use crate::plugins::Unfit;

/// Most columns of a row, as PostgreSQL has it.
const COLUMNS_MAX: usize = 1664;
/// Longest name of a column, in bytes, as PostgreSQL has it.
const NAME_BYTES_MAX: usize = 63;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Type,
}

/// Columns, and values for each of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Option<Datum>>>,
}

/// What comes of a statement.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// It is done. None where it has no rows to give.
    Done { table: Option<Table>, tag: Option<String>, notices: Vec<String> },
    /// It failed.
    Failed(Failure),
}

/// An error (<https://www.postgresql.org/docs/15/protocol-error-fields.html>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) severity: String,
    pub(super) code: String,
    pub(super) message: String,
    /// Further fields, by their letters.
    more: Vec<(u8, String)>,
}

/// The keys of an error in a configuration, and their letters in the protocol.
const ERROR_KEYS: &[(&str, u8)] = &[
    ("severity", b'S'),
    ("code", b'C'),
    ("message", b'M'),
    ("detail", b'D'),
    ("hint", b'H'),
    ("position", b'P'),
    ("where", b'W'),
    ("schema", b's'),
    ("table", b't'),
    ("column", b'c'),
    ("type", b'd'),
    ("constraint", b'n'),
];

impl Failure {
    pub(super) fn new(code: &str, message: &str) -> Self {
        let [severity, code, message] = ["ERROR", code, message].map(str::to_owned);
        Self { severity, code, message, more: Vec::new() }
    }

    /// After which the connection is closed.
    pub(super) fn fatal(code: &str, message: &str) -> Self {
        Self { severity: "FATAL".to_owned(), ..Self::new(code, message) }
    }

    /// The same, after which the connection is closed.
    pub(super) fn ends(self) -> Self {
        Self { severity: "FATAL".to_owned(), ..self }
    }

    /// The fields with their letters, in the protocol's order.
    pub(super) fn letters(&self) -> impl Iterator<Item = (u8, &str)> {
        let first = [
            (b'S', self.severity.as_str()),
            (b'V', self.severity.as_str()),
            (b'C', self.code.as_str()),
            (b'M', self.message.as_str()),
        ];
        first.into_iter().chain(self.more.iter().map(|(letter, text)| (*letter, text.as_str())))
    }

    /// Out of letters and texts.
    pub(super) fn of(letters: Vec<(u8, String)>) -> Self {
        let mut failure = Self::new("XX000", "");
        for (letter, text) in letters {
            match letter {
                b'S' => failure.severity = text,
                b'C' => failure.code = text,
                b'M' => failure.message = text,
                b'V' => {}
                letter => failure.more.push((letter, text)),
            }
        }
        failure
    }

    /// As it would stand in a configuration.
    pub(super) fn document(&self) -> Json {
        let key = |letter: u8| ERROR_KEYS.iter().find(|(_, known)| *known == letter).map(|it| it.0);
        let known = self.letters().filter_map(|(letter, text)| Some((key(letter)?, text)));
        let known = known.filter(|(name, text)| (*name, *text) != ("severity", "ERROR"));
        Json::Object(known.map(|(name, text)| (name.to_owned(), text.into())).collect())
    }

    fn read(members: &Map<String, Json>) -> Result<Self, Unfit> {
        let mut failure = Self::new("", "");
        for (name, value) in members {
            let Some((_, letter)) = ERROR_KEYS.iter().find(|(known, _)| known == name) else {
                let names: Vec<&str> = ERROR_KEYS.iter().map(|(name, _)| *name).collect();
                let help = format!("an error has {}", names.join(", "));
                return Err(unfit("error", format!("an error has no `{name}`"), &help));
            };
            let text = match value {
                Json::String(text) if !text.contains('\0') => text.clone(),
                Json::Number(number) if name == "position" => number.to_string(),
                _ => return Err(unfit("error", format!("`{name}` takes characters"), "")),
            };
            match letter {
                b'S' => failure.severity = text,
                b'C' => failure.code = text,
                b'M' => failure.message = text,
                letter => failure.more.push((*letter, text)),
            }
        }
        failure.checked()
    }

    fn checked(self) -> Result<Self, Unfit> {
        let is_code = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
        if self.code.len() != 5 || !self.code.bytes().all(is_code) {
            let message = format!("`{}` is no SQLSTATE", self.code);
            let help = "an error has a `code` of five digits and large letters: `\"23505\"`";
            return Err(unfit("error", message, help));
        }
        if matches!(self.code.get(..2), Some("00" | "01" | "02")) {
            return Err(unfit("error", format!("`{}` is no error", self.code), ""));
        }
        if !matches!(self.severity.as_str(), "ERROR" | "FATAL" | "PANIC") {
            let message = format!("`{}` is no severity of an error", self.severity);
            return Err(unfit("error", message, "it is ERROR, FATAL or PANIC"));
        }
        if self.message.is_empty() {
            return Err(unfit("error", "this error has no `message`".to_owned(), ""));
        }
        Ok(self)
    }
}

pub(super) fn unfit(key: &'static str, message: String, help: &str) -> Unfit {
    Unfit { key, message, help: (!help.is_empty()).then(|| help.to_owned()) }
}

/// Reads what a mock answers.
pub(super) fn outcome(reply: &Fields) -> Result<Outcome, Unfit> {
    if let Some(error) = reply.get("error") {
        let beside = ["rows", "columns", "tag"].into_iter().find(|name| reply.get(name).is_some());
        if let Some(name) = beside {
            return Err(unfit(name, format!("a reply has `{name}` or `error`, and not both"), ""));
        }
        return match error {
            Value::Json(Json::Object(members)) => Failure::read(members).map(Outcome::Failed),
            _ => {
                let help = "write `error = { code = \"23505\", message = \"..\" }`";
                Err(unfit("error", "an error is a table".to_owned(), help))
            }
        };
    }
    let tag = reply.text("tag").map(|tag| tag.into_owned());
    if tag.as_ref().is_some_and(|tag| tag.is_empty() || tag.contains('\0') || tag.len() > 63) {
        return Err(unfit(
            "tag",
            "no statement has such a tag".to_owned(),
            "it is `UPDATE 3` or the like",
        ));
    }
    let notices = match reply.get("notices") {
        Some(Value::Words(words)) => {
            words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect()
        }
        _ => Vec::new(),
    };
    Ok(Outcome::Done { table: table(reply)?, tag, notices })
}

/// The types of a statement's parameters that a reply states.
pub(super) fn parameter_types(reply: &Fields) -> Result<Vec<Type>, Unfit> {
    let Some(Value::Words(words)) = reply.get("parameter_types") else {
        return Ok(Vec::new());
    };
    let kind = |word: &Vec<u8>| named("parameter_types", &String::from_utf8_lossy(word));
    words.iter().map(kind).collect()
}

fn named(key: &'static str, name: &str) -> Result<Type, Unfit> {
    Type::named(name).ok_or_else(|| {
        unfit(
            key,
            format!("`{name}` is no type that is known here"),
            &format!("there are {}", Type::names()),
        )
    })
}

fn table(reply: &Fields) -> Result<Option<Table>, Unfit> {
    let json = |name| match reply.get(name) {
        Some(Value::Json(document)) => Some(document),
        _ => None,
    };
    let stated = json("columns").map(columns).transpose()?;
    let rows = match json("rows") {
        Some(Json::Array(rows)) => rows.as_slice(),
        Some(_) => {
            let help = "write `rows = [{ id = 1, name = \"Ada\" }]` or `rows = [[1, \"Ada\"]]`";
            return Err(unfit("rows", "rows are a list".to_owned(), help));
        }
        None if stated.is_none() => return Ok(None),
        None => &[],
    };
    if stated.is_none() && rows.is_empty() {
        return Ok(None);
    }
    let names = match &stated {
        Some(columns) => columns.iter().map(|(name, _)| name.clone()).collect(),
        None => names(rows)?,
    };
    let cells = rows.iter().enumerate().map(|(at, row)| cells(&names, at, row));
    let cells: Vec<Vec<&Json>> = cells.collect::<Result<_, _>>()?;
    let kinds: Vec<Option<Type>> = match stated {
        Some(columns) => columns.into_iter().map(|(_, kind)| kind).collect(),
        None => vec![None; names.len()],
    };
    typed(names, &kinds, &cells).map(Some)
}

const NULL: &Json = &Json::Null;

/// The values of a row in the order of the columns. A name that a row lacks is NULL.
fn cells<'a>(names: &[String], at: usize, row: &'a Json) -> Result<Vec<&'a Json>, Unfit> {
    let number = at + 1;
    match row {
        Json::Array(values) if values.len() == names.len() => Ok(values.iter().collect()),
        Json::Array(values) => {
            let (have, want) = (values.len(), names.len());
            let message = format!("row {number} has {have} values, and there are {want} columns");
            Err(unfit("rows", message, ""))
        }
        Json::Object(members) => {
            if let Some(name) = members.keys().find(|name| !names.contains(name)) {
                let message = format!("row {number} has a `{name}`, which is no column");
                return Err(unfit("rows", message, &format!("there are {}", names.join(", "))));
            }
            Ok(names.iter().map(|name| members.get(name).unwrap_or(NULL)).collect())
        }
        _ => Err(unfit("rows", format!("row {number} is neither a table nor a list"), "")),
    }
}

/// The names of columns that nobody stated: those of all rows, as they come; of lists, PostgreSQL's own.
fn names(rows: &[Json]) -> Result<Vec<String>, Unfit> {
    let mut names: Vec<String> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        match row {
            Json::Object(members) => {
                let new: Vec<&String> =
                    members.keys().filter(|name| !names.contains(name)).collect();
                names.extend(new.into_iter().cloned());
            }
            Json::Array(values) if at == 0 => names = vec!["?column?".to_owned(); values.len()],
            Json::Array(values) if names.len() == values.len() => {}
            Json::Array(values) => {
                let message = format!(
                    "row {} has {} values, and row 1 {}",
                    at + 1,
                    values.len(),
                    names.len()
                );
                return Err(unfit("rows", message, ""));
            }
            _ => {
                return Err(unfit(
                    "rows",
                    format!("row {} is neither a table nor a list", at + 1),
                    "",
                ));
            }
        }
    }
    checked_names(names)
}

fn checked_names(names: Vec<String>) -> Result<Vec<String>, Unfit> {
    if names.len() > COLUMNS_MAX {
        return Err(unfit(
            "rows",
            format!("{} columns are more than {COLUMNS_MAX}", names.len()),
            "",
        ));
    }
    let wrong =
        |name: &&String| name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0');
    match names.iter().find(wrong) {
        Some(name) => {
            let help = "it has 1 to 63 bytes";
            Err(unfit("rows", format!("`{}` is no name of a column", name.escape_debug()), help))
        }
        None => Ok(names),
    }
}

/// Stated columns: `{ id = "int4" }`, or `[{ name = "id", type = "int4" }]`; without a type, it is inferred.
fn columns(document: &Json) -> Result<Vec<(String, Option<Type>)>, Unfit> {
    let help =
        "write `columns = { id = \"int4\" }` or `columns = [{ name = \"id\", type = \"int4\" }]`";
    let wrong = || unfit("columns", "these are no columns".to_owned(), help);
    let found: Vec<(String, Option<Type>)> = match document {
        Json::Object(members) => {
            let one = |(name, kind): (&String, &Json)| {
                Ok((name.clone(), Some(named("columns", kind.as_str().ok_or_else(wrong)?)?)))
            };
            members.iter().map(one).collect::<Result<_, _>>()?
        }
        Json::Array(columns) => {
            let one = |column: &Json| match column {
                Json::String(name) => Ok((name.clone(), None)),
                Json::Object(members)
                    if members.keys().all(|key| key == "name" || key == "type") =>
                {
                    let name = members.get("name").and_then(Json::as_str).ok_or_else(wrong)?;
                    let kind = members.get("type").map(|kind| kind.as_str().ok_or_else(wrong));
                    let kind = kind.transpose()?.map(|kind| named("columns", kind)).transpose()?;
                    Ok((name.to_owned(), kind))
                }
                _ => Err(wrong()),
            };
            columns.iter().map(one).collect::<Result<_, _>>()?
        }
        _ => return Err(wrong()),
    };
    let names = found.iter().map(|(name, _)| name.clone()).collect();
    checked_names(names).map_err(|unfit| Unfit { key: "columns", ..unfit })?;
    Ok(found)
}

/// The table with a type for each column.
fn typed(names: Vec<String>, kinds: &[Option<Type>], cells: &[Vec<&Json>]) -> Result<Table, Unfit> {
    let mut columns = Vec::new();
    for (at, name) in names.into_iter().enumerate() {
        let values =
            || cells.iter().filter_map(|row| row.get(at)).filter_map(|value| json::kind(value));
        let stated = kinds.get(at).copied().flatten();
        let kind = stated.or_else(|| values().reduce(json::common)).unwrap_or(Type::TEXT);
        columns.push(Column { name, kind });
    }
    let cell = |number: usize, (column, value): (&Column, &&Json)| {
        json::datum(column.kind, value).map_err(|wrong| {
            let message = format!("row {}, column `{}`: {wrong}", number + 1, column.name);
            let help = "a column has one type: state it in `columns`, or write its values alike";
            unfit("rows", message, help)
        })
    };
    let row = |(number, row): (usize, &Vec<&Json>)| {
        columns.iter().zip(row).map(|pair| cell(number, pair)).collect::<Result<Vec<_>, _>>()
    };
    let rows = cells.iter().enumerate().map(row).collect::<Result<_, _>>()?;
    Ok(Table { columns, rows })
}

/// The columns that a statement's answer has; None where it has none.
pub(super) fn shape(outcome: &Outcome, sql: &str) -> Option<Vec<Column>> {
    match outcome {
        Outcome::Done { table: Some(table), .. } => Some(table.columns.clone()),
        Outcome::Done { table: None, .. } => statement::gives_rows(sql).then(Vec::new),
        Outcome::Failed(_) => None,
    }
}
