//! Whole reports, word for word.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::*;
use crate::call::{Call, Connect, Exec, Load, Lookup, Open, Peer, Query, Transport};
use crate::site::{Frame, Place, Stack};
use crate::timeline::Layer;

mod broken;

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn guarded() -> Finding {
    Finding {
        code: Code::Guarded,
        refused: true,
        call: Call::Connect(Connect {
            transport: Transport::Stream,
            peer: Peer::Internet(address("203.0.113.5:443")),
            names: vec!["api.example.com".to_owned()],
        }),
        layer: Layer::Preload,
        protocol: "http",
        test: Attribution::Test("tests::fetches_a_user".to_owned()),
        chain: vec!["cargo test".to_owned(), "target/debug/deps/app-1a2b".to_owned()],
        thread: None,
        stack: Stack { frames: vec![Frame { module: None, address: 42 }] },
        script: None,
        rule: None,
        allow: "https://api.example.com".to_owned(),
        count: 4,
        request: None,
        parts: Vec::new(),
        mock: None,
    }
}

fn denied() -> Finding {
    Finding {
        code: Code::Denied,
        call: Call::Exec(Exec {
            program: "/usr/bin/git".into(),
            arguments: [&b"git"[..], b"push", b"--force", b"a b"].map(<[u8]>::to_vec).into(),
        }),
        protocol: "subprocess",
        thread: Some("worker-1".to_owned()),
        rule: Some(("subprocess:git".to_owned(), "bigfoot.toml:4".to_owned())),
        allow: "subprocess:/usr/bin/git".to_owned(),
        count: 1,
        ..guarded()
    }
}

fn restricted() -> Finding {
    Finding {
        code: Code::Restricted,
        call: Call::Open(Open { path: "/etc/hosts".into(), read: false, write: true }),
        protocol: "file",
        test: Attribution::Thread("tests::writes_t".to_owned()),
        stack: Stack::default(),
        rule: Some(("http://*".to_owned(), "--restrict".to_owned())),
        allow: "file+w:/etc/hosts".to_owned(),
        count: 1,
        ..guarded()
    }
}

fn warned() -> Finding {
    Finding {
        refused: false,
        call: Call::Lookup(Lookup { query: Query::Name("db.internal".to_owned()) }),
        protocol: "dns",
        test: Attribution::Unknown,
        script: Some("tests/check.py".to_owned()),
        allow: "dns:db.internal".to_owned(),
        count: 1,
        ..guarded()
    }
}

fn coverage() -> Coverage {
    let program = PathBuf::from("/usr/bin/busybox");
    Coverage {
        processes: 12,
        armed: 11,
        tools: 3,
        by_backstop: Vec::new(),
        blind: vec![Blind { program, reason: Reason::Static, count: 1 }],
        lost: 0,
    }
}

fn report(findings: Vec<Finding>) -> Report {
    Report { findings, coverage: coverage(), ..Report::default() }
}

/// Places for the stacks of the samples: the frame at 42 is in a file of the project.
fn places(stack: &Stack) -> Vec<Place> {
    let place = |_: &Frame| Place {
        function: Some("app::client::fetch".to_owned()),
        file: Some("/home/ada/app/src/client.rs".into()),
        line: Some(42),
        module: Some("/home/ada/app/target/debug/deps/app-1a2b".into()),
    };
    stack.frames.iter().map(place).collect()
}

