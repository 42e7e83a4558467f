//! Name servers: datagrams, and messages behind their length on a stream.

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
        source = "dns:lookup"
        when = { name = "*.example" }
        reply = [{ addresses = ["192.0.2.1", "2001:db8::1", "192.0.2.2"], aliases = ["b.example", "c.example"], ttl = 7 },
                 { error = "nxdomain" }, { error = "servfail" }, { error = "nodata" }, { error = "timeout" }]
        [[mock]]
        source = "dns:lookup"
        when = { name = "a.example", type = "MX" }
        reply = { records = ["10 mail.example", "20 other.example"] }
        [[mock]]
        source = "dns:lookup"
        when = { name = "~^[ab]+[.]", type = "TXT" }
        reply = { records = ["\"v=1\" \"two\""], ttl = 0 }
        [[mock]]
        source = "dns:lookup"
        when = { name = "192.0.2.1", type = "PTR" }
        reply = { records = ["host.example"] }
        [[mock]]
        source = "dns:lookup"
        when = { name = "*" }
        fault = { kind = "timeout" }
        "#,
    )
});

/// The letter `e` means DNS over TLS.
pub fn target(input: &[u8]) {
    let script = Script::of(input);
    let plugin = plugins::plugin("dns").expect("a plugin");
    let opening = script.opening(if script.has(b'e') { 853 } else { 53 });
    let clerk = || Clerk::new(&MOCKS, &script.answers, false);
    talk::alike(&script, || plugin.converse(&opening), clerk, !script.has(b'u'));
}
