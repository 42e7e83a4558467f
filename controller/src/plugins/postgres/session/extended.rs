//! Extended queries: statements are parsed, bound to parameters, described and executed.

use super::super::datum::{binary, text};
use super::super::frame::{Bind, Target, is_binary};
use super::super::kind::{Base, Type};
use super::super::reply::{self, Column, Failure, Outcome};
use super::super::said::{self, Status};
use super::super::statement::{self, Command};
use super::super::{QUERY, catalog};
use super::decide::{Effect, aborted};
use super::{Portal, Prepared, Session, fault};
use crate::fields::Value;
use crate::mocks::{Matcher, When, sql};
use crate::plugins::conversation::{By, Desk, Foreseen, Output};

/// Most prepared statements and most portals of a connection, and most bytes that either holds.
const NAMED_MAX: usize = 10_000;
const HELD_BYTES_MAX: usize = 64 << 20;

impl Session {
    pub(super) fn sync(&mut self, output: &mut Output) {
        self.skipping = false;
        self.ready(output);
    }

    /// Tells an error; what follows is left out up to the next Sync.
    pub(super) fn reject(&mut self, failure: &Failure, output: &mut Output) {
        self.tell(failure, output);
        self.skipping = true;
    }

    pub(super) fn parse(&mut self, name: String, text: &str, given: Vec<u32>, output: &mut Output) {
        let statements = sql::statements(text);
        if statements.len() > 1 {
            let why = "cannot insert multiple commands into a prepared statement";
            return self.reject(&Failure::new("42601", why), output);
        }
        let sql = statements.first().copied().unwrap_or_default();
        if !name.is_empty() && self.prepared.contains_key(&name) {
            let why = format!("prepared statement \"{name}\" already exists");
            return self.reject(&Failure::new("42P05", &why), output);
        }
        if self.is_aborted(sql) {
            return self.reject(&aborted(), output);
        }
        let held: usize = self.prepared.values().map(|other| other.sql.len()).sum();
        if self.prepared.len() >= NAMED_MAX || held + sql.len() > HELD_BYTES_MAX {
            return self.reject(&Failure::new("53200", "too many prepared statements"), output);
        }
        let casts = statement::parameters(sql);
        let mut types = given;
        types.resize(types.len().max(casts.len()), 0);
        for (oid, cast) in types.iter_mut().zip(casts) {
            if matches!(*oid, 0 | 705) {
                *oid = cast.map_or(0, Type::oid);
            }
        }
        self.prepared.insert(name, Prepared { sql: sql.to_owned(), types, columns: None });
        said::put_bare(&mut output.client, b'1');
    }

    fn is_aborted(&self, sql: &str) -> bool {
        let command = statement::command(sql);
        let ends = matches!(command, Command::Commit | Command::Rollback | Command::RollbackTo);
        self.status == Status::Failed && !ends && !sql.is_empty()
    }

    pub(super) fn bind(&mut self, bind: Bind, output: &mut Output) {
        let Some(prepared) = self.prepared.get(&bind.statement) else {
            return self.reject(&no_statement(&bind.statement), output);
        };
        let Prepared { sql, types, columns } = prepared.clone();
        if self.is_aborted(&sql) {
            return self.reject(&aborted(), output);
        }
        let words = match words(&bind, &types) {
            Ok(words) => words,
            Err(failure) => return self.reject(&failure, output),
        };
        let size = |words: &[Vec<u8>]| words.iter().map(Vec::len).sum::<usize>();
        let held: usize =
            self.portals.values().map(|other| other.sql.len() + size(&other.words)).sum();
        if self.portals.len() >= NAMED_MAX || held + sql.len() + size(&words) > HELD_BYTES_MAX {
            return self.reject(&Failure::new("53200", "too many portals"), output);
        }
        let name = bind.portal.clone();
        if !name.is_empty() && self.portals.contains_key(&name) {
            let why = format!("cursor \"{name}\" already exists");
            return self.reject(&Failure::new("42P03", &why), output);
        }
        let portal =
            Portal { sql, types, bind, words, columns, effect: None, given: 0, kept: None };
        self.portals.insert(name, portal);
        said::put_bare(&mut output.client, b'2');
    }

