//! Interactions on paper: written, read and compared.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::call::{Call, Load};
use crate::engine::Details;
use crate::fields::Fields;
use crate::intake::test_program::TestProgram;
use crate::report::fake::{Fake, SHAPE};
use crate::report::{Attribution, Code};
use crate::timeline::Layer;

/// A project's folder, gone with the test.
struct Project(PathBuf);

impl Project {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("bigfoot-accept-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn accept(&self, interactions: &[Interaction]) -> Written {
        write(&self.0, interactions, &Ran::default()).unwrap()
    }

    fn compare(&self, interactions: &mut [Interaction]) -> Vec<Broken> {
        Snapshots::load(&self.0).unwrap().compare(interactions, &Ran::default())
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(FOLDER).join(name)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Something that a test did.
fn done(test: Option<&str>, fields: Fields) -> Interaction {
    Interaction {
        number: 1,
        plugin: &Fake,
        shape: &SHAPE,
        fields,
        reply: Arc::new(Fields::new().with("status", 200).with("body", "ok")),
        how: How::Real,
        call: Call::Load(Load { library: String::new() }),
        test: test.map(str::to_owned),
        process: (1, 1, 1),
        layer: Layer::Wire,
        sandbox: None,
        asserted: Asserted::Open,
        details: Details::default(),
    }
}

fn get(url: &str) -> Interaction {
    let headers = vec![
        ("User-Agent".to_owned(), "x/1".to_owned()),
        ("Accept".to_owned(), "a/b".to_owned()),
        ("Authorization".to_owned(), "Bearer zqx".to_owned()),
    ];
    done(Some("shop::buys"), Fields::new().with("url", url).with("headers", headers))
}

/// These tests ran, as their runner said.
fn published<'a>(tests: impl IntoIterator<Item = &'a str>) -> Ran {
    Ran { tests: tests.into_iter().map(str::to_owned).collect(), ..Ran::default() }
}

/// These programs, told by their files, ran a test in a thread.
fn in_threads(test: &str, programs: &[(&str, &str)]) -> Ran {
    let mut ran = Ran::default();
    for (name, file) in programs {
        let program = TestProgram { name: (*name).to_owned(), file: file.into() };
        ran.started(vec![test.to_owned()], &program);
    }
    ran
}

fn words(broken: &[Broken]) -> Vec<&str> {
    broken.iter().map(|broken| broken.words.as_str()).collect()
}

fn part<'a>(broken: &'a Broken, label: &str) -> &'a [String] {
    let found = broken.parts.iter().find(|(known, _)| *known == label);
    found.map_or(&[], |(_, lines)| lines)
}

/// A snapshot can be read: it says how it came, and what was done.
#[test]
fn a_snapshot_can_be_read() {
    let project = Project::new();
    let mut order = get("http://127.0.0.1:40001/b");
    order.fields.set("body", "{\n  \"a\": 1\n}");
    order.fields.set("json", json!({ "b": [1], "a": { "token": "zqx" } }));

    let written = project.accept(&[get("http://x/a"), order, get("http://x/a")]);

    assert_eq!(
        written.written,
        [project.path("run.toml"), project.path("shop-buys-c6dbacb4.toml")]
    );
    let text = project.text("shop-buys-c6dbacb4.toml");
    let (head, rest) = text.split_once("version").unwrap();
    assert!(head.lines().all(|line| line.starts_with("# ") && line.len() <= 110), "{head}");
    assert!(head.contains("bigfoot accept -- COMMAND"));
    assert_eq!(
        rest,
        r#" = 1
test = "shop::buys"

[[interaction]]
source = "fake:request"
fields.url = "http://127.0.0.1:[port]/b"
fields.body = '''
{
  "a": 1
}'''
fields.headers = ["accept: a/b", "authorization: [redacted]"]
fields.json = '''
{
  "a": {
    "token": "[redacted]"
  },
  "b": [
    1
  ]
}'''
reply.status = 200
reply.body = "ok"

[[interaction]]
source = "fake:request"
count = 2
fields.url = "http://x/a"
fields.headers = ["accept: a/b", "authorization: [redacted]"]
reply.status = 200
reply.body = "ok"
"#
    );
}