fn written(report: &Report, format: Format, colour: bool) -> String {
    let style = Style { colour, base: Some("/home/ada/app".into()) };
    let mut out = Vec::new();
    write(report, format, &style, &mut places, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What is read of each code, in the order in which it is read; what was refused comes first.
#[test]
fn a_person_reads_cause_place_and_way_out() {
    let report = report(vec![warned(), guarded(), denied(), restricted()]);

    assert_eq!(
        written(&report, Format::Human, false),
        "\
error[BF101]: call that no rule allows
  test     tests::fetches_a_user
  process  cargo test > target/debug/deps/app-1a2b
  at       src/client.rs:42, in app::client::fetch
  call     connect to api.example.com (203.0.113.5) port 443, http, 4 times
  rule     none speaks for it, and the guard level is error
  allow    [firewall] # bigfoot.toml
           allow = [\"https://api.example.com\"]
           or --allow https://api.example.com
  more     bigfoot explain BF101

error[BF102]: call that a rule denies
  test     tests::fetches_a_user
  process  cargo test > target/debug/deps/app-1a2b, thread worker-1
  at       src/client.rs:42, in app::client::fetch
  call     start of /usr/bin/git push --force 'a b'
  rule     subprocess:git (bigfoot.toml:4)
  allow    change or remove the rule at bigfoot.toml:4, or for this test
           [firewall.per-test-allow] # bigfoot.toml
           \"tests::fetches_a_user\" = [\"subprocess:/usr/bin/git\"]
           or --allow subprocess:/usr/bin/git
  more     bigfoot explain BF102

error[BF103]: call outside a restriction
  test     unknown; the thread is named tests::writes_t
  process  cargo test > target/debug/deps/app-1a2b
  at       unknown
  call     write of /etc/hosts
  rule     http://* (--restrict)
  allow    add file+w:/etc/hosts to the restriction at --restrict, and
           [firewall] # bigfoot.toml
           allow = [\"file+w:/etc/hosts\"]
           or --allow file+w:/etc/hosts
  more     bigfoot explain BF103

warning[BF101]: call that no rule allows
  test     unknown
  process  cargo test > target/debug/deps/app-1a2b
  at       script tests/check.py
  call     look-up of db.internal
  rule     none speaks for it; would be refused under guard = \"error\"
  allow    [firewall] # bigfoot.toml
           allow = [\"dns:db.internal\"]
           or --allow dns:db.internal
  more     bigfoot explain BF101

bigfoot: 6 calls refused; 1 call warned about; 12 processes, 11 armed, 0 by backstop only, 1 blind \
(static: /usr/bin/busybox); 3 tools, not guarded
"
    );
}

/// Where nothing was wrong there is one line.
#[test]
fn a_clean_run_is_one_line() {
    let coverage = Coverage { processes: 1, armed: 1, ..Coverage::default() };
    let report = Report { coverage, ..Report::default() };

    let text = written(&report, Format::Human, true);

    assert_eq!(text, "bigfoot: 1 process, 1 armed, 0 by backstop only, 0 blind\n");
}

/// Weaknesses and gaps are told before the last line.
#[test]
fn gaps_are_told_where_coverage_is_required() {
    let mut report = report(Vec::new());
    report.coverage_required = true;
    report.coverage.lost = 2;
    report.coverage.blind[0].count = 3;
    report.notes = vec!["no \u{1b}[31mbackstop".to_owned()];

    assert_eq!(written(&report, Format::Human, false), "\
note: no \\x1b[31mbackstop
error[BF201]: coverage is required, and 3 processes were not seen (static: /usr/bin/busybox 3 times), \
2 lost from sight
bigfoot: 12 processes, 11 armed, 0 by backstop only, 3 blind (static: /usr/bin/busybox 3 times), \
2 lost from sight; 3 tools, not guarded
");
}

/// Workflow commands put each finding beside its line.
#[test]
fn github_shows_findings_beside_the_lines() {
    let text = written(&report(vec![guarded(), warned()]), Format::Github, true);

    assert_eq!(
        text,
        "\
::error file=src/client.rs,line=42,title=BF101%3A call that no rule allows::\
connect to api.example.com (203.0.113.5) port 443, http, 4 times%0A\
test: tests::fetches_a_user%0A\
process: cargo test > target/debug/deps/app-1a2b%0A\
at: src/client.rs:42, in app::client::fetch%0A\
rule: none speaks for it, and the guard level is error%0A\
allow: [firewall] # bigfoot.toml%0A\
allow: allow = [\"https://api.example.com\"]%0A\
allow: or --allow https://api.example.com%0A\
more: bigfoot explain BF101
::warning title=BF101%3A call that no rule allows::\
look-up of db.internal%0A\
test: unknown%0A\
process: cargo test > target/debug/deps/app-1a2b%0A\
at: script tests/check.py%0A\
rule: none speaks for it; would be refused under guard = \"error\"%0A\
allow: [firewall] # bigfoot.toml%0A\
allow: allow = [\"dns:db.internal\"]%0A\
allow: or --allow dns:db.internal%0A\
more: bigfoot explain BF101
::notice title=bigfoot::bigfoot: 4 calls refused; 1 call warned about; 12 processes, 11 armed, \
0 by backstop only, 1 blind (static: /usr/bin/busybox); 3 tools, not guarded
"
    );
}

/// A document for programs, key by key.
#[test]
fn a_program_reads_one_document() {
    let document: serde_json::Value =
        serde_json::from_str(&written(&report(vec![denied()]), Format::Json, false)).unwrap();

    let place = serde_json::json!({
        "function": "app::client::fetch", "file": "src/client.rs", "line": 42,
        "module": "/home/ada/app/target/debug/deps/app-1a2b",
    });
    assert_eq!(
        document,
        serde_json::json!({
            "version": 1,
            "findings": [{
                "code": "BF102",
                "title": "call that a rule denies",
                "refused": true,
                "count": 1,
                "test": { "name": "tests::fetches_a_user", "known_by": "runner" },
                "process": {
                    "chain": ["cargo test", "target/debug/deps/app-1a2b"],
                    "thread": "worker-1",
                    "script": null,
                },
                "site": place,
                "call": {
                    "words": "start of /usr/bin/git push --force 'a b'",
                    "protocol": "subprocess",
                    "kind": "exec",
                    "program": "/usr/bin/git",
                    "arguments": ["git", "push", "--force", "a b"],
                },
                "layer": "preload",
                "rule": { "text": "subprocess:git", "place": "bigfoot.toml:4" },
                "allow": {
                    "rule": "subprocess:/usr/bin/git",
                    "words": "change or remove the rule at bigfoot.toml:4, or for this test",
                    "toml": "[firewall.per-test-allow]\n\"tests::fetches_a_user\" = [\"subprocess:/usr/bin/git\"]\n",
                    "flag": "--allow subprocess:/usr/bin/git",
                },
                "request": null,
                "parts": [],
                "mock": null,
                "stack": [place],
            }],
            "broken": [],
            "refused": 1,
            "warned": 0,
            "broken_count": 0,
            "command_failed": false,
            "coverage": {
                "required": false, "complete": false, "processes": 12, "armed": 11, "backstop_only": 0,
                "tools": 3, "lost": 0, "by_backstop": [], "blind_count": 1,
                "blind": [{ "program": "/usr/bin/busybox", "reason": "static", "count": 1 }],
            },
            "notes": [],
        })
    );
}

/// The call of each code in fields of its own.
#[test]
fn a_program_reads_the_call_of_each_code() {
    let text = written(&report(vec![guarded(), restricted(), warned()]), Format::Jsonl, false);

    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines[0]["call"],
        serde_json::json!({
            "words": "connect to api.example.com (203.0.113.5) port 443, http", "protocol": "http",
            "kind": "connect", "transport": "stream", "names": ["api.example.com"],
            "address": "203.0.113.5", "port": 443,
        })
    );
    assert_eq!(
        lines[1]["call"],
        serde_json::json!({
            "words": "write of /etc/hosts", "protocol": "file",
            "kind": "open", "path": "/etc/hosts", "read": false, "write": true,
        })
    );
    assert_eq!(
        lines[2]["call"],
        serde_json::json!({
            "words": "look-up of db.internal", "protocol": "dns", "kind": "lookup", "name": "db.internal",
        })
    );
    assert_eq!(lines[1]["site"], serde_json::Value::Null);
    assert_eq!(lines[2]["test"], serde_json::Value::Null);
    assert_eq!((&lines[0]["type"], &lines[3]["type"]), (&"finding".into(), &"summary".into()));
    assert_eq!((&lines[3]["version"], &lines[3]["warned"]), (&1.into(), &1.into()));
    assert_eq!(lines.len(), 4);
}

/// The remaining kinds of calls have words too.
#[test]
fn every_call_has_words() {
    let worded = |call| words::call(&Finding { call, ..guarded() });
    let connect = |transport, peer| Call::Connect(Connect { transport, peer, names: Vec::new() });
    let stream = Transport::Stream;

    let datagram = connect(Transport::Datagram, Peer::Internet(address("[2001:db8::1]:53")));
    assert_eq!(worded(datagram), "datagram to 2001:db8::1 port 53, http");
    assert_eq!(
        worded(connect(stream, Peer::UnixPath("/run/x".into()))),
        "connect to unix socket /run/x"
    );
    let hidden = connect(stream, Peer::UnixAbstract(b"x\0y".to_vec()));
    assert_eq!(worded(hidden), "connect to abstract unix socket @x\\x00y");
    assert_eq!(worded(connect(stream, Peer::Other(40))), "connect to an address of family 40");
    let reverse = Query::Address("203.0.113.5".parse().unwrap());
    assert_eq!(
        worded(Call::Lookup(Lookup { query: reverse })),
        "look-up of the name of 203.0.113.5"
    );
    assert_eq!(worded(Call::Load(Load { library: "libfoo.so".to_owned() })), "load of libfoo.so");
}

/// A guest whose names hold terminal codes, newlines and workflow commands.
fn hostile() -> Finding {
    let evil = "\u{1b}]0;x\u{7}\r\n::error::y\u{202e}%0A".to_owned();
    Finding {
        call: Call::Exec(Exec { program: (&evil).into(), arguments: vec![evil.clone().into(); 3] }),
        test: Attribution::Test(evil.clone()),
        chain: vec![evil.clone(), evil.clone()],
        thread: Some(evil.clone()),
        script: Some(evil.clone()),
        rule: Some((evil.clone(), evil.clone())),
        allow: evil,
        ..denied()
    }
}

/// Nothing that a guest wrote acts on the terminal, begins a line or turns it round.
#[test]
fn a_guest_writes_nothing_into_the_terminal() {
    let mut report = report(vec![hostile()]);
    report.coverage.blind[0].program = "/x\u{1b}[2J\n::error::z".into();

    for format in [Format::Human, Format::Github] {
        let text = written(&report, format, false);

        let control = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(control), "{text}");
        let commands = text.lines().filter(|line| line.starts_with("::error")).count();
        assert_eq!(commands, usize::from(format == Format::Github), "{text}");
        assert!(format == Format::Human || !text.contains("%0A::error"), "{text}");
    }
}

/// A path that holds what ends a property of a command stays one.
#[test]
fn a_path_cannot_end_a_property() {
    let report = report(vec![guarded()]);
    let mut out = Vec::new();
    let mut evil = |_: &Stack| {
        let file = Some("/a,line=1::b%\n.rs".into());
        vec![Place { file, line: Some(7), ..Place::default() }]
    };

    write(&report, Format::Github, &Style::default(), &mut evil, &mut out).unwrap();

    let text = String::from_utf8(out).unwrap();
    assert!(text.starts_with("::error file=/a%2Cline=1%3A%3Ab%25\\n.rs,line=7,title="), "{text}");
}

/// However much was found, a person reads no more than a page or two of it.
#[test]
fn the_form_for_a_person_is_bounded() {
    let long = Finding { chain: vec!["x".repeat(2_000); 20], ..guarded() };
    let report = report(vec![long; 150]);

    for format in [Format::Human, Format::Github] {
        let text = written(&report, format, false);

        assert_eq!(text.matches("explain BF101").count(), 50);
        assert!(text.contains("and 100 more kinds (see --format json)"), "{format}");
        assert!(text.len() < 250_000, "{}", text.len());
    }
}

/// Colour is the caller's choice; it ends where it began.
#[test]
fn colour_is_the_callers_choice() {
    let report = report(vec![guarded()]);

    let text = written(&report, Format::Human, true);

    assert!(text.starts_with("\u{1b}[1m\u{1b}[31merror[BF101]\u{1b}[0m: call"), "{text:?}");
    assert_eq!(
        anstream::adapter::strip_str(&text).to_string(),
        written(&report, Format::Human, false)
    );
}

/// The command's own failure comes first, then a broken promise, then a gap.
#[test]
fn exit_codes_are_in_order() {
    let clean = Report::default();
    let mut gap = report(vec![warned()]);
    let broken = Report { coverage_required: true, ..report(vec![warned(), guarded()]) };

    assert_eq!((clean.exit_code(0), clean.exit_code(3)), (0, 3));
    assert_eq!(gap.exit_code(0), 0);
    gap.coverage_required = true;
    assert_eq!((gap.exit_code(0), gap.exit_code(101)), (61, 101));
    assert_eq!((broken.exit_code(0), broken.exit_code(1)), (60, 1));
}

/// A form is chosen by name; those that are to come say so.
#[test]
fn forms_are_chosen_by_name() {
    assert_eq!("jsonl".parse(), Ok(Format::Jsonl));
    assert_eq!(Format::Github.to_string(), "github");
    let say = |name: &str| name.parse::<Format>().unwrap_err().to_string();
    assert_eq!(
        say("sarif"),
        "the format sarif is not there yet; this version has human, json, jsonl, github and junit"
    );
    assert_eq!(
        say("xml"),
        "unknown format \"xml\"; this version has human, json, jsonl, github and junit"
    );
}
