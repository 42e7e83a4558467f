//! What clients ask and set behind the scenes: parameters of the session, and who it is.
//!
//! It is answered here and is no interaction, unless a mock names the very statement.

use std::collections::BTreeMap;

use super::datum::Datum;
use super::kind::{Base, Type};
use super::reply::{Column, Failure, Outcome, Table};
use crate::mocks::sql::{self, Kind, tokens};

/// Most parameters that a client may set, and longest name or value of one, in bytes.
const SETTINGS_MAX: usize = 256;
const SETTING_BYTES_MAX: usize = 1024;

/// Longest call of a function that tells of the session, in bytes.
const CALL_BYTES_MAX: usize = 60;

/// The version that is told.
const VERSION: &str = "15.0";

/// Parameters that a server tells when a connection begins, and when they change.
const REPORTED: &[&str] = &[
    "application_name",
    "client_encoding",
    "DateStyle",
    "default_transaction_read_only",
    "in_hot_standby",
    "integer_datetimes",
    "IntervalStyle",
    "is_superuser",
    "server_encoding",
    "server_version",
    "session_authorization",
    "standard_conforming_strings",
    "TimeZone",
];

/// What they are at first.
const DEFAULTS: &[(&str, &str)] = &[
    ("application_name", ""),
    ("client_encoding", "UTF8"),
    ("client_min_messages", "notice"),
    ("DateStyle", "ISO, MDY"),
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "off"),
    ("extra_float_digits", "1"),
    ("in_hot_standby", "off"),
    ("integer_datetimes", "on"),
    ("IntervalStyle", "postgres"),
    ("is_superuser", "off"),
    ("lock_timeout", "0"),
    ("max_identifier_length", "63"),
    ("max_index_keys", "32"),
    ("search_path", "\"$user\", public"),
    ("server_encoding", "UTF8"),
    ("server_version", VERSION),
    ("server_version_num", "150000"),
    ("standard_conforming_strings", "on"),
    ("statement_timeout", "0"),
    ("TimeZone", "Etc/UTC"),
    ("transaction_isolation", "read committed"),
    ("transaction_read_only", "off"),
];

/// Those of one session.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    values: BTreeMap<String, (String, String)>,
    user: String,
    database: String,
}

/// What comes of a statement that was answered here, and the parameters that are told again.
pub(super) type Answered = (Outcome, Vec<(String, String)>);

impl Settings {
    pub(super) fn new(user: &str, database: &str) -> Self {
        let (user, database) = (user.to_owned(), database.to_owned());
        let mut settings = Self { values: BTreeMap::new(), user, database };
        settings.reset();
        settings
    }

    fn reset(&mut self) {
        self.values.clear();
        for (name, value) in DEFAULTS {
            self.set(name, value);
        }
        let user = self.user.clone();
        self.set("session_authorization", &user);
    }

