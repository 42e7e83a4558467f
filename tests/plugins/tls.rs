//! HTTPS: clients of every kind of roots against mocks and against real servers.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use bigfoot_tests::scene::{self, Finished};
use bigfoot_tests::{Scene, tools};

const BASE: &str = "https://api.example.com";

const MOCKS: &str = r#"
sandbox = "run"

[[mock]]
source = "http:request"
when = { method = "GET", url = "https://api.example.com/users/42" }
reply = { json = { name = "Alice" } }
assert = "match"

[[mock]]
source = "http:request"
when = { method = "POST", url = "https://api.example.com/users", json = { name = "Ada" } }
reply = { status = 201, headers = { location = "/users/43" }, body = "made" }
assert = "match"
"#;

const ANSWERS: &str = "200 {\"name\":\"Alice\"}\n201 made\n";

/// Variables that name root certificates: the tests' own environment may have some.
const VARIABLES: &[&str] = &[
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "DENO_CERT",
];

/// A run in which the user has set none of these variables.
fn scene(config: &str) -> Scene {
    let scene = Scene::new().config(config);
    VARIABLES.iter().fold(scene, |scene, name| scene.without_variable(name))
}

fn client(name: &str) -> OsString {
    tools::repository().join("tests/plugins/clients").join(name).into()
}

/// The command asks for both, hears both, and the run is clean.
fn is_answered(command: &[OsString]) {
    scene(MOCKS).run(command).prints(ANSWERS).is_clean();
}

/// The same where no variable tells the client of the run's authority: what it opens is enough.
fn is_answered_by_what_it_opens(command: &[OsString]) {
    is_answered(command);
    let without = VARIABLES.iter().flat_map(|name| ["-u", *name]).map(OsString::from);
    let bare: Vec<OsString> =
        ["env".into()].into_iter().chain(without).chain(command.iter().cloned()).collect();
    is_answered(&bare);
}

fn python(library: &str) -> Vec<OsString> {
    vec![tools::python().into(), client("http_client.py"), library.into(), BASE.into()]
}

fn node(library: &str) -> Vec<OsString> {
    let node = tools::needed("node", "nodejs");
    vec![node.into(), client("http_client.mjs"), library.into(), BASE.into()]
}

fn rust(library: &str) -> Vec<OsString> {
    let client = scene::built().join("client");
    assert!(client.exists(), "{} is missing: run cargo build first", client.display());
    let script = format!(
        "\"$0\" {library} GET {BASE}/users/42 && \"$0\" {library} POST {BASE}/users '{{\"name\": \"Ada\"}}'"
    );
    vec!["sh".into(), "-c".into(), script.into(), client.into()]
}

/// curl, over each version of TLS and HTTP.
#[test]
fn curl_is_answered() {
    let _ = tools::needed("curl", "curl");
    for (flags, said) in [
        ("--http1.1 --tls-max 1.2", "1.1"),
        ("--http1.1 --tlsv1.3", "1.1"),
        ("--http2 --tls-max 1.2", "2"),
        ("--http2 --tlsv1.3", "2"),
        ("--no-alpn", "1.1"),
    ] {
        let shown = "\\n%{http_code} %{http_version}\\n";
        let script = format!(
            "unset SSL_CERT_FILE; curl -sS {flags} -w '{shown}' {BASE}/users/42 && \
             curl -sS {flags} -w '{shown}' --json '{{\"name\":\"Ada\"}}' {BASE}/users"
        );

        let guest = scene(MOCKS).run(["sh", "-c", &script]);

        guest.prints(&format!("{{\"name\":\"Alice\"}}\n200 {said}\nmade\n201 {said}\n")).is_clean();
    }
}

/// Python's clients, with their own bundle or the system's.
#[test]
fn python_is_answered() {
    for library in ["requests", "httpx", "httpx2", "aiohttp", "urllib"] {
        is_answered_by_what_it_opens(&python(library));
    }
}

/// Node has its roots compiled in, and is told by a variable.
#[test]
fn node_is_answered() {
    for library in ["fetch", "http", "http2"] {
        is_answered(&node(library));
    }
}

/// Java reads a keystore.
#[test]
fn java_is_answered() {
    let java = tools::needed("java", "default-jdk-headless");
    is_answered_by_what_it_opens(&[java.into(), client("http_client.java"), BASE.into()]);
}

/// Rust's clients with the system's roots.
#[test]
fn rust_is_answered() {
    is_answered_by_what_it_opens(&rust("reqwest"));
    is_answered_by_what_it_opens(&rust("ureq"));
}

/// git lists what a mocked server has.
#[test]
fn git_is_answered() {
    let _ = tools::needed("git", "git");
    let config = r#"
sandbox = "run"
[[mock]]
source = "http:request"
when = { method = "GET", url = "https://git.example/repo/info/refs?service=git-upload-pack" }
reply = { headers = { content-type = "application/x-git-upload-pack-advertisement" }, body = "001e# service=git-upload-pack\n000000451234567890123456789012345678901234567890 HEAD\u0000agent=bigfoot/mock\n003d1234567890123456789012345678901234567890 refs/heads/main\n0000" }
assert = "match"
"#;
    let found = "1234567890123456789012345678901234567890\tHEAD\n\
        1234567890123456789012345678901234567890\trefs/heads/main\n";

    scene(config).run(["git", "ls-remote", "https://git.example/repo"]).prints(found).is_clean();
}

