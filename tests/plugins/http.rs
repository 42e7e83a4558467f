//! HTTP/1.1 and HTTP/2: curl, Python, Node, Java and Rust against mocks; rules on methods and paths.

use std::ffi::OsString;

use bigfoot_tests::scene::{self, Finished};
use bigfoot_tests::{Scene, servers, tools};

/// What every client here asks for, and hears.
const MOCKS: &str = r#"
sandbox = "run"

[[mock]]
source = "http:request"
when = { method = "GET", url = "BASE/users/42" }
reply = { json = { name = "Alice" } }
assert = "match"

[[mock]]
source = "http:request"
when = { method = "POST", url = "BASE/users", json = { name = "Ada" } }
reply = { status = 201, headers = { location = "/users/43" }, body = "made" }
assert = "match"
"#;

const ANSWERS: &str = "200 {\"name\":\"Alice\"}\n201 made\n";

const BASE: &str = "http://api.example.com";

/// The same over TLS.
const SECURE: &str = "https://api.example.com";

fn scene(base: &str) -> Scene {
    Scene::new().config(&MOCKS.replace("BASE", base))
}

/// A client of this folder.
fn client(name: &str) -> OsString {
    tools::repository().join("tests/plugins/clients").join(name).into()
}

/// The command asks for both, hears both, and the run is clean: without TLS and with it.
fn is_answered(command: impl Fn(&str) -> Vec<OsString>) {
    for base in [BASE, SECURE] {
        scene(base).run(command(base)).prints(ANSWERS).is_clean();
    }
}

fn python(library: &str) -> impl Fn(&str) -> Vec<OsString> {
    move |base| vec![tools::python().into(), client("http_client.py"), library.into(), base.into()]
}

fn node(library: &str) -> impl Fn(&str) -> Vec<OsString> {
    let node = tools::needed("node", "nodejs");
    move |base| vec![node.clone().into(), client("http_client.mjs"), library.into(), base.into()]
}

fn rust(library: &str) -> impl Fn(&str) -> Vec<OsString> {
    let client = scene::built().join("client");
    assert!(client.exists(), "{} is missing: run cargo build first", client.display());
    let script = "$0 $1 GET $2/users/42 && $0 $1 POST $2/users '{\"name\": \"Ada\"}'";
    let start = ["sh".into(), "-c".into(), script.into(), client.into(), library.into()];
    move |base| start.iter().cloned().chain([base.into()]).collect()
}

/// Runs curl with these words under these mocks.
fn curl(config: &str, given: &[&str]) -> Finished {
    let _ = tools::needed("curl", "curl");
    let all = [&["curl", "-sS", "--max-time", "20"], given].concat();
    Scene::new().config(config).run(all)
}

fn mocked(more: &str) -> String {
    format!("sandbox = \"run\"\n[[mock]]\nsource = \"http:request\"\nassert = \"match\"\n{more}")
}

/// curl, over each version of HTTP that it speaks.
#[test]
fn curl_is_answered() {
    for (base, version, said) in [
        (BASE, "--http1.1", "1.1"),
        (BASE, "--http1.0", "1.1"),
        (BASE, "--http2", "1.1"), // offers an upgrade, which is not taken
        (BASE, "--http2-prior-knowledge", "2"),
        (SECURE, "--http1.1", "1.1"),
        (SECURE, "--http2", "2"),
    ] {
        let shown = "\n%{http_code} %{http_version}\n";
        let script = "curl -sS $0 -w \"$1\" $2/users/42 && curl -sS $0 -w \"$1\" --json '{\"name\":\"Ada\"}' $2/users";

        let guest = scene(base).run(["sh", "-c", script, version, shown, base]);

        guest.prints(&format!("{{\"name\":\"Alice\"}}\n200 {said}\nmade\n201 {said}\n")).is_clean();
    }
}

/// Several requests on one connection are answered in order.
#[test]
fn a_kept_connection_is_answered() {
    let users =
        ["http://api.example.com/users/42", "--next", "-sS", "--json", "{\"name\":\"Ada\"}"];
    let all = [&["curl", "-sS"], &users[..], &["http://api.example.com/users"]].concat();

    scene(BASE).run(all).prints("{\"name\":\"Alice\"}made").is_clean();
}

/// Python's clients.
#[test]
fn python_requests_is_answered() {
    is_answered(python("requests"));
}

/// Python's clients.
#[test]
fn python_httpx_is_answered_over_both_versions() {
    is_answered(python("httpx"));
    is_answered(python("httpx2"));
}

/// Python's clients.
#[test]
fn python_aiohttp_is_answered() {
    is_answered(python("aiohttp"));
}

/// Python's own.
#[test]
fn python_urllib_is_answered() {
    is_answered(python("urllib"));
}

/// Node's fetch, its own module on a kept connection, and its HTTP/2.
#[test]
fn node_is_answered() {
    is_answered(node("fetch"));
    is_answered(node("http"));
    is_answered(node("http2"));
}

