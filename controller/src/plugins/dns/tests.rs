//! Conversations on paper: what a client asks, and what it must hear.

use std::sync::Arc;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use proptest::prelude::*;

use super::*;
use crate::mocks::{Act, Times};
use crate::plugins::conversation::{End, Event, Fault, Output, Upstream};
use crate::plugins::transcript::{Transcript, opening};
use crate::rules::Origin;

/// A client that asks by datagrams.
fn datagrams() -> Transcript {
    let opening = Opening { transport: Transport::Datagram, ..opening("192.0.2.53", 53) };
    Transcript::opened(&Dns, &opening)
}

/// A client that asks over TCP.
fn stream() -> Transcript {
    Transcript::of(&Dns, "192.0.2.53", 53)
}

/// A question as clients ask it, with EDNS.
fn question(name: &str, kind: RecordType) -> Message {
    let mut message = Message::new(0x1234, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    let mut edns = Edns::new();
    edns.set_max_payload(1232);
    message.set_edns(edns);
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    message
}

fn bytes(message: &Message) -> Vec<u8> {
    message.to_vec().unwrap()
}

/// The one message that the client hears.
fn heard(output: &Output) -> Message {
    assert_eq!(output.messages.len(), 1, "{output:?}");
    Message::from_vec(&output.messages[0]).unwrap()
}

fn ask(client: &mut Transcript, name: &str, kind: RecordType) -> Message {
    heard(client.on(Event::Client(&bytes(&question(name, kind)))))
}

/// The records of an answer, as in a zone file.
fn lines(message: &Message) -> Vec<String> {
    message
        .answers
        .iter()
        .map(|one| {
            format!("{} {} {} {}", one.name, one.ttl, one.record_type(), record::text(&one.data))
        })
        .collect()
}

fn words(words: &[&str]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

fn framed(message: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    frame::put(&mut stream, message);
    stream
}

/// Each record type has its records; the question comes back as it was asked, in the client's own case.
#[test]
fn a_mocked_question_is_answered_with_its_records() {
    for (name, kind, records, expected) in [
        (
            "Example.com.",
            RecordType::MX,
            "10 mail.example.com",
            "Example.com. 300 MX 10 mail.example.com",
        ),
        ("example.com.", RecordType::TXT, "v=spf1 -all", "example.com. 300 TXT v=spf1 -all"),
        (
            "_sip._tcp.example.com.",
            RecordType::SRV,
            "1 2 5060 a.example",
            "_sip._tcp.example.com. 300 SRV 1 2 5060 a.example",
        ),
        (
            "www.example.com.",
            RecordType::CNAME,
            "edge.example.net",
            "www.example.com. 300 CNAME edge.example.net",
        ),
        (
            "7.2.0.192.in-addr.arpa.",
            RecordType::PTR,
            "host.example",
            "7.2.0.192.in-addr.arpa. 300 PTR host.example",
        ),
    ] {
        let reply = Fields::new().with("records", words(&[records])).with("ttl", 300);
        let mut client = datagrams().mocked(SOURCE, reply);

        let answer = ask(&mut client, name, kind);

        assert_eq!(lines(&answer), [expected]);
        assert_eq!(
            (answer.metadata.id, answer.metadata.response_code),
            (0x1234, ResponseCode::NoError)
        );
        assert!(answer.metadata.recursion_available && answer.metadata.recursion_desired);
        assert!(answer.queries[0].name().eq_case(&Name::from_ascii(name).unwrap()));
    }
}

/// An A question hears the IPv4 addresses, an AAAA question the IPv6 ones, each with the chain of names before.
#[test]
fn addresses_are_answered_by_family() {
    let reply = Fields::new()
        .with("addresses", words(&["2001:db8::1", "192.0.2.1", "192.0.2.2"]))
        .with("aliases", words(&["edge.example.net"]));
    let mut client = datagrams()
        .mocked(SOURCE, reply.clone())
        .mocked(SOURCE, reply.clone())
        .mocked(SOURCE, reply);
    let alias = "www.example.com. 60 CNAME edge.example.net";

    let v4 = ask(&mut client, "www.example.com.", RecordType::A);
    let v6 = ask(&mut client, "www.example.com.", RecordType::AAAA);
    let other = ask(&mut client, "www.example.com.", RecordType::CNAME);

    assert_eq!(
        lines(&v4),
        [alias, "edge.example.net. 60 A 192.0.2.1", "edge.example.net. 60 A 192.0.2.2"]
    );
    assert_eq!(lines(&v6), [alias, "edge.example.net. 60 AAAA 2001:db8::1"]);
    assert_eq!(lines(&other), [""; 0]);
}

/// What is asked is recorded by name, type and family; a reverse name as its address.
#[test]
fn questions_are_recorded() {
    let mut client = datagrams();

    ask(&mut client, "API.example.com.", RecordType::A);
    ask(&mut client, "7.2.0.192.in-addr.arpa.", RecordType::PTR);
    ask(&mut client, "api.example.com.", RecordType::Unknown(65400));

    let names: Vec<_> =
        client.asked().iter().map(|(_, fields)| Dns.words(&CARD.interactions[0], fields)).collect();
    assert_eq!(
        names,
        [
            "look-up of api.example.com (A)",
            "look-up of 192.0.2.7 (PTR)",
            "look-up of api.example.com (TYPE65400)"
        ]
    );
    assert_eq!(client.asked()[0].1.text("family").as_deref(), Some("ipv4"));
}

/// Each error is the DNS's own; a server that says nothing says nothing.
#[test]
fn errors_are_response_codes() {
    for (error, code) in [
        ("nxdomain", ResponseCode::NXDomain),
        ("servfail", ResponseCode::ServFail),
        ("nodata", ResponseCode::NoError),
    ] {
        let mut client = datagrams().mocked(SOURCE, Fields::new().with("error", error));
        let answer = ask(&mut client, "gone.example.", RecordType::A);
        assert_eq!((answer.metadata.response_code, answer.answers.len()), (code, 0), "{error}");
    }

    let fault = Fault { kind: FaultKind::Timeout, after: 0, delay_ms: 0 };
    let mut client =
        datagrams().mocked(SOURCE, Fields::new().with("error", "timeout")).failing(SOURCE, fault);
    let asked = bytes(&question("slow.example.", RecordType::A));
    assert_eq!(*client.on(Event::Client(&asked)), Output::default());
    assert_eq!(*client.on(Event::Client(&asked)), Output::default());
}

/// What no mock answers is refused at once, and a client that can hear why hears it.
#[test]
fn an_unmocked_question_is_refused_with_the_reason() {
    let mut client = datagrams();

    let answer = ask(&mut client, "other.example.", RecordType::A);

    assert_eq!(answer.metadata.response_code, ResponseCode::Refused);
    let sent = &client.output.messages[0];
    assert!(String::from_utf8_lossy(sent).contains("\0\x12no mock answers it"), "{sent:?}");
}

/// A datagram that the client cannot take is cut and marked; over TCP the answer is whole.
#[test]
fn a_long_answer_is_cut_in_datagrams_only() {
    let texts: Vec<String> = (0..40).map(|index| format!("{index} {}", "x".repeat(100))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let reply = || Fields::new().with("records", words(&texts));
    let asked = bytes(&question("long.example.", RecordType::TXT));

    let mut client = datagrams().mocked(SOURCE, reply());
    let cut = heard(client.on(Event::Client(&asked)));
    let mut client = stream().mocked(SOURCE, reply());
    let whole = client.on(Event::Client(&framed(&asked))).client.split_off_message();

    assert!(cut.metadata.truncation && cut.answers.is_empty());
    assert!(!whole.metadata.truncation);
    assert_eq!(whole.answers.len(), 40);
}

/// The one message of a stream.
trait Stream {
    fn split_off_message(&self) -> Message;
}

impl Stream for Vec<u8> {
    fn split_off_message(&self) -> Message {
        let (message, rest) = frame::split(self).expect("a message");
        assert!(rest.is_empty());
        Message::from_vec(message).unwrap()
    }
}

/// A client without EDNS takes 512 bytes, and hears no EDNS; one of a later version hears which we speak.
#[test]
fn edns_is_answered_as_it_is_asked() {
    let reply = Fields::new().with("addresses", words(&["192.0.2.1"]));
    let mut client = datagrams().mocked(SOURCE, reply.clone()).mocked(SOURCE, reply);
    let mut plain = question("a.example.", RecordType::A);
    plain.edns = None;
    let mut later = question("a.example.", RecordType::A);
    later.edns.as_mut().unwrap().set_version(1);

    let to_plain = heard(client.on(Event::Client(&bytes(&plain))));
    let to_later = heard(client.on(Event::Client(&bytes(&later))));

    assert!(to_plain.edns.is_none());
    assert_eq!(to_later.edns.as_ref().map(Edns::version), Some(0));
    assert_eq!(u16::from(to_later.metadata.response_code), u16::from(ResponseCode::BADVERS));
    assert_eq!(client.asked().len(), 1);
}

/// Other operations and classes are not to be had here, and say so in the DNS's own words.
#[test]
fn what_is_no_look_up_is_not_implemented() {
    let mut update = question("a.example.", RecordType::SOA);
    update.metadata.op_code = OpCode::Update;
    let mut chaos = question("version.bind.", RecordType::TXT);
    chaos.queries[0].set_query_class(DNSClass::CH);
    for message in [update, chaos] {
        let mut client = datagrams();
        let answer = heard(client.on(Event::Client(&bytes(&message))));
        assert_eq!(answer.metadata.response_code, ResponseCode::NotImp);
        assert!(client.output.malformed.is_none() && client.asked().is_empty());
    }
}

/// A client off its protocol hears so, as far as it can be told, and is reported with its bytes.
#[test]
fn broken_messages_are_malformed() {
    let mut two = question("a.example.", RecordType::A);
    two.add_query(Query::query(Name::from_ascii("b.example.").unwrap(), RecordType::A));
    let mut cut = bytes(&question("a.example.", RecordType::A));
    cut.truncate(20);
    for message in [bytes(&two), cut] {
        let mut client = datagrams();
        let answer = heard(client.on(Event::Client(&message)));
        assert_eq!(
            (answer.metadata.id, answer.metadata.response_code),
            (0x1234, ResponseCode::FormErr)
        );
        assert!(client.output.malformed.is_some() && client.asked().is_empty());
    }
    let mut client = datagrams();
    assert!(client.on(Event::Client(b"GET / HTTP")).messages.is_empty());
    assert_eq!(client.output.malformed.as_ref().unwrap().reason, "sent less than a DNS header");
}

/// A client over TCP may send a question in pieces, and several in one; it ends when it is done.
#[test]
fn a_stream_is_taken_message_by_message() {
    let reply = Fields::new().with("addresses", words(&["192.0.2.1"]));
    let mut client = stream().mocked(SOURCE, reply.clone()).mocked(SOURCE, reply);
    let one = framed(&bytes(&question("a.example.", RecordType::A)));
    let two = [&one[..], &one].concat();

    assert!(client.on(Event::Client(&two[..1])).client.is_empty());
    assert!(client.on(Event::Client(&two[1..9])).client.is_empty());
    let both = client.on(Event::Client(&two[9..])).client.clone();
    let (_, second) = frame::split(&both).unwrap();
    assert_eq!(lines(&second.to_vec().split_off_message()), ["a.example. 60 A 192.0.2.1"]);

    assert_eq!(client.on(Event::ClientEnd).end, Some(End::Close));
    assert!(client.output.malformed.is_none());
}

/// A connection that ends within a message, or speaks another protocol, is told apart.
#[test]
fn a_stream_off_its_protocol_is_closed() {
    let mut client = stream();
    client.on(Event::Client(b"\x00\xffab"));
    assert_eq!(
        client.on(Event::ClientEnd).malformed.as_ref().unwrap().reason,
        "ended within a DNS message"
    );

    let mut client = stream();
    assert_eq!(client.on(Event::Client(b"\x00\x02ab")).end, Some(End::Close));
}

/// A question that is let through goes to the server that the guest meant, as it is; its answer comes
/// back as it is, and is recorded as a mock would have it.
#[test]
fn a_real_question_is_forwarded_and_its_answer_recorded() {
    let mut client = datagrams().passed(SOURCE, 7).passed(SOURCE, 8);
    let asked = bytes(&question("real.example.", RecordType::A));

    let output = client.on(Event::Client(&asked));
    let upstream = Upstream { host: "192.0.2.53".into(), port: 53, tls: None };
    assert_eq!((output.connect.as_ref(), &output.upstream), (Some(&upstream), &asked));
    let output = client.on(Event::Client(&bytes(&with_id(9))));
    assert_eq!(output.connect, None);

    let mut answer = question("real.example.", RecordType::A);
    answer.metadata.message_type = MessageType::Response;
    let owner = Name::from_ascii("real.example.").unwrap();
    answer.add_answer(Record::from_rdata(owner, 30, RData::A(A("192.0.2.99".parse().unwrap()))));
    let answer = bytes(&answer);
    assert_eq!(client.on(Event::Upstream(&answer)).messages[0], answer);
    assert!(client.on(Event::Upstream(&answer)).messages.is_empty()); // nobody waits any more

    let lost = heard(client.on(Event::UpstreamFailed("connection refused")));
    assert_eq!((lost.metadata.id, lost.metadata.response_code), (9, ResponseCode::ServFail));
    let known = Fields::new().with("addresses", words(&["192.0.2.99"])).with("ttl", 30);
    assert_eq!(client.completed(), [(7, known), (8, Fields::new().with("error", "servfail"))]);
}

fn with_id(id: u16) -> Message {
    let mut message = question("other.example.", RecordType::MX);
    message.metadata.id = id;
    message
}

/// Over TCP a real server's answer may come in pieces, too; the client's end waits for it.
#[test]
fn a_real_answer_over_tcp_is_awaited() {
    let mut client = stream().passed(SOURCE, 1);
    let asked = framed(&bytes(&question("real.example.", RecordType::A)));
    let answer = framed(&{
        let mut answer = question("real.example.", RecordType::A);
        answer.metadata.message_type = MessageType::Response;
        bytes(&answer)
    });

    assert_eq!(client.on(Event::Client(&asked)).upstream, asked);
    assert_eq!(client.on(Event::ClientEnd).end, None);
    assert!(client.on(Event::Upstream(&answer[..5])).client.is_empty());
    assert_eq!(client.on(Event::Upstream(&answer[5..])).client, answer);
    assert_eq!(client.output.end, Some(End::Close));
    assert_eq!(client.completed()[0].1, Fields::new().with("error", "nodata"));
}

/// Datagrams and streams to the port of name servers are taken, what is encrypted only without its TLS.
#[test]
fn name_servers_are_known_by_their_ports() {
    let at = |port, encrypted| Opening { encrypted, ..opening("192.0.2.53", port) };

    assert!(Dns.converse(&at(53, false)).is_some());
    assert!(Dns.converse(&at(853, true)).is_some());
    assert!(Dns.converse(&at(853, false)).is_none());
    assert!(Dns.converse(&at(80, false)).is_none());
}

fn mock(when: &[(&'static str, &str)], reply: Fields) -> Mock {
    let exact = |(name, text): &(&'static str, &str)| (*name, Matcher::Exact((*text).into()));
    Mock {
        plugin: &Dns,
        shape: &CARD.interactions[0],
        when: When(when.iter().map(exact).collect()),
        act: Act::Replies(vec![Arc::new(reply)]),
        times: Times::ONCE,
        test: None,
        asserts: false,
        steps: Vec::new(),
        origin: Origin::Flag("--mock"),
    }
}

fn fault_of(when: &[(&'static str, &str)], reply: Fields) -> Option<&'static str> {
    let mock = mock(when, reply);
    Dns.check(mock.shape, &mock).err().map(|unfit| unfit.key)
}

/// What the DNS can say is taken.
#[test]
fn a_mock_that_can_answer_is_fit() {
    let addresses = |list: &[&str]| Fields::new().with("addresses", words(list));
    let records = |list: &[&str]| Fields::new().with("records", words(list));
    for (when, reply) in [
        (&[("name", "api.example.com")][..], addresses(&["192.0.2.1", "2001:db8::1"])),
        (&[("name", "api.example.com"), ("family", "ipv6")], addresses(&["2001:db8::1"])),
        (&[("name", "api.example.com"), ("type", "a+aaaa")], addresses(&["192.0.2.1"])),
        (&[("name", "_dmarc.example.com"), ("type", "txt")], records(&["v=DMARC1; p=none"])),
        (&[("name", "example.com"), ("type", "MX")], records(&["10 a.example", "20 b.example"])),
        (&[("name", "192.0.2.1"), ("type", "PTR")], records(&["host.example"])),
        (&[("name", "1.2.0.192.in-addr.arpa"), ("type", "PTR")], records(&["host.example"])),
        (&[("name", "gone.example")], Fields::new().with("error", "NXDOMAIN")),
        (&[("name", "münchen.example")], addresses(&["192.0.2.1"])),
    ] {
        let mock = mock(when, reply);
        assert_eq!(Dns.check(mock.shape, &mock), Ok(()), "{when:?}");
    }
}

/// What it cannot say, or what no look-up ever is, names the key at fault.
#[test]
fn a_mock_that_cannot_be_is_unfit() {
    let name = &[("name", "a.example")][..];
    let mx = &[("name", "a.example"), ("type", "MX")][..];
    let addresses = |list: &[&str]| Fields::new().with("addresses", words(list));
    let records = |list: &[&str]| Fields::new().with("records", words(list));
    let many = ["192.0.2.1"; 9];
    for (when, reply, key) in [
        (name, Fields::new(), "addresses"),
        (mx, Fields::new(), "records"),
        (name, addresses(&["localhost"]), "addresses"),
        (name, addresses(&many), "addresses"),
        (mx, addresses(&["192.0.2.1"]), "addresses"),
        (&[("name", "a.example"), ("type", "A")], addresses(&["2001:db8::1"]), "addresses"),
        (&[("name", "a.example"), ("type", "A")], records(&["192.0.2.1"]), "records"),
        (name, records(&["10 mail.example"]), "records"),
        (mx, records(&["mail.example"]), "records"),
        (
            &[("name", "a.example"), ("type", "CNAME")],
            records(&["b.example", "c.example"]),
            "records",
        ),
        (name, Fields::new().with("error", "refused"), "error"),
        (name, addresses(&["192.0.2.1"]).with("error", "nxdomain"), "error"),
        (name, addresses(&["192.0.2.1"]).with("ttl", -1), "ttl"),
        (name, Fields::new().with("aliases", words(&["a..b"])), "aliases"),
        (&[("name", "a b")], addresses(&["192.0.2.1"]), "name"),
        (&[("name", "192.0.2.1")], addresses(&["192.0.2.1"]), "name"),
        (&[("name", "192.0.2.1"), ("type", "MX")], records(&["10 a.example"]), "name"),
        (&[("name", "a.example"), ("type", "ANY")], records(&["x"]), "type"),
        (&[("name", "a.example"), ("family", "inet")], addresses(&["192.0.2.1"]), "family"),
        (
            &[("name", "a.example"), ("type", "MX"), ("family", "ipv4")],
            records(&["10 a.example"]),
            "family",
        ),
        (
            &[("name", "a.example"), ("type", "A"), ("family", "ipv6")],
            addresses(&["2001:db8::1"]),
            "family",
        ),
    ] {
        assert_eq!(fault_of(when, reply.clone()), Some(key), "{when:?} {reply:?}");
    }
}

/// A mock is found by its name in whatever spelling, and one without a type is for addresses.
#[test]
fn a_mock_fits_look_ups_by_its_name_and_type() {
    let shape = &CARD.interactions[0];
    let plain = mock(&[("name", "API.example.com.")], Fields::new()).when;
    let reverse = mock(&[("name", "7.2.0.192.in-addr.arpa"), ("type", "PTR")], Fields::new()).when;

    for fields in [both("api.example.com"), family("api.example.com", Family::V6)] {
        assert!(Dns.fits(shape, &plain, &fields));
        assert_eq!(Dns.mock_key(shape, &plain), Dns.key(shape, &fields));
    }
    assert!(!Dns.fits(shape, &plain, &records_of("api.example.com", 15)));
    assert!(!Dns.fits(shape, &plain, &both("other.example.com")));
    let looked_up = pointer("192.0.2.7".parse().unwrap());
    assert_eq!(Dns.mock_key(shape, &reverse), Dns.key(shape, &looked_up));
}

/// A pasted mock answers what was recorded: both families, or the one type.
#[test]
fn a_pasted_mock_names_the_type_where_it_matters() {
    let shape = &CARD.interactions[0];
    let names = |fields: &Fields| {
        Dns.paste(shape, fields).iter().map(|(name, _)| *name).collect::<Vec<_>>()
    };

    assert_eq!(names(&family("a.example", Family::V4)), ["name"]);
    assert_eq!(names(&records_of("a.example", 15)), ["name", "type"]);
}

/// A conversation with a client that says these things.
fn talk(stream: bool, pieces: &[Vec<u8>], real: bool) -> usize {
    let transport = if stream { Transport::Stream } else { Transport::Datagram };
    let mut client = Transcript::opened(&Dns, &Opening { transport, ..opening("192.0.2.53", 53) });
    for number in 0..4 {
        client = if real {
            client.passed(SOURCE, number)
        } else {
            client.mocked(SOURCE, Fields::new().with("addresses", words(&["192.0.2.1"])))
        };
    }
    let mut said = 0;
    for piece in pieces {
        let output = client.on(Event::Client(piece));
        said += output.client.len() + output.messages.iter().map(Vec::len).sum::<usize>();
        let output = client.on(Event::Upstream(piece));
        said += output.client.len() + output.messages.iter().map(Vec::len).sum::<usize>();
    }
    client.on(Event::UpstreamEnd);
    client.on(Event::ClientEnd);
    said
}

proptest! {
    /// Any bytes in any pieces: no panic, and no more said than a little for each message.
    #[test]
    fn any_bytes_are_answered_within_bounds(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..8),
        stream: bool, real: bool,
    ) {
        prop_assert!(talk(stream, &pieces, real) < 100_000);
    }

    /// The same of questions with some bytes changed.
    #[test]
    fn any_changed_question_is_answered_within_bounds(
        changes in proptest::collection::vec((0..60_usize, any::<u8>()), 0..6),
        stream: bool, real: bool, cut in 0..80_usize,
    ) {
        let mut message = bytes(&question("www.example.com.", RecordType::A));
        if stream {
            message = framed(&message);
        }
        for (place, byte) in changes {
            if let Some(old) = message.get_mut(place) {
                *old = byte;
            }
        }
        let (head, tail) = message.split_at(cut.min(message.len()));
        prop_assert!(talk(stream, &[head.to_vec(), tail.to_vec()], real) < 100_000);
    }

    /// However a stream is cut, the same is said.
    #[test]
    fn pieces_of_a_stream_make_no_difference(cuts in proptest::collection::vec(0..200_usize, 0..5)) {
        let one = framed(&bytes(&question("www.example.com.", RecordType::A)));
        let whole = one.repeat(4);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(whole.len())).collect();
        cuts.extend([0, whole.len()]);
        cuts.sort_unstable();
        let pieces: Vec<Vec<u8>> = cuts.windows(2).map(|ends| whole[ends[0]..ends[1]].to_vec()).collect();

        let mut said = Vec::new();
        let mut client = stream();
        for piece in pieces {
            said.extend_from_slice(&client.on(Event::Client(&piece)).client);
        }
        prop_assert_eq!(said, stream().on(Event::Client(&whole)).client.clone());
    }
}