/// What is as it was accepted is asserted by that, and nothing is told; ports and volatile headers
/// may be others, and answers may say something else under the same status.
#[test]
fn what_is_as_accepted_is_asserted() {
    let project = Project::new();
    project.accept(&[get("http://127.0.0.1:40001/"), get("http://x/a")]);
    let mut again = get("http://127.0.0.1:50002/");
    again.fields.set(
        "headers",
        vec![
            ("authorization".to_owned(), "Bearer other".to_owned()),
            ("accept".to_owned(), "a/b".to_owned()),
            ("Date".to_owned(), "today".to_owned()),
        ],
    );
    again.reply = Arc::new(Fields::new().with("status", 200).with("body", "other"));
    let mut unanswered = get("http://x/a");
    unanswered.reply = Arc::default();
    let mut interactions = [unanswered, again];

    let broken = project.compare(&mut interactions);

    assert_eq!(broken, []);
    assert!(interactions.iter().all(|it| it.asserted == Asserted::Done));
}

/// Something new, something left out, something changed, and something done more often are told.
#[test]
fn each_difference_is_told() {
    let project = Project::new();
    let mut old = get("http://x/changed");
    old.fields.set("body", "name=Ada");
    project.accept(&[get("http://x/a"), old.clone(), get("http://x/gone"), get("http://x/b")]);
    let mut new = done(Some("shop::buys"), Fields::new().with("argv", vec![b"ls".to_vec()]));
    new.reply = Arc::default();
    old.fields.set("body", "name=Bob");
    let mut failing = get("http://x/b");
    failing.reply = Arc::new(Fields::new().with("status", 500));
    let mut now = [get("http://x/a"), get("http://x/a"), old, new, failing];

    let broken = project.compare(&mut now);

    assert_eq!(
        words(&broken),
        [
            "done 2 times instead of once: request http://x/a",
            "changed: request http://x/changed",
            "changed: request http://x/b",
            "accepted and not done: request http://x/gone",
            "done and not accepted: request",
        ]
    );
    assert!(broken.iter().all(|it| it.code == Code::Snapshot && it.paste.is_none()));
    assert!(
        broken
            .iter()
            .all(|it| part(it, "snapshot") == ["bigfoot-snapshots/shop-buys-c6dbacb4.toml"])
    );
    assert_eq!(
        part(&broken[2], "diff"),
        ["reply.status  expected 200", "              actual   500"]
    );
    assert_eq!(
        part(&broken[1], "diff"),
        ["body  expected \"name=Ada\"", "      actual   \"name=Bob\""]
    );
    assert_eq!(part(&broken[3], "diff")[0], "- url = \"http://x/gone\"");
    assert_eq!(part(&broken[4], "diff"), ["+ argv = [\"ls\"]"]);
    let asserted: Vec<_> = now.iter().map(|it| it.asserted == Asserted::Done).collect();
    assert_eq!(asserted, [true, false, false, false, false]);
    assert!(now.iter().all(|it| it.asserted != Asserted::Open), "what is told is told once");
}

/// Of several that changed, those with the same key belong together.
#[test]
fn the_same_key_belongs_together() {
    let project = Project::new();
    let request = |url: &str, body: &str| {
        let mut it = get(url);
        it.fields.set("body", body);
        it.fields.set("number", body.len() as i64);
        it
    };
    project.accept(&[request("http://x/a", "1")]);

    let broken = project.compare(&mut [request("http://x/0", "1"), request("http://x/a", "22")]);

    assert_eq!(
        words(&broken),
        ["changed: request http://x/a", "done and not accepted: request http://x/0"]
    );
}

