//! The ways in which tests of Rust come under bigfoot, with one result.

use bigfoot_tests::{Finished, bigfoot};

use crate::rust::{cargo, scene};

fn is_green(finished: &Finished) {
    finished.succeeds();
    assert!(finished.stdout.contains("3 passed"), "{}", finished.stdout);
    finished.says("armed");
}

/// `bigfoot run -- cargo test`.
#[test]
fn bigfoot_runs_cargo() {
    is_green(&scene().tell(cargo("payment", "charges", &[])));
}

/// bigfoot as cargo's runner.
#[test]
fn cargo_runs_bigfoot() {
    let runner = format!("{} run --", bigfoot().display());
    let scene = scene().variable("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", runner);

    is_green(&scene.native(cargo("payment", "charges", &[])));
}

/// Plain `cargo test`, with the program named or on PATH.
#[test]
fn a_test_starts_itself_again() {
    let named = scene().variable("BIGFOOT", bigfoot());
    is_green(&named.native(cargo("payment", "charges", &[])));

    let folder = bigfoot().parent().expect("a folder").to_string_lossy().into_owned();
    let path = format!("{folder}:{}", std::env::var("PATH").expect("PATH"));
    is_green(&scene().variable("PATH", path).native(cargo("payment", "charges", &[])));
}

/// Without it, each such test says both ways; a plain one runs as ever.
#[test]
fn without_bigfoot_a_test_says_how() {
    let path = std::env::var("PATH").expect("PATH");
    let has = |folder: &&str| std::path::Path::new(folder).join("bigfoot").exists();
    let path: Vec<&str> = path.split(':').filter(|folder| !has(folder)).collect();
    let scene = scene().variable("PATH", path.join(":")).without_variable("BIGFOOT");

    let finished = scene.native(cargo("payment", "charges", &["--exact", "a_card_is_charged"]));

    finished.fails_with(101);
    for way in ["bigfoot run -- cargo test", "put `bigfoot` on PATH"] {
        assert!(finished.stdout.contains(way), "{}", finished.stdout);
    }
}

/// `cargo nextest run`, each test in a process of its own; and 64 of them.
#[test]
fn nextest_runs_each_test_by_itself() {
    for program in ["whose", "many"] {
        let mut words = cargo("speaking", program, &[]);
        words.truncate(words.len() - 1);
        words.splice(1..3, ["nextest", "run"].map(str::to_owned));
        let finished = scene().run(words);

        finished.is_seen();
        finished.says("0 skipped");
        finished.succeeds();
    }
}
