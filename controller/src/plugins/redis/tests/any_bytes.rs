//! Whatever a client or a server sends, in whatever pieces.

use proptest::prelude::*;

use super::*;
use crate::plugins::redis::answer::{self, Answers};
use crate::plugins::redis::form::ANY;
use crate::plugins::redis::frame::{self, Version};
use crate::plugins::redis::request::Requests;
use crate::plugins::redis::value as values;

/// Texts that come near to the protocol.
fn near() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        "(GET|SET|MULTI|EXEC|SUBSCRIBE|UNSUBSCRIBE|HELLO 3|BLPOP|WATCH|SELECT 2)( [a-c]{1,2}){0,3}\r\n",
        "[*$~%>|:,+-]-?[0-9]{0,2}\r\n",
        "\\*2\r\n\\$3\r\nGET\r\n\\$1\r\n[a-c]\r\n",
        "\r\n",
        "\"[a-c\\\\x0']{0,4}\"? ?",
    ];
    let part = prop_oneof![
        4 => part.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

fn desk() -> Transcript {
    (0..6).fold(client(), |client, number| {
        client.mocked("redis:GET", value(json!("x"))).passed("redis:SET", number)
    })
}

/// Plays it all, cut into pieces: what was heard, and how it ended.
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
    (heard, None)
}

fn document() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Json::from),
        "[a-z]{0,5}".prop_map(Json::from),
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::hash_map("[a-d]{1,3}", inner, 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// In one piece or byte by byte, a client hears the same.
    #[test]
    fn pieces_make_no_difference(bytes in near(), size in 1_usize..20) {
        let whole = played(desk(), &[(false, bytes.clone())], usize::MAX);
        let pieces = played(desk(), &[(false, bytes)], size);
        prop_assert_eq!(whole, pieces);
    }

    /// Nothing that either side says makes a conversation panic, or say much more than it heard.
    #[test]
    fn any_bytes_are_survived(sides in prop::collection::vec((any::<bool>(), near()), 1..6), size in 1_usize..40) {
        let said: usize = sides.iter().map(|(_, bytes)| bytes.len()).sum();
        let (heard, _) = played(desk(), &sides, size);
        prop_assert!(heard.len() <= 1024 + 64 * said, "{} of {said}", heard.len());
    }

    /// What is written as a request is read as the same words, however it is cut.
    #[test]
    fn requests_go_round(
        all in prop::collection::vec(prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 1..5), 1..4),
        size in 1_usize..9,
    ) {
        let bytes: Vec<u8> = all.iter().flat_map(|words| frame::request(words.iter().map(Vec::as_slice))).collect();
        let (mut requests, mut read) = (Requests::default(), Vec::new());
        for piece in bytes.chunks(size) {
            requests.add(piece);
            while let Ok(Some(words)) = requests.next() {
                read.push(words);
            }
        }
        prop_assert_eq!(read, all);
        prop_assert!(!requests.is_partial());
    }

    /// What is written as an answer is one answer, and means the same value.
    #[test]
    fn answers_go_round(document in document(), size in 1_usize..9) {
        let mut bytes = Vec::new();
        values::put(&mut bytes, ANY, &document, Version::Three).expect("it is not that deep");
        let (mut answers, mut read) = (Answers::default(), Vec::new());
        for piece in bytes.chunks(size) {
            answers.add(piece);
            while let Ok(Some(answer)) = answers.next() {
                read.push(answer);
            }
        }
        prop_assert_eq!(&read, &[bytes]);
        prop_assert_eq!(answer::value(&read[0], ANY), document);
    }
}