    /// Sets one, by a name whose case does not matter.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let key = name.to_ascii_lowercase();
        let fits = name.len() <= SETTING_BYTES_MAX && value.len() <= SETTING_BYTES_MAX;
        let known = self.values.get(&key).map(|(name, _)| name.clone());
        if fits && (known.is_some() || self.values.len() < SETTINGS_MAX) {
            self.values.insert(key, (known.unwrap_or_else(|| name.to_owned()), value.to_owned()));
        }
    }

    fn get(&self, name: &str) -> Option<(&str, &str)> {
        let (name, value) = self.values.get(&name.to_ascii_lowercase())?;
        Some((name, value))
    }

    /// A copy for a statement that may be about the session; None for one that plainly is not.
    pub(super) fn clone_for(&self, sql: &str) -> Option<Self> {
        const FIRST: &[&str] =
            &["set", "reset", "show", "discard", "deallocate", "close", "unlisten"];
        let mut words = tokens(sql).filter(|token| token.kind != Kind::Space);
        let first = words.next()?.text.to_ascii_lowercase();
        let calls = first == "select" && sql.len() <= CALL_BYTES_MAX;
        (calls || FIRST.contains(&first.as_str())).then(|| self.clone())
    }

    /// What a server tells when a connection begins.
    pub(super) fn reported(&self) -> impl Iterator<Item = (&str, &str)> {
        REPORTED.iter().filter_map(|name| self.get(name))
    }

    /// Answers a statement that is about the session only; None if it is not.
    pub(super) fn answer(&mut self, sql: &str, process: u32) -> Option<Answered> {
        let normal = sql::normal(sql);
        let words: Vec<&str> = normal.split(' ').collect();
        match words.as_slice() {
            ["set", "constraints" | "role", ..] => None,
            ["set", ..] => Some(self.assign(sql)),
            ["reset", "all"] => {
                self.reset();
                Some((done("RESET"), self.told()))
            }
            ["reset", name] => Some(self.restore(name)),
            ["show", rest @ ..] => self.show(rest),
            ["discard", "all"] => {
                self.reset();
                Some((done("DISCARD ALL"), self.told()))
            }
            ["discard", what] => {
                Some((done(&format!("DISCARD {}", what.to_uppercase())), Vec::new()))
            }
            ["deallocate", rest @ ..] => Some((done(deallocated(rest)), Vec::new())),
            ["close", "all"] => Some((done("CLOSE CURSOR ALL"), Vec::new())),
            [first, ..] if first.starts_with("unlisten") => Some((done("UNLISTEN"), Vec::new())),
            _ => self.call(&normal, process).map(|outcome| (outcome, Vec::new())),
        }
    }

    fn told(&self) -> Vec<(String, String)> {
        self.reported().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn assign(&mut self, sql: &str) -> Answered {
        let Some((name, value)) = assignment(sql) else {
            return (done("SET"), Vec::new()); // of a transaction, which has no bearing on mocks
        };
        let utf8 = ["utf8", "utf-8", "unicode", "default"];
        if name == "client_encoding" && !utf8.contains(&value.to_lowercase().as_str()) {
            let message = format!("conversion between {value} and UTF8 is not supported");
            return (Outcome::Failed(Failure::new("0A000", &message)), Vec::new());
        }
        if value.eq_ignore_ascii_case("default") {
            let (_, told) = self.restore(&name);
            return (done("SET"), told);
        }
        let value = if name == "client_encoding" { "UTF8".to_owned() } else { value };
        self.set(&name, &value);
        (done("SET"), self.change(&name))
    }

    fn restore(&mut self, name: &str) -> Answered {
        let default = DEFAULTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        match default {
            Some((name, value)) => self.set(name, value),
            None => drop(self.values.remove(&name.to_ascii_lowercase())),
        }
        (done("RESET"), self.change(name))
    }

    /// One that is told when it changes.
    fn change(&self, name: &str) -> Vec<(String, String)> {
        let told = REPORTED.iter().any(|known| known.eq_ignore_ascii_case(name));
        let pair = self.get(name).filter(|_| told);
        pair.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect()
    }

    fn show(&self, words: &[&str]) -> Option<Answered> {
        let name = match words {
            ["transaction", "isolation", "level"] => "transaction_isolation",
            ["time", "zone"] => "TimeZone",
            ["session", "authorization"] => "session_authorization",
            [name] => name,
            _ => return None,
        };
        let (name, value) = self.get(name)?;
        Some((one(name, Type::TEXT, Datum::Text(value.to_owned()), "SHOW"), Vec::new()))
    }

    /// Functions that tell of the session.
    fn call(&self, normal: &str, process: u32) -> Option<Outcome> {
        let call = normal.strip_prefix("select ")?;
        let call = call.strip_prefix("pg_catalog.").unwrap_or(call);
        let text = |text: &str| Datum::Text(text.to_owned());
        let kind = |base| Type::of(base);
        let name = Type::named("name").unwrap_or(Type::TEXT);
        let (column, kind, datum) = match call {
            "version()" => ("version", Type::TEXT, text(&version())),
            "current_schema()" | "current_schema" => ("current_schema", name, text("public")),
            "current_database()" => ("current_database", name, text(&self.database)),
            "current_user" => ("current_user", name, text(&self.user)),
            "session_user" => ("session_user", name, text(&self.user)),
            "pg_backend_pid()" => ("pg_backend_pid", kind(Base::Int4), Datum::Int(process.into())),
            "pg_is_in_recovery()" => ("pg_is_in_recovery", kind(Base::Bool), Datum::Bool(false)),
            "pg_advisory_unlock_all()" => ("pg_advisory_unlock_all", kind(Base::Void), Datum::Void),
            _ => return None,
        };
        Some(one(column, kind, datum, "SELECT 1"))
    }
}

fn version() -> String {
    format!("PostgreSQL {VERSION} (bigfoot)")
}

fn done(tag: &str) -> Outcome {
    Outcome::Done { table: None, tag: Some(tag.to_owned()), notices: Vec::new() }
}

/// A table of one value.
fn one(name: &str, kind: Type, datum: Datum, tag: &str) -> Outcome {
    let columns = vec![Column { name: name.to_owned(), kind }];
    let table = Some(Table { columns, rows: vec![vec![Some(datum)]] });
    Outcome::Done { table, tag: Some(tag.to_owned()), notices: Vec::new() }
}

