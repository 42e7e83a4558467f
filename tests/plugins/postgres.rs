//! PostgreSQL: the clients that people use, against mocks and against the real server. What they print
//! (values, types, errors, order) is the same.

use std::path::PathBuf;
use std::sync::OnceLock;

use bigfoot_tests::{Finished, Scene, postgres, scene, tools};

const MOCKS: &str = include_str!("clients/postgres_mocks.toml");
const HOST: &str = "db.example.com";

fn client(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("plugins/clients").join(name)
}

/// Under the strictest guard: whatever is not mocked is refused.
fn scene(mocks: &str) -> Scene {
    Scene::new().guard("error").config(mocks).variable("NODE_PATH", tools::node_modules())
}

/// The compiled Java client, and where the driver is.
fn java() -> Vec<PathBuf> {
    static CLASSES: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = CLASSES.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let status = std::process::Command::new(tools::needed("javac", "default-jdk-headless"))
            .arg("-d")
            .args([folder.path(), &client("PostgresClient.java")])
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "PostgresClient.java does not compile"
        );
        folder
    });
    let classes = format!("{}:/usr/share/java/postgresql.jar", folder.path().display());
    vec!["java".into(), "-cp".into(), classes.into(), "PostgresClient".into()]
}

/// A client that runs all operations, without host and port.
fn command(name: &str) -> Vec<PathBuf> {
    match name {
        "node" => vec![tools::needed("node", "nodejs"), client("postgres_client.js")],
        "java" => java(),
        "tokio-postgres" | "sqlx" => vec![scene::built().join("client"), name.into()],
        name => vec![tools::python(), client("postgres_client.py"), name.into()],
    }
}

fn words(name: &str, host: &str, port: u16) -> Vec<PathBuf> {
    command(name).into_iter().chain([host.into(), port.to_string().into()]).collect()
}

/// Claims that a client prints the same with mocks as with the real server.
fn is_the_same(name: &str) {
    let scene = scene(MOCKS);

    let real = scene.native(words(name, "127.0.0.1", postgres::port()));
    let mocked = scene.run(words(name, HOST, 5432));

    real.succeeds();
    assert!(real.stdout.lines().count() > 5, "{}", real.stdout);
    mocked.is_clean().equals(&real);
}

/// Interpolates its parameters itself, and begins transactions behind the scenes.
#[test]
fn psycopg2_sees_what_the_server_shows() {
    is_the_same("psycopg2");
}

/// Text and binary, prepared statements and pipelines.
#[test]
fn psycopg_3_sees_what_the_server_shows() {
    is_the_same("psycopg3");
}

/// Binary throughout; asks for types, cursors, a pool with its reset query.
#[test]
fn asyncpg_sees_what_the_server_shows() {
    is_the_same("asyncpg");
}

/// Text throughout, statements by name, and several in one.
#[test]
fn node_sees_what_the_server_shows() {
    is_the_same("node");
}

/// Debian's JDBC driver: it turns to statements by name, and to binary, and reads in parts.
#[test]
fn java_sees_what_the_server_shows() {
    is_the_same("java");
}

/// Prepares all, in binary, and reads portals in parts.
#[test]
fn tokio_postgres_sees_what_the_server_shows() {
    is_the_same("tokio-postgres");
}

/// States the types of its parameters, and keeps statements in a cache.
#[test]
fn sqlx_sees_what_the_server_shows() {
    is_the_same("sqlx");
}

fn psql(scene: &Scene, host: &str, port: u16, sql: &[&str]) -> Finished {
    let psql =
        tools::needed("psql", "postgresql-client").into_os_string().into_string().expect("a path");
    let place = [format!("host={host} port={port} user=app dbname=app")];
    let commands = sql.iter().flat_map(|sql| ["-c".to_owned(), (*sql).to_owned()]);
    let words = [psql, "-X".to_owned()].into_iter().chain(place).chain(commands);
    if host == HOST { scene.run(words) } else { scene.native(words) }
}

/// psql prints the same tables, tags and errors.
#[test]
fn psql_sees_what_the_server_shows() {
    let scene = scene(MOCKS);
    let sql = [
        "SELECT id, name FROM users WHERE id = 42",
        "SELECT id FROM users ORDER BY id; SELECT id, name FROM users WHERE id < 0",
        "BEGIN; UPDATE users SET name = 'Ada' WHERE id = 42; COMMIT",
        "INSERT INTO users VALUES (42, 'Eve')",
    ];

    let real = psql(&scene, "127.0.0.1", postgres::port(), &sql);
    let mocked = psql(&scene, HOST, 5432, &sql);

    mocked.fails_with(1).prints(&real.stdout).says("DETAIL:  Key (id)=(42) already exists.");
    assert!(real.stdout.contains("Ada") && real.code == Some(1), "{real:?}");
}