/// A client whose roots are compiled in refuses, and the report says who, and the way out.
#[test]
fn a_client_with_its_own_roots_is_named() {
    let rust = rust("ureq-webpki");
    let bare_node =
        [&["env".into(), "-u".into(), "NODE_EXTRA_CA_CERTS".into()], &node("fetch")[..]];
    for (command, name) in [(rust, "client"), (bare_node.concat(), "node")] {
        let config = MOCKS.replace("assert = \"match\"", "times = \"any\"");

        let guest = scene(&config).run(command);

        guest.fails_with(1); // the client's own
        let report = guest.report.to_string();
        assert_eq!(guest.findings().len(), 1, "{report}");
        assert_eq!(guest.findings()[0]["code"], "BF111", "{report}");
        for words in [name, "for api.example.com", "SSL_CERT_FILE"] {
            assert!(report.contains(words), "no {words:?} in {report}");
        }
    }
}

/// What the user's own variable names stays trusted, and is not overwritten by less.
#[test]
fn variables_of_the_users_are_added_to() {
    let own = "-----BEGIN CERTIFICATE-----\nmine\n-----END CERTIFICATE-----\n";
    let scene = scene(MOCKS).file("own.pem", own);
    let path = scene.path("own.pem");
    let show = "cat \"$SSL_CERT_FILE\"; echo; grep -c BEGIN \"$NODE_EXTRA_CA_CERTS\"";

    let guest = scene.variable("SSL_CERT_FILE", &path).run(["sh", "-c", show]);

    assert!(guest.stdout.starts_with(own), "{}", guest.stdout);
    assert_eq!(guest.stdout.matches("BEGIN CERTIFICATE").count(), 2);
    assert!(guest.stdout.ends_with("\n1\n"), "{}", guest.stdout);
}

/// Without mocks that TLS may carry, the environment is the user's.
#[test]
fn other_runs_change_no_variable() {
    let socket = "[[mock]]\nsource = \"socket:connect\"\ntimes = \"any\"\n\
        when = { host = \"db.example\", port = 5000 }\n";
    for config in ["", socket] {
        let show = ["sh", "-c", "env | grep -E 'CERT|_CA' | sort"];
        let native = scene(config).native(show);

        scene(config).run(show).equals(&native);
    }
}

/// A real server, under an authority of its own.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn new(scene: &Scene, asks: bool) -> Self {
        let make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
            -keyout key.pem -out own.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost";
        scene.native(["sh", "-c", make]).succeeds();
        let path = |name: &str| -> PathBuf { scene.path(name) };
        let mut command = Command::new(tools::python());
        command.arg(client("tls_server.py")).args([path("own.pem"), path("key.pem")]);
        command.args(asks.then(|| path("own.pem")));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a server");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("its port");
        Self { port: line.trim().parse().expect("a port"), child }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

/// Asks a real server, of which a rule allows some paths, by a curl that trusts it or not.
fn really(flags: &[&str], path: &str, asks: bool, trusted: bool) -> Finished {
    let _ = (tools::needed("openssl", "openssl"), tools::needed("curl", "curl"));
    let scene = scene("");
    let server = Server::new(&scene, asks);
    let base = format!("https://localhost:{}", server.port);
    let roots = scene.path("own.pem");
    let scene = scene.guard("error").allow(&format!("{base}/open/*"));
    let scene = if trusted { scene.variable("SSL_CERT_FILE", roots) } else { scene };
    let all = [&["curl", "-sS", "-w", " %{http_code}"], flags, &[&format!("{base}{path}")]];
    scene.run(all.concat())
}

/// What a rule lets through goes to the real server, which is verified as the guest would.
#[test]
fn a_real_server_answers_what_is_allowed() {
    really(&["--http1.1"], "/open/a", false, true).prints("really /open/a 200").is_clean();
    really(&["--http2"], "/open/b", false, true).prints("really /open/b 200").is_clean();
    really(&[], "/closed", false, true).is_broken();

    let waits = ["--http2", "-m", "20", "--expect100-timeout", "30", "-d", "hello"];
    let waits = [&waits[..], &["-H", "Expect: 100-continue"]].concat();
    really(&waits, "/open/c", false, true).prints("really /open/c hello 200").is_clean();
}

/// A server that the guest would not trust is not trusted on its behalf.
#[test]
fn a_server_that_the_guest_would_not_trust_is_refused() {
    let guest = really(&[], "/open/a", false, false);

    assert!(guest.stdout.contains("its certificate is not trusted"), "{}", guest.stdout);
    assert!(guest.stdout.ends_with(" 502"), "{}", guest.stdout);
}

/// A client's certificate cannot be passed on, and the client is told so.
#[test]
fn a_server_that_asks_for_certificates_is_refused() {
    let guest = really(&[], "/open/a", true, true);

    assert!(guest.stdout.contains("it asks for a client certificate"), "{}", guest.stdout);
}
