//! Redis: what clients and real servers say, in both versions of the protocol.

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
        source = "redis:GET"
        when = { key = "a*" }
        reply = [{ value = "x" }, {}, { error = "WRONGTYPE no" }, { value = { hex = "00ff" } }]
        [[mock]]
        source = "redis:GET"
        reply = { value = "slowly" }
        fault = { kind = "slow", delay_ms = 1 }
        [[mock]]
        source = "redis:GET"
        reply = { value = "reset" }
        fault = { kind = "reset", after = 2 }
        [[mock]]
        source = "redis:GET"
        fault = { kind = "timeout" }
        [[mock]]
        source = "redis:SET"
        when = { args = ["~a.*", "..."] }
        [[mock]]
        source = "redis:HGETALL"
        reply = { value = { f = 1 } }
        [[mock]]
        source = "redis:ZRANGE"
        reply = { value = [["a", 1.5]] }
        [[mock]]
        source = "redis:BLPOP"
        reply = [{ value = ["a", "b"] }, {}]
        [[mock]]
        source = "redis:EVAL"
        reply = { value = [1, { a = [true, 1.5] }] }
        [[mock]]
        source = "redis:SUBSCRIBE"
        reply = { messages = ["one", { channel = "b", data = "two" }] }
        [[mock]]
        source = "redis:PSUBSCRIBE"
        reply = { messages = ["one"] }
        fault = { kind = "truncated", after = 20 }
        [[mock]]
        source = "redis:EXEC"
        reply = {}
        [[mock]]
        source = "redis:other"
        when = { command = "json.get" }
        reply = { value = { a = 1 } }
        "#,
    )
});

/// Letters beside the usual ones: `n` the greeting is an interaction too, `r` no mock speaks of Redis.
pub fn target(input: &[u8]) {
    let script = Script::of(input);
    let plugin = plugins::plugin("redis").expect("a plugin");
    let opening = script.opening(6379);
    let clerk = || {
        let clerk = Clerk::new(&MOCKS, &script.answers, script.has(b'n'));
        if script.has(b'r') { clerk } else { clerk.speaking() }
    };
    talk::alike(&script, || plugin.converse(&opening), clerk, true);
}