/// However much differs, a test tells no more than a page of it.
#[test]
fn what_is_told_is_bounded() {
    let project = Project::new();
    project.accept(&[]);
    let mut many: Vec<_> = (0..1_000).map(|n| get(&format!("http://x/{n}"))).collect();

    let broken = project.compare(&mut many);

    assert_eq!(broken.len(), 21);
    assert_eq!(broken[20].words, "980 more differences");
    assert_eq!(broken[20].count, 980);
}

/// A project without a folder of snapshots is compared with nothing.
#[test]
fn without_a_folder_nothing_is_compared() {
    let project = Project::new();
    let mut now = [get("http://x/a")];

    assert_eq!(project.compare(&mut now), []);
    assert_eq!(now[0].asserted, Asserted::Open);
    assert!(!Snapshots::load(&project.0).unwrap().exist());
}

/// A test that did not run is left alone; one that ran and did nothing is not.
#[test]
fn a_test_that_did_not_run_is_left_alone() {
    let project = Project::new();
    let other = done(Some("other"), Fields::new().with("url", "u"));
    project.accept(&[get("http://x/a"), other.clone()]);

    assert_eq!(project.compare(&mut [other.clone()]), []);
    let ran = published(["shop::buys"]);
    let broken = Snapshots::load(&project.0).unwrap().compare(&mut [other.clone()], &ran);
    assert_eq!(words(&broken), ["accepted and not done: request http://x/a"]);

    assert_eq!(project.accept(std::slice::from_ref(&other)).removed, [] as [PathBuf; 0]);
    let written = write(&project.0, &[other], &ran).unwrap();
    assert_eq!(written.removed, [project.path("shop-buys-c6dbacb4.toml")]);
    assert_eq!(written.unchanged, 2);
    assert_eq!(
        written.to_string(),
        "snapshots in bigfoot-snapshots: 0 written, 2 unchanged, 1 removed; review them like code"
    );
}

/// A test that runs in a thread of its name has run where its own programs ran it: neither another
/// program's test of the same name nor one of two programs will do.
#[test]
fn a_test_has_run_where_its_programs_ran_it() {
    let (lib, bin, other) = (("shop/shop", "/a"), ("shop/shop", "/b"), ("cart/cart", "/c"));
    let test = "shop::buys";
    let cases = [
        (vec![lib], vec![lib], true),
        (vec![lib], vec![bin], true), // built anew
        (vec![lib], vec![lib, other], true),
        (vec![lib], vec![other], false),
        (vec![lib], vec![], false),
        (vec![lib, bin], vec![lib, bin], true),
        (vec![lib, bin], vec![lib], false),
        (vec![lib, other], vec![lib, bin], false),
        (vec![], vec![lib], false), // accepted without knowing
    ];
    for (before, now, told) in cases {
        let project = Project::new();
        write(&project.0, &[get("http://x/a")], &in_threads(test, &before)).unwrap();
        let (ran, snapshots) = (in_threads(test, &now), Snapshots::load(&project.0).unwrap());

        let broken = snapshots.compare(&mut [], &ran);

        let tests: Vec<_> = broken.iter().map(|broken| broken.test.clone()).collect();
        let wanted = Attribution::Test(test.to_owned());
        assert_eq!(tests, if told { vec![wanted] } else { Vec::new() }, "{before:?} {now:?}");
        assert_eq!(snapshots.unseen(&[], &ran), usize::from(!told), "{before:?} {now:?}");
        let removed = write(&project.0, &[], &ran).unwrap().removed;
        assert_eq!(removed.len(), usize::from(told), "{before:?} {now:?}");
    }
}

