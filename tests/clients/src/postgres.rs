//! PostgreSQL by two clients: the same operations as `postgres_client.py`, as far as each can.

use std::fmt::Write;

use tokio_postgres::types::Type;
use tokio_postgres::{NoTls, Row};

use crate::Said;

const ONE: &str = "SELECT id, name FROM users WHERE id = $1";
const NONE: &str = "SELECT id, name FROM users WHERE id < 0";
const ALL: &str = "SELECT id FROM users ORDER BY id";
const TWICE: &str = "INSERT INTO users VALUES (42, 'Eve')";
const CHANGE: &str = "UPDATE users SET name = 'Ada' WHERE id = 42";
const TYPES: &str = r#"SELECT true AS b, 2::int2 AS i2, 4 AS i4, 8::int8 AS i8, 1.1::float4 AS f4, 2.5::float8 AS f8,
    1e20::float8 AS big, 12.50 AS n, 'grüße'::text AS t, 'vc'::varchar AS v, '\x00ff'::bytea AS by,
    '00000000-0000-0000-0000-00000000002a'::uuid AS u, '{"a":1}'::json AS j, '{"a": "x", "bb": [1,2]}'::jsonb AS jb,
    '2024-05-01'::date AS d, '2024-05-01 10:00:00.5'::timestamp AS ts, '2024-05-01 10:00:00+00'::timestamptz AS tz,
    '{1,2,3}'::int4[] AS ai, ARRAY['a', 'b c', 'NULL'] AS at, NULL::int4 AS nul"#;

fn block_on(work: impl Future<Output = Said>) -> Said {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// By tokio-postgres.
pub fn tokio(host: &str, port: &str) -> Said {
    block_on(tokio_postgres_operations(host, port))
}

fn shown(rows: &[Row]) -> String {
    let cell = |row: &Row, at: usize, kind: &Type| match *kind {
        Type::INT4 => format!("{:?}", row.get::<_, Option<i32>>(at)),
        _ => format!("{:?}", row.get::<_, Option<String>>(at)),
    };
    let line = |row: &Row| {
        let columns = row.columns().iter().enumerate();
        let cells = columns
            .map(|(at, it)| format!("{} {} {}", it.name(), it.type_(), cell(row, at, it.type_())));
        cells.collect::<Vec<_>>().join(", ")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn error(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(
        || error.to_string(),
        |error| {
            let (code, detail) = (error.code().code(), error.detail());
            format!(
                "{} {code} {} {detail:?} {:?}",
                error.severity(),
                error.message(),
                error.constraint()
            )
        },
    )
}

async fn tokio_postgres_operations(host: &str, port: &str) -> Said {
    let words = format!("host={host} port={port} user=app dbname=app");
    let (mut db, connection) = tokio_postgres::connect(&words, NoTls).await?;
    tokio::spawn(connection);
    let mut said = String::new();
    let one = db.prepare(ONE).await?;
    writeln!(
        said,
        "{:?} {:?}",
        one.params(),
        one.columns().iter().map(|it| it.type_()).collect::<Vec<_>>()
    )?;
    writeln!(said, "{}", shown(&db.query(&one, &[&42]).await?))?;
    writeln!(said, "{}", shown(&db.query(&one, &[&42]).await?))?;
    writeln!(said, "[{}] {}", shown(&db.query(NONE, &[]).await?), db.execute(CHANGE, &[]).await?)?;
    let row = db.query_one(TYPES, &[]).await?;
    let (floats, bytes): ((f32, f64, f64), Vec<u8>) =
        ((row.get("f4"), row.get("f8"), row.get("big")), row.get("by"));
    writeln!(
        said,
        "{} {} {} {floats:?} {bytes:?}",
        row.get::<_, bool>("b"),
        row.get::<_, i16>("i2"),
        row.get::<_, i64>("i8")
    )?;
    let (numbers, words): (Vec<i32>, Vec<String>) = (row.get("ai"), row.get("at"));
    writeln!(said, "{numbers:?} {words:?} {:?}", row.get::<_, Option<i32>>("nul"))?;
    let moment = row.get::<_, std::time::SystemTime>("tz").duration_since(std::time::UNIX_EPOCH)?;
    writeln!(said, "{moment:?} {}", row.get::<_, String>("t"))?;
    let transaction = db.transaction().await?;
    for sql in [TWICE, ALL] {
        if let Err(wrong) = transaction.execute(sql, &[]).await {
            writeln!(said, "{}", error(&wrong))?;
        }
    }
    transaction.rollback().await?;
    let transaction = db.transaction().await?;
    let portal = transaction.bind(ALL, &[]).await?;
    for _ in 0..3 {
        writeln!(said, "[{}]", shown(&transaction.query_portal(&portal, 1).await?))?;
    }
    transaction.commit().await?;
    for message in db.simple_query(&format!("{ALL}; {NONE}")).await? {
        match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => writeln!(said, "{:?}", row.get(0))?,
            tokio_postgres::SimpleQueryMessage::CommandComplete(count) => {
                writeln!(said, "{count} rows")?
            }
            _ => {}
        }
    }
    Ok(said)
}

/// By sqlx.
pub fn sqlx(host: &str, port: &str) -> Said {
    block_on(sqlx_operations(host, port))
}

async fn sqlx_operations(host: &str, port: &str) -> Said {
    use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
    use sqlx::{Executor, Row as _};
    let options =
        PgConnectOptions::new().host(host).port(port.parse()?).username("app").database("app");
    let options = options.ssl_mode(PgSslMode::Prefer);
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
    let mut said = String::new();
    for _ in 0..2 {
        let row: (i32, String) = sqlx::query_as(ONE).bind(42_i32).fetch_one(&pool).await?;
        writeln!(said, "{row:?}")?;
    }
    let none = sqlx::query(NONE).fetch_all(&pool).await?;
    let changed = sqlx::query(CHANGE).execute(&pool).await?;
    writeln!(said, "{} {}", none.len(), changed.rows_affected())?;
    let row = sqlx::query(TYPES).fetch_one(&pool).await?;
    let (floats, bytes): ((f32, f64, f64), Vec<u8>) =
        ((row.get("f4"), row.get("f8"), row.get("big")), row.get("by"));
    let (numbers, words): (Vec<i32>, Vec<String>) = (row.get("ai"), row.get("at"));
    writeln!(said, "{} {floats:?} {bytes:?} {numbers:?} {words:?}", row.get::<bool, _>("b"))?;
    writeln!(said, "{} {:?}", row.get::<String, _>("t"), row.get::<Option<i32>, _>("nul"))?;
    let mut transaction = pool.begin().await?;
    for sql in [TWICE, ALL] {
        if let Err(sqlx::Error::Database(wrong)) = sqlx::query(sql).execute(&mut *transaction).await
        {
            writeln!(said, "{:?} {} {:?}", wrong.code(), wrong.message(), wrong.constraint())?;
        }
    }
    transaction.rollback().await?;
    let mut transaction = pool.begin().await?;
    let all: Vec<(i32,)> = sqlx::query_as(ALL).fetch_all(&mut *transaction).await?;
    transaction.commit().await?;
    let simple = pool.fetch_all(sqlx::raw_sql(ALL)).await?;
    writeln!(said, "{all:?} {}", simple.len())?;
    pool.close().await;
    Ok(said)
}
