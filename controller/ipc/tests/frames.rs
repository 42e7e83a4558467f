//! The encoding keeps what is put into it, and survives whatever it is given.

use std::net::{IpAddr, SocketAddr};

use bigfoot_ipc::control::{Control, Outcome};
use bigfoot_ipc::frame::{
    self, LENGTH_BYTES, MESSAGE_BYTES_MAX, Malformed, VERDICT_BYTES_MAX, decode, encode,
    encode_into,
};
use bigfoot_ipc::guest::{Asker, Call, Cue, Peer, Query, Registers, Request, Transport, Verdict};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

mod samples;

/// Everything that a request may hold, owned, since a strategy can lend nothing.
#[derive(Debug, Clone)]
struct Parts {
    numbers: [u64; 4],
    threads: (u32, u32),
    version: u16,
    flags: (bool, bool),
    directory: i32,
    address: SocketAddr,
    texts: [Vec<u8>; 3],
    search: Option<Vec<u8>>,
    transport: Transport,
    kind: usize,
}

impl Parts {
    fn request(&self) -> Request<'_> {
        Request { asker: self.asker(), call: self.call() }
    }

    fn asker(&self) -> Asker<'_> {
        let [instruction, stack, frame, _] = self.numbers;
        Asker {
            version: self.version,
            thread: self.threads.0,
            lineage: self.threads.1,
            registers: Registers { instruction, stack, frame },
            test: &self.texts[0],
            in_lookup: self.flags.0,
        }
    }

    fn call(&self) -> Call<'_> {
        let Self { transport, directory, flags: (read, write), .. } = *self;
        let [_, first, second] = &self.texts;
        match self.kind {
            0 => Call::Connect { transport, peer: Peer::Internet(self.address) },
            1 => Call::Connect { transport, peer: Peer::Unix(first) },
            2 => Call::Connect { transport, peer: Peer::Other(self.version) },
            3 => Call::Lookup { query: Query::Name(first) },
            4 => Call::Lookup { query: Query::Records(first) },
            5 => Call::Lookup { query: Query::Address(self.address.ip()) },
            6 => Call::Resolved { name: first, addresses: second },
            7 => Call::Open { path: first, directory, read, write },
            8 => {
                let search = self.search.as_deref();
                Call::Exec { file: first, directory, search, arguments: second, spawns: write }
            }
            9 => Call::ExecFailed { start: self.numbers[3] },
            10 => Call::Load { library: first },
            _ => Call::Serve { transport, cookie: self.numbers[0], inode: self.numbers[1] },
        }
    }
}