/// A session is played step by step; a step that does not come is told, and so is another one.
#[test]
fn sessions_have_steps() {
    let mock = r#"
[[mock]]
source = "postgres:connect"
when = { host = "db.example.com", user = "app" }
steps = [
    { source = "postgres:begin" },
    { source = "postgres:query", when = { sql = "UPDATE t SET a = 1" }, reply = { tag = "UPDATE 7" } },
    { source = "postgres:commit" },
]
"#;
    let run = |sql: &[&str]| psql(&scene(mock), HOST, 5432, sql);

    run(&["BEGIN", "UPDATE t SET a = 1", "COMMIT"]).is_clean().prints("BEGIN\nUPDATE 7\nCOMMIT\n");
    let other = run(&["BEGIN", "UPDATE t SET a = 2"]);
    assert_eq!(other.findings()[0]["title"], "call unlike what was expected", "{:#}", other.report);
    let short = run(&["BEGIN", "UPDATE t SET a = 1"]);
    assert_eq!(short.report["broken"][0]["code"], "BF108", "{:#}", short.report);
}

/// TLS is declined: a client that insists on it says so itself.
#[test]
fn a_client_that_insists_on_tls_says_so() {
    let scene = scene(MOCKS).variable("PGSSLMODE", "require");

    let guest = psql(&scene, HOST, 5432, &["SELECT id FROM users ORDER BY id"]);

    guest.says("server does not support SSL, but SSL was required");
}

/// The real server answers where mocks let it: it is recorded, and held against what was expected.
#[test]
fn the_real_server_is_spied_on() {
    let port = postgres::port();
    let mock = |sql: &str, rows: &str| {
        format!(
            "[[mock]]\nsource = \"postgres:query\"\nwhen = {{ host = \"127.0.0.1\", port = {port}, sql = \"{sql}\" }}\n{rows}\n"
        )
    };
    let all = "SELECT id FROM users ORDER BY id";
    let one = "SELECT id, name FROM users WHERE id = 42";
    let right =
        mock(all, "spy = true\nreply = { rows = [{ id = 42 }, { id = 43 }], tag = \"SELECT 2\" }");
    let wrong = mock(all, "spy = true\nreply = { rows = [{ id = 42 }, { id = 44 }] }");
    let canned = mock(one, "reply = { rows = [{ id = 42, name = \"Eve\" }] }");
    let words = |sql: &str| {
        let psql = tools::needed("psql", "postgresql-client").display().to_string();
        let place = format!("host=127.0.0.1 port={port} user=app dbname=app");
        [psql, "-XAt".into(), place, "-c".into(), sql.to_owned()]
    };

    let both = scene(&[right.as_str(), &canned].concat());
    both.run(words(&format!("{all}; {one}"))).is_clean().prints("42\n43\n42|Eve\n");
    let unlike = scene(&wrong).run(words(all));

    assert!(!unlike.findings().is_empty(), "{:#}", unlike.report);
}

/// All operations pass through to the real server, with the log-in or without it.
#[test]
fn all_operations_pass_through() {
    let port = postgres::port();
    let through = |source: &str| {
        format!(
            "[[mock]]\nsource = \"postgres:{source}\"\nwhen = {{ host = \"127.0.0.1\", port = {port} }}\npass_through = true\n"
        )
    };
    let query = through("query");

    for name in ["psycopg2", "psycopg3", "asyncpg", "tokio-postgres", "node"] {
        for mocks in [query.clone(), [through("connect"), query.clone()].concat()] {
            let scene = scene(&mocks);
            let real = scene.native(words(name, "127.0.0.1", port));
            scene.run(words(name, "127.0.0.1", port)).is_clean().equals(&real);
        }
    }
}

/// What the protocol cannot carry is an error in the configuration, at its place.
#[test]
fn rows_that_cannot_be_are_told() {
    let mock = |reply: &str| {
        format!(
            "[[mock]]\nsource = \"postgres:query\"\nwhen = {{ host = \"a.example\", sql = \"SELECT 1\" }}\nreply = {reply}\n"
        )
    };
    for (reply, message) in [
        (
            "{ columns = { id = \"int4\" }, rows = [[1, 2]] }",
            "row 1 has 2 values, and there are 1 columns",
        ),
        (
            "{ columns = { id = \"int4\" }, rows = [[\"x\"]] }",
            "row 1, column `id`: `\"x\"` is no int4",
        ),
        ("{ rows = [[1], [\"x\"]] }", "row 2, column `?column?`: `\"x\"` is no int4"),
        ("{ columns = { id = \"int5\" } }", "`int5` is no type that is known here"),
        ("{ error = { code = \"1\", message = \"m\" } }", "`1` is no SQLSTATE"),
        (
            "{ error = { code = \"23505\", message = \"m\" }, rows = [] }",
            "`rows` or `error`, and not both",
        ),
    ] {
        let scene = Scene::new().config(&mock(reply));
        let checked = scene.bigfoot(["check"]);
        checked.fails_with(2).says(message).says("bigfoot.toml:4");
    }
}