/// Whose test it is stands in the snapshot; a published name that is a thread's too is not enough.
#[test]
fn a_snapshot_names_its_programs() {
    let project = Project::new();
    let programs = [("shop/shop", "/b"), ("shop/api", "/a")];
    let ran = in_threads("shop::buys", &programs);

    write(&project.0, &[get("http://x/a")], &ran).unwrap();

    let text = project.text("shop-buys-c6dbacb4.toml");
    let line = "\nprograms = [\"shop/api\", \"shop/shop\"] # whose test it is\n";
    assert!(text.contains(line), "{text}");
    let other =
        Ran { tests: published(["shop::buys"]).tests, ..in_threads("shop::buys", &programs[..1]) };
    let snapshots = Snapshots::load(&project.0).unwrap();
    assert_eq!(snapshots.compare(&mut [], &other), []);
    assert_eq!(snapshots.unseen(&[get("http://x/a")], &other), 0);
}

/// What was refused was not done: it is neither accepted nor compared.
#[test]
fn what_was_refused_was_not_done() {
    let project = Project::new();
    let refused = Interaction { how: How::Refused, ..get("http://x/a") };

    project.accept(std::slice::from_ref(&refused));

    assert!(!project.path("shop-buys-c6dbacb4.toml").exists());
    assert_eq!(project.compare(&mut [refused]), []);
}

/// What no test is known of belongs to the run; accepting nothing is accepting, too.
#[test]
fn the_run_has_a_snapshot_of_its_own() {
    let project = Project::new();
    project.accept(&[]);
    assert!(project.text("run.toml").ends_with("version = 1\n"));

    let broken = project.compare(&mut [done(None, Fields::new().with("url", "u"))]);

    assert_eq!(words(&broken), ["done and not accepted: request u"]);
    assert_eq!(part(&broken[0], "snapshot"), ["bigfoot-snapshots/run.toml"]);
}

/// Every test has a file of its own that every file system takes.
#[test]
fn every_test_has_a_file_of_its_own() {
    let name = |test: &str| file::file_name(&Some(test.to_owned()));

    assert_eq!(file::file_name(&None), "run.toml");
    assert_eq!(name("test_a.b-c"), "test_a.b-c.toml");
    assert!(name("run").starts_with("run-") && name("").starts_with("test-"));
    let odd = ["a/b", "a::b", "a b", "a.b/", "../a", ".a", "", "größe", "a\0b", &"x".repeat(300)];
    let names: BTreeSet<_> = odd.iter().map(|test| name(test)).collect();
    assert_eq!(names.len(), odd.len(), "{names:?}");
    for name in names {
        assert!(name.len() <= 120 && !name.starts_with('.') && !name.contains('/'), "{name}");
    }
}

/// A body that is too long is written as its digest, and a change in it is told.
#[test]
fn a_long_body_is_a_digest() {
    let project = Project::new();
    let body = |last: &str| {
        let mut it = get("http://x/a");
        it.fields.set("body", "x".repeat(5_000) + last);
        it
    };
    project.accept(&[body("a")]);
    let text = project.text("shop-buys-c6dbacb4.toml");
    assert!(text.contains("fields.body = { bytes = 5001, sha256 = \""), "{text}");

    assert_eq!(project.compare(&mut [body("a")]), []);
    assert_eq!(words(&project.compare(&mut [body("b")])), ["changed: request http://x/a"]);
}

/// What parts a form is chosen anew for each, and no difference.
#[test]
fn the_boundary_of_a_form_is_no_difference() {
    let project = Project::new();
    let form = |boundary: &str| {
        let kind = format!("multipart/form-data; boundary={boundary}");
        let headers = vec![("Content-Type".to_owned(), kind)];
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--{boundary}--"
        );
        done(Some("t"), Fields::new().with("url", "u").with("headers", headers).with("body", body))
    };
    project.accept(&[form("0123456789abcdef")]);

    assert_eq!(project.compare(&mut [form("fedcba9876543210")]), []);
}