    pub(super) fn close(&mut self, target: &Target, output: &mut Output) {
        match target {
            Target::Statement(name) => drop(self.prepared.remove(name)),
            Target::Portal(name) => drop(self.portals.remove(name)),
        }
        said::put_bare(&mut output.client, b'3');
    }

    pub(super) fn describe(&mut self, target: Target, desk: &mut dyn Desk, output: &mut Output) {
        match target {
            Target::Statement(name) => self.describe_statement(name, desk, output),
            Target::Portal(name) => self.describe_portal(name, desk, output),
        }
    }

    /// A statement is described before its parameters are known: by what would answer it.
    fn describe_statement(&mut self, name: String, desk: &mut dyn Desk, output: &mut Output) {
        let Some(prepared) = self.prepared.get(&name) else {
            return self.reject(&no_statement(&name), output);
        };
        let (sql, types) = (prepared.sql.clone(), prepared.types.clone());
        let local = match statement::command(&sql) {
            Command::Plain | Command::TwoPhase => self.described_here(&sql),
            _ => Some(None),
        };
        if let Some(columns) = local {
            return self.put_described(&name, types, columns, output);
        }
        let foreseen = desk.foresee(QUERY, &self.fields(&sql, None));
        match foreseen.by {
            By::Mock => {
                let types = inferred(&types, &foreseen);
                let columns = self.columns_of(&foreseen, &sql);
                self.put_described(&name, types, columns, output);
            }
            By::Server => self.pass_description(None, None, Some(name), &sql, &types, output),
            By::Nobody => match self.decide(&sql, &[], desk) {
                Effect::Outcome(Outcome::Failed(failure), _) => self.reject(&failure, output),
                _ => self.put_described(&name, types, None, output), // it was asked for in vain
            },
        }
    }

    /// The columns of a statement that is answered here; None if it is not.
    #[expect(clippy::option_option, reason = "the inner one is for statements without rows")]
    fn described_here(&self, sql: &str) -> Option<Option<Vec<Column>>> {
        if sql.is_empty() {
            return Some(None);
        }
        if let Some(outcome) = catalog::answer(sql, &[]) {
            return Some(reply::shape(&outcome, sql));
        }
        let (outcome, _) = self.settings.clone_for(sql)?.answer(sql, self.process)?;
        Some(reply::shape(&outcome, sql))
    }

    fn columns_of(&self, foreseen: &Foreseen, sql: &str) -> Option<Vec<Column>> {
        let outcomes = foreseen.replies.iter().filter_map(|reply| reply::outcome(reply).ok());
        let mut outcomes = outcomes.filter(|outcome| !matches!(outcome, Outcome::Failed(_)));
        match outcomes.next() {
            Some(outcome) => reply::shape(&outcome, sql),
            None => statement::gives_rows(sql).then(Vec::new),
        }
    }

    fn put_described(
        &mut self,
        name: &str,
        types: Vec<u32>,
        columns: Option<Vec<Column>>,
        output: &mut Output,
    ) {
        said::put_types(&mut output.client, &types);
        put_columns(columns.as_deref(), &[], output);
        if let Some(prepared) = self.prepared.get_mut(name) {
            (prepared.types, prepared.columns) = (types, Some(columns));
        }
    }

