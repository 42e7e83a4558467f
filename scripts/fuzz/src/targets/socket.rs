//! Raw sockets: streams, datagrams and Unix sockets.

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
        source = "socket:exchange"
        when = { host = "*.example", bytes = "~^P(I|O)NG" }
        reply = [{ bytes = "pong\n" }, {}, { bytes = "", close = "close" }, { bytes = "half", close = "half-close" },
                 { bytes = { hex = "00ff" }, close = "reset" }]
        [[mock]]
        source = "socket:exchange"
        when = { port = 7000, bytes = { hex = "00" } }
        reply = { bytes = "slowly" }
        fault = { kind = "slow", delay_ms = 1 }
        [[mock]]
        source = "socket:exchange"
        when = { path = "/run/*" }
        reply = { bytes = "cut here" }
        fault = { kind = "truncated", after = 3 }
        [[mock]]
        source = "socket:exchange"
        when = { port = 7000 }
        reply = { bytes = "reset" }
        fault = { kind = "reset", after = 2, delay_ms = 1 }
        [[mock]]
        source = "socket:exchange"
        when = { port = 7000 }
        fault = { kind = "timeout" }
        [[mock]]
        source = "socket:exchange"
        when = { port = 7000 }
        reply = { bytes = "half" }
        fault = { kind = "half-close" }
        [[mock]]
        source = "socket:exchange"
        when = { port = 7000 }
        reply = { bytes = "late" }
        fault = { kind = "slow", delay_ms = 1000 }
        [[mock]]
        source = "socket:connect"
        when = { host = "a.example" }
        reply = [{ bytes = "220 ready\r\n" }, {}]
        [[mock]]
        source = "socket:connect"
        when = { host = "a.example" }
        fault = { kind = "refuse" }
        "#,
    )
});

/// Letters beside the usual ones: `n` connections are interactions too.
pub fn target(input: &[u8]) {
    let script = Script::of(input);
    let plugin = plugins::plugin("socket").expect("a plugin");
    let opening = script.opening(7000);
    // Where nobody waits for the bytes so far, they are one exchange, however many have come.
    let splits = !script.has(b'u') && !input.contains(&b'!');
    let clerk = || Clerk::new(&MOCKS, &script.answers, script.has(b'n'));
    talk::alike(&script, || plugin.converse(&opening), clerk, splits);
}
