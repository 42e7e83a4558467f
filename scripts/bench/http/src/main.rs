//! Median latency of one keep-alive HTTP call, by one client, against servers of several kinds: a bare
//! socket that answers canned bytes, mock servers in this process, and a host that only bigfoot answers.
//!
//! `bench-http CALLS MOCKS [HOST]`: one line for each server, its name and microseconds.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

const BODY: &str = r#"{"name":"Alice"}"#;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let calls: usize = arguments.next().expect("CALLS").parse().expect("a number");
    let mocks: usize = arguments.next().expect("MOCKS").parse().expect("a number");
    let host = arguments.next();
    let wanted = mocks / 2; // neither the first nor the last

    show("bare socket", calls, &bare(), "localhost", wanted);
    {
        let server = mockito(mocks);
        show("mockito", calls, &server.host_with_port(), "localhost", wanted);
    }
    {
        let server = httpmock::MockServer::start();
        for number in 0..mocks {
            server.mock(|when, then| {
                when.method("GET").path(format!("/users/{number}"));
                then.status(200).header("content-type", "application/json").body(BODY);
            });
        }
        show("httpmock", calls, &server.address().to_string(), "localhost", wanted);
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    {
        let server = runtime.block_on(wiremock(mocks));
        show("wiremock", calls, &server.address().to_string(), "localhost", wanted);
    }
    if let Some(host) = host {
        show("bigfoot", calls, &format!("{host}:80"), &host, wanted);
    }
    std::process::exit(0); // without waiting for the servers
}

fn mockito(mocks: usize) -> mockito::ServerGuard {
    let mut server = mockito::Server::new();
    for number in 0..mocks {
        let path = format!("/users/{number}");
        let mock = server.mock("GET", path.as_str()).with_header("content-type", "application/json");
        std::mem::forget(mock.with_body(BODY).expect_at_least(0).create());
    }
    server
}

async fn wiremock(mocks: usize) -> wiremock::MockServer {
    let server = wiremock::MockServer::start().await;
    for number in 0..mocks {
        let reply = wiremock::ResponseTemplate::new(200).set_body_raw(BODY, "application/json");
        let path = wiremock::matchers::path(format!("/users/{number}"));
        wiremock::Mock::given(path).respond_with(reply).mount(&server).await;
    }
    server
}

/// A thread that answers each request with the same bytes, and reads no more of it than its end.
fn bare() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.expect("a client"));
        }
    });
    address
}

fn answer(mut stream: TcpStream) {
    stream.set_nodelay(true).expect("a socket");
    let reply = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let mut space = [0; 4096];
    while let Ok(read) = stream.read(&mut space) {
        if read == 0 || stream.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

fn show(name: &str, calls: usize, address: &str, host: &str, wanted: usize) {
    let mut stream = TcpStream::connect(address).expect(name);
    stream.set_nodelay(true).expect("a socket");
    let request = format!("GET /users/{wanted} HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\n\r\n");
    let mut took: Vec<u128> = (0..calls + calls / 10)
        .map(|_| {
            let start = Instant::now();
            if !call(&mut stream, request.as_bytes(), name) {
                stream = TcpStream::connect(address).expect(name); // it keeps no connection
                stream.set_nodelay(true).expect("a socket");
                assert!(call(&mut stream, request.as_bytes(), name), "{name} closed");
            }
            start.elapsed().as_nanos()
        })
        .skip(calls / 10)
        .collect();
    took.sort_unstable();
    println!("{name}\t{:.1}", took[took.len() / 2] as f64 / 1000.0);
}

/// Whether an answer came before the server closed the connection.
fn call(stream: &mut TcpStream, request: &[u8], name: &str) -> bool {
    if stream.write_all(request).is_err() {
        return false;
    }
    let mut reply = Vec::new();
    let mut space = [0; 4096];
    loop {
        let read = stream.read(&mut space).unwrap_or(0);
        if read == 0 {
            return false;
        }
        reply.extend_from_slice(&space[..read]);
        if is_whole(&reply) {
            assert!(reply.starts_with(b"HTTP/1.1 200"), "{name}: {}", String::from_utf8_lossy(&reply));
            return true;
        }
    }
}

fn is_whole(reply: &[u8]) -> bool {
    let Some(end) = reply.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&reply[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().expect("a length"));
    reply.len() >= end + 4 + length
}