fn deallocated(words: &[&str]) -> &'static str {
    if words.last() == Some(&"all") { "DEALLOCATE ALL" } else { "DEALLOCATE" }
}

/// Which statement a DEALLOCATE means; None inside for all of them.
#[expect(clippy::option_option, reason = "the outer one is for other statements")]
pub(super) fn deallocates(sql: &str) -> Option<Option<String>> {
    let meant: Vec<_> = tokens(sql).filter(|token| token.kind != Kind::Space).collect();
    let (first, last) =
        (meant.first()?, meant.iter().rfind(|token| token.kind != Kind::Semicolon)?);
    let discards =
        first.text.eq_ignore_ascii_case("discard") && last.text.eq_ignore_ascii_case("all");
    if discards {
        return Some(None);
    }
    if !first.text.eq_ignore_ascii_case("deallocate") {
        return None;
    }
    Some(match last.kind {
        Kind::Word if last.text.eq_ignore_ascii_case("all") => None,
        Kind::Word => Some(last.text.to_lowercase()),
        _ => Some(last.text.trim_matches('"').replace("\"\"", "\"")),
    })
}

/// Name and value of a SET; None if it is about the transaction.
fn assignment(sql: &str) -> Option<(String, String)> {
    let mut meant = tokens(sql).filter(|token| token.kind != Kind::Space).skip(1).peekable();
    let is = |word: &str, text: &str| text.eq_ignore_ascii_case(word);
    meant.next_if(|token| is("session", token.text) || is("local", token.text));
    let first = meant.next()?;
    let name = match first.text.to_lowercase().as_str() {
        "transaction" | "characteristics" => return None,
        "time" if meant.next_if(|token| is("zone", token.text)).is_some() => "TimeZone".to_owned(),
        "names" => "client_encoding".to_owned(),
        name => name.to_owned(),
    };
    let mut name = name;
    while meant.next_if(|token| token.text == ".").is_some() {
        name = format!("{name}.{}", meant.next()?.text.to_lowercase());
    }
    meant.next_if(|token| token.text == "=" || is("to", token.text));
    let (mut value, mut before) = (String::new(), None);
    for token in meant.take_while(|token| token.kind != Kind::Semicolon) {
        let text = match token.kind {
            Kind::Quoted => token.text.trim_matches('\'').replace("''", "'"),
            _ => token.text.to_owned(),
        };
        let parts = before.is_some_and(|kind| kind != Kind::Sign) && token.kind != Kind::Sign;
        let comma = value.ends_with(',');
        value.push_str(if parts || comma { " " } else { "" });
        value.push_str(&text);
        before = Some(token.kind);
    }
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(settings: &mut Settings, sql: &str) -> String {
        match settings.answer(sql, 7) {
            Some((Outcome::Done { table: Some(table), .. }, _)) => match &table.rows[0][0] {
                Some(Datum::Text(text)) => text.clone(),
                other => panic!("{sql}: {other:?}"),
            },
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// What is set is shown, and told where PostgreSQL tells it.
    #[test]
    fn what_is_set_is_shown() {
        let mut settings = Settings::new("ada", "app");

        let (_, told) = settings.answer("SET SESSION TimeZone TO 'Europe/Berlin'", 7).unwrap();
        assert_eq!(told, [("TimeZone".to_owned(), "Europe/Berlin".to_owned())]);
        assert_eq!(text(&mut settings, "show time zone"), "Europe/Berlin");
        let (_, told) = settings.answer("SET search_path = a, \"B\"", 7).unwrap();
        assert!(told.is_empty());
        assert_eq!(text(&mut settings, "SHOW search_path"), "a, \"B\"");
        settings.answer("reset all", 7).unwrap();
        assert_eq!(text(&mut settings, "SHOW TimeZone;"), "Etc/UTC");
        assert_eq!(text(&mut settings, "select current_database()"), "app");
        assert!(settings.answer("SHOW nothing_of_the_kind", 7).is_none());
        assert!(settings.answer("select 1", 7).is_none());
    }

    /// Another encoding than UTF-8 is refused.
    #[test]
    fn other_encodings_are_refused() {
        let mut settings = Settings::new("ada", "app");

        let answered = settings.answer("set client_encoding to 'LATIN1'", 7);

        assert!(matches!(answered, Some((Outcome::Failed(_), _))), "{answered:?}");
    }

    /// A settings statement that goes on for ever takes no room.
    #[test]
    fn settings_are_bounded() {
        let mut settings = Settings::new("ada", "app");

        for number in 0..2 * SETTINGS_MAX {
            settings.answer(&format!("set a.b{number} = 1"), 7);
        }

        assert!(settings.values.len() <= SETTINGS_MAX);
    }
}
