//! What a statement of SQL is, as far as its first words tell.

use super::kind::Type;
use crate::mocks::sql::{Kind, Token, tokens};

/// Most parameters that a statement has, as the protocol has it.
const PARAMETERS_MAX: usize = 65_535;
/// Most words that are looked at for what a statement is.
const WORDS_MAX: usize = 8;

/// What a statement is to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Begin,
    Commit,
    Rollback,
    /// A part of a transaction begins, or is given up: `SAVEPOINT a`, `RELEASE a`.
    Savepoint,
    /// `ROLLBACK TO a`.
    RollbackTo,
    /// `PREPARE TRANSACTION`, `COMMIT PREPARED` and the like.
    TwoPhase,
    Copy,
    /// Anything else.
    Plain,
}

/// The first words, in small letters; what is no word ends them.
fn words(sql: &str) -> Vec<String> {
    let meant = tokens(sql).filter(|token| token.kind != Kind::Space);
    let words = meant.take_while(|token| token.kind == Kind::Word);
    words.take(WORDS_MAX).map(|token| token.text.to_lowercase()).collect()
}

/// What a statement is to a session.
pub(super) fn command(sql: &str) -> Command {
    let words = words(sql);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["begin", ..] | ["start", "transaction", ..] => Command::Begin,
        ["prepare", "transaction", ..] | ["commit" | "rollback", "prepared", ..] => {
            Command::TwoPhase
        }
        ["commit" | "end", ..] => Command::Commit,
        ["rollback", "to", ..] | ["rollback", "work" | "transaction", "to", ..] => {
            Command::RollbackTo
        }
        ["rollback" | "abort", ..] => Command::Rollback,
        ["savepoint" | "release", ..] => Command::Savepoint,
        ["copy", ..] => Command::Copy,
        _ => Command::Plain,
    }
}

/// The verb that says what comes of a statement; behind WITH, that of the statement itself.
fn verb(sql: &str) -> String {
    let first = words(sql).into_iter().next().unwrap_or_default();
    if first != "with" {
        return if first.is_empty() && sql.trim_start().starts_with('(') {
            "select".into()
        } else {
            first
        };
    }
    let mut depth = 0_usize;
    for Token { kind, text } in tokens(sql) {
        match (kind, text) {
            (Kind::Sign, "(") => depth += 1,
            (Kind::Sign, ")") => depth = depth.saturating_sub(1),
            (Kind::Word, word) if depth == 0 => {
                let word = word.to_lowercase();
                if matches!(
                    word.as_str(),
                    "select" | "insert" | "update" | "delete" | "merge" | "values" | "table"
                ) {
                    return word;
                }
            }
            _ => {}
        }
    }
    "select".to_owned()
}

/// Whether a statement gives rows, if only none.
pub(super) fn gives_rows(sql: &str) -> bool {
    match verb(sql).as_str() {
        "select" | "values" | "table" | "show" | "explain" | "fetch" => true,
        "insert" | "update" | "delete" | "merge" => tokens(sql)
            .any(|token| token.kind == Kind::Word && token.text.eq_ignore_ascii_case("returning")),
        _ => false,
    }
}

/// The tag of a statement that is done, for so many rows. Where a mock gives none, a change is one of a row.
pub(super) fn tag(sql: &str, rows: Option<usize>) -> String {
    let changed = rows.unwrap_or(usize::from(!gives_rows(sql)));
    let words = words(sql);
    match verb(sql).as_str() {
        "select" | "values" | "table" => format!("SELECT {}", rows.unwrap_or(0)),
        "insert" => format!("INSERT 0 {changed}"),
        word @ ("update" | "delete" | "merge" | "fetch" | "move") => {
            format!("{} {changed}", word.to_uppercase())
        }
        word @ ("create" | "drop" | "alter" | "refresh") => object_tag(word, &words),
        "begin" | "start" => {
            if words.first().is_some_and(|word| word == "start") {
                "START TRANSACTION".to_owned()
            } else {
                "BEGIN".to_owned()
            }
        }
        "truncate" => "TRUNCATE TABLE".to_owned(),
        "end" => "COMMIT".to_owned(),
        "abort" => "ROLLBACK".to_owned(),
        "" => "SELECT 0".to_owned(),
        word => word.to_uppercase(),
    }
}

/// `CREATE TABLE`, `DROP MATERIALIZED VIEW`: the words that say what kind of thing it is.
fn object_tag(verb: &str, words: &[String]) -> String {
    const SKIPPED: &[&str] =
        &["or", "replace", "temp", "temporary", "unlogged", "unique", "global", "local"];
    let mut kinds = words.iter().skip(1).map(String::as_str).filter(|word| !SKIPPED.contains(word));
    let kind = kinds.next().unwrap_or_default();
    let double = matches!(kind, "materialized" | "foreign" | "event" | "default" | "access");
    let second = if double { kinds.next().map(|word| format!(" {word}")) } else { None };
    format!("{verb} {kind}{}", second.unwrap_or_default()).trim_end().to_uppercase()
}

