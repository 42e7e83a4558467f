//! Raw sockets: netcat, Python, Node, Java and C against scripts of bytes.

use std::path::PathBuf;
use std::sync::OnceLock;

use bigfoot_tests::{Finished, Scene, guest, servers, tools};

/// A mock of `ping` at this place, which answers `pong` as often as it is asked.
fn pong(place: &str) -> String {
    format!(
        "[[mock]]\nsource = \"socket:exchange\"\nwhen = {{ {place}, bytes = \"ping\" }}\n\
         reply = {{ bytes = \"pong\" }}\ntimes = \"any\"\n"
    )
}

/// A mock of `ping` at raw.example.com that does this.
fn exchange(act: &str) -> String {
    format!(
        "[[mock]]\nsource = \"socket:exchange\"\n\
         when = {{ host = \"raw.example.com\", port = 7000, bytes = \"ping\" }}\n{act}\n"
    )
}

/// A mock of connections to raw.example.com that does this.
fn connection(act: &str) -> String {
    format!(
        "[[mock]]\nsource = \"socket:connect\"\n\
         when = {{ host = \"raw.example.com\", port = 7000 }}\n{act}\n"
    )
}

/// Under the strictest guard: whatever is not mocked is refused.
fn scene(mocks: &str) -> Scene {
    Scene::new().guard("error").config(mocks)
}

fn client(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("plugins/clients").join(name)
}

/// The compiled Java client.
fn java_classes() -> PathBuf {
    static CLASSES: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = CLASSES.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let status = std::process::Command::new(tools::needed("javac", "default-jdk-headless"))
            .arg("-d")
            .args([folder.path(), &client("SocketClient.java")])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "SocketClient.java does not compile");
        folder
    });
    folder.path().to_owned()
}

/// The clients that speak a kind of socket, as commands.
fn clients(kind: &str) -> Vec<Vec<PathBuf>> {
    let python = vec![tools::needed("python3", "python3"), client("socket_client.py")];
    let node = vec![tools::needed("node", "nodejs"), client("socket_client.js")];
    let java = vec!["java".into(), "-cp".into(), java_classes(), "SocketClient".into()];
    match kind {
        "unix" => vec![python, node],
        "epoll" => vec![python],
        _ => vec![python, node, java],
    }
}

/// Runs each client of this kind with these operations, and claims that it prints this and is clean.
fn each_prints(mocks: &str, words: &[&str], printed: &str) {
    for client in clients(words[0]) {
        let guest = run(&scene(mocks), &client, words);

        guest.is_clean();
        assert_eq!(guest.stdout, printed, "{client:?}: {}", guest.stderr);
    }
}

const RAW: [&str; 3] = ["tcp", "raw.example.com", "7000"];