    /// A portal is described by what answers it, which is asked now.
    fn describe_portal(&mut self, name: String, desk: &mut dyn Desk, output: &mut Output) {
        let Some(mut portal) = self.portals.remove(&name) else {
            return self.reject(&no_portal(&name), output);
        };
        self.settle(&mut portal, desk);
        match &portal.effect {
            Some(Effect::Real(number)) => {
                let (number, formats) = (*number, portal.bind.results.clone());
                self.pass_description(
                    number,
                    Some(formats),
                    None,
                    &portal.sql,
                    &portal.types,
                    output,
                );
            }
            Some(Effect::Outcome(outcome, _) | Effect::Fault(_, outcome)) => {
                let columns = reply::shape(outcome, &portal.sql);
                put_columns(columns.as_deref(), &portal.bind.results, output);
                portal.columns = Some(columns);
            }
            None => put_columns(None, &[], output),
        }
        self.portals.insert(name, portal);
    }

    /// Asks who answers, once.
    fn settle(&mut self, portal: &mut Portal, desk: &mut dyn Desk) {
        if portal.effect.is_none() && !portal.sql.is_empty() {
            portal.effect = Some(self.decide(&portal.sql, &portal.words, desk));
        }
    }

    pub(super) fn execute(
        &mut self,
        name: String,
        rows_max: usize,
        desk: &mut dyn Desk,
        output: &mut Output,
    ) {
        let Some(mut portal) = self.portals.remove(&name) else {
            return self.reject(&no_portal(&name), output);
        };
        self.settle(&mut portal, desk);
        match portal.effect.clone() {
            None => said::put_bare(&mut output.client, b'I'),
            Some(Effect::Real(number)) => {
                self.execute_there(&mut portal, &name, number, rows_max, output)
            }
            Some(Effect::Outcome(outcome, after)) => {
                self.run(&mut portal, &outcome, after, rows_max, output);
            }
            Some(Effect::Fault(fault, outcome)) => {
                let mut answer = Output::default();
                self.run(&mut portal, &outcome, None, rows_max, &mut answer);
                fault::apply(self, fault, answer.client, output);
            }
        }
        self.portals.insert(name, portal);
    }

    /// Gives rows, no more than are wanted, and what comes behind them.
    fn run(
        &mut self,
        portal: &mut Portal,
        outcome: &Outcome,
        after: Option<Status>,
        rows_max: usize,
        output: &mut Output,
    ) {
        if let Some(columns) = &portal.columns
            && !matches!(outcome, Outcome::Failed(_))
            && *columns != reply::shape(outcome, &portal.sql)
        {
            return self.reject(&changed(), output);
        }
        if portal.given == 0 {
            self.put_notices(outcome, output);
        }
        if let Outcome::Done { table: Some(table), tag, .. } = outcome {
            let limit = if rows_max == 0 { usize::MAX } else { rows_max };
            let rows: Vec<_> = table.rows.iter().skip(portal.given).take(limit).collect();
            let count = rows.len();
            portal.given += count;
            fault::put_rows(&table.columns, rows, &portal.bind.results, output);
            if count == limit {
                return said::put_bare(&mut output.client, b's');
            }
            let tag = tag.clone().unwrap_or_else(|| statement::tag(&portal.sql, Some(count)));
            return said::put_complete(&mut output.client, &tag);
        }
        if self.put_done(&portal.sql, outcome, output) {
            self.skipping = true;
        } else {
            self.status = after.unwrap_or(self.status);
        }
    }
}

/// RowDescription, or NoData.
fn put_columns(columns: Option<&[Column]>, formats: &[bool], output: &mut Output) {
    match columns {
        Some(columns) => {
            said::put_columns(&mut output.client, columns, |at| is_binary(formats, at))
        }
        None => said::put_bare(&mut output.client, b'n'),
    }
}

fn no_statement(name: &str) -> Failure {
    Failure::new("26000", &format!("prepared statement \"{name}\" does not exist"))
}

fn no_portal(name: &str) -> Failure {
    Failure::new("34000", &format!("portal \"{name}\" does not exist"))
}

fn changed() -> Failure {
    let why = "bigfoot: the mock that answers has other columns than the one that described the statement; \
               state the same `columns` in both";
    Failure::new("0A000", why)
}

