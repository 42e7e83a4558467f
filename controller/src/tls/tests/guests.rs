//! What guests say, and what they hear.

use proptest::prelude::*;

use super::*;

/// Both versions of TLS work, and the conversation inside knows that it was taken off.
#[test]
fn a_guest_talks_through_either_version() {
    let authority = authority();
    for versions in [&[&version::TLS12], &[&version::TLS13]] {
        let mut line = Line::to("api.example", &authority);
        let mut client = Client::new(trusting(authority.der(), versions), "api.example");

        client.says(b"ping", &mut line);

        assert_eq!(client.heard, b"ping");
        assert_eq!(line.diary(), ["opened", "ping"]);
        assert!(line.opened().unwrap().encrypted);
        assert_eq!(line.untrusted, None);
    }
}

/// The first protocol of ours that the client offers too is chosen, and known inside.
#[test]
fn a_protocol_is_chosen() {
    let authority = authority();
    for (offered, chosen) in [("h2", Some("h2")), ("http/1.1", Some("http/1.1")), ("", None)] {
        let mut line = Line::to("api.example", &authority);
        let mut config = trusting(authority.der(), BOTH);
        config.alpn_protocols =
            [offered].map(Vec::from).into_iter().filter(|p| !p.is_empty()).collect();
        let mut client = Client::new(config, "api.example");

        client.says(b"ping", &mut line);

        let known = line.opened().unwrap().alpn;
        assert_eq!(known.as_deref(), chosen.map(str::as_bytes));
        assert_eq!(client.tls.alpn_protocol(), chosen.map(str::as_bytes));
    }
}

/// A client that offers only protocols that nobody speaks is told so.
#[test]
fn a_protocol_that_nobody_speaks_is_malformed() {
    let authority = authority();
    let mut line = Line::to("api.example", &authority);
    let mut config = trusting(authority.der(), BOTH);
    config.alpn_protocols = vec![b"gopher".to_vec()];
    let mut client = Client::new(config, "api.example");

    client.says(b"ping", &mut line);

    assert!(matches!(client.failed, Some(rustls::Error::AlertReceived(_))), "{:?}", client.failed);
    assert_eq!(line.end, Some(End::Close));
    assert!(line.malformed.is_some());
}

/// The certificate is for the name that the client asks for, whatever it looked up.
#[test]
fn the_certificate_is_for_the_name_that_is_asked_for() {
    let authority = authority();
    let mut line = Line::to("looked-up.example", &authority);
    let mut client = Client::new(trusting(authority.der(), BOTH), "asked.example");

    client.says(b"ping", &mut line);

    assert_eq!(client.heard, b"ping");
}

/// A client that asks for no name is shown the host's and the address's.
#[test]
fn a_client_without_a_name_is_shown_the_host_and_the_address() {
    let authority = authority();
    for meant in ["api.example", "192.0.2.7", "2001:db8::7"] {
        let mut opening = opening("api.example", 443);
        opening.address = Some(
            if meant.contains(':') { "[2001:db8::7]:443" } else { "192.0.2.7:443" }
                .parse()
                .unwrap(),
        );
        let mut line = Line::with(opening, &authority, wishes(), no_roots(), false);
        let mut config = trusting(authority.der(), BOTH);
        config.enable_sni = false;
        let mut client = Client::new(config, meant);

        client.says(b"ping", &mut line);

        assert_eq!(client.heard, b"ping", "{meant}: {:?}", client.failed);
    }
}

/// A guest with other roots says why it leaves; the report can tell whom it did not trust.
#[test]
fn a_client_with_other_roots_is_untrusted() {
    let (authority, other) = (authority(), authority());
    for versions in [&[&version::TLS12], &[&version::TLS13]] {
        let mut line = Line::to("api.example", &authority);
        let mut client = Client::new(trusting(other.der(), versions), "api.example");

        client.says(b"ping", &mut line).talk(&mut line, 1000);

        let untrusted = line.untrusted.unwrap();
        assert!(
            untrusted.contains("the alert unknown_ca; that was for api.example\n"),
            "{untrusted}"
        );
        assert_eq!((line.end, line.malformed), (Some(End::Close), None));
    }
}

/// Some clients just go: in the handshake, or when it is over (node).
#[test]
fn a_client_that_leaves_is_told_of() {
    let authority = authority();
    for (versions, certain) in [([&version::TLS12], true), ([&version::TLS13], false)] {
        let mut line = Line::to("api.example", &authority);
        let mut client = Client::new(trusting(authority.der(), &versions), "api.example");
        if certain {
            let mut hello = Vec::new();
            client.tls.write_tls(&mut hello).unwrap();
            line.on(Event::Client(&hello));
        } else {
            client.talk(&mut line, usize::MAX);
        }

        line.on(Event::ClientEnd);

        let words = if certain { "had seen the certificate" } else { "right after the handshake" };
        assert!(line.untrusted.as_ref().unwrap().contains(words));
        assert_eq!(line.diary().len(), if certain { 0 } else { 2 });
    }
}

