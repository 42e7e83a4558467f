//! Redis: redis-cli, redis-py, ioredis and redis-rs say of mocks what they say of Debian's server; and
//! that server, read for mocks and rules.

use std::ffi::OsString;
use std::fmt::Write;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bigfoot_tests::scene::{Finished, built};
use bigfoot_tests::{Scene, tools};
use tempfile::TempDir;

/// Where the mocks answer.
const HOST: &str = "cache.example.com";

/// What a fresh server answers to redis-py's commands.
const PYTHON: &str = r#"
SET { args = ["a", "1"] } {}
GET { key = "a" } { value = 1 }
GET { key = "none" } {}
INCRBY { args = ["a", "1"] } { value = 2 }
MGET { args = ["a", "none"] } { value = [2, { null = true }] }
LPUSH { key = "a" } { error = "WRONGTYPE Operation against a key holding the wrong kind of value" }
EXPIRE { args = ["a", "10"] } { value = true }
TTL { key = "none" } { value = -2 }
HSET { args = ["h", "f", "v", "g", "2"] } { value = 2 }
HGETALL { key = "h" } { value = { f = "v", g = 2 } }
HGETALL { key = "none" } {}
SADD { args = ["s", "m"] } { value = 1 }
SMEMBERS { key = "s" } { value = ["m"] }
ZADD { args = ["z", "1.5", "m"] } { value = 1 }
ZSCORE { args = ["z", "m"] } { value = 1.5 }
ZRANGE { key = "z" } { value = { m = 1.5 } }
RPUSH { args = ["l", "x", "y"] } { value = 2 }
LRANGE { key = "l" } { value = ["x", "y"] }
BLPOP { key = "l" } { value = ["l", "x"] }
BLPOP { key = "none" } {}
XADD { key = "st" } { value = "1-1" }
XRANGE { key = "st" } { value = [["1-1", { f = "v" }]] }
XREAD { key = "st" } { value = { st = [["1-1", { f = "v" }]] } }
EVAL { key = "k" } { value = [1, "a", "k"] }
SSCAN { key = "s" } { value = ["m"] }
SET { args = ["p", "x"] } {}
GET { key = "p" } { value = "x" }
LPUSH { key = "p" } { error = "WRONGTYPE Operation against a key holding the wrong kind of value" }
SET { args = ["t", "1"] } {}
INCRBY { args = ["t", "1"] } { value = 2 }
GET { key = "t" } { value = 2 }
SUBSCRIBE { key = "news" } { messages = ["hello"] }
PUBLISH { args = ["news", "hello"] } { value = 1 }
"#;

/// And to ioredis's.
const NODE: &str = r#"
SET { args = ["a", "1"] } {}
GET { key = "a" } { value = "1" }
GET { key = "none" } {}
GET { key = "a" } { value = "1" }
INCR { key = "a" } { value = 2 }
MGET { args = ["a", "none"] } { value = ["2", { null = true }] }
LPUSH { key = "a" } { error = "WRONGTYPE Operation against a key holding the wrong kind of value" }
HSET { args = ["h", "f", "v"] } { value = 1 }
HGETALL { key = "h" } { value = { f = "v" } }
SMEMBERS { key = "none" } {}
ZSCORE { key = "none" } {}
BLPOP { key = "none" } {}
EVAL { args = ["*", "0"] } { value = [1, "a"] }
SET { args = ["p", "x"] } {}
GET { key = "p" } { value = "x" }
SET { args = ["t", "1"] } {}
INCR { key = "t" } { value = 2 }
SUBSCRIBE { key = "news" } { messages = ["hello"] }
PUBLISH { args = ["news", "hello"] } { value = 1 }
"#;

