//! Calls that no mock answers, and what was broken without a call.

use std::sync::Arc;

use quick_junit::{NonSuccessKind, TestCaseStatus};

use super::*;
use crate::engine::Details;
use crate::report::fake::{Fake, SHAPE};
use crate::timeline::{Asserted, How, Layer};

fn unmocked() -> Finding {
    let fields = Fields::new().with("url", "https://api.example.com/users?token=zqx");
    let Call::Connect(connect) = guarded().call else { unreachable!() };
    Finding {
        code: Code::Unmocked,
        call: Call::Request(crate::call::Request {
            connect,
            source: "fake:request",
            fields: fields.clone(),
        }),
        request: Some(Request {
            source: "fake:request",
            words: "GET https://api.example.com/users?token=zqx".to_owned(),
            fields: fields.clone(),
        }),
        parts: vec![(
            "nearest",
            differ::lines("bigfoot.toml:3", &[("method", "\"POST\"".into(), "\"GET\"".into())]),
        )],
        mock: Some(paste::mock(&Fake, &SHAPE, &fields)),
        ..guarded()
    }
}

fn broken(code: Code, words: &str) -> Broken {
    Broken {
        code,
        test: Attribution::Test("tests::fetches_a_user".to_owned()),
        words: words.to_owned(),
        parts: Vec::new(),
        paste: None,
        count: 1,
    }
}

fn unused() -> Broken {
    Broken {
        parts: vec![("mock", vec!["bigfoot.toml:12".to_owned()])],
        ..broken(Code::Unused, "fake:request http://x/a")
    }
}

fn unasserted() -> Broken {
    let fields = Fields::new().with("url", "http://x/b");
    Broken {
        parts: vec![("at", vec!["src/client.rs:42, in app::client::fetch".to_owned()])],
        paste: Some(paste::assertion(&Fake, &SHAPE, &fields)),
        count: 2,
        ..broken(Code::Unasserted, "GET http://x/b")
    }
}

fn full() -> Report {
    let snapshot = broken(Code::Snapshot, "changed: GET http://x/c");
    Report {
        broken: vec![unused(), snapshot, unasserted(), broken(Code::Late, "GET http://x/d")],
        ..report(vec![warned(), unmocked()])
    }
}

fn interaction(test: &str) -> Interaction {
    Interaction {
        number: 1,
        plugin: &Fake,
        shape: &SHAPE,
        fields: Fields::new(),
        reply: Arc::default(),
        how: How::Real,
        call: guarded().call,
        test: Some(test.to_owned()),
        process: (1, 1, 1),
        layer: Layer::Wire,
        sandbox: None,
        asserted: Asserted::Done,
        details: Details::default(),
    }
}

