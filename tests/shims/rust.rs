//! The Rust shim: whose a call is, and what a test is told.

use std::fs;
use std::path::{Path, PathBuf};

use bigfoot_tests::{Finished, Scene, built};

/// Where our sources are.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above the tests")
}

/// A scene in which cargo uses what was built already.
pub fn scene() -> Scene {
    let target = built().parent().expect("cargo's target folder").to_owned();
    Scene::new().variable("CARGO_TARGET_DIR", target).variable("RUST_BACKTRACE", "0")
}

/// The words that run a program of tests.
pub fn cargo(package: &str, program: &str, more: &[&str]) -> Vec<String> {
    let manifest = root().join("tests").join(package).join("Cargo.toml");
    let manifest = manifest.to_string_lossy().into_owned();
    let words = ["cargo", "test", "--quiet", "--manifest-path", &manifest, "--test", program];
    words.into_iter().chain(["--"]).chain(more.iter().copied()).map(str::to_owned).collect()
}

/// What cargo printed, without what differs from machine to machine.
fn plain(finished: &Finished) -> String {
    let text = finished.stdout.replace(&format!("{}/", root().display()), "");
    let mut plain = String::new();
    for line in text.lines().filter(|line| !line.starts_with("test result: ")) {
        plain.push_str(&without_hash(&without_thread(line)));
        plain.push('\n');
    }
    plain
}

/// `thread 'a' (4711) panicked at` without its number.
fn without_thread(line: &str) -> String {
    match line.split_once("' (").zip(line.split_once(") panicked at ")) {
        Some(((thread, _), (_, place))) => format!("{thread}' panicked at {place}"),
        None => line.to_owned(),
    }
}

/// `broken-9b9b9b887a39ff30` without its number.
fn without_hash(line: &str) -> String {
    let is_hash = |word: &str| word.len() == 16 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = line.split('-').map(|part| match part.split_once(' ') {
        Some((hash, rest)) if is_hash(hash) => format!("HASH {rest}"),
        None if is_hash(part) => "HASH".to_owned(),
        _ => part.to_owned(),
    });
    words.collect::<Vec<_>>().join("-")
}

fn compare(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("shims/said/{name}.txt"));
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{name}; BLESS=1 renews it");
}

/// The payment case: a real client over https, and a provider that does not exist.
#[test]
fn the_payment_case_is_green() {
    let finished = scene().run(cargo("payment", "charges", &[]));

    finished.is_clean();
    assert!(finished.stdout.contains("3 passed"), "{}", finished.stdout);
}

/// The four failures, as cargo prints them.
#[test]
fn the_four_failures_are_told() {
    for name in ["unmocked", "unasserted", "unused", "mismatch"] {
        let finished = scene().run(cargo("payment", "broken", &["--exact", name]));

        finished.fails_with(101);
        compare(name, &plain(&finished));
    }
}

/// Threads, tasks, processes and forks belong to their test, while others run.
#[test]
fn tests_at_once_see_their_own_mocks_only() {
    let finished =
        scene().guard("error").run(cargo("speaking", "whose", &["--test-threads", "16"]));

    finished.fails_with(60); // the plain test's call, which no rule allows
    assert!(finished.stdout.contains("test result: ok."), "{}", finished.stdout);
    let findings = finished.findings();
    assert!(findings.iter().all(|finding| finding["test"]["name"] == "plain"), "{findings:#?}");
}

/// 64 tests at once, with 20 mocks each of one address.
#[test]
fn many_tests_at_once_get_their_own() {
    let rounds = std::env::var("BIGFOOT_ROUNDS").unwrap_or_else(|_| "1".to_owned());
    let scene = scene().variable("ROUNDS", rounds);

    scene.run(cargo("speaking", "many", &["--test-threads", "64"])).is_clean();
}

/// Objects of the test's own, names, programs and rules.
#[test]
fn objects_and_other_protocols() {
    scene().run(cargo("speaking", "objects", &[])).is_clean();
}

/// What is wrong fails the test that does it, in clear words, and no other.
#[test]
fn what_is_wrong_is_told() {
    let finished = scene().guard("error").run(cargo("speaking", "wrong", &["--test-threads", "1"]));

    finished.fails_with(101);
    compare("wrong", &plain(&finished));
    let pools = finished.findings().iter().find(|finding| finding["code"] == "BF112");
    assert!(pools.is_some_and(|finding| finding["refused"] == true), "{:#}", finished.report);
}
