//! Names of tests, off the stacks of a real test binary.

use super::guest::{Guest, Scratch};
use crate::site::{Place, call_site, rust_test};

const TESTS: [&str; 3] = ["at_the_top", "inner::tests::deeper", "inner::tests::with_a_result"];

fn functions(places: &[Place]) -> Vec<&str> {
    places.iter().map(|place| place.function.as_deref().unwrap_or("?")).collect()
}

/// A test binary's name for the test whose stack it is, or none: never another one's.
fn expect_names(options: &[&str]) {
    let scratch = Scratch::new();
    let program = scratch.rust_tests(options);

    for test in TESTS {
        let places = Guest::run(&program, &["--exact", test, "--nocapture"]).places();

        assert_eq!(
            rust_test(&places).as_deref(),
            Some(test),
            "{options:?} {:#?}",
            functions(&places)
        );
    }
}

/// Unoptimised, as `cargo test` builds, with as much debug information as a profile asks for.
#[test]
fn a_test_has_its_name() {
    expect_names(&["-Cdebuginfo=2"]);
    expect_names(&["-Cdebuginfo=line-tables-only"]);
    expect_names(&["-Cdebuginfo=0"]);
}

/// Both ways in which the compiler may write names.
#[test]
fn a_test_has_its_name_in_either_mangling() {
    expect_names(&["-Cdebuginfo=2", "-Csymbol-mangling-version=v0"]);
    expect_names(&["-Cdebuginfo=0", "-Csymbol-mangling-version=v0"]);
}

/// Optimised, as `cargo test --release` builds with debug information.
#[test]
fn an_optimised_test_has_its_name() {
    expect_names(&["-Cdebuginfo=2", "-O"]);
}

/// Where the compiler left no trace of the test, no name is better than another function's.
#[test]
fn a_name_is_never_guessed() {
    let scratch = Scratch::new();
    let program = scratch.rust_tests(&["-Cdebuginfo=0", "-O", "-Cstrip=none"]);

    for test in TESTS {
        let places = Guest::run(&program, &["--exact", test, "--nocapture"]).places();

        let name = rust_test(&places);
        assert!(name.is_none() || name.as_deref() == Some(test), "{name:?} for {test}");
    }
}

/// A thread of a test is not known by its stack, and its call site is the test's own source: with as
/// little debug information as gives lines.
#[test]
fn a_call_site_is_in_the_tests_source() {
    for debug in ["-Cdebuginfo=line-tables-only", "-Cdebuginfo=1", "-Cdebuginfo=2"] {
        let scratch = Scratch::new();
        let program = scratch.rust_tests(&[debug]);
        let test = ["--exact", "inner::tests::in_a_thread", "--nocapture"];

        let places = Guest::run(&program, &test).places();

        let site = call_site(&places).unwrap();
        assert_eq!(rust_test(&places), None);
        assert_eq!(site.function.as_deref(), Some("sample::fetch"), "{debug}");
        assert!(site.file.as_deref().unwrap().ends_with("site/samples/tests.rs"), "{debug}");
        assert!(site.line.is_some_and(|line| (7..22).contains(&line)), "{debug} {site:?}");
    }
}
