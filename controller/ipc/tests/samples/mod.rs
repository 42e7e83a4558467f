//! One message of each variant, no two fields alike, so that a field in another's place shows.

use bigfoot_ipc::VERSION;
use bigfoot_ipc::control::{Control, Origin, Outcome, Violation};
use bigfoot_ipc::guest::{Asker, Call, Cue, Part, Peer, Query, Registers, Transport, Verdict};

/// `AT_FDCWD` of Linux.
const CURRENT_DIRECTORY: i32 = -100;

/// Who asks.
pub fn asker() -> Asker<'static> {
    Asker {
        version: VERSION,
        thread: 4242,
        lineage: 4241,
        registers: Registers {
            instruction: 0x7f01_0203_0405,
            stack: 0x7ffe_1112_1314,
            frame: 0x7ffe_2122_2324,
        },
        test: b"tests/test_shop.py::test_order (call)",
        in_lookup: true,
    }
}

/// What a guest may be about to do.
pub fn calls() -> Vec<(&'static str, Call<'static>)> {
    vec![
        ("connect-v4", connect(Transport::Stream, internet("192.0.2.7:443"))),
        ("connect-v6", connect(Transport::Stream, internet("[2001:db8::7]:6379"))),
        ("connect-unix", connect(Transport::Datagram, Peer::Unix(b"/run/docker.sock"))),
        ("connect-unix-abstract", connect(Transport::Datagram, Peer::Unix(b"\0bus"))),
        ("connect-other", connect(Transport::Other, Peer::Other(40))),
        ("lookup-name", Call::Lookup { query: Query::Name(b"shop.example") }),
        ("lookup-records", Call::Lookup { query: Query::Records(b"_sip._tcp.shop.example") }),
        ("lookup-address", Call::Lookup { query: Query::Address([192, 0, 2, 8].into()) }),
        (
            "lookup-family",
            Call::Lookup { query: Query::Family { name: b"shop.example", v6: true } },
        ),
        ("lookup-kind", Call::Lookup { query: Query::Kind { name: b"shop.example", kind: 15 } }),
        ("resolved", Call::Resolved { name: b"shop.example", addresses: ADDRESSES }),
        (
            "open",
            Call::Open {
                path: b"etc/hostname",
                directory: CURRENT_DIRECTORY,
                read: true,
                write: false,
            },
        ),
        ("exec", exec(Some(b"/usr/local/bin:/usr/bin"), true)),
        ("exec-no-search", exec(None, false)),
        ("exec-failed", Call::ExecFailed { start: 0x0102_0304_0506_0708 }),
        ("load", Call::Load { library: b"libpq.so.5" }),
        (
            "serve",
            Call::Serve {
                transport: Transport::Stream,
                cookie: 0x1112_1314_1516_1718,
                inode: 0x2122_2324,
            },
        ),
        ("stand", stand(Some(b"in\n"))),
        ("stand-unread", stand(None)),
        ("test", Call::Test),
        ("thread", Call::Thread { argument: 0x7f11_1213_1415 }),
    ]
}

/// 192.0.2.9, v4-mapped, and 2001:db8::9.
const ADDRESSES: &[u8] = &[
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 9, //
    0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9,
];

fn connect(transport: Transport, peer: Peer<'static>) -> Call<'static> {
    Call::Connect { transport, peer }
}

fn internet(address: &str) -> Peer<'static> {
    Peer::Internet(address.parse().expect("address and port"))
}