/// And to those of redis-rs.
const RUST: &str = r#"
SET { args = ["rs:a", "1"] } {}
GET { key = "rs:a" } { value = 1 }
GET { key = "rs:none" } {}
INCR { key = "rs:a" } { value = 2 }
HSET { key = "rs:h" } { value = 1 }
HGETALL { key = "rs:h" } { value = { f = "v" } }
SMEMBERS { key = "rs:none" } {}
ZSCORE { key = "rs:z" } {}
LPUSH { key = "rs:a" } { error = "WRONGTYPE Operation against a key holding the wrong kind of value" }
BLPOP { key = "rs:none" } {}
SET { key = "rs:p" } {}
GET { key = "rs:p" } { value = "x" }
SET { key = "rs:p" } {}
GET { key = "rs:p" } { value = "x" }
"#;

/// And to those of redis-cli.
const CLI: &str = r#"
SET { args = ["a", "1"] } {}
GET { key = "a" } { value = "1" }
GET { key = "none" } {}
INCR { key = "a" } { value = 2 }
LPUSH { key = "a" } { error = "WRONGTYPE Operation against a key holding the wrong kind of value" }
HSET { key = "h" } { value = 1 }
HGETALL { key = "h" } { value = { f = "v" } }
SADD { key = "s" } { value = 1 }
SMEMBERS { key = "s" } { value = ["m"] }
ZADD { key = "z" } { value = 1 }
ZSCORE { key = "z" } { value = 1.5 }
ZRANGE { key = "z" } { value = { m = 1.5 } }
ZPOPMIN { key = "z" } { value = { m = 1.5 } }
MGET { key = "a" } { value = ["2", { null = true }] }
TYPE { key = "a" } { value = "string" }
SET { key = "t" } {}
"#;

const CLI_LINES: &str = "PING\\nSET a 1\\nGET a\\nGET none\\nINCR a\\nLPUSH a x\\nHSET h f v\\nHGETALL h\\nSADD s m\\nSMEMBERS s\\n\
    ZADD z 1.5 m\\nZSCORE z m\\nZRANGE z 0 -1 WITHSCORES\\nZPOPMIN z\\nMGET a none\\nTYPE a\\nGET\\nMULTI\\nSET t 1\\nEXEC\\n";

/// Lines of command, `when` and `reply` as mocks, each to be used once.
fn mocks(lines: &str) -> String {
    let mut text = String::from("sandbox = \"run\"\n");
    for line in lines.lines().filter(|line| !line.is_empty()) {
        let (command, rest) = line.split_once(' ').expect("a command");
        let (when, reply) = rest.split_once(" } ").expect("a reply");
        let _ = write!(
            text,
            "[[mock]]\nsource = \"redis:{command}\"\nwhen = {when}, host = \"{HOST}\" }}\nreply = {reply}\nassert = \"match\"\n"
        );
    }
    text
}