/// How many parameters a statement has, and the types that its casts tell: `$1::int4`, `CAST($1 AS int4)`.
pub(super) fn parameters(sql: &str) -> Vec<Option<Type>> {
    let meant: Vec<Token<'_>> = tokens(sql).filter(|token| token.kind != Kind::Space).collect();
    let mut found: Vec<Option<Type>> = Vec::new();
    for at in 0..meant.len() {
        let Some(number) = placeholder(&meant, at) else {
            continue;
        };
        if found.len() < number {
            found.resize(number, None);
        }
        if let (Some(place), Some(kind)) = (found.get_mut(number - 1), cast(&meant, at)) {
            place.get_or_insert(kind);
        }
    }
    found
}

/// The number of the parameter that stands here.
fn placeholder(tokens: &[Token<'_>], at: usize) -> Option<usize> {
    let number: usize = tokens.get(at)?.text.strip_prefix('$')?.parse().ok()?;
    (1..=PARAMETERS_MAX).contains(&number).then_some(number)
}

/// The type that the parameter here is cast to.
fn cast(tokens: &[Token<'_>], at: usize) -> Option<Type> {
    let after: Vec<&str> = tokens.get(at + 1..)?.iter().take(6).map(|token| token.text).collect();
    let names = match after.as_slice() {
        [":", ":", names @ ..] => names,
        [word, names @ ..] if word.eq_ignore_ascii_case("as") && is_cast(tokens, at) => names,
        _ => return None,
    };
    let array = names.get(1..3) == Some(&["[", "]"]);
    let (one, more) = (names.first()?, names.get(1).copied().unwrap_or_default());
    let long = match (one.to_lowercase().as_str(), more.to_lowercase().as_str()) {
        ("double", "precision") | ("character", "varying") => Type::named(&format!("{one} {more}")),
        ("timestamp", "with") => Type::named("timestamptz"),
        _ => Type::named(one),
    };
    if array { long.map(Type::in_array) } else { long }
}

fn is_cast(tokens: &[Token<'_>], at: usize) -> bool {
    let before = at.checked_sub(2).and_then(|start| tokens.get(start..at));
    matches!(before, Some([cast, bracket]) if cast.text.eq_ignore_ascii_case("cast") && bracket.text == "(")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Transactions are known by their first words.
    #[test]
    fn commands_are_known_by_their_words() {
        let known = [
            ("BEGIN ISOLATION LEVEL SERIALIZABLE", Command::Begin),
            ("/* x */ start transaction", Command::Begin),
            ("end", Command::Commit),
            ("ROLLBACK", Command::Rollback),
            ("rollback to savepoint a", Command::RollbackTo),
            ("RELEASE SAVEPOINT a", Command::Savepoint),
            ("commit prepared 'a'", Command::TwoPhase),
            ("copy t from stdin", Command::Copy),
            ("select 1", Command::Plain),
        ];

        for (sql, wanted) in known {
            assert_eq!(command(sql), wanted, "{sql}");
        }
    }

    /// Tags are those that PostgreSQL gives.
    #[test]
    fn tags_are_those_of_the_server() {
        let known = [
            ("select 1", Some(2), "SELECT 2"),
            ("insert into t values (1)", None, "INSERT 0 1"),
            ("insert into t select 1 returning id", Some(3), "INSERT 0 3"),
            ("with a as (select 1) update t set b = 1", None, "UPDATE 1"),
            ("delete from t returning 1", None, "DELETE 0"),
            ("create temp table t (a int)", None, "CREATE TABLE"),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", None, "CREATE VIEW"),
            ("drop materialized view if exists v", None, "DROP MATERIALIZED VIEW"),
            ("truncate t", None, "TRUNCATE TABLE"),
            ("listen a", None, "LISTEN"),
        ];

        for (sql, rows, wanted) in known {
            assert_eq!(tag(sql, rows), wanted, "{sql}");
        }
    }

    /// Casts tell the types of parameters; what is quoted has none.
    #[test]
    fn parameters_are_counted() {
        let types =
            parameters("select $1::int8, cast($3 as double precision), '$9', $2::text[], $4");

        let names: Vec<_> = types.iter().map(|it| it.map(|it| it.to_string())).collect();
        let names: Vec<_> = names.iter().map(Option::as_deref).collect();
        assert_eq!(names, [Some("int8"), Some("text[]"), Some("float8"), None]);
    }
}
