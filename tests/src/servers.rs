//! Loopback servers that live in the test's own process: outside the tree that bigfoot runs, so that
//! to call them is to leave the tree. Each counts its callers, to show that a refused call arrived nowhere.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpListener, ToSocketAddrs, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixDatagram, UnixListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// A server on a port of loopback.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    callers: Arc<AtomicUsize>,
}

impl Server {
    /// Its port as a guest's argument.
    #[must_use]
    pub fn port(&self) -> String {
        self.address.port().to_string()
    }

    /// How many connections or datagrams have come.
    #[must_use]
    pub fn callers(&self) -> usize {
        self.callers.load(Ordering::SeqCst)
    }
}

/// One that greets with `hi` and waits for the end.
#[must_use]
pub fn plain() -> Server {
    stream("127.0.0.1:0", greet)
}

/// The same on IPv6.
#[must_use]
pub fn plain6() -> Server {
    stream("[::1]:0", greet)
}

/// The same on a port that a client has just let go of.
#[must_use]
pub fn plain_at(port: u16) -> Server {
    stream(("127.0.0.1", port), greet)
}

/// One that answers whatever is said with these words.
#[must_use]
pub fn answering(words: &'static str) -> Server {
    stream("127.0.0.1:0", move |stream| answer(stream, words))
}

/// One that answers every HTTP/1.1 request with 200 and `ok`.
#[must_use]
pub fn http() -> Server {
    stream("127.0.0.1:0", |stream| {
        let mut input = BufReader::new(stream.try_clone()?);
        while read_head(&mut input)? {
            stream.write_all(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n",
            )?;
        }
        Ok(())
    })
}

/// One that answers every Redis command with PONG.
#[must_use]
pub fn redis() -> Server {
    stream("127.0.0.1:0", |stream| {
        let mut bytes = [0; 4096];
        while stream.read(&mut bytes)? > 0 {
            stream.write_all(b"+PONG\r\n")?;
        }
        Ok(())
    })
}

/// One that refuses politely to log anybody in to Postgres.
#[must_use]
pub fn postgres() -> Server {
    stream("127.0.0.1:0", |stream| {
        let mut bytes = [0; 4096];
        if stream.read(&mut bytes)? == 8 {
            stream.write_all(b"N")?; // no TLS here
            let _ = stream.read(&mut bytes)?;
        }
        let fields = b"SFATAL\0C28000\0Mnobody may log in here\0\0";
        stream.write_all(b"E")?;
        stream.write_all(&(fields.len() as u32 + 4).to_be_bytes())?;
        stream.write_all(fields)
    })
}

/// One that sends every datagram back.
#[must_use]
pub fn echo_udp() -> Server {
    datagrams(|question| Some(question.to_vec()))
}

/// One that answers every datagram with these words.
#[must_use]
pub fn answering_udp(words: &'static str) -> Server {
    datagrams(|_| Some(words.into()))
}

/// A name server: `host.example` is 192.0.2.7 and 2001:db8::7, whose name is `host.example`; `loop.example` is
/// 127.0.0.1; it never answers for `silent.example`, and nothing else exists.
#[must_use]
pub fn dns() -> Server {
    datagrams(dns::answer)
}

/// Accepts on a path in the file system and greets.
///
/// # Panics
///
/// Where it cannot bind.
pub fn unix(path: &Path) -> Arc<AtomicUsize> {
    serve_unix(UnixListener::bind(path).expect("a Unix socket"), None)
}

/// The same, but answers whatever is said with these words.
///
/// # Panics
///
/// Where it cannot bind.
pub fn unix_answering(path: &Path, words: &'static str) -> Arc<AtomicUsize> {
    serve_unix(UnixListener::bind(path).expect("a Unix socket"), Some(words))
}

/// Accepts under an abstract name and greets.
///
/// # Panics
///
/// Where it cannot bind.
#[must_use]
pub fn unix_abstract(name: &str) -> Arc<AtomicUsize> {
    serve_unix(abstract_listener(name), None)
}

/// The same, but answers whatever is said with these words.
///
/// # Panics
///
/// Where it cannot bind.
#[must_use]
pub fn unix_abstract_answering(name: &str, words: &'static str) -> Arc<AtomicUsize> {
    serve_unix(abstract_listener(name), Some(words))
}

