//! Sample, by a client of a few lines of Python.

use bigfoot_tests::{Scene, tools};

const MOCK: &str = r#"
sandbox = "run"

[[mock]]
source = "sample:get"
when = { host = "sample.example.com", key = "user:1" }
reply = { value = "Ada" }
assert = "match"
"#;

const CLIENT: &str = r#"
import socket

with socket.create_connection(("sample.example.com", 7654), timeout=10) as server:
    server.sendall(b"get user:1\r\n")
    print(server.makefile().readline().strip())
"#;

/// A client reads a mocked value from a host that does not exist.
#[test]
fn a_client_reads_a_mocked_value() {
    let python = tools::needed("python3", "python3");

    let guest = Scene::new().config(MOCK).run([python, "-c".into(), CLIENT.into()]);

    guest.prints("VALUE Ada\n").is_clean();
}
