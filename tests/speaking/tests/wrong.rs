//! Tests that do something wrong: each fails by itself, and says what.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use speaking::{get, url};

/// A mock comes too late for the sandbox that is open.
#[bigfoot::test]
fn a_mock_in_a_sandbox() {
    let _sandbox = bigfoot::sandbox();
    bigfoot::http().mock_response("GET", url("/a"));
}

/// What a sandbox does is not over while it is open.
#[bigfoot::test]
fn an_assertion_in_a_sandbox() {
    bigfoot::http().mock_response("GET", url("/a"));
    let _sandbox = bigfoot::sandbox();
    get("/a").unwrap();
    bigfoot::http().assert_request("GET", url("/a"));
}

/// A test is verified once.
#[bigfoot::test]
fn verified_twice() {
    bigfoot::verify();
    bigfoot::verify();
}

/// A test ends, and its sandbox does not.
#[bigfoot::test]
fn a_sandbox_left_open() {
    std::mem::forget(bigfoot::sandbox());
}

/// The panic is what is told; what it left unasserted is a note.
#[bigfoot::test]
fn a_panic_in_a_sandbox() {
    bigfoot::http().mock_response("GET", url("/a")).body("1");
    let _sandbox = bigfoot::sandbox();
    assert_eq!(get("/a").unwrap(), "2");
}

/// An error that a test returns is what is told.
#[bigfoot::test]
fn an_error_returned() -> Result<(), String> {
    bigfoot::http().mock_response("GET", url("/a"));
    Err("out of paper".to_owned())
}

/// A look at a value that panics is told as such.
#[bigfoot::test]
fn a_predicate_that_panics() {
    bigfoot::http().mock_response("GET", url("/a"));
    let sandbox = bigfoot::sandbox();
    get("/a").unwrap();
    drop(sandbox);
    bigfoot::http().assert_request("GET", bigfoot::predicate(|_| unreachable!("no such thing")));
}

/// A predicate says no.
#[bigfoot::test]
fn a_predicate_that_says_no() {
    bigfoot::http().mock_response("GET", url("/a"));
    let sandbox = bigfoot::sandbox();
    get("/a").unwrap();
    drop(sandbox);
    bigfoot::http().assert_request("GET", bigfoot::predicate(|url| url.ends_with("/b")));
}

/// Whatever was done would be as it says.
#[bigfoot::test]
fn an_assertion_of_nothing() {
    bigfoot::http().mock_response("GET", url("/a"));
    let sandbox = bigfoot::sandbox();
    get("/a").unwrap();
    drop(sandbox);
    bigfoot::http().assert_request(bigfoot::any(), bigfoot::any());
}

/// The query was part of what was asked.
#[bigfoot::test]
fn an_assertion_that_leaves_out() {
    bigfoot::http().mock_response("POST", url("/a"));
    let sandbox = bigfoot::sandbox();
    post("/a", "17").unwrap();
    drop(sandbox);
    bigfoot::http().assert_request("POST", url("/a"));
}

fn post(path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("api.example", 80))?;
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A field that HTTP does not have.
#[bigfoot::test]
fn a_mock_of_an_unknown_field() {
    let _mock = bigfoot::source("http:request").mock().when("metod", "GET").reply("status", "x");
}

/// A rule that is none.
#[bigfoot::test]
fn a_rule_that_is_none() {
    let _rule = bigfoot::allow(["htpp://localhost"]);
}

/// The innermost rule speaks, and holds no longer than its block.
#[bigfoot::test]
fn a_denied_program() {
    let starts = || std::process::Command::new("true").status().is_ok();
    let _sandbox = bigfoot::sandbox();
    let _allowed = bigfoot::allow(["subprocess:true"]);
    let denied = bigfoot::deny(["subprocess:true"]);
    assert!(!starts());
    drop(denied);
    assert!(starts());
}

/// A thread of nobody's has no test to speak for.
#[bigfoot::test]
fn a_thread_without_a_test() {
    thread::spawn(|| drop(bigfoot::sandbox())).join().unwrap();
}