/// The types of parameters that nobody told yet: as the mock states them, or as the values are that it
/// waits for; else text.
fn inferred(types: &[u32], foreseen: &Foreseen) -> Vec<u32> {
    let stated = foreseen.replies.first().map(|reply| reply::parameter_types(reply));
    let stated = stated.and_then(Result::ok).unwrap_or_default();
    let kind = |(at, oid): (usize, &u32)| match oid {
        0 => stated
            .get(at)
            .copied()
            .or_else(|| waited_for(&foreseen.when, at))
            .unwrap_or(Type::TEXT)
            .oid(),
        oid => *oid,
    };
    types.iter().enumerate().map(kind).collect()
}

/// The type of the value that a mock waits for.
fn waited_for(when: &When, at: usize) -> Option<Type> {
    let Matcher::Words { words, .. } = when.get("parameters")? else {
        return None;
    };
    let Matcher::Exact(Value::Text(text)) = words.get(at)? else {
        return None;
    };
    let base = match text.as_str() {
        "true" | "false" => Base::Bool,
        text if text.parse::<i32>().is_ok_and(|number| number.to_string() == text) => Base::Int4,
        text if text.parse::<i64>().is_ok_and(|number| number.to_string() == text) => Base::Int8,
        _ => return None,
    };
    Some(Type::of(base))
}

/// The parameters in PostgreSQL's own text, whatever format they came in.
fn words(bind: &Bind, types: &[u32]) -> Result<Vec<Vec<u8>>, Failure> {
    let (have, want) = (bind.parameters.len(), types.len());
    if have != want {
        let name = &bind.statement;
        let why = format!(
            "bind message supplies {have} parameters, but prepared statement \"{name}\" requires {want}"
        );
        return Err(Failure::new("08P01", &why));
    }
    if bind.formats.len() > 1 && bind.formats.len() != have {
        let why = format!(
            "bind message has {} parameter formats but {have} parameters",
            bind.formats.len()
        );
        return Err(Failure::new("08P01", &why));
    }
    let one = |(at, (bytes, oid)): (usize, (&Option<Vec<u8>>, &u32))| {
        word(bytes.as_deref(), Type::numbered(*oid), is_binary(&bind.formats, at)).ok_or_else(
            || {
                let why = format!("incorrect binary data format in bind parameter {}", at + 1);
                Failure::new("22P03", &why)
            },
        )
    };
    bind.parameters.iter().zip(types).enumerate().map(one).collect()
}

/// A parameter as it is recorded; None if its bytes are none of its type.
fn word(bytes: Option<&[u8]>, kind: Option<Type>, binary: bool) -> Option<Vec<u8>> {
    let Some(bytes) = bytes else {
        return Some(b"NULL".to_vec());
    };
    let Some(kind) = kind else {
        return Some(unlike_null(bytes.to_vec()));
    };
    let base = if kind.array { Base::Text } else { kind.base() };
    let datum = if binary {
        Some(binary::read(kind, bytes)?)
    } else {
        std::str::from_utf8(bytes).ok().and_then(|text| text::read(kind, text))
    };
    Some(match datum {
        Some(super::super::datum::Datum::Bool(value)) => value.to_string().into_bytes(),
        Some(super::super::datum::Datum::Bytes(bytes)) if base == Base::Bytea => unlike_null(bytes),
        Some(datum) => unlike_null(text::text(&datum).into_bytes()),
        None => unlike_null(bytes.to_vec()),
    })
}

/// The text NULL is in quotes, so that it is not taken for NULL; one in quotes is in two of them.
fn unlike_null(bytes: Vec<u8>) -> Vec<u8> {
    let quotes = bytes.iter().take_while(|byte| **byte == b'"').count();
    let inner = bytes.get(quotes..bytes.len().saturating_sub(quotes));
    if inner == Some(b"NULL") { [b"\"", bytes.as_slice(), b"\""].concat() } else { bytes }
}
