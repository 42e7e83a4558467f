//! PostgreSQL: the frontend/backend protocol 3.0
//! (<https://www.postgresql.org/docs/15/protocol.html>), by simple and by extended queries.
//!
//! | file | holds |
//! |---|---|
//! | `check` | mocks that cannot be |
//! | `place` | hosts, ports and paths of mocks and connections |
//! | `frame`, `said` | messages of clients; those of servers |
//! | `kind`, `datum` | types and values |
//! | `reply` | rows and errors that a mock gives |
//! | `statement` | what a statement is |
//! | `settings`, `catalog` | what clients ask and set behind the scenes |
//! | `session` | a connection |

mod catalog;
mod check;
mod datum;
mod frame;
mod kind;
mod place;
mod reply;
mod said;
mod session;
mod settings;
mod statement;
#[cfg(test)]
mod tests;

use bigfoot_ipc::guest::Transport;

use crate::fields::{Fields, Value};
use crate::mocks::{Matcher, Mock, When, sql};
use crate::plugins::card::{Card, FaultKind, Field, FieldKind, Kind, Scheme, Shape};
use crate::plugins::conversation::{Conversation, Opening};
use crate::plugins::{Endpoint, Plugin, Unfit};

/// The plugin.
#[derive(Debug)]
pub struct Postgres;

/// A client logs in.
const CONNECT: &str = "postgres:connect";
/// It has a statement done.
const QUERY: &str = "postgres:query";
/// Transactions.
const BEGIN: &str = "postgres:begin";
const COMMIT: &str = "postgres:commit";
const ROLLBACK: &str = "postgres:rollback";
const SAVEPOINT: &str = "postgres:savepoint";
/// It says goodbye.
const CLOSE: &str = "postgres:close";

/// Where servers usually are.
const PORT: u16 = 5432;

const HOST: Field = Field {
    name: "host",
    kind: FieldKind::Word,
    summary: "host by the name that the guest used, or its address",
};
const PORT_FIELD: Field =
    Field { name: "port", kind: FieldKind::Number, summary: "port; 5432 where a mock names none" };
const PATH: Field = Field {
    name: "path",
    kind: FieldKind::Text,
    summary: "path of a Unix socket, in place of host and port",
};
const USER: Field = Field { name: "user", kind: FieldKind::Text, summary: "who logs in" };
const DATABASE: Field = Field { name: "database", kind: FieldKind::Text, summary: "database" };
const SQL: Field = Field {
    name: "sql",
    kind: FieldKind::Sql,
    summary: "the statement as written, without blanks and semicolons around it; `*` is itself",
};
const ERROR: Field = Field {
    name: "error",
    kind: FieldKind::Json,
    summary: "an error: code (SQLSTATE), message, detail, hint, position, constraint, ...",
};

/// A part of a transaction: with its statement, and perhaps an error.
const fn transaction(source: &'static str, summary: &'static str) -> Shape {
    Shape {
        source,
        summary,
        fields: &[HOST, PORT_FIELD, PATH, USER, DATABASE, SQL],
        key: Some("sql"),
        reply: &[ERROR],
        faults: &[FaultKind::Reset, FaultKind::Timeout],
        opens: false,
    }
}