prop_compose! {
    fn parts()(
        numbers in any::<[u64; 4]>(),
        threads in any::<(u32, u32)>(),
        version in any::<u16>(),
        flags in any::<(bool, bool)>(),
        directory in any::<i32>(),
        address in (any::<IpAddr>(), any::<u16>()).prop_map(SocketAddr::from),
        texts in [bytes(), bytes(), bytes()],
        search in option::of(bytes()),
        transport in transport(),
        kind in 0..12_usize,
    ) -> Parts {
        Parts { numbers, threads, version, flags, directory, address, texts, search, transport, kind }
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

fn transport() -> impl Strategy<Value = Transport> {
    prop_oneof![Just(Transport::Stream), Just(Transport::Datagram), Just(Transport::Other)]
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let address = (any::<IpAddr>(), any::<u16>()).prop_map(SocketAddr::from);
    prop_oneof![
        Just(Verdict::Allow),
        address.prop_map(|to| Verdict::Redirect { to }),
        any::<([u8; 4], [u8; 16])>().prop_map(|(v4, v6)| Verdict::Answer { v4, v6 }),
        any::<i32>().prop_map(|errno| Verdict::Deny { errno }),
        any::<(u64, bool)>().prop_map(|(start, arm)| Verdict::Start { start, arm }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A guest's question arrives as it was sent, and both ways to encode it agree.
    #[test]
    fn requests_come_back(parts in parts()) {
        let request = parts.request();
        let bytes = encode(&request)?;
        let mut buffer = vec![0; bytes.len()];

        prop_assert_eq!(encode_into(&request, &mut buffer), Some(bytes.len()));
        prop_assert_eq!(&buffer, &bytes);
        prop_assert_eq!(frame::length(buffer[..LENGTH_BYTES].try_into()?)?, bytes.len() - LENGTH_BYTES);
        prop_assert_eq!(decode::<Request<'_>>(&bytes[LENGTH_BYTES..])?, request);
    }

    /// A verdict arrives as it was sent, and fits into the buffer that guests keep for it.
    #[test]
    fn verdicts_come_back_and_are_small(verdict in verdict()) {
        let mut buffer = [0; LENGTH_BYTES + VERDICT_BYTES_MAX];

        let used = encode_into(&verdict, &mut buffer).expect("it fits");

        prop_assert_eq!(decode::<Verdict>(&buffer[LENGTH_BYTES..used])?, verdict);
    }

    /// A message that lacks its end, or has more than its end, is none.
    #[test]
    fn cut_and_lengthened_messages_are_malformed(parts in parts(), cut in any::<prop::sample::Index>()) {
        let bytes = encode(&parts.request())?;
        let body = &bytes[LENGTH_BYTES..];

        prop_assert_eq!(decode::<Request<'_>>(&body[..cut.index(body.len())]), Err(Malformed));
        let longer = [body, &[0]].concat();
        prop_assert_eq!(decode::<Request<'_>>(&longer), Err(Malformed));
    }

    /// Where there is no room, nothing is written past it and nothing claimed.
    #[test]
    fn a_buffer_that_is_too_small_takes_nothing(parts in parts(), cut in any::<prop::sample::Index>()) {
        let request = parts.request();
        let room = cut.index(encode(&request)?.len());

        prop_assert_eq!(encode_into(&request, &mut vec![0; room]), None);
    }

    /// Whatever arrives is read or refused.
    #[test]
    fn any_bytes_are_read_or_malformed(bytes in vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    /// The same, close to what is right: one byte of a good message is another.
    #[test]
    fn a_damaged_message_is_read_or_malformed(
        parts in parts(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = encode(&parts.request())?;
        let at = LENGTH_BYTES + at.index(bytes.len() - LENGTH_BYTES);
        bytes[at] = byte;

        read_all(&bytes[LENGTH_BYTES..]);
    }
}

/// What was read from bytes holds no more than they did.
fn read_all(bytes: &[u8]) {
    if let Ok(request) = decode::<Request<'_>>(bytes) {
        assert_eq!(encode(&request).expect("read, so written").len(), LENGTH_BYTES + bytes.len());
    }
    if let Ok(Outcome::Verified { report, .. }) = decode(bytes) {
        assert!(report.len() <= bytes.len());
    }
    let _ = (decode::<Verdict>(bytes), decode::<Control>(bytes));
}

/// A length that promises more than there is must not be believed: nothing is reserved for it.
#[test]
fn a_promised_length_reserves_nothing() {
    for length in [MESSAGE_BYTES_MAX as u64, u64::from(u32::MAX), u64::MAX] {
        let refused = [&1_u32.to_le_bytes()[..], &length.to_le_bytes(), b"short"].concat();
        assert_eq!(decode::<Outcome>(&refused), Err(Malformed));

        let mut request = encode(&Request { asker: samples::asker(), call: load() }).expect("one");
        let end = request.len() - NAME.len();
        request[end - 8..end].copy_from_slice(&length.to_le_bytes());
        assert_eq!(decode::<Request<'_>>(&request[LENGTH_BYTES..]), Err(Malformed));
    }
}

const NAME: &[u8] = b"libpq.so.5";

fn load() -> Call<'static> {
    Call::Load { library: NAME }
}

/// The limit holds for what is announced and for what is written.
#[test]
fn no_message_is_over_the_limit() {
    let over = u32::try_from(MESSAGE_BYTES_MAX + 1).expect("32 bits").to_le_bytes();
    let just = u32::try_from(MESSAGE_BYTES_MAX).expect("32 bits").to_le_bytes();
    let report = |bytes: usize| Outcome::Verified { code: 0, report: "x".repeat(bytes) };

    assert_eq!((frame::length(just), frame::length(over)), (Ok(MESSAGE_BYTES_MAX), Err(Malformed)));
    assert!(encode(&report(MESSAGE_BYTES_MAX)).is_err());
    assert_eq!(encode_into(&report(MESSAGE_BYTES_MAX), &mut vec![0; MESSAGE_BYTES_MAX + 64]), None);
    assert!(encode(&report(MESSAGE_BYTES_MAX - 64)).is_ok());
}

/// A guest's first word is never taken for a command's, nor the other way round.
#[test]
fn no_length_looks_like_control() {
    assert_eq!(frame::length(bigfoot_ipc::control::MAGIC), Err(Malformed));
    for (name, call) in samples::calls() {
        let bytes = encode(&Request { asker: samples::asker(), call }).expect(name);
        assert!(!bytes.starts_with(&bigfoot_ipc::control::MAGIC), "{name}");
    }
}

/// Each sample, cut anywhere, is malformed; the samples of `golden/` are what shims try this with.
#[test]
fn samples_are_whole_or_malformed() {
    for (name, call) in samples::calls() {
        let bytes = encode(&Request { asker: samples::asker(), call }).expect(name);
        for end in LENGTH_BYTES..bytes.len() {
            let cut = &bytes[LENGTH_BYTES..end];
            assert_eq!(decode::<Request<'_>>(cut), Err(Malformed), "{name} at {end}");
        }
    }
    for (name, verdict) in samples::verdicts() {
        let bytes = encode(&verdict).expect(name);
        for end in LENGTH_BYTES..bytes.len() {
            assert_eq!(decode::<Verdict>(&bytes[LENGTH_BYTES..end]), Err(Malformed), "{name}");
        }
    }
    for (name, cue) in samples::cues() {
        let bytes = encode(&cue).expect(name);
        for end in LENGTH_BYTES..bytes.len() {
            assert_eq!(decode::<Cue<'_>>(&bytes[LENGTH_BYTES..end]), Err(Malformed), "{name}");
        }
    }
    let ends = [samples::controls().len(), samples::outcomes().len()];
    assert_eq!(ends, [15, 14], "one of each");
}