/// Java's client, which offers HTTP/2 with every request.
#[test]
fn java_is_answered() {
    let java = tools::needed("java", "default-jdk-headless");
    is_answered(|base| vec![java.clone().into(), client("http_client.java"), base.into()]);
}

/// reqwest and ureq.
#[test]
fn rust_is_answered() {
    is_answered(rust("reqwest"));
    is_answered(rust("ureq"));
}

/// git, whose helper speaks HTTPS.
#[test]
fn git_is_answered() {
    let _ = tools::needed("git", "git");
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let line = |text: String| format!("{:04x}{text}", text.len() + 4);
    let refs = [
        line("# service=git-upload-pack\n".to_owned()) + "0000",
        line(format!("{commit} HEAD\0symref=HEAD:refs/heads/main\n")),
        line(format!("{commit} refs/heads/main\n")) + "0000",
    ];
    let refs: String = refs.concat().bytes().map(|byte| format!("{byte:02x}")).collect();
    let config = mocked(&format!(
        "when = {{ url = \"https://git.example.com/repo.git/info/refs?service=git-upload-pack\" }}\n\
         [mock.reply]\n\
         headers = {{ content-type = \"application/x-git-upload-pack-advertisement\" }}\n\
         body = {{ hex = \"{refs}\" }}\n"
    ));

    let guest =
        Scene::new().config(&config).run(["git", "ls-remote", "https://git.example.com/repo.git"]);

    guest.prints(&format!("{commit}\tHEAD\n{commit}\trefs/heads/main\n")).is_clean();
}

/// A client hears what a mock's fault does to its connection.
#[test]
fn faults_arrive_as_what_they_are() {
    let reply = "reply = { body = \"hello\" }";
    for (fault, reply, code) in [
        ("{ kind = \"refuse\" }", "", 7),
        ("{ kind = \"truncated\" }", "", 52),
        ("{ kind = \"truncated\", after = 41 }", reply, 18),
        ("{ kind = \"reset\", after = 20 }", reply, 56),
        ("{ kind = \"garbage\" }", "", 1),
        ("{ kind = \"timeout\" }", "", 28),
        ("{ kind = \"slow\", delay_ms = 1 }", reply, 0),
    ] {
        let config = mocked(&format!(
            "when = {{ url = \"http://api.example.com/\" }}\nfault = {fault}\n{reply}\n"
        ));
        let guest = curl(&config, &["--max-time", "3", "http://api.example.com/"]);
        assert_eq!(guest.code, Some(code), "{fault}: {} {:#}", guest.stderr, guest.report);
        assert!(guest.findings().is_empty(), "{fault}: {:#}", guest.report);
    }
}

/// A mock for any host, at any of the usual ports, answers without a name server.
#[test]
fn mocks_may_name_no_host() {
    let config = mocked("when = { method = \"GET\" }\nreply = { body = \"any\" }\ntimes = 2\n");

    let guest = curl(
        &config,
        &["http://nowhere.invalid:8080/a", "--next", "-sS", "http://other.invalid/b"],
    );

    guest.prints("anyany").is_clean();
}

/// Hosts may have stars in them.
#[test]
fn mocks_may_have_globs() {
    let config =
        mocked("when = { url = \"http://*.example.com/v1/*\" }\nreply = { body = \"v1\" }\n");

    curl(&config, &["http://eu.api.example.com/v1/x/y?z=1"]).prints("v1").is_clean();
}

/// A body that waits for the server's word, one in chunks, and one that is packed.
#[test]
fn bodies_arrive_whole() {
    let config = mocked(
        "when = { url = \"http://api.example.com/\", body = \"hello\" }\nreply = { body = \"ok\" }\n",
    );
    for how in ["Expect: 100-continue", "Transfer-Encoding: chunked"] {
        let guest = curl(&config, &["-H", how, "-d", "hello", "http://api.example.com/"]);
        guest.prints("ok").is_clean();
    }
}

/// What makes curl wait for the server's word for longer than it may run.
const WAITS: [&str; 4] = ["--expect100-timeout", "30", "-H", "Expect: 100-continue"];

/// A body that waits for the server's word is called for, over each version of HTTP.
#[test]
fn bodies_that_wait_are_called_for() {
    for (base, version) in
        [(BASE, "--http1.1"), (BASE, "--http2-prior-knowledge"), (SECURE, "--http2")]
    {
        let url = format!("{base}/");
        let config = mocked(&format!(
            "when = {{ url = \"{url}\", body = \"hello\" }}\nreply = {{ body = \"ok\" }}\n"
        ));
        curl(&config, &[&WAITS[..], &[version, "-d", "hello", &url]].concat())
            .prints("ok")
            .is_clean();
    }
}

