// PostgreSQL by node's pg: HOST PORT. Prints what each operation gives.
'use strict';
const { Client, Pool } = require('pg');

const [host, port] = process.argv.slice(2);
const options = { host, port: Number(port), user: 'app', database: 'app' };
const TYPES = `SELECT true AS b, 2::int2 AS i2, 4 AS i4, 8::int8 AS i8, 1.1::float4 AS f4, 2.5::float8 AS f8,
  1e20::float8 AS big, 12.50 AS n, 'grüße'::text AS t, 'vc'::varchar AS v, '\\x00ff'::bytea AS by,
  '00000000-0000-0000-0000-00000000002a'::uuid AS u, '{"a":1}'::json AS j, '{"a": "x", "bb": [1,2]}'::jsonb AS jb,
  '2024-05-01'::date AS d, '2024-05-01 10:00:00.5'::timestamp AS ts, '2024-05-01 10:00:00+00'::timestamptz AS tz,
  '{1,2,3}'::int4[] AS ai, ARRAY['a', 'b c', 'NULL'] AS at, NULL::int4 AS nul`;
const ECHO = 'SELECT $1::int4 + 1 AS i, $2::text AS t, $3::bool AS b, $4::numeric AS n, $5::jsonb AS j, $6::int4[] AS a,' +
  ' $7::bytea AS y, $8::timestamptz AS s, $9::text AS z';
const show = (result) =>
  console.log(result.command, result.rowCount, result.fields.map((f) => [f.name, f.dataTypeID, f.format]), result.rows);
const attempt = (promise) =>
  promise.then(show, (e) => console.log(e.code, e.severity, e.message, e.detail, e.constraint, e.table));

(async () => {
  const db = new Client(options);
  await db.connect();
  await attempt(db.query('SELECT id, name FROM users WHERE id = $1', [42]));
  await attempt(db.query('SELECT id, name FROM users WHERE id < 0'));
  await attempt(db.query(TYPES));
  await attempt(db.query({ name: 'one', text: 'SELECT id, name FROM users WHERE id = $1', values: [42] }));
  await attempt(db.query({ name: 'one', text: 'SELECT id, name FROM users WHERE id = $1', values: [42] }));
  const values = [41, "it's", true, '12.50', { a: 1 }, [1, 2], Buffer.from([0, 255]), '2024-05-01 10:00:00+00', null];
  if (values) await attempt(db.query(ECHO.replace('$6::int4[]', '$6::int4[]'), values));
  await attempt(db.query('BEGIN'));
  await attempt(db.query("UPDATE users SET name = 'Ada' WHERE id = 42"));
  await attempt(db.query("INSERT INTO users VALUES (42, 'Eve')"));
  await attempt(db.query('SELECT id FROM users ORDER BY id'));
  await attempt(db.query('ROLLBACK'));
  for (const result of await db.query('SELECT id FROM users ORDER BY id; SELECT id, name FROM users WHERE id < 0')) show(result);
  await db.end();
  const pool = new Pool(options);
  console.log((await Promise.all([1, 2].map(() => pool.query('SELECT id FROM users ORDER BY id')))).map((r) => r.rows));
  await pool.end();
})();
