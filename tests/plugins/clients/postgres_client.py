"""PostgreSQL by clients of Python: DRIVER HOST PORT. Prints what each operation gives."""

import asyncio
import datetime
import decimal
import sys

TYPES = (
    "SELECT true AS b, 2::int2 AS i2, 4 AS i4, 8::int8 AS i8, 1.1::float4 AS f4, 2.5::float8 AS f8, 1e20::float8 AS big,"
    " 12.50 AS n, 'grüße'::text AS t, 'vc'::varchar AS v, '\\x00ff'::bytea AS by,"
    " '00000000-0000-0000-0000-00000000002a'::uuid AS u, '{\"a\":1}'::json AS j, '{\"a\": \"x\", \"bb\": [1,2]}'::jsonb AS jb,"
    " '2024-05-01'::date AS d, '2024-05-01 10:00:00.5'::timestamp AS ts, '2024-05-01 10:00:00+00'::timestamptz AS tz,"
    " '{1,2,3}'::int4[] AS ai, ARRAY['a', 'b c', 'NULL'] AS at, NULL::int4 AS nul"
)
ONE = "SELECT id, name FROM users WHERE id = "
NONE = "SELECT id, name FROM users WHERE id < 0"
ALL = "SELECT id FROM users ORDER BY id"
TWICE = "INSERT INTO users VALUES (42, 'Eve')"
CHANGE = "UPDATE users SET name = 'Ada' WHERE id = 42"
ECHO = (
    "SELECT $1::int4 + 1 AS i, $2::text AS t, $3::bool AS b, $4::numeric AS n, $5::jsonb AS j, $6::int4[] AS a,"
    " $7::bytea AS y, $8::timestamptz AS s, $9::text AS z"
)
MOMENT = datetime.datetime(2024, 5, 1, 10, tzinfo=datetime.timezone.utc)


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def shown(rows):
    return [tuple(map(plain, row)) for row in rows]


def dbapi(connect, module, marks, extra):
    db = connect()
    cursor = db.cursor()

    def run(sql, *values):
        try:
            cursor.execute(sql, *values)
        except module.Error as error:
            code = getattr(error, "pgcode", None) or error.sqlstate
            details = error.diag.message_detail, error.diag.constraint_name, error.diag.table_name
            print(type(error).__name__, code, error.diag.severity, error.diag.message_primary, *details)
            return
        kinds = cursor.description and [(column[0], column[1]) for column in cursor.description]
        print(cursor.rowcount, kinds, cursor.description and shown(cursor.fetchall()))

    run(ONE + marks, (42,))
    run(NONE)
    run(TYPES)
    run(ALL)
    db.commit()
    run(CHANGE)
    run(TWICE)
    run(NONE)
    db.rollback()
    run(NONE)
    db.commit()
    extra(db, run)
    print(db.info.transaction_status, db.info.encoding if hasattr(db.info, "encoding") else db.encoding)
    db.close()


def psycopg2(host, port):
    import psycopg2

    def extra(db, run):
        with db.cursor() as many:
            many.execute(f"{NONE}; {ALL}")
            print(many.fetchall(), many.statusmessage)

    dbapi(lambda: psycopg2.connect(host=host, port=port, user="app", dbname="app"), psycopg2, "%s", extra)


def psycopg3(host, port):
    import psycopg
    from psycopg.types.json import Jsonb

    def extra(db, run):
        values = 41, "it's", True, decimal.Decimal("12.50"), Jsonb({"a": 1}), [1, 2], b"\x00\xff", MOMENT, None
        for binary in False, True:
            sql = ECHO
            for number in range(9, 0, -1):
                sql = sql.replace(f"${number}", "%b" if binary else "%t")
            with db.cursor(binary=binary) as cursor:
                print(cursor.execute(sql, values).fetchall())
                if binary:
                    print(shown(cursor.execute(TYPES).fetchall()))
        with db.cursor(name="curs") if False else db.cursor() as cursor:
            for _ in range(3):
                print(cursor.execute(ONE + "%s", (42,), prepare=True).fetchall())
        db.commit()
        with db.pipeline():
            cursors = [db.execute(sql) for sql in (ALL, NONE)]
            print([cursor.fetchall() for cursor in cursors])
        db.commit()

    # So that the value of ONE is one of the type that the column has.
    connect = lambda: psycopg.connect(host=host, port=port, user="app", dbname="app")
    dbapi(connect, psycopg, "%s", extra)


def asyncpg(host, port):
    import asyncpg

    async def main():
        db = await asyncpg.connect(host=host, port=port, user="app", database="app")
        print(await db.fetch(ONE + "$1", 42))
        print(await db.fetchrow(NONE), await db.fetchval(ALL), await db.execute(CHANGE))
        print(dict(await db.fetchrow(TYPES)))
        values = 41, "it's", True, decimal.Decimal("12.50"), '{"a": 1}', [1, 2], b"\x00\xff", MOMENT, None
        print(dict(await db.fetchrow(ECHO, *values)))
        statement = await db.prepare(ONE + "$1")
        print(statement.get_parameters(), statement.get_attributes())
        print(await statement.fetch(42), await statement.fetch(42), statement.get_statusmsg())
        async with db.transaction():
            print([row async for row in db.cursor(ALL, prefetch=1)])
        try:
            async with db.transaction():
                await db.execute(TWICE)
        except asyncpg.PostgresError as error:
            print(type(error).__name__, error.sqlstate, error, error.detail, error.constraint_name)
        transaction = db.transaction()
        await transaction.start()
        for sql in (TWICE, ALL):
            try:
                await db.fetch(sql)
            except asyncpg.PostgresError as error:
                print(type(error).__name__, error.sqlstate, error)
        await transaction.rollback()
        await db.reset()
        await db.close()
        async with asyncpg.create_pool(host=host, port=port, user="app", database="app", min_size=1) as pool:
            print(await pool.fetch(ALL))
            print(await pool.fetch(ALL))

    asyncio.run(main())


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    {"psycopg2": psycopg2, "psycopg3": psycopg3, "asyncpg": asyncpg}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
