//! Clients off their protocol, and bytes in any pieces.

use proptest::prelude::*;

use super::*;

/// Lengths that cannot be, or are more than is read, end the connection with a word.
#[test]
fn lengths_are_bounded() {
    for bytes in [
        &b"Q\x7f\xff\xff\xff"[..],
        b"Q\0\0\0\x03",
        b"Q\xff\xff\xff\xff",
        b"Q\0\0\0\x05x",
        b"?\0\0\0\x04",
    ] {
        let mut client = client().logged_in();

        client.on(Event::Client(bytes));

        assert!(client.output.malformed.is_some(), "{bytes:?}");
        assert_eq!(client.output.end, Some(End::Close), "{bytes:?}");
    }
    let mut early = client();
    early.on(Event::Client(b"GET / HTTP/1.1\r\n\r\n"));
    assert!(early.output.malformed.is_some());
}

/// Counts that promise more than there is are malformed, and make no room for it.
#[test]
fn counts_are_bounded() {
    for (kind, body) in [
        (b'B', &b"\0\0\0\0\xff\xff"[..]),
        (b'B', b"\0\0\0\0\0\x01\x7f\xff\xff\xff"),
        (b'P', b"\0\0\xff\xff"),
        (b'D', b"X\0"),
        (b'E', b"\0"),
    ] {
        let mut client = client().logged_in();

        client.on(Event::Client(&message(kind, body)));

        assert!(client.output.malformed.is_some(), "{kind} {body:?}");
    }
}

/// An array that promises more elements than it has bytes for is no array.
#[test]
fn arrays_are_bounded() {
    let mut client = client().logged_in();
    let bomb =
        [&[0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 23][..], &[0x7f, 255, 255, 255, 0, 0, 0, 1].repeat(6)]
            .concat();

    client.said(&[parse("", "select $1", &[1007]), bind(&[Some(&bomb)], true), sync()].concat());

    assert!(bodies(&client, 'E')[0].contains("C22P03"));
}

/// A client that leaves within a message is told of in the report.
#[test]
fn a_client_that_leaves_is_let_go() {
    let mut client = client().logged_in();

    client.exchange(b"Q\0\0\0", b"").on(Event::ClientEnd);

    assert!(client.output.malformed.is_some());
    assert_eq!(client.output.end, Some(End::Close));
}

proptest! {
    /// Messages in any pieces get the same answers as in one.
    #[test]
    fn pieces_make_no_difference(cuts in prop::collection::vec(0_usize..200, 0..8)) {
        let fresh = || client().mocked(QUERY, rows(json!([[1]]))).mocked(QUERY, error("22012"));
        let bytes = [user(), query("select 1; show TimeZone"), parse("", "select 2", &[]), bind(&[], true), execute(0), sync()].concat();
        let mut whole = fresh();
        whole.on(Event::Client(&bytes));
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
        cuts.sort_unstable();

        let (mut client, mut heard) = (fresh(), Vec::new());
        for pair in cuts.windows(2) {
            heard.extend(client.on(Event::Client(&bytes[pair[0]..pair[1]])).client.clone());
        }

        prop_assert_eq!(heard, whole.output.client);
    }

    /// Any bytes behind a log-in are answered or refused.
    #[test]
    fn any_bytes_are_survived(kind in "[QPBDECSHFdp]", body in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut client = client().logged_in().mocked(QUERY, rows(json!([[1]])));
        client.on(Event::Client(&parse("", "select $1", &[])));

        client.on(Event::Client(&message(kind.as_bytes()[0], &body)));
        client.on(Event::Client(&sync()));
    }
}
