//! What it costs: run by hand, `bigfoot run -- cargo test -p speaking --test costs -- --ignored --nocapture
//! --test-threads 1`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use speaking::url;

const EMPTY: u32 = 1000;
const CALLS: usize = 8000;

/// An empty test, beside what libtest does for each: a thread, and its name.
#[test]
#[ignore = "a measurement"]
fn an_empty_test() {
    let time = |body: fn()| {
        let since = Instant::now();
        for _ in 0..EMPTY {
            std::thread::Builder::new().name("empty".into()).spawn(body).unwrap().join().unwrap();
        }
        since.elapsed() / EMPTY
    };
    let plain = time(|| {});
    let speaking = time(|| bigfoot::run("costs", "empty", || {}));
    println!("an empty test: {:?} more", speaking.saturating_sub(plain));
}

/// Requests on one connection that is kept.
fn call(all: impl Iterator<Item = usize>) -> Duration {
    let since = Instant::now();
    let mut stream = TcpStream::connect(("api.example", 80)).unwrap();
    let mut space = [0; 4096];
    for number in all {
        let head = format!("GET /{number} HTTP/1.1\r\nHost: api.example\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut filled = 0;
        while !space[..filled].ends_with(b"\r\n\r\nok") {
            filled += stream.read(&mut space[filled..]).unwrap();
        }
    }
    since.elapsed()
}

fn costs(order: &str, all: fn() -> Box<dyn Iterator<Item = usize>>) {
    let since = Instant::now();
    for number in 0..CALLS {
        bigfoot::http().mock_response("GET", url(&format!("/{number}"))).body("ok");
    }
    let registered = since.elapsed();
    let sandbox = bigfoot::sandbox();
    let called = call(all());
    drop(sandbox);
    let since = Instant::now();
    for number in all() {
        bigfoot::http().assert_request("GET", url(&format!("/{number}"))).assert_response(200);
    }
    let asserted = since.elapsed();
    println!(
        "{CALLS} calls {order}: {registered:?} to register, {called:?} to call, {asserted:?} to assert"
    );
}

/// In the order in which they were prepared.
#[bigfoot::test]
#[ignore = "a measurement"]
fn calls_in_order() {
    costs("in order", || Box::new(0..CALLS));
}

/// In the reverse order.
#[bigfoot::test]
#[ignore = "a measurement"]
fn calls_in_reverse() {
    costs("in reverse", || Box::new((0..CALLS).rev()));
}
