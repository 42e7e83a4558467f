//! What the tests here call: a client of HTTP in a few lines, and others in processes of their own.
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Barrier;

/// The body that is answered to a GET, by a host that does not exist.
///
/// # Errors
///
/// Nothing is answered, or a refusal.
pub fn get(path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(("api.example", 80))?;
    ask(&mut stream, path)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    body(&answer)
}

/// Sends a request, after which the server closes.
///
/// # Errors
///
/// The connection is gone.
pub fn ask(stream: &mut TcpStream, path: &str) -> io::Result<()> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())
}

/// The body of a response of 200.
///
/// # Errors
///
/// It is another.
pub fn body(answer: &str) -> io::Result<String> {
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    if head.starts_with("HTTP/1.1 200") {
        Ok(body.to_owned())
    } else {
        Err(io::Error::other(head.lines().next().unwrap_or_default().to_owned()))
    }
}

/// The same by a process of its own. To start it is a call too: `subprocess:bash`.
///
/// # Errors
///
/// It cannot be started, or fails.
pub fn get_by_child(path: &str) -> io::Result<String> {
    let script = format!(
        "exec 3<>/dev/tcp/api.example/80 || exit 1; printf 'GET {path} HTTP/1.1\\r\\nHost: api.example\\r\\nConnection: close\\r\\n\\r\\n' >&3; while read -r line <&3; do :; done; printf %s \"$line\""
    );
    let output = Command::new("bash").args(["-c", &script]).output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// The address of a path.
#[must_use]
pub fn url(path: &str) -> String {
    format!("http://api.example{path}")
}

/// Waits until all of these tests are here, so that they have their sandboxes open at once. Where each
/// runs in a process of its own, nobody waits.
pub fn meet(all: &Barrier) {
    if std::env::var_os("NEXTEST").is_none() {
        all.wait();
    }
}