/// A body over the limit is refused in words that its client reads, whether it waits or sends all of it.
#[test]
fn too_large_a_body_is_refused_in_words() {
    let _ = tools::needed("curl", "curl");
    for (base, version) in [(BASE, "--http2-prior-knowledge"), (SECURE, "--http2")] {
        for more in [&["-H", "Expect:"][..], &["-H", "Expect:", "-H", "Content-Length:"], &WAITS] {
            let url = format!("{base}/");
            let config = mocked(&format!("when = {{ url = \"{url}\" }}\ntimes = \"any\"\n"));
            let scene = Scene::new().config(&config).file("large", vec![b'x'; 17_000_000]);
            let body = format!("@{}", scene.path("large").display());
            let all = ["curl", "-sS", "--max-time", "20", "-w", "%{http_code}", version, &url];

            let guest = scene.run([&all[..], more, &["--data-binary", &body]].concat());

            let said = "bigfoot: the client sent a body of more than 16 MiB\n413";
            guest.prints(said).is_broken();
        }
    }
}

/// What other clients than curl wait for.
#[test]
fn clients_that_wait_are_answered() {
    is_answered(node("http2-waits"));
    let java = tools::needed("java", "default-jdk-headless");
    let client = client("http_client.java");
    is_answered(|base| vec![java.clone().into(), client.clone(), base.into(), "waits".into()]);
}

/// What no mock answers is refused in words, and told.
#[test]
fn unmocked_requests_are_refused() {
    let config = mocked("when = { url = \"http://api.example.com/\" }\ntimes = \"any\"\n");

    let guest = curl(&config, &["-w", "%{http_code}", "http://api.example.com/other"]);

    guest.is_broken();
    assert!(
        guest.stdout.starts_with("bigfoot: ") && guest.stdout.ends_with("501"),
        "{}",
        guest.stdout
    );
}

/// A client off its protocol is told of.
#[test]
fn nonsense_is_told() {
    let config = mocked("when = { url = \"http://api.example.com/\" }\ntimes = \"any\"\n");
    let script = "import socket\n\
        s = socket.create_connection(('api.example.com', 80))\n\
        s.sendall(b'EHLO me\\r\\n')\n\
        print(s.recv(12).decode())\n";

    let guest = Scene::new().config(&config).run(["python3", "-c", script]);

    guest.is_broken();
    guest.prints("HTTP/1.1 400\n");
    assert_eq!(guest.findings()[0]["code"], "BF110", "{:#}", guest.report);
}

/// A WebSocket is refused in words for now.
#[test]
fn websockets_are_refused_in_words() {
    let config = mocked("when = { url = \"http://api.example.com/\" }\ntimes = \"any\"\n");
    let upgrade = ["-H", "Connection: Upgrade", "-H", "Upgrade: websocket"];

    let guest = curl(&config, &[&upgrade[..], &["http://api.example.com/"]].concat());

    assert!(
        guest.stdout.contains("a WebSocket, which this version does not answer"),
        "{}",
        guest.stdout
    );
    guest.is_broken();
}

/// A rule may allow some requests of a server and no others; those are really made.
#[test]
fn rules_speak_of_methods_and_paths() {
    let server = servers::http();
    let base = format!("http://{}", server.address);
    let scene = || Scene::new().guard("error").allow(&format!("GET {base}/users/*"));

    scene().run(["curl", "-sS", &format!("{base}/users/42")]).prints("ok\n").is_clean();
    let two = ["curl", "-sS", "--http2-prior-knowledge", &format!("{base}/users/42")];
    scene().run(two).prints("ok\n").is_clean();
    assert_eq!(server.callers(), 2);

    for other in
        [&["-XDELETE", "/users/42"][..], &["/groups"], &["/users/../groups", "--path-as-is"]]
    {
        let url = |word: &&str| {
            if word.starts_with('/') { format!("{base}{word}") } else { (*word).to_owned() }
        };
        let command = ["curl", "-sS"].map(str::to_owned).into_iter().chain(other.iter().map(url));
        let guest = scene().run(command);
        guest.is_broken();
        assert!(guest.stdout.starts_with("bigfoot: "), "{}", guest.stdout);
    }
    assert_eq!(server.callers(), 2);
}

/// A body that waits is called for as well where the real server is asked.
#[test]
fn bodies_for_real_servers_are_called_for() {
    let server = servers::http();
    let url = format!("http://{}/users", server.address);
    let scene = || Scene::new().guard("error").allow(&format!("POST {url}"));

    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let all =
            [&["curl", "-sS", "--max-time", "20", version], &WAITS[..], &["-d", "hello", &url]]
                .concat();
        scene().run(all).prints("ok\n").is_clean();
    }
    assert_eq!(server.callers(), 2);
}

/// A rule may deny some requests of a server that others may call.
#[test]
fn denied_requests_are_refused() {
    let server = servers::http();
    let base = format!("http://{}", server.address);
    let scene = Scene::new().guard("off").deny(&format!("DELETE,PUT {base}"));

    let guest = scene.run(["curl", "-sS", &format!("{base}/a"), "--next", "-sS", "-XPUT", &base]);

    guest.is_broken();
    assert!(guest.stdout.starts_with("ok\nbigfoot: "), "{}", guest.stdout);
    assert_eq!(guest.findings().len(), 1);
}
