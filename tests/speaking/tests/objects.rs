//! Objects and functions of the test's own, and the other protocols.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::Command;

use speaking::{get, url};

trait Mailer {
    fn send(&self, to: &str, urgent: bool) -> Result<u64, String>;
    fn flush(&self);
}

bigfoot::mock! {
    /// Sends nothing.
    struct MockMailer: Mailer {
        fn send(&self, to: &str, urgent: bool) -> Result<u64, String>;
        fn flush(&self);
    }
}

fn notify(mailer: &dyn Mailer) -> Result<u64, String> {
    let sent = mailer.send("ada", true)?;
    mailer.flush();
    Ok(sent)
}

/// A method is answered as it was prepared, and asserted as it was called; in order with requests.
#[bigfoot::test]
fn an_object_is_mocked() {
    let mailer = MockMailer::new();
    mailer.send.with(["\"ada\"", "true"]).returns(Ok(7));
    mailer.flush.returns(());
    bigfoot::http().mock_response("GET", url("/a"));

    let sandbox = bigfoot::sandbox();
    get("/a").unwrap();
    assert_eq!(notify(&mailer), Ok(7));
    drop(sandbox);

    bigfoot::http().assert_request("GET", url("/a"));
    mailer.send.assert_call(["\"ada\"", "true"]);
    mailer.flush.assert_call::<&str>([]);
}

/// A spied function does what it does, and is asserted.
#[bigfoot::test]
fn a_function_is_spied() {
    let rate = bigfoot::spy("rate", || 1.08);

    let sandbox = bigfoot::sandbox();
    assert_eq!(rate.call(&["\"eur\"".to_owned()]), 1.08);
    drop(sandbox);

    rate.assert_call(["\"eur\""]);
}

/// An answer may be computed from the arguments.
#[bigfoot::test]
fn a_function_computes() {
    let twice = bigfoot::function::<u64>("twice");
    twice.calls(|args| 2 * args[0].parse::<u64>().unwrap());

    let sandbox = bigfoot::sandbox();
    assert_eq!(twice.call(&["21".to_owned()]), 42);
    drop(sandbox);

    twice.assert_call(["21"]);
}

/// Names and programs.
#[bigfoot::test]
fn names_and_programs() {
    bigfoot::dns().mock_lookup("db.internal").addresses(["10.1.2.3"]);
    bigfoot::subprocess().mock_run(["git", "describe"]).stdout("v1\n");

    let sandbox = bigfoot::sandbox();
    let addresses: Vec<_> = "db.internal:5432".to_socket_addrs().unwrap().collect();
    let output = Command::new("git").arg("describe").output().unwrap();
    drop(sandbox);

    assert_eq!(addresses, ["10.1.2.3:5432".parse().unwrap()]);
    assert_eq!(output.stdout, b"v1\n");
    bigfoot::dns().assert_lookup("db.internal");
    bigfoot::subprocess().assert_run(["git", "describe"]);
}

/// Commands of Redis: an answer, and an error.
#[bigfoot::test]
fn commands_of_redis() {
    let cache = bigfoot::redis("cache.example.com");
    cache.mock_command("get", ["user:1"]).text("Ada");
    cache.mock_command("INCR", [bigfoot::glob("*")]).error("ERR no");

    let sandbox = bigfoot::sandbox();
    let mut server = TcpStream::connect("cache.example.com:6379").unwrap();
    server.write_all(b"GET user:1\r\nINCR n\r\n").unwrap();
    let said: Vec<_> = BufReader::new(server).lines().take(3).map(Result::unwrap).collect();
    drop(sandbox);

    assert_eq!(said, ["$3", "Ada", "-ERR no"]);
    cache.assert_command("GET", ["user:1"]);
    cache.assert_command("INCR", ["n"]);
}

/// A rule of a block holds in it, without a mock and without an assertion.
#[bigfoot::test]
fn a_rule_holds_in_its_block() {
    let sandbox = bigfoot::sandbox();
    let allowed = bigfoot::allow(["subprocess:true"]);
    assert!(Command::new("true").status().unwrap().success());
    drop(allowed);
    drop(sandbox);
}

/// Bytes on a plain socket.
#[bigfoot::test]
fn bytes_are_exchanged() {
    use std::io::{Read, Write};
    bigfoot::socket().mock_exchange(("legacy.internal", 7000)).sent("PING").reply("PONG");

    let sandbox = bigfoot::sandbox();
    let mut stream = std::net::TcpStream::connect(("legacy.internal", 7000)).unwrap();
    stream.write_all(b"PING").unwrap();
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).unwrap();
    drop(sandbox);

    assert_eq!(&answer, b"PONG");
    bigfoot::socket().assert_exchange(("legacy.internal", 7000)).sent("PING");
}

/// What each builder says is of its protocol's card: the controller takes all of it.
#[bigfoot::test]
fn builders_are_as_their_cards() {
    let http = bigfoot::http();
    let reply = http.mock_response("POST", url("/all")).status(418).header("a", "b").json("{}");
    let reply = reply.when_json("{\"a\": 1}").when_header("b", bigfoot::regex("[0-9]+"));
    drop(reply.when_query("q", bigfoot::glob("*x")).times(2).optional());
    http.mock_response("PUT", url("/body")).body([0xff, 0]).when_body(&[0xfe, 1]).any_times();
    http.mock_error("GET", url("/fault"), "timeout").optional();
    http.pass_through("GET", "http://localhost:1/real");
    let dns = bigfoot::dns();
    dns.mock_error("none.internal", "nxdomain").optional();
    dns.mock_lookup(bigfoot::glob("*.internal")).addresses(["10.0.0.1", "fd00::1"]).optional();
    let programs = bigfoot::subprocess();
    programs.mock_error(["absent"], "not-found").optional();
    programs.mock_run(["kubectl"]).stdout("a").stderr("b").returncode(3).times(2).optional();
    let search = bigfoot::source("elasticsearch:search").mock().when("index", "books");
    search.reply_json("json", "{}").optional();
}
