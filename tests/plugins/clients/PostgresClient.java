import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;

/** PostgreSQL by JDBC: HOST PORT. Prints what each operation gives. */
public final class PostgresClient {
    private static final String TYPES =
            "SELECT true AS b, 2::int2 AS i2, 4 AS i4, 8::int8 AS i8, 1.1::float4 AS f4, 2.5::float8 AS f8, 1e20::float8 AS big,"
            + " 12.50 AS n, 'grüße'::text AS t, 'vc'::varchar AS v, '\\x00ff'::bytea AS by,"
            + " '00000000-0000-0000-0000-00000000002a'::uuid AS u, '{\"a\":1}'::json AS j,"
            + " '{\"a\": \"x\", \"bb\": [1,2]}'::jsonb AS jb, '2024-05-01'::date AS d,"
            + " '2024-05-01 10:00:00.5'::timestamp AS ts, '2024-05-01 10:00:00+00'::timestamptz AS tz,"
            + " '{1,2,3}'::int4[] AS ai, ARRAY['a', 'b c', 'NULL'] AS at, NULL::int4 AS nul";

    private PostgresClient() {}

    private static void show(ResultSet rows) throws SQLException {
        ResultSetMetaData about = rows.getMetaData();
        while (rows.next()) {
            for (int i = 1; i <= about.getColumnCount(); i++) {
                Object value = rows.getObject(i);
                String text = value instanceof byte[] ? Arrays.toString((byte[]) value) : String.valueOf(value);
                String kind = value == null ? "null" : value.getClass().getSimpleName();
                System.out.print(about.getColumnLabel(i) + ":" + about.getColumnTypeName(i) + "=" + kind + " " + text + "; ");
            }
            System.out.println();
        }
        System.out.println("columns " + about.getColumnCount());
    }

    private static void attempt(Statement statement, String sql) {
        try {
            boolean rows = statement.execute(sql);
            if (rows) {
                show(statement.getResultSet());
            } else {
                System.out.println("changed " + statement.getUpdateCount());
            }
        } catch (SQLException error) {
            System.out.println(error.getSQLState() + " " + error.getMessage());
        }
    }

    public static void main(String[] words) throws Exception {
        System.setOut(new java.io.PrintStream(System.out, true, "UTF-8"));
        String url = "jdbc:postgresql://" + words[0] + ":" + words[1] + "/app?user=app";
        try (Connection db = DriverManager.getConnection(url)) {
            System.out.println(db.getTransactionIsolation() + " " + db.getMetaData().getDatabaseMajorVersion());
            try (PreparedStatement one = db.prepareStatement("SELECT id, name FROM users WHERE id = ?")) {
                for (int i = 0; i < 7; i++) { // from the fifth on it is prepared by name, and binary
                    one.setInt(1, 42);
                    show(one.executeQuery());
                }
            }
            try (PreparedStatement types = db.prepareStatement(TYPES)) {
                for (int i = 0; i < 6; i++) {
                    show(types.executeQuery());
                }
            }
            db.setAutoCommit(false);
            try (Statement statement = db.createStatement()) {
                attempt(statement, "SELECT id, name FROM users WHERE id < 0");
                attempt(statement, "UPDATE users SET name = 'Ada' WHERE id = 42");
                db.commit();
                statement.setFetchSize(1);
                attempt(statement, "SELECT id FROM users ORDER BY id");
                attempt(statement, "INSERT INTO users VALUES (42, 'Eve')");
                attempt(statement, "SELECT id FROM users ORDER BY id");
                db.rollback();
            }
            db.setReadOnly(true);
            db.setAutoCommit(true);
            try (Statement statement = db.createStatement()) {
                attempt(statement, "SELECT id FROM users ORDER BY id; SELECT id, name FROM users WHERE id < 0");
            }
        }
    }
}
