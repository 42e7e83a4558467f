//! Objects and functions of the test's own, and the other protocols.

use std::net::ToSocketAddrs;
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

/// A rule of a block holds in it, without a mock and without an assertion.
#[bigfoot::test]
fn a_rule_holds_in_its_block() {
    let sandbox = bigfoot::sandbox();
    let allowed = bigfoot::allow(["subprocess:true"]);
    assert!(Command::new("true").status().unwrap().success());
    drop(allowed);
    drop(sandbox);
}
