//! Whatever a client or a server sends, in whatever pieces: no panic, and bounded output.

use proptest::prelude::*;

use super::*;

/// Texts that come near to HTTP.
fn near() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        "(GET|POST|PRI|HEAD) (/[a-z%?*]{0,5}|\\*) HTTP/[12]\\.[01]\r\n",
        "HTTP/1\\.[01] [1-5][0-9][0-9] [A-Z]{0,3}\r\n",
        "(Host|Content-Length|Transfer-Encoding|Connection|Expect): (a|3|chunked|close|100-continue|gzip)\r\n",
        "\r\n",
        "[0-9a-f]{1,3}\r\n",
        Just("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_owned()),
        Just("GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()),
    ];
    let part = prop_oneof![
        3 => part.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn desk(h2: bool) -> Transcript {
    let alpn = h2.then(|| b"h2".to_vec());
    let client = Transcript::opened(&Http, &Opening { alpn, ..opening("a.example", 80) });
    (0..4).fold(client, |client, number| client.passed(SOURCE, number).mocked(SOURCE, body("x")))
}

/// Plays it all, cut into pieces; what was heard, and how it ended.
fn played(
    mut client: Transcript,
    sides: &[(bool, Vec<u8>)],
    size: usize,
) -> (Vec<u8>, Option<End>) {
    let mut heard = Vec::new();
    for (server, bytes) in sides {
        for piece in bytes.chunks(size) {
            let event = if *server { Event::Upstream(piece) } else { Event::Client(piece) };
            let output = client.on(event);
            heard.extend_from_slice(&output.client);
            if output.end.is_some() {
                return (heard, output.end);
            }
        }
    }
    client.on(Event::UpstreamEnd);
    client.on(Event::ClientEnd);
    (heard, None)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// In one piece or byte by byte, the client hears the same, and not much more than was said.
    #[test]
    fn any_bytes_in_any_split(sides in prop::collection::vec((any::<bool>(), near()), 1..5), size in 1_usize..40) {
        let sent: usize = sides.iter().map(|(_, bytes)| bytes.len()).sum();
        let whole = played(desk(false), &sides, usize::MAX);
        let pieces = played(desk(false), &sides, size);

        prop_assert!(whole.0.len() <= 4096 + 64 * sent, "{} of {sent}", whole.0.len());
        prop_assert!(pieces.0.len() <= 4096 + 64 * sent);
    }

    /// HTTP/2 likewise.
    #[test]
    fn any_bytes_of_http2(mut frames in prop::collection::vec((0_u8..11, any::<u8>(), 0_u8..4, prop::collection::vec(any::<u8>(), 0..40)), 0..12), size in 1_usize..40) {
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
        for (kind, flags, stream, payload) in frames.drain(..) {
            bytes.extend_from_slice(&[0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream]);
            bytes.extend(payload);
        }
        let sent = bytes.len();
        let (heard, _) = played(desk(true), &[(false, bytes)], size);
        prop_assert!(heard.len() <= 4096 + 64 * sent);
    }
}

/// A request is the same however it is cut, and so is all that follows from it.
#[test]
fn every_split_of_a_request_means_the_same() {
    let message = b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let fresh = || client().mocked(SOURCE, body("1")).mocked(SOURCE, body("2"));
    let whole = played(fresh(), &[(false, message.to_vec())], usize::MAX);

    for size in 1..message.len() {
        assert_eq!(played(fresh(), &[(false, message.to_vec())], size), whole, "{size}");
    }
}
