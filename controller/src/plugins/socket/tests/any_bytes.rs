//! Whatever a client sends, in whatever pieces.

use proptest::prelude::*;

use super::*;

proptest! {
    /// Nothing that a client says is lost, told twice or told in another order, and nothing panics.
    #[test]
    fn every_byte_is_told_once(
        pieces in prop::collection::vec(prop::collection::vec(0_u8..3, 0..6), 0..20),
        waits in prop::collection::vec(prop::collection::vec(0_u8..3, 1..4), 0..8),
    ) {
        let mut client = client();
        for wait in &waits {
            client = client.waiting(wait).mocked(EXCHANGE, says("x"));
        }
        let mut said = Vec::new();
        for piece in &pieces {
            said.extend_from_slice(piece);
            if client.on(Event::Client(piece)).end.is_some() {
                break;
            }
        }
        client.on(Event::ClientEnd);

        let bytes = |(_, fields): &(_, Fields)| fields.bytes("bytes").unwrap().into_owned();
        let told: Vec<u8> = client.asked().iter().flat_map(bytes).collect();
        prop_assert!(said.starts_with(&told), "{told:?} of {said:?}");
        prop_assert!(told == said || client.asked().len() > waits.len(), "{told:?} of {said:?}");
    }

    /// No order of events, and no fault, makes a connection panic or say anything behind its end.
    #[test]
    fn no_event_panics(
        events in prop::collection::vec(0_usize..8, 0..40),
        faults in prop::collection::vec((0_usize..7, 0_u64..4, 0_u64..2), 0..8),
        is_datagram: bool,
    ) {
        let mut client = if is_datagram { datagrams() } else { client() };
        for (kind, after, delay_ms) in faults {
            let fault = fault(FaultKind::ALL[kind], after, delay_ms);
            client = client.failing_with(EXCHANGE, fault, says("abc"));
        }
        client = client.passed(EXCHANGE, 1);
        let all = [
            Event::Opened, Event::Client(b"ab"), Event::ClientEnd, Event::UpstreamOpened,
            Event::Upstream(b"cd"), Event::UpstreamEnd, Event::UpstreamFailed("gone"), Event::Wake,
        ];
        let mut over = false;
        for event in events {
            let output = client.on(all[event]);
            prop_assert!(!over || (output.client.is_empty() && output.messages.is_empty()));
            over |= matches!(output.end, Some(End::Close | End::Reset));
        }
    }
}