/// Counts datagrams to a path in the file system.
///
/// # Panics
///
/// Where it cannot bind.
pub fn unix_datagrams(path: &Path) -> Arc<AtomicUsize> {
    let socket = UnixDatagram::bind(path).expect("a Unix socket");
    let (count, counter) = pair();
    thread::spawn(move || {
        let mut bytes = [0; 512];
        while socket.recv(&mut bytes).is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    counter
}

/// A port on which nobody listens.
///
/// # Panics
///
/// Where no port is free.
#[must_use]
pub fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port().to_string()
}

fn stream<A, S>(address: A, serve: S) -> Server
where
    A: ToSocketAddrs,
    S: Fn(&mut std::net::TcpStream) -> Result<()> + Send + Copy + 'static,
{
    let listener = TcpListener::bind(address).expect("a loopback port");
    let address = listener.local_addr().expect("its address");
    let (count, callers) = pair();
    thread::spawn(move || {
        for mut accepted in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || serve(&mut accepted));
        }
    });
    Server { address, callers }
}

fn datagrams(answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + 'static) -> Server {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a loopback port");
    let address = socket.local_addr().expect("its address");
    let (count, callers) = pair();
    thread::spawn(move || {
        let mut bytes = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut bytes) {
            count.fetch_add(1, Ordering::SeqCst);
            if let Some(reply) = answer(&bytes[..length]) {
                let _ = socket.send_to(&reply, from);
            }
        }
    });
    Server { address, callers }
}

fn abstract_listener(name: &str) -> UnixListener {
    let address = UnixAddr::from_abstract_name(name).expect("an abstract name");
    UnixListener::bind_addr(&address).expect("a Unix socket")
}

/// Greets, or answers with these words.
fn serve_unix(listener: UnixListener, words: Option<&'static str>) -> Arc<AtomicUsize> {
    let (count, counter) = pair();
    thread::spawn(move || {
        for mut accepted in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || match words {
                Some(words) => answer(&mut accepted, words),
                None => accepted.write_all(b"hi\n").and_then(|()| drain(&mut accepted)),
            });
        }
    });
    counter
}

fn pair() -> (Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    (Arc::clone(&count), count)
}

fn answer(stream: &mut (impl Read + Write), words: &str) -> Result<()> {
    let mut bytes = [0; 512];
    while stream.read(&mut bytes)? > 0 {
        stream.write_all(words.as_bytes())?;
    }
    Ok(())
}

fn greet(stream: &mut std::net::TcpStream) -> Result<()> {
    stream.write_all(b"hi\n")?;
    drain(stream)
}

fn drain(stream: &mut impl Read) -> Result<()> {
    let mut bytes = [0; 512];
    while stream.read(&mut bytes)? > 0 {}
    Ok(())
}

/// Reads the head of one request and the body that it announces; false at the end of the connection.
fn read_head(input: &mut impl BufRead) -> Result<bool> {
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        let lower = line.trim().to_ascii_lowercase();
        if let Some(announced) = lower.strip_prefix("content-length:") {
            length = announced.trim().parse().unwrap_or(0);
        }
        if lower.is_empty() {
            break;
        }
    }
    std::io::copy(&mut input.take(length), &mut std::io::sink())?;
    Ok(true)
}

/// Just enough DNS for a loopback name server (RFC 1035).
mod dns {
    const HOST: &[u8] = b"\x04host\x07example\0";
    const LOOP: &[u8] = b"\x04loop\x07example\0";
    const SILENT: &[u8] = b"\x06silent\x07example\0";
    const REVERSE: &[u8] = b"\x017\x012\x010\x03192\x07in-addr\x04arpa\0";

    /// The reply to one question.
    pub(super) fn answer(question: &[u8]) -> Option<Vec<u8>> {
        let name_end = 12 + question.get(12..)?.iter().position(|byte| *byte == 0)? + 1;
        let (name, kind) =
            (question.get(12..name_end)?.to_ascii_lowercase(), question.get(name_end + 1)?);
        if name == SILENT {
            return None;
        }
        let record = record(&name, *kind);
        let exists = name == HOST || name == LOOP || name == REVERSE;
        let mut reply = question.get(..2)?.to_vec();
        reply.extend([
            0x81,
            if exists { 0x80 } else { 0x83 },
            0,
            1,
            0,
            u8::from(record.is_some()),
            0,
            0,
            0,
            0,
        ]);
        reply.extend(question.get(12..name_end + 4)?);
        if let Some(data) = record {
            reply.extend([0xc0, 12, 0, *kind, 0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
            reply.extend(data);
        }
        Some(reply)
    }

    fn record(name: &[u8], kind: u8) -> Option<Vec<u8>> {
        match (name, kind) {
            (HOST, 1) => Some(vec![192, 0, 2, 7]),
            (LOOP, 1) => Some(vec![127, 0, 0, 1]),
            (HOST, 28) => Some(vec![0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]),
            (REVERSE, 12) => Some(HOST.to_vec()),
            _ => None,
        }
    }
}
