//! HTTP/1.1 and HTTP/2: clients, and what real servers answer; Elasticsearch, which is said in it.

use std::sync::LazyLock;

use bigfoot_controller::mocks::Mock;
use bigfoot_controller::plugins;

use crate::clerk::Clerk;
use crate::script::Script;
use crate::{scratch, talk};

/// Also below TLS.
pub static MOCKS: LazyLock<Vec<Mock>> = LazyLock::new(|| {
    scratch::mocks(
        r#"
        [[mock]]
        source = "http:request"
        when = { url = "http*://*" }
        reply = [{ json = { name = "Alice" } }, { status = 204 }, { status = 304, headers = { etag = "x" } },
                 { body = "text", headers = { content-type = "text/plain", x-more = ["a", "b"] } },
                 { status = 500, body = { hex = "00ff" } }]
        [[mock]]
        source = "http:request"
        when = { method = "POST", url = "http://a.example/*", json = { "$.a[*].b" = 1, c = "~x+" }, headers = { x-a = "b*" } }
        reply = { status = 201, headers = { location = "/1" } }
        [[mock]]
        source = "http:request"
        when = { url = "http://a.example/", query = { page = "2" }, body = "*a*" }
        reply = { body = "slowly" }
        fault = { kind = "slow", delay_ms = 1 }
        [[mock]]
        source = "http:request"
        when = { url = "http://*" }
        reply = { body = "cut here" }
        fault = { kind = "truncated", after = 30 }
        [[mock]]
        source = "http:request"
        when = { url = "http://*" }
        fault = { kind = "reset", after = 10 }
        [[mock]]
        source = "http:request"
        when = { url = "http://*" }
        fault = { kind = "refuse" }
        [[mock]]
        source = "http:request"
        when = { url = "http://*" }
        fault = { kind = "timeout" }
        [[mock]]
        source = "http:request"
        when = { url = "http://*" }
        fault = { kind = "garbage" }
        [[mock]]
        source = "elasticsearch:search"
        when = { index = "users-*", body = { "$.query" = "~a" } }
        reply = { json = { hits = [] } }
        [[mock]]
        source = "elasticsearch:bulk"
        when = { body = [{ index = { _index = "a" } }] }
        reply = { status = 429, body = "slow down" }
        "#,
    )
});

/// Bytes of a client, in any pieces, with a real server.
pub fn target(input: &[u8]) {
    let script = Script::of(input);
    let plugin = plugins::plugin("http").expect("a plugin");
    let opening = script.opening(if script.has(b'e') { 443 } else { 80 });
    let splits = !script.has(b'2') && !pieces_matter(input);
    let clerk = || Clerk::new(&MOCKS, &script.answers, false);
    talk::alike(&script, || plugin.converse(&opening), clerk, splits);
}

/// Whether the client may hear something else if it speaks in other pieces: `100 Continue` only if it
/// waits for it, and frames of HTTP/2 as they are ready.
pub fn pieces_matter(input: &[u8]) -> bool {
    let said = String::from_utf8_lossy(input).to_ascii_lowercase();
    said.contains("100-continue") || said.contains("pri * http/2")
}