/// A client that said something trusts us: that it leaves is nothing to tell.
#[test]
fn a_client_that_asked_may_leave() {
    let authority = authority();
    let mut line = Line::to("api.example", &authority);
    let mut client = Client::new(trusting(authority.der(), BOTH), "api.example");
    client.says(b"nobody", &mut line);

    line.on(Event::ClientEnd);

    assert_eq!(line.untrusted, None);
    assert_eq!(line.diary(), ["opened", "nobody", "ClientEnd"]);
}

/// Plain text goes through as it is.
#[test]
fn plain_text_goes_through() {
    let authority = authority();
    for first in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x16", b"\x16\x02", b"x"] {
        let mut line = Line::to("api.example", &authority);
        assert_eq!(line.on(Event::Opened), b"");

        let mut heard = line.on(Event::Client(first));
        heard.extend(line.on(Event::ClientEnd));

        assert_eq!(heard, first);
        assert!(!line.opened().unwrap().encrypted);
        assert_eq!(line.diary().last().unwrap(), "ClientEnd");
    }
}

/// A client that comes and goes in silence is seen inside.
#[test]
fn a_silent_client_is_seen() {
    let authority = authority();
    let mut line = Line::to("api.example", &authority);
    line.on(Event::Opened);

    line.on(Event::ClientEnd);

    assert_eq!(line.diary(), ["opened", "ClientEnd"]);
}

/// A server that speaks first does so at once.
#[test]
fn a_server_may_speak_first() {
    let authority = authority();
    let wishes = Wishes { waits_for_client: false, ..wishes() };
    let mut line = Line::with(opening("mail.example", 25), &authority, wishes, no_roots(), true);

    assert_eq!(line.on(Event::Opened), b"220 ready");
    assert_eq!(line.on(Event::Client(b"\x16\x03\x01")), b"\x16\x03\x01");
}

/// A host that nothing answers on is reset, with TLS and without.
#[test]
fn a_client_that_nothing_answers_is_reset() {
    let authority = authority();
    let mut plain = Line::to("nobody.example", &authority);
    plain.on(Event::Client(b"ping"));
    let mut line = Line::to("nobody.example", &authority);
    Client::new(trusting(authority.der(), BOTH), "nobody.example").says(b"ping", &mut line);

    assert_eq!((plain.end, line.end), (Some(End::Reset), Some(End::Reset)));
}

/// The ends of a conversation are told as TLS tells them: a close and a half-close by goodbye, a reset
/// without one.
#[test]
fn each_end_is_told_as_what_it_is() {
    let authority = authority();
    for versions in [&[&version::TLS12], &[&version::TLS13]] {
        for (word, end) in [("close", End::Close), ("half", End::HalfClose), ("reset", End::Reset)]
        {
            let mut line = Line::to("api.example", &authority);
            let mut client = Client::new(trusting(authority.der(), versions), "api.example");

            client.says(word.as_bytes(), &mut line);

            assert_eq!((line.end, client.closed), (Some(end), end != End::Reset));
            assert_eq!(client.heard, b"bye");
        }
    }
}

/// A client says goodbye, or just goes: either way it is told once.
#[test]
fn the_client_ends_once() {
    let authority = authority();
    for says_goodbye in [true, false] {
        let mut line = Line::to("api.example", &authority);
        let mut client = Client::new(trusting(authority.der(), BOTH), "api.example");
        client.says(b"ping", &mut line);
        if says_goodbye {
            client.tls.send_close_notify();
            client.talk(&mut line, usize::MAX);
        }

        line.on(Event::ClientEnd);

        assert_eq!(line.diary(), ["opened", "ping", "ClientEnd"]);
    }
}

/// A client that breaks off what it began is a client that leaves.
#[test]
fn a_client_may_break_off() {
    let authority = authority();
    let mut line = Line::to("api.example", &authority);
    let mut client = Client::new(trusting(authority.der(), &[&version::TLS13]), "api.example");
    client.says(b"ping", &mut line);
    client.hears(&[0x17, 3, 3, 0, 20, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]);
    assert!(client.failed.is_some()); // it answers with an alert: bad_record_mac

    client.talk(&mut line, usize::MAX);

    assert_eq!((line.end, line.malformed.clone()), (Some(End::Close), None));
    assert_eq!(line.diary(), ["opened", "ping", "ClientEnd"]);
}

