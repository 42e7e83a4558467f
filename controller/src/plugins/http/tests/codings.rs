//! Content codings of bodies.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("gzip in memory")
}

fn posted(coding: &str, bytes: &[u8]) -> Transcript {
    let mut client = client().mocked(SOURCE, Fields::new());
    let head = format!(
        "POST / HTTP/1.1\r\nContent-Encoding: {coding}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        bytes.len()
    );
    client.on(Event::Client(&[head.as_bytes(), bytes].concat()));
    client
}

/// Bodies are told as the client meant them, whichever way it packed them.
#[test]
fn bodies_are_decoded() {
    let text = b"{\"a\":1}";
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    let zlib = zlib.write_all(text).and_then(|()| zlib.finish()).expect("zlib in memory");
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
    let raw = raw.write_all(text).and_then(|()| raw.finish()).expect("deflate in memory");

    for (coding, bytes) in [
        ("gzip", gzip(text)),
        ("deflate", zlib),
        ("deflate", raw),
        ("gzip, x-gzip", gzip(&gzip(text))),
        ("identity", text.to_vec()),
    ] {
        let client = posted(coding, &bytes);
        assert_eq!(asked(&client).bytes("body").as_deref(), Some(&text[..]), "{coding}");
        assert_eq!(asked(&client).get("json"), Some(&json("{\"a\":1}")), "{coding}");
    }
}

/// What cannot be decoded stays as it was sent.
#[test]
fn other_codings_are_left() {
    for (coding, bytes) in
        [("br", &b"\x0b\x01"[..]), ("gzip", b"no gzip"), ("gzip", &gzip(b"abc")[..9])]
    {
        let client = posted(coding, bytes);
        assert_eq!(asked(&client).bytes("body").as_deref(), Some(bytes), "{coding}");
    }
}

/// A few bytes may unpack to very many: no more than the limit are.
#[test]
fn bombs_are_refused() {
    let client = posted("gzip", &gzip(&vec![0; 17 << 20]));

    assert!(client.output.client.starts_with(b"HTTP/1.1 413 "));
    assert_eq!(reason(client.output.malformed.as_ref()), "sent a body of more than 16 MiB");
    assert!(client.asked().is_empty());
}