fn raw<const N: usize>(operations: [&'static str; N]) -> Vec<&'static str> {
    RAW.into_iter().chain(operations).collect()
}

/// A client talks to a host that does not exist, by bytes in pieces, and is told whom it asked for.
#[test]
fn clients_talk_to_a_mocked_host() {
    let mocks = pong("host = \"192.0.2.7\", port = 7000");

    let words =
        ["tcp", "192.0.2.7", "7000", "peer", "send:pi", "send:ng", "hear", "send:ping", "hear"];
    each_prints(&mocks, &words, "peer 192.0.2.7 7000\nheard pong\nheard pong\n");
}

/// The same by a name that no name server knows.
#[test]
fn clients_talk_to_a_mocked_name() {
    let mocks = pong("host = \"raw.example.com\", port = 7000");

    each_prints(&mocks, &raw(["send:ping", "hear"]), "heard pong\n");
}

/// IPv6 addresses are answered on sockets for IPv6.
#[test]
fn clients_talk_to_a_mocked_address_of_ipv6() {
    let mocks = pong("host = \"2001:db8::7\", port = 7000");

    for client in clients("tcp").iter().take(2) {
        let words = ["tcp", "2001:db8::7", "7000", "peer", "send:ping", "hear"];
        let guest = run(&scene(&mocks), client, &words);

        guest.is_clean().prints("peer 2001:db8::7 7000\nheard pong\n");
    }
}

/// Datagrams are answered, and come from whom they were sent to.
#[test]
fn clients_send_datagrams_to_a_mocked_host() {
    let mocks = pong("host = \"192.0.2.7\", port = 7000, transport = \"udp\"");

    each_prints(
        &mocks,
        &["udpto", "192.0.2.7", "7000", "send:ping", "hear", "send:ping", "hear"],
        "heard pong from 192.0.2.7 7000\nheard pong from 192.0.2.7 7000\n",
    );
    each_prints(
        &mocks,
        &["udp", "192.0.2.7", "7000", "peer", "send:ping", "hear", "send:ping", "hear"],
        "peer 192.0.2.7 7000\nheard pong\nheard pong\n",
    );
}

/// A Unix socket that does not exist is answered by its path.
#[test]
fn clients_talk_to_a_mocked_path() {
    let mocks = pong("path = \"/run/no/such.sock\"");

    each_prints(&mocks, &["unix", "/run/no/such.sock", "0", "send:ping", "hear"], "heard pong\n");
}

/// A connection that is waited for by epoll opens like any other.
#[test]
fn a_client_waits_for_its_connection() {
    let mocks = pong("host = \"raw.example.com\", port = 7000");

    each_prints(
        &mocks,
        &["epoll", "raw.example.com", "7000", "send:ping", "hear"],
        "started EINPROGRESS\nheard pong\n",
    );
}

/// Connections are refused on demand.
#[test]
fn clients_are_refused() {
    let mocks = connection("fault = { kind = \"refuse\" }");

    each_prints(&mocks, &raw(["send:ping", "hear"]), "refused\n");
}

/// Connections are reset on demand, behind as many bytes as the mock says.
#[test]
fn clients_are_reset() {
    let at_once = exchange("fault = { kind = \"reset\" }");
    each_prints(&at_once, &raw(["send:ping", "hear"]), "reset\n");
    let mocks = exchange("reply = { bytes = \"pong\" }\nfault = { kind = \"reset\", after = 2 }");

    for client in clients("tcp") {
        let words = raw(["send:ping", "hear", "hear"]);
        let guest = run(&scene(&mocks), &client, &words);

        guest.is_clean();
        // Node takes a reset that comes with the last bytes for an end, of any server.
        let heard = ["heard po\nreset\n", "heard po\nend\n"];
        assert!(heard.contains(&guest.stdout.as_str()), "{client:?}: {}", guest.stdout);
    }
}

/// An answer never comes on demand.
#[test]
fn clients_time_out() {
    let mocks = exchange("fault = { kind = \"timeout\" }");

    each_prints(&mocks, &raw(["send:ping", "hear"]), "timeout\n");
}

/// A server stops sending on demand; what the client says then is an exchange still.
#[test]
fn clients_hear_the_end() {
    let half = exchange("reply = { bytes = \"pong\" }\nfault = { kind = \"half-close\" }");
    let more = "[[mock]]\nsource = \"socket:exchange\"\n\
                when = { host = \"raw.example.com\", bytes = \"more\" }\n";

    each_prints(
        &format!("{half}{more}"),
        &raw(["send:ping", "hear", "hear", "send:more", "shut"]),
        "heard pong\nend\n",
    );
    let closed = exchange("reply = { bytes = \"pong\", close = \"close\" }");
    each_prints(&closed, &raw(["send:ping", "hear", "hear"]), "heard pong\nend\n");
    let cut = exchange("reply = { bytes = \"pong\" }\nfault = { kind = \"truncated\", after = 1 }");
    each_prints(&cut, &raw(["send:ping", "hear", "hear"]), "heard p\nend\n");
}

/// An answer comes byte by byte on demand.
#[test]
fn clients_wait_for_a_slow_answer() {
    let slow =
        exchange("reply = { bytes = \"pong\" }\nfault = { kind = \"slow\", delay_ms = 100 }");

    each_prints(
        &slow,
        &raw(["send:ping", "hear", "hear", "hear", "hear"]),
        "heard p\nheard o\nheard n\nheard g\n",
    );
}

/// A server that speaks first opens a session, whose steps come one after the other.
#[test]
fn clients_follow_a_session() {
    let mocks = connection(
        "reply = { bytes = \"hello\" }\nsteps = [\
         { source = \"socket:exchange\", when = { bytes = \"one\" }, reply = { bytes = \"1\" } },\
         { source = \"socket:exchange\", when = { bytes = \"two\" }, reply = { bytes = \"2\", close = \"close\" } }]",
    );

    each_prints(
        &mocks,
        &raw(["hear", "send:one", "hear", "send:two", "hear", "hear"]),
        "heard hello\nheard 1\nheard 2\nend\n",
    );
}

/// A step that never came is a broken contract.
#[test]
fn a_step_that_is_left_over_is_told() {
    let mocks = connection(
        "steps = [{ source = \"socket:exchange\", when = { bytes = \"one\" }, reply = { bytes = \"1\" } },\
         { source = \"socket:exchange\", when = { bytes = \"two\" } }]",
    );

    let guest = python(scene(&mocks), &raw(["send:one", "hear"]));

    guest.fails_with(60).prints("heard 1\n");
}

/// Bytes that no mock waits for are refused, and the report has them.
#[test]
fn other_bytes_are_refused_and_told() {
    let mocks = exchange("reply = { bytes = \"pong\" }");

    let guest = python(scene(&mocks), &raw(["send:pong", "hear"]));

    guest.is_broken().prints("end\n");
    let report = guest.report.to_string();
    assert!(report.contains(r#"send \"pong\" to raw.example.com:7000"#), "{:#}", guest.report);
}

/// The beginning of what a mock waits for, and no more, is told as well.
#[test]
fn bytes_that_are_not_ended_are_told() {
    let mocks = exchange("reply = { bytes = \"pong\" }");

    let guest = python(scene(&mocks), &raw(["send:pin", "hear"]));

    guest.is_broken().prints("timeout\n");
    assert!(guest.report.to_string().contains(r#"send \"pin\" to"#), "{:#}", guest.report);
}

/// A mock of one host's connections says nothing of another's.
#[test]
fn connections_are_asked_about_where_a_mock_names_them() {
    let other = connection("times = \"any\"").replace("raw.", "other.");
    let mocks = format!("{other}{}", exchange("reply = { bytes = \"pong\" }"));

    let guest = python(scene(&mocks), &raw(["send:ping", "hear"]));

    guest.is_clean().prints("heard pong\n");
}

/// A mock of a name speaks for the address that it is known by, too.
#[test]
fn a_host_is_known_by_any_of_its_names() {
    for (mocked, called) in [("localhost", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")] {
        let mocks = pong(&format!("host = \"{mocked}\", port = 7000"));

        let guest = python(scene(&mocks), &["tcp", called, "7000", "send:ping", "hear"]);

        guest.is_clean().prints("heard pong\n");
    }
}

/// A mock that nobody asked for is a broken contract.
#[test]
fn an_unused_mock_is_told() {
    let guest = scene(&exchange("reply = { bytes = \"pong\" }")).run(["true"]);

    guest.fails_with(60);
}

/// What a mock lets through reaches the real server, with its bytes both ways.
#[test]
fn a_real_exchange_reaches_its_server() {
    let server = servers::redis();
    let mocks = format!(
        "[[mock]]\nsource = \"socket:exchange\"\nwhen = {{ host = \"127.0.0.1\", port = {} }}\nspy = true\n",
        server.port()
    );

    let port = server.port();
    let guest = python(scene(&mocks), &["tcp", "127.0.0.1", &port, "send:PING", "hear", "peer"]);

    guest.is_clean().prints(&format!("heard +PONG\r\n\npeer 127.0.0.1 {port}\n"));
    assert_eq!(server.callers(), 1);
}

/// Behind a real exchange the next one is a mock's, and one that nobody answers reaches no server.
#[test]
fn real_and_mocked_exchanges_take_turns() {
    let server = servers::redis();
    let port = server.port();
    let at = format!("host = \"127.0.0.1\", port = {port}");
    let real = format!(
        "[[mock]]\nsource = \"socket:exchange\"\nwhen = {{ {at}, bytes = \"PING\" }}\nspy = true\ntimes = 2\n"
    );
    let words = [
        "tcp",
        "127.0.0.1",
        &port,
        "send:PING",
        "hear",
        "send:ping",
        "hear",
        "send:PING",
        "hear",
        "send:QUIT",
        "hear",
    ];

    let guest = python(scene(&(real + &pong(&at))), &words);

    guest.is_broken().prints("heard +PONG\r\n\nheard pong\nheard +PONG\r\n\nreset\n");
    assert!(guest.report.to_string().contains(r#"send \"QUIT\" to"#), "{:#}", guest.report);
    assert_eq!(server.callers(), 1);
}

/// netcat, by each of its transports.
#[test]
fn netcat_talks_to_mocks() {
    let nc = tools::needed("nc", "netcat-openbsd");
    let nc = nc.display();
    let path = "/run/no/such.sock";
    let mocks = [
        "host = \"raw.example.com\", port = 7000",
        "host = \"192.0.2.7\", port = 7000",
        &format!("path = \"{path}\""),
    ]
    .map(pong)
    .concat();

    for command in [
        format!("printf ping | {nc} -N raw.example.com 7000"),
        format!("printf ping | {nc} -N 192.0.2.7 7000"),
        format!("printf ping | {nc} -u -w 1 192.0.2.7 7000"),
        format!("printf ping | {nc} -N -U {path}"),
    ] {
        let guest = scene(&mocks).run(["sh", "-c", &command]);

        guest.is_clean();
        assert_eq!(guest.stdout, "pong", "{command}: {}", guest.stderr);
    }
}

/// Every call that names a peer, or is told one.
#[test]
fn a_guest_in_c_meets_only_whom_it_asked_for() {
    let mocks = ["192.0.2.7", "2001:db8::7"]
        .map(|host| pong(&format!("host = \"{host}\", port = 7000")))
        .concat();
    let scene = scene(&mocks).allow("socket://127.0.0.1");

    let guest = scene.run([
        guest("mocked").as_os_str(),
        "all".as_ref(),
        "192.0.2.7".as_ref(),
        "2001:db8::7".as_ref(),
        "7000".as_ref(),
    ]);

    guest.is_clean();
    let peer = "192.0.2.7 7000";
    for (case, lines) in [
        ("tcp", vec!["0", "4", "pong", peer]),
        ("tcp6", vec!["0", "4", "pong", "2001:db8::7 7000"]),
        ("tcp6-only", vec!["0", "4", "pong", "2001:db8::7 7000"]),
        ("mapped", vec!["0", "4", "pong", "::ffff:192.0.2.7 7000"]),
        ("mapped-only", vec!["-1 ENETUNREACH"]),
        ("nonblocking", vec!["-1 EINPROGRESS", "1", "0", "4", "pong", peer]),
        ("fastopen", vec!["4", "4", "pong", peer]),
        ("datagram", vec!["4", "4", "pong", peer]),
        ("datagram6", vec!["4", "4", "pong", "2001:db8::7 7000"]),
        ("message", vec!["4", "the message is as it was", "4", "pong", peer]),
        ("messages", vec!["3", "lengths 4 4 4", "4", "2", "pong", peer, "pong", peer]),
    ] {
        let start = format!("{case}: ");
        let said: Vec<_> =
            guest.stdout.lines().filter_map(|line| line.strip_prefix(&start)).collect();
        assert_eq!(said, lines, "{case}; stderr: {}", guest.stderr);
    }
}

/// A mock that can never answer is told with the line that is wrong.
#[test]
fn mocks_that_cannot_be_are_told() {
    for (mock, message) in [
        ("when = { host = \"db.example.com:5000\" }", "has a port in it"),
        ("when = { transport = \"tcp\" }", "would answer every connection"),
        ("when = { path = \"app.sock\" }", "not absolute"),
        ("when = { host = \"a\", port = 1 }\nreply = { close = \"slam\" }", "cannot end by `slam`"),
        ("when = { host = \"a\", port = 1 }\nfault = { kind = \"slow\" }", "no fault `slow`"),
    ] {
        let guest =
            scene(&format!("[[mock]]\nsource = \"socket:connect\"\n{mock}\n")).tell(["true"]);

        guest.fails_with(2).says(message).says("bigfoot.toml");
    }
}

fn python(scene: Scene, words: &[&str]) -> Finished {
    run(&scene, &clients("epoll").remove(0), words)
}

fn run(scene: &Scene, client: &[PathBuf], words: &[&str]) -> Finished {
    scene.run(client.iter().map(|word| word.as_os_str()).chain(words.iter().map(AsRef::as_ref)))
}