/// A thread that outlives the sandbox makes its call too late.
#[bigfoot::test]
fn a_late_call() {
    let (go, wait) = channel::<()>();
    let sandbox = bigfoot::sandbox();
    let late = thread::spawn(move || {
        wait.recv().unwrap();
        get("/late").unwrap_err()
    });
    drop(sandbox);
    go.send(()).unwrap();
    late.join().unwrap();
}

/// A connection belongs to the sandbox that it was opened in, and is late behind it.
#[bigfoot::test]
fn a_connection_that_outlives_its_sandbox() {
    bigfoot::http().mock_response("GET", url("/kept")).body("1").times(2);
    let sandbox = bigfoot::sandbox();
    let mut stream = TcpStream::connect(("api.example", 80)).unwrap();
    assert_eq!(kept(&mut stream), 200);
    drop(sandbox);
    assert_eq!(kept(&mut stream), 501);
    bigfoot::http().assert_request("GET", url("/kept"));

    let again = bigfoot::sandbox();
    let mut stream = TcpStream::connect(("api.example", 80)).unwrap();
    assert_eq!(kept(&mut stream), 200);
    drop(again);
    bigfoot::http().assert_request("GET", url("/kept"));
}

/// The status of a request on a connection that is kept.
fn kept(stream: &mut TcpStream) -> u16 {
    stream.write_all(b"GET /kept HTTP/1.1\r\nHost: api.example\r\n\r\n").unwrap();
    let mut space = [0; 2048];
    let length = stream.read(&mut space).unwrap();
    String::from_utf8_lossy(&space[9..length.min(12)]).parse().unwrap()
}

/// What lies outside a restriction is refused, though a rule allows it.
#[bigfoot::test]
fn a_restricted_program() {
    let _sandbox = bigfoot::sandbox();
    let _allowed = bigfoot::allow(["subprocess:true"]);
    let _restricted = bigfoot::restrict(["subprocess:false"]);
    assert!(std::process::Command::new("true").status().is_err());
}

/// A function of the test's own is called without an answer.
#[bigfoot::test]
fn a_call_without_an_answer() {
    let rate = bigfoot::function::<f64>("rate");
    let _sandbox = bigfoot::sandbox();
    rate.call(&["\"eur\"".to_owned()]);
}

/// The same outside a sandbox.
#[bigfoot::test]
fn a_call_outside_a_sandbox() {
    let rate = bigfoot::function::<f64>("rate");
    rate.returns(1.08);
    rate.call(&[]);
}

/// A pool of one thread, which belongs to no test that runs: a test that has ended made it.
fn pool() -> &'static Sender<Box<dyn FnOnce() + Send>> {
    static POOL: OnceLock<Sender<Box<dyn FnOnce() + Send>>> = OnceLock::new();
    POOL.get_or_init(|| {
        let (sender, jobs) = channel::<Box<dyn FnOnce() + Send>>();
        thread::spawn(move || jobs.into_iter().for_each(|job| job()));
        sender
    })
}

/// Makes the pool, and ends.
#[bigfoot::test]
fn a_pool_1_is_made() {
    pool();
}

/// Whose the call of such a pool is cannot be told, and is not guessed.
#[bigfoot::test]
fn a_pool_2_is_shared() {
    bigfoot::http().mock_response("GET", url("/a")).optional();
    let (done, answer) = channel();
    let sandbox = bigfoot::sandbox();
    pool().send(Box::new(move || done.send(get("/a").is_err()).unwrap())).unwrap();
    assert!(answer.recv().unwrap());
    drop(sandbox);
}

/// No test is affected by what the others do wrong.
#[bigfoot::test]
fn nothing_wrong() {
    bigfoot::http().mock_response("GET", url("/a")).body("fine");
    let sandbox = bigfoot::sandbox();
    assert_eq!(get("/a").unwrap(), "fine");
    drop(sandbox);
    bigfoot::http().assert_request("GET", url("/a")).assert_response(200);
}