/// A file that is no snapshot is told by its name and line.
#[test]
fn a_file_that_is_no_snapshot_is_told() {
    let project = Project::new();
    project.accept(&[]);
    let says = |name: &str, text: &[u8]| {
        fs::write(project.path(name), text).unwrap();
        let error = Snapshots::load(&project.0).unwrap_err().to_string();
        fs::remove_file(project.path(name)).unwrap();
        assert!(error.contains(&format!("bigfoot-snapshots/{name}")), "{error}");
        error
    };

    assert!(says("a.toml", b"version = 1\ntest = \"a\"\n[[interaction]\n").contains("line 3"));
    assert!(says("a.toml", b"version = 1\nsource = 3\n").contains("source"));
    assert!(
        says("a.toml", b"version = 1\ntest = \"a\"\n[[interaction]]\ncount = -1\n")
            .contains("line")
    );
    assert!(says("a.toml", b"\nversion = 2\n").contains("line 2: version 2"));
    assert!(says("a.toml", b"version = 1\ntest = \"b\"\n").contains("bigfoot-snapshots/b.toml"));
    assert!(says("a.toml", b"\xff").contains("UTF-8"));
    fs::create_dir(project.path("x.toml")).unwrap();
    assert!(Snapshots::load(&project.0).is_err());
}

/// A folder that cannot be made is told by its name.
#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let project = Project::new();
    fs::write(project.0.join(FOLDER), "").unwrap();

    let error = write(&project.0, &[get("u")], &Ran::default()).unwrap_err();

    assert!(error.to_string().contains(FOLDER), "{error}");
    assert!(Snapshots::load(&project.0).is_err());
}

fn anything() -> impl Strategy<Value = Interaction> {
    let text = prop_oneof!["(?s).{0,12}", "['\"\\\\\r\n\tab=:&]{0,8}"];
    let pairs = prop::collection::vec(("[A-Za-z-]{1,6}", text.clone()), 0..3);
    (
        prop::option::of(prop_oneof![Just("a::b"), Just("run"), Just("é"), Just("t")]),
        text.clone(),
        prop::option::of(prop::collection::vec(any::<u8>(), 0..8)),
        prop::option::of(any::<i64>()),
        prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..3),
        pairs,
        text,
        prop::option::of(0_i64..3),
    )
        .prop_map(|(test, url, body, number, argv, headers, json, status)| {
            let mut fields = Fields::new()
                .with("url", url)
                .with("argv", argv)
                .with("headers", headers)
                .with("json", json!({ "a": [json], "": null }));
            if let Some(body) = body {
                fields.set("body", body);
            }
            if let Some(number) = number {
                fields.set("number", number);
            }
            let mut it = done(test, fields);
            it.reply =
                Arc::new(status.map_or_else(Fields::new, |it| Fields::new().with("status", it)));
            it
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// Whatever was done, a second run that does the same, in another order, is clean and asserted;
    /// and writing it again changes nothing.
    #[test]
    fn what_was_accepted_is_clean(interactions in prop::collection::vec(anything(), 0..12)) {
        let project = Project::new();
        project.accept(&interactions);
        let mut again = interactions;
        again.reverse();

        prop_assert_eq!(project.compare(&mut again), []);
        prop_assert!(again.iter().all(|it| it.asserted == Asserted::Done));
        prop_assert_eq!(project.accept(&again).written, [] as [PathBuf; 0]);
    }

    /// Whatever was done, one thing more or less is told.
    #[test]
    fn one_more_or_less_is_told(interactions in prop::collection::vec(anything(), 1..8)) {
        let project = Project::new();
        project.accept(&interactions[1..]);
        prop_assert!(!project.compare(&mut interactions.clone()).is_empty());

        project.accept(&interactions);
        let ran = published(interactions.iter().filter_map(|it| it.test.as_deref()));
        let snapshots = Snapshots::load(&project.0).unwrap();
        prop_assert!(!snapshots.compare(&mut interactions[1..].to_vec(), &ran).is_empty());
    }
}
