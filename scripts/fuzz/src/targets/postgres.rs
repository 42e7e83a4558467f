//! PostgreSQL: clients, and what real servers answer.

use std::sync::LazyLock;

use bigfoot_controller::mocks::Mock;
use bigfoot_controller::plugins;

use crate::clerk::Clerk;
use crate::script::Script;
use crate::{scratch, talk};

static MOCKS: LazyLock<Vec<Mock>> = LazyLock::new(|| {
    scratch::mocks(
        r#"
        [[mock]]
        source = "postgres:query"
        when = { host = "a.example", sql = "select $1", parameters = [1] }
        reply = [{ rows = [{ id = 1, name = "Ada" }, { id = 2 }] }, { tag = "UPDATE 3", notices = ["a"] },
                 { error = { code = "23505", message = "m", detail = "d" } }, { rows = [] },
                 { columns = { a = "numeric[]", b = "jsonb", c = "timestamptz", d = "bytea", e = "interval", f = "float4" },
                   rows = [[["1.5", "-20000.00005"], { a = [1] }, "2024-05-01T10:00:00+02:00", { hex = "00ff" }, "1 day", 1e20]] },
                 { error = { code = "57P01", message = "m", severity = "FATAL" } }]
        [[mock]]
        source = "postgres:query"
        when = { host = "*.example", normalised = "select 1 from a" }
        reply = { rows = [[1]], parameter_types = [] }
        fault = { kind = "slow", delay_ms = 1 }
        [[mock]]
        source = "postgres:query"
        when = { host = "a.example" }
        reply = { rows = [[1]] }
        fault = { kind = "truncated", after = 3 }
        [[mock]]
        source = "postgres:query"
        when = { host = "a.example" }
        fault = { kind = "reset", after = 3 }
        [[mock]]
        source = "postgres:query"
        when = { host = "a.example" }
        fault = { kind = "timeout" }
        [[mock]]
        source = "postgres:query"
        when = { host = "a.example" }
        fault = { kind = "garbage" }
        [[mock]]
        source = "postgres:connect"
        when = { host = "a.example", user = "a", database = "~[a-z]+" }
        reply = [{}, { parameters = { server_version = "14.1", x = "y" } }, { error = { code = "28000", message = "no" } }]
        [[mock]]
        source = "postgres:begin"
        when = { host = "a.example" }
        [[mock]]
        source = "postgres:commit"
        when = { host = "a.example" }
        reply = [{}, { error = { code = "40001", message = "again" } }]
        "#,
    )
});

/// Letters beside the usual ones: `n` log-ins and transactions are interactions too; `l` the client has logged in.
pub fn target(input: &[u8]) {
    let mut script = Script::of(input);
    let plugin = plugins::plugin("postgres").expect("a plugin");
    let opening = script.opening(5432);
    if script.has(b'l') {
        script.parts.insert(0, crate::script::Part::Client(STARTUP.to_vec()));
    }
    // A notice may come between two answers of the real server; nothing else depends on the pieces.
    let clerk = || Clerk::new(&MOCKS, &script.answers, script.has(b'n'));
    talk::alike(&script, || plugin.converse(&opening), clerk, true);
}

/// Version 3.0, as `a`.
const STARTUP: &[u8] = b"\0\0\0\x10\0\x03\0\0user\0a\0\0";