/// Debian's server on a port of loopback, as long as it is kept.
struct Server {
    child: Child,
    port: String,
    _folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("its address").port().to_string();
        drop(free);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let child = Command::new(tools::needed("redis-server", "redis-server"))
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("a server");
        let server = Self { child, port, _folder: folder };
        server.await_connection();
        server
    }

    fn await_connection(&self) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port.parse().expect("a port"))).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the server does not serve");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What redis-cli says to these words.
    fn say(&self, words: &[&str]) -> String {
        let mut client = Command::new(tools::needed("redis-cli", "redis-tools"));
        let output = client.args(["-p", &self.port]).args(words).output().expect("redis-cli");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client(name: &str) -> OsString {
    tools::repository().join("tests/plugins/clients").join(name).into()
}

fn python(more: &[&str]) -> impl Fn(&str, &str) -> Vec<OsString> {
    let more: Vec<OsString> = more.iter().map(Into::into).collect();
    move |host, port| {
        let start = [tools::python().into(), client("redis_client.py"), host.into(), port.into()];
        start.into_iter().chain(more.clone()).collect()
    }
}

fn node(host: &str, port: &str) -> Vec<OsString> {
    let node = tools::needed("node", "nodejs");
    vec![node.into(), client("redis_client.js"), host.into(), port.into()]
}

fn rust(query: &str) -> impl Fn(&str, &str) -> Vec<OsString> {
    let client = built().join("client");
    assert!(client.exists(), "{} is missing: run cargo build first", client.display());
    move |host, port| {
        let url = format!("redis://{host}:{port}/{query}");
        vec![client.clone().into(), "redis".into(), url.into()]
    }
}

fn cli(more: &str) -> impl Fn(&str, &str) -> Vec<OsString> {
    let _ = tools::needed("redis-cli", "redis-tools");
    let script = format!("printf '{CLI_LINES}' | redis-cli --no-raw {more} -h $0 -p $1");
    move |host, port| ["sh", "-c", &script, host, port].into_iter().map(OsString::from).collect()
}

fn scene() -> Scene {
    Scene::new().variable("NODE_PATH", tools::node_modules())
}

/// A client says the same of the mocks as of the real server, and all mocks are used.
fn says_the_same(lines: &str, command: impl Fn(&str, &str) -> Vec<OsString>) -> Finished {
    let server = Server::start();
    let real = scene().native(command("127.0.0.1", &server.port));
    real.succeeds();
    assert!(real.stdout.lines().count() > 10, "{}", real.stdout);

    let mocked = scene().config(&mocks(lines)).run(command(HOST, "6379"));

    mocked.prints(&real.stdout).is_clean();
    mocked
}

/// Both versions of the protocol.
#[test]
fn redis_cli_says_the_same() {
    says_the_same(CLI, cli(""));
    says_the_same(CLI, cli("-3"));
}

/// Types, errors, transactions, streams and subscriptions, in both versions of the protocol.
#[test]
fn redis_py_says_the_same() {
    says_the_same(PYTHON, python(&["2"]));
    says_the_same(PYTHON, python(&["3"]));
}

/// ioredis asks whether the server is ready before it says anything.
#[test]
fn ioredis_says_the_same() {
    says_the_same(NODE, node);
}

/// Both versions of the protocol.
#[test]
fn redis_rs_says_the_same() {
    says_the_same(RUST, rust(""));
    says_the_same(RUST, rust("?protocol=resp3"));
}

/// rediss:// is the same below TLS, which the client believes by the run's own authority.
#[test]
fn redis_is_answered_over_tls() {
    let server = Server::start();
    let real = scene().native(python(&["3"])("127.0.0.1", &server.port));

    let mocked = scene().config(&mocks(PYTHON)).run(python(&["3", "tls"])(HOST, "6380"));

    mocked.prints(&real.stdout).is_clean();
}

/// A shell with redis-cli at the server's port.
fn shell(server: &Server, script: &str) -> Vec<OsString> {
    let script = format!("cli() {{ redis-cli -h localhost -p {} \"$@\"; }}; {script}", server.port);
    ["sh", "-c", &script].into_iter().map(OsString::from).collect()
}

/// What passes through is made, recorded, and compared with what is expected of it.
#[test]
fn real_answers_are_recorded_and_compared() {
    let server = Server::start();
    server.say(&["SET", "a", "1"]);
    let mock = |expected: &str| {
        format!(
            "sandbox = \"run\"\n[[mock]]\nsource = \"redis:GET\"\nwhen = {{ host = \"localhost\", port = {} }}\n\
             spy = true\nassert = \"match\"\nreply = {{ value = \"{expected}\" }}\n\
             [[mock]]\nsource = \"redis:GET\"\nwhen = {{ host = \"localhost\", port = {}, key = \"b\" }}\n\
             reply = {{ value = \"mocked\" }}\nassert = \"match\"\n",
            server.port, server.port
        )
    };

    let both = |first: &str| {
        shell(&server, &format!("{first}; printf 'SELECT 0\\nGET a\\nGET b\\n' | cli"))
    };
    let guest = Scene::new().config(&mock("1")).run(both(":"));
    guest.prints("OK\n1\nmocked\n").is_clean();

    let guest = Scene::new().config(&mock("2")).run(both(":"));
    assert!(guest.report.to_string().contains("value"), "{:#}", guest.report);
    guest.fails_with(60);
}

/// What is let through and asserted by nobody is told.
#[test]
fn what_passes_has_to_be_asserted() {
    let server = Server::start();
    let mock = format!(
        "sandbox = \"run\"\n[[mock]]\nsource = \"redis:SET\"\nwhen = {{ host = \"localhost\", port = {} }}\npass_through = true\n",
        server.port
    );

    let guest = Scene::new().config(&mock).run(shell(&server, "cli SET a 5"));

    guest.fails_with(60);
    assert!(guest.report.to_string().contains("SET a 5 at localhost"), "{:#}", guest.report);
    assert_eq!(server.say(&["GET", "a"]), "5\n");
}

/// Rules speak of commands, and the real server answers what they allow.
#[test]
fn rules_hold_commands() {
    let server = Server::start();
    server.say(&["SET", "a", "1"]);
    let rule = |commands: &str| format!("{commands} redis://localhost:{}", server.port);

    let scene = Scene::new().guard("error").allow(&rule("GET,SET"));
    let guest = scene.run(shell(&server, "cli -3 GET a; cli SET b 2; cli DEL a; true"));

    guest.is_broken();
    assert!(guest.stdout.starts_with("1\nOK\n"), "{}", guest.stdout);
    assert!(guest.stdout.contains("bigfoot"), "{}", guest.stdout);
    assert_eq!(guest.findings().len(), 1, "{:#}", guest.report);
    let finding = guest.findings()[0].to_string();
    assert!(finding.contains("DEL a at localhost"), "{finding}");
    assert!(finding.contains(&format!("DEL redis://localhost:{}", server.port)), "{finding}");
    assert_eq!(
        (server.say(&["GET", "a"]), server.say(&["GET", "b"])),
        ("1\n".into(), "2\n".into())
    );
}

/// Rules speak of databases by their numbers; deny comes before allow.
#[test]
fn rules_hold_databases() {
    let server = Server::start();
    let place = format!("redis://localhost:{}", server.port);

    let scene = Scene::new().guard("error").allow(&place).deny(&format!("{place}/2"));
    let guest = scene.run(shell(&server, "cli -n 1 SET a 1; cli -n 2 SET a 2; true"));

    guest.is_broken();
    assert_eq!(guest.findings().len(), 1, "{:#}", guest.report);
    assert_eq!(server.say(&["-n", "1", "GET", "a"]), "1\n");
    assert_eq!(server.say(&["-n", "2", "GET", "a"]), "\n");
}

/// Under rules that have it read, a client says the same as without bigfoot.
#[test]
fn a_read_connection_is_the_real_one() {
    for command in [&python(&["2"]) as &dyn Fn(&str, &str) -> Vec<OsString>, &python(&["3"])] {
        let (first, second) = (Server::start(), Server::start());
        let real = scene().native(command("127.0.0.1", &first.port));
        let deny = format!("FLUSHALL redis://127.0.0.1:{}", second.port);

        let read = scene().deny(&deny).guard("off").run(command("127.0.0.1", &second.port));

        read.prints(&real.stdout).succeeds();
    }
}

/// A session says what comes next; anything else is a mismatch.
#[test]
fn steps_come_in_order() {
    let mock = format!(
        "sandbox = \"run\"\n[[mock]]\nsource = \"redis:connect\"\nwhen = {{ host = \"{HOST}\" }}\nassert = \"match\"\n\
         steps = [{{ source = \"redis:GET\", when = {{ key = \"a\" }}, reply = {{ value = 1 }} }}, {{ source = \"redis:DEL\", when = {{ key = \"a\" }}, reply = {{ value = 1 }} }}]\n"
    );
    let run = |lines: &str| {
        let script = format!("printf '{lines}' | redis-cli -h {HOST}");
        Scene::new().config(&mock).run(["sh", "-c", &script])
    };
    run("GET a\\nDEL a\\n").prints("1\n1\n").is_clean();
    let guest = run("DEL a\\nGET a\\n");
    guest.is_broken();
    assert!(guest.report.to_string().contains("BF105"), "{:#}", guest.report);
}

/// A connection that a mock wants refused comes to nothing; answers go wrong on demand.
#[test]
fn faults_reach_the_client() {
    let run = |source: &str, fault: &str, reply: &str| {
        let mock = format!(
            "sandbox = \"run\"\n[[mock]]\nsource = \"{source}\"\nwhen = {{ host = \"{HOST}\" }}\nassert = \"match\"\ntimes = \"1..\"\nfault = {fault}\n{reply}"
        );
        Scene::new().config(&mock).run(["redis-cli", "-h", HOST, "GET", "a"])
    };
    let value = "reply = { value = \"abcdef\" }\n";
    run("redis:connect", "{ kind = \"refuse\" }", "").says("Connection refused");
    run("redis:GET", "{ kind = \"reset\", after = 4 }", value).says("Connection reset by peer");
    run("redis:GET", "{ kind = \"truncated\", after = 4 }", value)
        .says("Server closed the connection");
    run("redis:GET", "{ kind = \"garbage\" }", "").says("Protocol error");
    run("redis:GET", "{ kind = \"slow\", delay_ms = 1 }", value).prints("abcdef\n").is_clean();
}

/// A server at a Unix socket is mocked by its path.
#[test]
fn unix_sockets_are_answered() {
    let mock = "sandbox = \"run\"\n[[mock]]\nsource = \"redis:GET\"\nwhen = { path = \"/run/none/redis.sock\" }\n\
                reply = { value = 1 }\nassert = \"match\"\n";

    let guest =
        Scene::new().config(mock).run(["redis-cli", "-s", "/run/none/redis.sock", "GET", "a"]);

    guest.prints("1\n").is_clean();
}

/// What nobody answers is told as a command, with a mock to paste that then answers.
#[test]
fn unmocked_commands_are_told() {
    let other = format!(
        "sandbox = \"run\"\n[[mock]]\nsource = \"redis:GET\"\nwhen = {{ host = \"{HOST}\", key = \"a\" }}\ntimes = \"any\"\n"
    );

    let guest = Scene::new().config(&other).run(["redis-cli", "-h", HOST, "-n", "2", "GET", "b"]);

    guest.is_broken();
    let finding = guest.findings()[0].to_string();
    for words in [
        "GET b at cache.example.com/2",
        "db = 2",
        "args = [\\\"b\\\"]",
        "source = \\\"redis:GET\\\"",
    ] {
        assert!(finding.contains(words), "{words} is not in {:#}", guest.report);
    }
}

/// Clients of clusters hear what is not spoken, and the report says so.
#[test]
fn clusters_are_refused_by_name() {
    let mock = format!(
        "sandbox = \"run\"\n[[mock]]\nsource = \"redis:GET\"\nwhen = {{ host = \"{HOST}\" }}\ntimes = \"any\"\n"
    );
    let client =
        format!("import redis.cluster\nredis.cluster.RedisCluster(host='{HOST}', port=6379)\n");

    let guest = Scene::new().config(&mock).run([
        tools::python().into(),
        "-c".into(),
        OsString::from(client),
    ]);

    guest.fails_with(1);
    assert!(guest.report.to_string().contains("asked for Redis Cluster"), "{:#}", guest.report);
}

/// A mock that cannot be is told with its place.
#[test]
fn a_wrong_mock_is_told_with_its_key() {
    for (mock, words) in [
        ("source = \"redis:get\"", "did you mean `redis:GET`?"),
        ("source = \"redis:GET\"\nreply = { value = [1] }", "GET answers a string, or"),
        ("source = \"redis:INCR\"\nreply = { value = \"1\" }", "INCR answers a whole number"),
        ("source = \"redis:INCR\"", "INCR answers a number, and none is given"),
        ("source = \"redis:GET\"\nreply = { error = \"wrong\" }", "write `ERR wrong`"),
        (
            "source = \"redis:SET\"\nwhen = { args = [\"a\"] }",
            "SET never comes with so many arguments",
        ),
        ("source = \"redis:CLUSTER\"", "unknown source `redis:CLUSTER`"),
    ] {
        let mock = format!("[[mock]]\n{mock}\n");
        Scene::new().config(&mock).tell(["true"]).fails_with(2).says(words);
    }
}