static CARD: Card = Card {
    name: "postgres",
    summary: "PostgreSQL",
    schemes: &[
        Scheme { name: "postgres", port: Some(PORT) },
        Scheme { name: "postgresql", port: Some(PORT) },
    ],
    ports: &[PORT],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["postgres://localhost/*", "postgres://db.example.com:5433", "postgres:*"],
    interactions: &[
        Shape {
            source: CONNECT,
            summary: "log in to",
            fields: &[HOST, PORT_FIELD, PATH, USER, DATABASE],
            key: Some("host"),
            reply: &[
                Field {
                    name: "parameters",
                    kind: FieldKind::Pairs,
                    summary: "what the server tells of itself: server_version, TimeZone, ...",
                },
                ERROR,
            ],
            faults: &[FaultKind::Refuse, FaultKind::Timeout, FaultKind::Reset],
            opens: true,
        },
        Shape {
            source: QUERY,
            summary: "query",
            fields: &[
                HOST,
                PORT_FIELD,
                PATH,
                USER,
                DATABASE,
                SQL,
                Field {
                    name: "normalised",
                    kind: FieldKind::NormalSql,
                    summary: "the same, whatever its layout, its comments and the case of its words",
                },
                Field {
                    name: "parameters",
                    kind: FieldKind::Words,
                    summary: "values of $1, $2, ... in PostgreSQL's own text; NULL is `NULL`, and the text NULL is in quotes",
                },
            ],
            key: Some("sql"),
            reply: &[
                Field {
                    name: "rows",
                    kind: FieldKind::Json,
                    summary: "rows, as tables (a name that one lacks is NULL) or as lists, with `{ null = true }` for NULL",
                },
                Field {
                    name: "columns",
                    kind: FieldKind::Json,
                    summary: "names and types of the columns, where the values do not tell: { id = \"int8\" }",
                },
                Field {
                    name: "tag",
                    kind: FieldKind::Text,
                    summary: "what was done: \"UPDATE 3\"; else that of the statement, for the rows given or one change",
                },
                Field {
                    name: "parameter_types",
                    kind: FieldKind::Words,
                    summary: "types of $1, $2, ... where neither client, casts nor `parameters` tell",
                },
                Field {
                    name: "notices",
                    kind: FieldKind::Words,
                    summary: "notices before the answer",
                },
                ERROR,
            ],
            faults: &[
                FaultKind::Reset,
                FaultKind::Timeout,
                FaultKind::Slow,
                FaultKind::Garbage,
                FaultKind::Truncated,
            ],
            opens: false,
        },
        transaction(BEGIN, "begin"),
        transaction(COMMIT, "commit"),
        transaction(ROLLBACK, "rollback"),
        transaction(SAVEPOINT, "savepoint"),
        Shape {
            source: CLOSE,
            summary: "say goodbye to",
            fields: &[HOST, PORT_FIELD, PATH, USER, DATABASE],
            key: Some("host"),
            reply: &[],
            faults: &[],
            opens: false,
        },
    ],
    mocks: &[
        r#"[[mock]]
source = "postgres:query"
when = { host = "db.example.com", sql = "SELECT id, name FROM users WHERE id = $1", parameters = [42] }
reply = { rows = [{ id = 42, name = "Ada" }] }
"#,
        r#"[[mock]]
source = "postgres:query"
when = { host = "db.example.com", normalised = "select total, paid_at from orders" }
reply = { columns = { total = "numeric", paid_at = "timestamptz" }, rows = [["12.50", 2024-05-01T10:00:00Z]] }
"#,
        r#"[[mock]]
source = "postgres:query"
when = { host = "db.example.com", sql = { glob = "INSERT INTO users*" } }
reply = { error = { code = "23505", message = "duplicate key value", constraint = "users_pkey" } }
"#,
        r#"[[mock]]
source = "postgres:connect"
when = { host = "db.example.com", database = "app" }
steps = [
    { source = "postgres:begin" },
    { source = "postgres:query", when = { sql = "UPDATE users SET name = 'Ada'" }, reply = { tag = "UPDATE 1" } },
    { source = "postgres:commit" },
]
"#,
        r#"[[mock]]
source = "postgres:connect"
when = { path = "/run/postgresql/.s.PGSQL.5432" }
reply = { error = { code = "28P01", message = "password authentication failed", severity = "FATAL" } }
"#,
        r#"[[mock]]
source = "postgres:query"
when = { host = "db.example.com" }
fault = { kind = "reset", after = 20 }
"#,
    ],
};

impl Plugin for Postgres {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn check(&self, shape: &'static Shape, mock: &Mock) -> Result<(), Unfit> {
        check::mock(shape, mock)
    }

    fn endpoint(&self, mock: &Mock) -> Option<Endpoint> {
        Some(place::endpoint(&mock.when))
    }

    fn converse(&self, opening: &Opening) -> Option<Box<dyn Conversation>> {
        let speaks = opening.transport == Transport::Stream;
        speaks.then(|| Box::new(session::Session::new(opening)) as Box<dyn Conversation>)
    }

    fn key(&self, shape: &'static Shape, fields: &Fields) -> Option<String> {
        Some(keyed(&fields.text(shape.key?)?))
    }

    fn mock_key(&self, shape: &'static Shape, when: &When) -> Option<String> {
        match when.get(shape.key?)? {
            Matcher::Exact(value) => Some(keyed(&value.text()?)),
            _ => None,
        }
    }

    fn words(&self, shape: &'static Shape, fields: &Fields) -> String {
        let text = |name| fields.text(name).unwrap_or_default();
        let place = text(if fields.get("path").is_some() { "path" } else { "host" });
        match shape.source {
            CONNECT | CLOSE => {
                format!(
                    "{} {place} as {}, database {}",
                    shape.summary,
                    text("user"),
                    text("database")
                )
            }
            _ => format!("`{}` at {place}", text("sql")),
        }
    }

    fn paste(&self, shape: &'static Shape, fields: &Fields) -> Vec<(&'static str, Value)> {
        let place: &[&str] =
            if fields.get("path").is_some() { &["path"] } else { &["host", "port"] };
        let more: &[&str] = match shape.source {
            QUERY => &["sql", "parameters"],
            CONNECT => &["user", "database"],
            _ => &[],
        };
        let usual =
            |name: &str, value: &Value| name == "port" && value.number() == Some(PORT.into());
        let empty = |value: &Value| matches!(value, Value::Words(words) if words.is_empty());
        let named = |(name, value): &(&'static str, &Value)| {
            (place.contains(name) || more.contains(name)) && !usual(name, value) && !empty(value)
        };
        fields.iter().filter(named).map(|(name, value)| (name, value.clone())).collect()
    }

    fn paste_reply(&self, shape: &'static Shape, fields: &Fields) -> &'static str {
        match shape.source {
            QUERY if statement::gives_rows(&fields.text("sql").unwrap_or_default()) => {
                "{ rows = [{ id = 1 }] }"
            }
            _ => "{}",
        }
    }
}

/// The form in which mocks are looked up: what is equal as a statement or a host is equal here.
fn keyed(text: &str) -> String {
    sql::trimmed(text).to_ascii_lowercase()
}