/// After a half-close the client is still heard.
#[test]
fn a_client_is_heard_after_a_half_close() {
    let authority = authority();
    let mut line = Line::to("api.example", &authority);
    let mut client = Client::new(trusting(authority.der(), &[&version::TLS13]), "api.example");
    client.says(b"half", &mut line);
    line.end = None;

    client.says(b"nobody", &mut line);

    assert_eq!(line.diary(), ["opened", "half", "nobody"]);
}

/// Bodies of megabytes pass whole, either way, in pieces of any size.
#[test]
fn big_bodies_pass() {
    let authority = authority();
    for piece in [7, 1000, 16 << 10, usize::MAX] {
        let mut line = Line::to("api.example", &authority);
        let mut client = Client::new(trusting(authority.der(), BOTH), "api.example");
        client.talk(&mut line, piece);
        client.says(b"big", &mut line);
        client.tls.writer().write_all(&vec![b'y'; 300 << 10]).unwrap();
        client.talk(&mut line, piece);

        assert_eq!(client.heard.len(), 3 << 20);
        let bytes = line
            .diary()
            .iter()
            .filter_map(|line| line.strip_suffix(" bytes")?.parse::<usize>().ok())
            .sum::<usize>();
        assert!(bytes > 295 << 10, "{bytes}"); // less what came in pieces of 64 bytes and less
    }
}

/// What begins like TLS and is none is answered with an alert.
#[test]
fn garbage_is_answered_with_an_alert() {
    let authority = authority();
    let mut line = Line::to("api.example", &authority);

    let heard = line.on(Event::Client(b"\x16\x03\x01\x00\x05hello, world"));

    assert_eq!(heard.first(), Some(&0x15)); // an alert
    assert_eq!(line.end, Some(End::Close));
    assert!(line.malformed.unwrap().starts_with("speaks TLS that cannot be read"));
    assert!(line.diary.lock().unwrap().is_empty());
}

/// A hello of a version that nobody speaks any more.
#[test]
fn an_old_version_is_malformed() {
    // SSL 3.0's and TLS 1.0's hello: one suite, no compression, no extensions.
    let mut hello = vec![0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0, 0x2F, 1, 0]);
    let authority = authority();
    let mut line = Line::to("api.example", &authority);

    let heard = line.on(Event::Client(&hello));

    assert_eq!(heard.first(), Some(&0x15));
    assert!(line.malformed.unwrap().starts_with("offers no TLS that is spoken here"));
}

/// Without end, a handshake is cut off.
#[test]
fn a_handshake_is_bounded() {
    let authority = authority();
    let mut line = Line::to("api.example", &authority);
    let record = [&[0x16, 3, 1, 0x40, 0, 1, 0xFF, 0xFF, 0xFF][..], &[0; (16 << 10) - 4]].concat();

    let mut sent = 0;
    while line.end.is_none() && sent < 1 << 20 {
        line.on(Event::Client(&record));
        sent += record.len();
    }

    assert_eq!(line.end, Some(End::Close));
    assert!(sent < 256 << 10, "{sent}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Any bytes behind the first two, in any pieces: no panic, and an answer of a bounded size.
    #[test]
    fn any_bytes_are_answered(
        bytes in proptest::collection::vec(any::<u8>(), 0..3000),
        header in any::<bool>(),
        piece in 1usize..700,
    ) {
        let authority = shared();
        let mut line = Line::to("api.example", &authority);
        let length = (bytes.len() as u16).to_be_bytes();
        let start = [0x16, 3, 1, length[0], length[1]];
        let start = if header { &start[..] } else { &start[..2] };
        let mut heard = 0;
        for piece in [start, &bytes].concat().chunks(piece) {
            heard += line.on(Event::Client(piece)).len();
        }
        line.on(Event::ClientEnd);
        prop_assert!(heard < 1000);
    }

    /// A real hello with some bytes changed.
    #[test]
    fn a_spoilt_hello_is_answered(
        spoilt in proptest::collection::vec((0usize..400, any::<u8>()), 0..8),
        cut in 0usize..400,
    ) {
        let authority = shared();
        let mut line = Line::to("api.example", &authority);
        let mut client = Client::new(trusting(authority.der(), BOTH), "api.example");
        let mut hello = Vec::new();
        client.tls.write_tls(&mut hello).unwrap();
        for (at, byte) in spoilt {
            let at = at % hello.len();
            hello[at] = byte;
        }
        let (first, rest) = hello.split_at(cut.min(hello.len()));
        let heard = line.on(Event::Client(first)).len() + line.on(Event::Client(rest)).len();
        line.on(Event::ClientEnd);
        prop_assert!(heard < 3000);
    }
}

fn shared() -> Arc<Authority> {
    static SHARED: std::sync::OnceLock<Arc<Authority>> = std::sync::OnceLock::new();
    Arc::clone(SHARED.get_or_init(authority))
}
