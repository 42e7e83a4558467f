//! Elasticsearch: its own clients for Python and Node, and curl, against mocks of what requests mean.

use std::ffi::OsString;

use bigfoot_tests::{Scene, tools};

/// One of each, as the clients do them.
const MOCKS: &str = r#"
sandbox = "run"

[[mock]]
source = "elasticsearch:index"
when = { host = "search.example.com", index = "users", id = "42", body = { name = "Alice" } }
reply = { json = { result = "created" } }
assert = "match"

[[mock]]
source = "elasticsearch:get"
when = { index = "users", id = "a/b c" }
reply = { json = { found = true, _source = { name = "Alice" } } }
assert = "match"

[[mock]]
source = "elasticsearch:get"
when = { index = "users", id = "43" }
reply = { status = 404 }
assert = "match"

[[mock]]
source = "elasticsearch:update"
when = { index = "users", id = "42", body = { doc = { age = 30 } } }
reply = { json = { result = "updated" } }
assert = "match"

[[mock]]
source = "elasticsearch:search"
when = { index = { exact = "users-*" }, body = { query = { match = { name = "Alice" } } } }
reply = { json = { hits = { total = { value = 7, relation = "eq" }, hits = [] } } }
assert = "match"

[[mock]]
source = "elasticsearch:bulk"
when = { body = [{ index = { _index = "users" } }, { name = "Bob" }] }
reply = { json = { errors = false, items = [{ index = { status = 201 } }] } }
assert = "match"

[[mock]]
source = "elasticsearch:count"
when = { index = "users,groups" }
reply = { json = { count = 12 } }
assert = "match"

[[mock]]
source = "elasticsearch:mget"
when = { index = "users", body = { ids = ["1", "2"] } }
reply = { json = { docs = [{ found = false }, { found = false }] } }
assert = "match"

[[mock]]
source = "elasticsearch:msearch"
when = { body = [{ index = "users" }, { query = { match = { name = "Alice" } } }] }
reply = { json = { responses = [{ status = 200 }] } }
assert = "match"

[[mock]]
source = "elasticsearch:delete"
when = { index = "users", id = "42" }
reply = { json = { result = "deleted" } }
assert = "match"

[[mock]]
source = "elasticsearch:request"
when = { method = "GET", path = "/_cluster/health" }
reply = { json = { status = "green" } }
assert = "match"

[[mock]]
source = "elasticsearch:request"
when = { path = "/_cat/count" }
reply = { body = "12\n" }
assert = "match"
"#;

const ANSWERS: &str = "index created\nget Alice\nexists no\nupdate updated\nsearch 7\nbulk 1\ncount 12\n\
    mget 2\nmsearch 1\ndelete deleted\nhealth green\ncat 12\n";

const BASE: &str = "http://search.example.com:9200";

/// The same over TLS.
const SECURE: &str = "https://search.example.com:9200";

/// A client of this folder.
fn client(name: &str) -> OsString {
    tools::repository().join("tests/plugins/clients").join(name).into()
}

/// Each operation is answered, without TLS and with it.
fn is_answered(program: &OsString, name: &str) {
    for base in [BASE, SECURE] {
        let scene = Scene::new().config(MOCKS).variable("NODE_PATH", tools::node_modules());
        let guest = scene.run([program.clone(), client(name), base.into()]);
        guest.prints(ANSWERS).is_clean();
    }
}

/// The client takes the answers for those of Elasticsearch.
#[test]
fn elasticsearchs_python_client_is_answered() {
    is_answered(&tools::python().into(), "elasticsearch_client.py");
}

/// The client takes the answers for those of Elasticsearch.
#[test]
fn elasticsearchs_node_client_is_answered() {
    is_answered(&tools::needed("node", "nodejs").into(), "elasticsearch_client.js");
}

fn curl(config: &str, given: &[&str]) -> bigfoot_tests::Finished {
    let _ = tools::needed("curl", "curl");
    let config = format!("sandbox = \"run\"\n{config}");
    Scene::new().config(&config).run([&["curl", "-sS", "--max-time", "5"], given].concat())
}

const COUNT: &str = "[[mock]]\nsource = \"elasticsearch:count\"\nassert = \"match\"\n";

/// What no mock answers is told as an operation, and not as a request of HTTP.
#[test]
fn unmocked_operations_are_told_by_name() {
    let config = format!("{COUNT}times = \"any\"\n");

    let guest = curl(&config, &["http://search.example.com:9200/users/_search?size=1"]);

    guest.is_broken();
    let finding = guest.findings()[0].to_string();
    for words in ["elasticsearch:search", "search in users", "index = \\\"users\\\""] {
        assert!(finding.contains(words), "{words} is not in {:#}", guest.report);
    }
}

/// A mock with a port answers there, and only there.
#[test]
fn mocks_may_name_another_port() {
    let config = format!("{COUNT}when = {{ port = 9243 }}\nreply = {{ json = {{ count = 3 }} }}\n");

    curl(&config, &["http://search.example.com:9243/_count"]).prints("{\"count\":3}").is_clean();
}

/// A client hears what a mock's fault does to its connection.
#[test]
fn faults_arrive_as_what_they_are() {
    for (fault, code) in [
        ("{ kind = \"refuse\" }", 7),
        ("{ kind = \"reset\", after = 20 }", 56),
        ("{ kind = \"truncated\", after = 110 }", 18),
        ("{ kind = \"garbage\" }", 1),
        ("{ kind = \"timeout\" }", 28),
        ("{ kind = \"slow\", delay_ms = 1 }", 0),
    ] {
        let reply = if fault.contains("after") || fault.contains("slow") {
            "reply = { json = { count = 3 } }\n"
        } else {
            ""
        };
        let config = format!("{COUNT}fault = {fault}\n{reply}");
        let guest =
            curl(&config, &["--max-time", "3", "http://search.example.com:9200/users/_count"]);
        assert_eq!(guest.code, Some(code), "{fault}: {} {:#}", guest.stderr, guest.report);
        assert!(guest.findings().is_empty(), "{fault}: {:#}", guest.report);
    }
}