fn stand(input: Option<&'static [u8]>) -> Call<'static> {
    Call::Stand { number: 7, arguments: b"kubectl\0get\0", environment: b"A=1\0", input }
}

fn exec(search: Option<&'static [u8]>, spawns: bool) -> Call<'static> {
    Call::Exec { file: b"git", directory: 5, search, arguments: b"git\0push\0\0", spawns }
}

/// What a guest may hear.
pub fn verdicts() -> Vec<(&'static str, Verdict)> {
    let v6 = [0xfd, 0xb1, 0x6f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    vec![
        ("allow", Verdict::Allow),
        ("redirect", Verdict::Redirect { to: "127.0.0.1:4711".parse().expect("address and port") }),
        ("redirect-v6", Verdict::Redirect { to: "[::1]:4712".parse().expect("address and port") }),
        ("answer", Verdict::Answer { v4: [198, 18, 0, 1], v6 }),
        ("deny", Verdict::Deny { errno: 13 }),
        ("start", Verdict::Start { start: 0x0807_0605_0403_0201, arm: true }),
        ("found", Verdict::Found { count: 2, addresses: found(v6) }),
        ("not-found", Verdict::NotFound { code: -2 }),
        ("unix", Verdict::Unix { number: 12 }),
        ("file", Verdict::File { number: 13 }),
        ("stand-in", Verdict::StandIn { start: 3, number: 7, reads: true }),
    ]
}

/// Two addresses in room for eight.
fn found(first: [u8; 16]) -> [[u8; 16]; 8] {
    let mut addresses = [[0; 16]; 8];
    addresses[0] = first;
    addresses[1][10..].copy_from_slice(&[0xff, 0xff, 192, 0, 2, 9]);
    addresses
}

/// What a stand-in may hear.
pub fn cues() -> Vec<(&'static str, Cue<'static>)> {
    let part = Part { output: b"web-0\n", error: b"slow\n", delay_ms: 50, code: 3, signal: 9 };
    vec![
        ("play", Cue::Play(part)),
        ("become", Cue::Become { program: b"/usr/bin/git", start: 8, arm: true }),
    ]
}

/// Where something stands.
fn origin() -> Origin {
    Origin { file: "tests/pay.rs".to_owned(), line: 42 }
}

/// What a command or a test may say.
pub fn controls() -> Vec<(&'static str, Control)> {
    let (source, fields) = ("http:request".to_owned(), r#"{"method":"GET"}"#.to_owned());
    let test = "tests::pays".to_owned();
    vec![
        ("verify", Control::Verify { version: VERSION }),
        (
            "hello",
            Control::Hello {
                version: VERSION,
                language: "rust".to_owned(),
                thread: 4711,
                test,
                origin: origin(),
            },
        ),
        (
            "mock",
            Control::Mock {
                mock: r#"{"source":"dns:lookup","when":{"name":"ü.example"}}"#.to_owned(),
                origin: origin(),
            },
        ),
        (
            "rules",
            Control::Rules {
                allow: vec!["redis://localhost".to_owned(), "dns:*".to_owned()],
                deny: vec!["http:*".to_owned()],
                restrict: Vec::new(),
                origin: origin(),
            },
        ),
        ("lift", Control::Lift { rules: 3 }),
        ("open", Control::Open { origin: origin() }),
        ("close", Control::Close { sandbox: 2 }),
        ("any-order", Control::AnyOrder { on: true }),
        (
            "assert",
            Control::Assert {
                source: source.clone(),
                fields: fields.clone(),
                reply: r#"{"status":201}"#.to_owned(),
                judged: vec!["url".to_owned()],
                origin: origin(),
            },
        ),
        ("judged", Control::Judged { holds: true }),
        ("call", Control::Call { source, fields, origin: origin() }),
        ("returned", Control::Returned { interaction: 9, reply: "{}".to_owned() }),
        ("enter", Control::Enter { thread: 4712 }),
        ("leave", Control::Leave { thread: 4712 }),
        ("check", Control::Check),
    ]
}

/// What a command or a test may hear.
pub fn outcomes() -> Vec<(&'static str, Outcome)> {
    let (report, reason) = ("2 calls were refused: ü\n".to_owned(), "no such run".to_owned());
    let violation = Violation {
        code: "BF104".to_owned(),
        name: "UnmockedInteraction".to_owned(),
        about: "GET http://x/a".to_owned(),
        text: "error[BF104]: call that no mock answers\n".to_owned(),
        paste: "bigfoot::http()".to_owned(),
        interaction: 7,
    };
    vec![
        ("verified", Outcome::Verified { code: 60, report }),
        ("refused", Outcome::Refused { reason }),
        ("welcome", Outcome::Welcome { test: 5 }),
        ("done", Outcome::Done),
        ("mocked", Outcome::Mocked { mock: 6 }),
        ("ruled", Outcome::Ruled { rules: 3 }),
        ("opened", Outcome::Opened { sandbox: 2 }),
        ("closed", Outcome::Closed { open: 1, refused: 2 }),
        ("asserted", Outcome::Asserted { interaction: 9 }),
        ("judge", Outcome::Judge { interaction: 9, fields: r#"{"url":"http://x/a"}"#.to_owned() }),
        ("violated", Outcome::Violated { violation: violation.clone() }),
        ("answered", Outcome::Answered { interaction: 9, mock: Some(6), nth: 1 }),
        ("answered-really", Outcome::Answered { interaction: 10, mock: None, nth: 0 }),
        ("checked", Outcome::Checked { violations: vec![violation] }),
    ]
}
