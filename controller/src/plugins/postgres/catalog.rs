//! What drivers look up about types behind the scenes: asyncpg asks about arrays and their elements,
//! JDBC for names. Other drivers know the types that are here by their numbers.

use super::datum::Datum;
use super::kind::Type;
use super::reply::{Column, Outcome, Table};
use crate::mocks::sql;

/// How asyncpg's questions begin, in the normal form.
const TYPES: &str = "with recursive typeinfo_tree(";
const JIT: &str = "select current_setting('jit')as cur,set_config('jit','off',false)as new";
/// How JDBC asks.
const NAME: &str = "select n.nspname=any(current_schemas(true)),n.nspname,t.typname from pg_catalog.pg_type t \
                    join pg_catalog.pg_namespace n on t.typnamespace=n.oid where t.oid=$1";
const INFO: &str =
    "select typinput='pg_catalog.array_in'::regproc as is_array,typtype,typname,pg_type.oid from";
/// Shortest question about types, in bytes: those of queries that are no such question are not read twice.
const BYTES_MIN: usize = 1000;

const COLUMNS: &[(&str, &str)] = &[
    ("oid", "oid"),
    ("ns", "name"),
    ("name", "name"),
    ("kind", "\"char\""),
    ("basetype", "oid"),
    ("elemtype", "oid"),
    ("elemdelim", "\"char\""),
    ("range_subtype", "oid"),
    ("attrtypoids", "oid[]"),
    ("attrnames", "text[]"),
    ("depth", "int4"),
    ("basetype_name", "text"),
    ("elemtype_name", "text"),
    ("range_subtype_name", "text"),
];

/// Answers a question about types; None if a statement is none. `words` are its parameters.
pub(super) fn answer(sql: &str, words: &[Vec<u8>]) -> Option<Outcome> {
    let space = |c: char| c.is_whitespace();
    let start = sql.trim_start_matches(space);
    if sql.len() >= BYTES_MIN && start.starts_with("WITH RECURSIVE typeinfo_tree(") {
        return sql::normal(sql).starts_with(TYPES).then(|| types(words));
    }
    let short = sql.len() < BYTES_MIN && start.starts_with("SELECT");
    if short && sql.contains("pg_catalog.pg_type t") && sql::normal(sql) == NAME {
        return Some(name(words));
    }
    if short && start.starts_with("SELECT typinput=") && sql::normal(sql).starts_with(INFO) {
        return Some(info(words));
    }
    (short && sql.contains("'jit'") && sql::normal(sql) == JIT).then(jit)
}

/// The type that a word names or numbers.
fn meant(words: &[Vec<u8>]) -> Option<Type> {
    let word = String::from_utf8_lossy(words.first()?);
    word.parse().ok().map_or_else(|| Type::named(&word), Type::numbered)
}

/// What JDBC makes a type of SQL's of.
fn info(words: &[Vec<u8>]) -> Outcome {
    let row = |kind: Type| {
        let text = |text: &str| Some(Datum::Text(text.to_owned()));
        let array = Some(Datum::Bool(kind.array));
        vec![array, text("b"), text(&internal_name(kind)), Some(Datum::Int(kind.oid().into()))]
    };
    let columns =
        [("is_array", "bool"), ("typtype", "\"char\""), ("typname", "name"), ("oid", "oid")];
    done(table(&columns, meant(words).map(row).into_iter().collect()))
}

/// The name of a type, as JDBC wants it: whether it is found without its schema, that, and the name.
fn name(words: &[Vec<u8>]) -> Outcome {
    let found = meant(words).map(|kind| {
        let text = |text: &str| Some(Datum::Text(text.to_owned()));
        vec![Some(Datum::Bool(true)), text("pg_catalog"), text(&internal_name(kind))]
    });
    let columns = [("?column?", "bool"), ("nspname", "name"), ("typname", "name")];
    done(table(&columns, found.into_iter().collect()))
}

/// `_int4` for an array.
fn internal_name(kind: Type) -> String {
    let element = kind.element().to_string();
    if kind.array { format!("_{element}") } else { element }
}

/// Nothing is compiled here.
fn jit() -> Outcome {
    let row = vec![Some(Datum::Text("off".to_owned())); 2];
    done(table(&[("cur", "text"), ("new", "text")], vec![row]))
}

fn types(words: &[Vec<u8>]) -> Outcome {
    let list = words.first().map(|word| String::from_utf8_lossy(word)).unwrap_or_default();
    let numbers = list.trim_matches(['{', '}']).split(',').filter_map(|number| number.parse().ok());
    let asked: Vec<Type> = numbers.filter_map(Type::numbered).collect();
    let elements = asked.iter().filter(|kind| kind.array).map(|kind| row(kind.element(), 1));
    let rows = elements.chain(asked.iter().map(|kind| row(*kind, 0))).collect();
    done(table(COLUMNS, rows))
}

fn row(kind: Type, depth: i64) -> Vec<Option<Datum>> {
    let text = |text: &str| Some(Datum::Text(text.to_owned()));
    let oid = |oid: u32| Some(Datum::Int(oid.into()));
    let element = kind.element();
    let array = kind.array;
    let element_name = if array { element.to_string() } else { "-".to_owned() };
    vec![
        oid(kind.oid()),
        text("pg_catalog"),
        text(&internal_name(kind)),
        text("b"),
        None,
        oid(if array { element.oid() } else { 0 }),
        array.then(|| Datum::Text(",".to_owned())),
        None,
        None,
        None,
        Some(Datum::Int(depth)),
        None,
        text(&element_name),
        None,
    ]
}

fn table(columns: &[(&str, &str)], rows: Vec<Vec<Option<Datum>>>) -> Table {
    let column = |(name, kind): &(&str, &str)| Column {
        name: (*name).to_owned(),
        kind: Type::named(kind).unwrap_or(Type::TEXT),
    };
    Table { columns: columns.iter().map(column).collect(), rows }
}

fn done(table: Table) -> Outcome {
    Outcome::Done { table: Some(table), tag: None, notices: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Arrays are told with their elements, as PostgreSQL tells them.
    #[test]
    fn arrays_are_told_with_their_elements() {
        let sql = format!("WITH RECURSIVE typeinfo_tree(oid) {}", " ".repeat(BYTES_MIN));

        let Some(Outcome::Done { table: Some(table), .. }) = answer(&sql, &[b"{1007,9}".to_vec()])
        else {
            panic!("no answer");
        };

        let oids: Vec<_> = table.rows.iter().map(|row| row[0].clone()).collect();
        assert_eq!(oids, [Some(Datum::Int(23)), Some(Datum::Int(1007))]);
        assert_eq!(table.rows[1][5], Some(Datum::Int(23)));
        assert!(answer("SELECT\n current_setting('jit') AS cur,\n set_config('jit', 'off', false) AS new\n", &[]).is_some());
        assert!(answer("select 1", &[]).is_none());
    }
}
