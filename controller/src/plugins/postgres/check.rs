//! Mocks that cannot be: told when the configuration is read.

use super::reply::{self, Outcome, unfit};
use super::statement::{self, Command};
use super::{CONNECT, QUERY};
use crate::fields::{Fields, Value};
use crate::mocks::{Act, Matcher, Mock, When, sql};
use crate::plugins::Unfit;
use crate::plugins::card::Shape;
use crate::rules::host;

/// Whether a mock can match, and be answered by.
pub(super) fn mock(shape: &Shape, mock: &Mock) -> Result<(), Unfit> {
    place(&mock.when)?;
    if shape.source == QUERY {
        statement_of(&mock.when)?;
    }
    match &mock.act {
        Act::Replies(replies) => replies.iter().try_for_each(|reply| answer(shape, mock, reply)),
        Act::Fault(_, reply) => answer(shape, mock, reply),
        Act::Real(reply) => {
            answer(shape, mock, reply)?;
            expected(reply)
        }
    }
}

fn place(when: &When) -> Result<(), Unfit> {
    if when.get("path").is_some() && (when.get("host").is_some() || when.get("port").is_some()) {
        let message = "a Unix socket has a path and neither host nor port".to_owned();
        return Err(unfit("path", message, "write two mocks"));
    }
    let text = |name| when.get(name).and_then(Matcher::only).and_then(Value::text);
    if let Some(path) = text("path")
        && !path.starts_with('/')
    {
        let help = "write the absolute path of the socket: \"/run/postgresql/.s.PGSQL.5432\"";
        return Err(unfit(
            "path",
            "this path is not absolute, so it never matches".to_owned(),
            help,
        ));
    }
    if let Some(name) = text("host") {
        if name.contains('/') {
            let message = format!("`{name}` is no host");
            return Err(unfit(
                "host",
                message,
                "write a name or an address; a Unix socket has a `path`",
            ));
        }
        let normal = host::normal(&name);
        if !normal.eq_ignore_ascii_case(&name) {
            let message = format!("`{name}` is not how this host is told, so it never matches");
            return Err(unfit("host", message, &format!("write `{normal}`")));
        }
    }
    match when.get("port").and_then(Matcher::only) {
        Some(port) if port.number().is_none_or(|port| !(1..=65_535).contains(&port)) => {
            let shown = port.text().unwrap_or_default();
            Err(unfit("port", format!("`{shown}` is no port"), "ports are numbers from 1 to 65535"))
        }
        _ => Ok(()),
    }
}

/// The statement is one, and one that is asked about.
fn statement_of(when: &When) -> Result<(), Unfit> {
    for key in ["sql", "normalised"] {
        let Some(text) = when.get(key).and_then(Matcher::only).and_then(Value::text) else {
            continue;
        };
        if let [_, second, ..] = sql::statements(&text).as_slice() {
            let message = "these are several statements, which are answered one by one".to_owned();
            return Err(unfit(key, message, &format!("write another mock for `{second}`")));
        }
        let other = match statement::command(&text) {
            Command::Plain | Command::TwoPhase => continue,
            Command::Copy => {
                let message = "COPY is not spoken by this version".to_owned();
                return Err(unfit(key, message, "read and write rows by SELECT and INSERT"));
            }
            Command::Begin => "begin",
            Command::Commit => "commit",
            Command::Rollback => "rollback",
            Command::Savepoint | Command::RollbackTo => "savepoint",
        };
        let message = "transactions have sources of their own".to_owned();
        return Err(unfit(key, message, &format!("write `source = \"postgres:{other}\"`")));
    }
    Ok(())
}

fn answer(shape: &Shape, mock: &Mock, fields: &Fields) -> Result<(), Unfit> {
    let outcome = reply::outcome(fields)?;
    if shape.source == CONNECT {
        return parameters(fields);
    }
    let types = reply::parameter_types(fields)?;
    let sql = ["sql", "normalised"]
        .into_iter()
        .find_map(|key| mock.when.get(key).and_then(Matcher::only).and_then(Value::text));
    let Some(sql) = sql else {
        return Ok(());
    };
    let has = statement::parameters(&sql).len();
    if types.len() > has {
        let message =
            format!("{} types are stated, and the statement has {has} parameters", types.len());
        return Err(unfit("parameter_types", message, ""));
    }
    if let Some(Matcher::Words { words, rest }) = mock.when.get("parameters")
        && (words.len() > has || !rest && words.len() < has)
    {
        let message = format!("the statement has {has} parameters, and here are {}", words.len());
        let help = "they are `$1`, `$2`, ... whatever marks a client has; psycopg2 writes them into the statement itself";
        return Err(unfit("parameters", message, help));
    }
    if let Outcome::Done { table: Some(table), .. } = &outcome
        && !table.rows.is_empty()
        && is_change(&sql)
    {
        let message = "this statement gives no rows".to_owned();
        return Err(unfit(
            "rows",
            message,
            "it would, with RETURNING; a `tag` says how many it changed",
        ));
    }
    Ok(())
}

fn is_change(sql: &str) -> bool {
    let tag = statement::tag(sql, None);
    let changes = ["INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "DROP", "ALTER", "TRUNCATE"];
    changes.iter().any(|verb| tag.starts_with(verb)) && !statement::gives_rows(sql)
}

fn parameters(fields: &Fields) -> Result<(), Unfit> {
    let Some(Value::Pairs(pairs)) = fields.get("parameters") else {
        return Ok(());
    };
    let wrong = |(name, value): &&(String, String)| {
        name.is_empty() || name.contains('\0') || value.contains('\0')
    };
    match pairs.iter().find(wrong) {
        Some((name, _)) => {
            let message = format!("`{}` is a parameter that cannot be told", name.escape_debug());
            Err(unfit("parameters", message, ""))
        }
        None if pairs.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("client_encoding") && value != "UTF8"
        }) =>
        {
            Err(unfit(
                "parameters",
                "rows are told in UTF8".to_owned(),
                "leave `client_encoding` out",
            ))
        }
        None => Ok(()),
    }
}

/// What a real server answers is told as tables, or as lists where names are not different.
fn expected(fields: &Fields) -> Result<(), Unfit> {
    let Some(Value::Json(serde_json::Value::Array(rows))) = fields.get("rows") else {
        return Ok(());
    };
    if rows.iter().any(|row| !row.is_object()) {
        let message = "what a real server answers is compared by the names of columns".to_owned();
        return Err(unfit("rows", message, "write `rows = [{ id = 1 }]`"));
    }
    Ok(())
}