/// A call that no mock answers: the nearest mock, then a mock to paste, then the narrowest rule.
/// What was broken without a call comes behind it, causes before consequences.
#[test]
fn a_mock_to_paste_comes_before_the_rule() {
    let mut report = full();
    report.findings.remove(0);

    assert_eq!(
        written(&report, Format::Human, false),
        "\
error[BF104]: call that no mock answers
  test     tests::fetches_a_user
  process  cargo test > target/debug/deps/app-1a2b
  at       src/client.rs:42, in app::client::fetch
  call     GET https://api.example.com/users?token=[redacted], 4 times
  nearest  bigfoot.toml:3 differs in
             method  expected \"POST\"
                     actual   \"GET\"
  rule     none speaks for it, and in a sandbox nothing else is let through
  paste    [[mock]] # bigfoot.toml
           source = \"fake:request\"
           when = { url = \"https://api.example.com/users?token=*\" }
           reply = { status = 200 }
  allow    [firewall] # bigfoot.toml
           allow = [\"https://api.example.com\"]
           or --allow https://api.example.com
  more     bigfoot explain BF104

error[BF106]: call after its sandbox closed
  test     tests::fetches_a_user
  call     GET http://x/d
  more     bigfoot explain BF106

error[BF107]: interaction that nothing asserts
  test     tests::fetches_a_user
  call     GET http://x/b, 2 times
  at       src/client.rs:42, in app::client::fetch
  paste    [[mock]] # bigfoot.toml
           source = \"fake:request\"
           when = { url = \"http://x/b\" }
           reply = { status = 200 }
           assert = \"match\"
  more     bigfoot explain BF107

error[BF108]: mock left unused
  test     tests::fetches_a_user
  unused   fake:request http://x/a
  mock     bigfoot.toml:12
  more     bigfoot explain BF108

error[BF109]: interactions unlike the accepted ones
  test     tests::fetches_a_user
  call     changed: GET http://x/c
  more     bigfoot explain BF109

bigfoot: 4 calls refused; 1 late call; 2 interactions not asserted; 1 mock not used; \
1 difference from a snapshot; 12 processes, 11 armed, 0 by backstop only, 1 blind \
(static: /usr/bin/busybox); 3 tools, not guarded
"
    );
}

/// When the command itself failed, what it did not come to is a note; a late call is none.
#[test]
fn consequences_of_a_failed_test_are_notes() {
    let report = Report { command_failed: true, ..full() };

    let human = written(&report, Format::Human, false);
    let github = written(&report, Format::Github, false);

    for code in ["BF107", "BF108", "BF109"] {
        assert!(human.contains(&format!("note[{code}]")), "{human}");
        assert!(github.contains(&format!("title={code}%3A")), "{github}");
    }
    assert!(human.contains("error[BF106]") && human.contains("error[BF104]"), "{human}");
    assert!(github.contains("::notice file=src/client.rs,line=42,title=BF107"), "{github}");
    assert!(github.contains("::notice file=bigfoot.toml,line=12,title=BF108"), "{github}");
    assert!(github.contains("::error title=BF106"), "{github}");
}

/// On a connection that its words do not name, a request says where it was made.
#[test]
fn a_request_says_where_it_was_made() {
    let mut finding = unmocked();
    let words = "GET user:1".to_owned();
    finding.request = Some(Request { source: "redis:GET", words, fields: Fields::new() });

    assert_eq!(words::call(&finding), "GET user:1, on api.example.com port 443");
}

/// Each broken promise breaks the contract, and so does a refused client; one that was only noticed
/// does not.
#[test]
fn every_broken_promise_breaks_the_contract() {
    for code in [Code::Mismatch, Code::Late, Code::Unasserted, Code::Unused, Code::Snapshot] {
        let broken = Report { broken: vec![broken(code, "x")], ..Report::default() };
        assert_eq!((broken.exit_code(0), broken.exit_code(1)), (60, 1));
    }
    for code in [Code::Malformed, Code::Untrusted, Code::Unmocked] {
        for (refused, exit) in [(true, 60), (false, 0)] {
            let finding = Finding { code, refused, rule: None, ..guarded() };
            assert_eq!(report(vec![finding]).exit_code(0), exit, "{code:?}");
        }
    }
}

/// What no rule has to do with says nothing of rules.
#[test]
fn a_client_off_its_protocol_has_no_rule() {
    let finding = Finding { code: Code::Malformed, rule: None, ..guarded() };

    let text = written(&report(vec![finding]), Format::Human, false);

    assert!(!text.contains("  rule ") && !text.contains("  allow "), "{text}");
}

/// A program reads the same by keys, without secrets.
#[test]
fn a_program_reads_what_was_broken() {
    let document: serde_json::Value =
        serde_json::from_str(&written(&full(), Format::Json, false)).unwrap();

    let finding = &document["findings"][0];
    assert_eq!(
        finding["request"],
        serde_json::json!({
            "source": "fake:request",
            "words": "GET https://api.example.com/users?token=[redacted]",
            "fields": { "url": "https://api.example.com/users?token=[redacted]" },
        })
    );
    assert_eq!(finding["parts"][0]["label"], "nearest");
    assert!(finding["mock"].as_str().is_some_and(|mock| mock.starts_with("[[mock]]\n")));
    let codes: Vec<_> =
        document["broken"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
    assert_eq!(codes, ["BF106", "BF107", "BF108", "BF109"]);
    assert_eq!(
        document["broken"][2],
        serde_json::json!({
            "code": "BF108",
            "title": "mock left unused",
            "test": { "name": "tests::fetches_a_user", "known_by": "runner" },
            "words": "fake:request http://x/a",
            "parts": [{ "label": "mock", "lines": ["bigfoot.toml:12"] }],
            "paste": null,
            "count": 1,
        })
    );
    assert_eq!(document["broken_count"], 4);
    assert!(!document.to_string().contains("zqx"));

    let lines = written(&full(), Format::Jsonl, false);
    let kinds: Vec<_> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].clone())
        .collect();
    assert_eq!(kinds, ["finding", "finding", "broken", "broken", "broken", "broken", "summary"]);
}

/// A case for each test, merged by its name; what belongs to no test has one of its own.
#[test]
fn junit_has_a_case_for_each_test() {
    let mut report = full();
    report.interactions = vec![interaction("tests::is_fine"), interaction("tests::is_fine")];
    report.notes = vec!["weaker".to_owned()];

    let text = written(&report, Format::Junit, true);

    let parsed = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!((parsed.tests, parsed.failures, parsed.errors), (3, 1, 0));
    let cases = &parsed.test_suites[0].test_cases;
    let names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["bigfoot", "tests::fetches_a_user", "tests::is_fine"]);
    let TestCaseStatus::NonSuccess { kind, message, ty, description, .. } = &cases[1].status else {
        panic!("{text}");
    };
    assert_eq!(*kind, NonSuccessKind::Failure);
    assert_eq!(ty.as_deref(), Some("BF104"));
    assert_eq!(
        message.as_deref(),
        Some(
            "BF104: call that no mock answers: GET https://api.example.com/users?token=[redacted], 4 times (and 4 more)"
        )
    );
    let description = description.as_deref().unwrap();
    for code in ["error[BF104]", "error[BF106]", "error[BF107]", "error[BF108]", "error[BF109]"] {
        assert!(description.contains(code), "{description}");
    }
    // The warning belongs to no test, and fails nothing.
    assert!(matches!(cases[0].status, TestCaseStatus::Success { .. }), "{text}");
    assert!(cases[0].system_err.as_deref().unwrap().contains("warning[BF101]"), "{text}");
    assert!(!text.contains("system-out") && !text.contains('\u{1b}'), "{text}");
    assert!(parsed.test_suites[0].system_err.as_deref().unwrap().starts_with("weaker\nbigfoot: "));
}

/// A run without any finding has one case, which passes; one with gaps has one that fails.
#[test]
fn junit_tells_of_the_run_itself() {
    let parsed = |report: &Report| {
        let text = written(report, Format::Junit, false);
        quick_junit::Report::deserialize_from_str(&text).unwrap()
    };
    let clean = parsed(&Report::default());
    assert_eq!((clean.tests, clean.failures), (1, 0));

    let gap = parsed(&Report { coverage_required: true, unasked: 2, ..report(Vec::new()) });
    assert_eq!((gap.tests, gap.failures), (1, 1));
}

/// What a guest wrote is text in every form, and XML stays XML.
#[test]
fn a_guest_writes_nothing_into_the_forms() {
    let evil = "\u{1b}]0;x\u{7}\r\n::error::y\u{202e}%0A]]></failure>\0\u{ffff}<&";
    let broken = Broken {
        test: Attribution::Test(evil.to_owned()),
        parts: vec![("at", vec![format!("{evil}:7, in {evil}")])],
        paste: Some(evil.to_owned()),
        ..broken(Code::Unasserted, evil)
    };
    let mut report = report(vec![Finding {
        parts: vec![("mock", vec![evil.to_owned()])],
        mock: Some(evil.to_owned()),
        request: Some(Request {
            source: "fake:request",
            words: evil.to_owned(),
            fields: Fields::new().with("url", evil),
        }),
        ..hostile()
    }]);
    report.broken = vec![broken];

    for format in [Format::Human, Format::Github, Format::Junit] {
        let text = written(&report, format, false);
        let control = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(control), "{text:?}");
        let commands = text.lines().filter(|line| line.starts_with("::error")).count();
        assert_eq!(commands, if format == Format::Github { 2 } else { 0 }, "{text}");
    }
    let text = written(&report, Format::Junit, false);
    let parsed = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!(parsed.failures, 2);
}

/// However much was broken, a person reads no more than a page or two of it.
#[test]
fn what_was_broken_is_bounded() {
    let long = Broken {
        parts: vec![("diff", vec!["x".repeat(2_000); 1_000])],
        ..broken(Code::Snapshot, &"x".repeat(10_000))
    };
    let report = Report { broken: vec![long; 150], ..Report::default() };

    let text = written(&report, Format::Human, false);

    assert!(text.contains("and 100 more kinds (see --format json)"));
    assert!(text.contains("and 960 more lines"));
    assert!(text.len() < 1_000_000, "{}", text.len());
}
