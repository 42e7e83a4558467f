//! Which tests ran, by the threads that programs name after them.

use super::*;
use crate::intake::test_program::TestProgram;

/// Threads are told of only where it is written down what tests do.
#[test]
fn threads_are_asked_about_where_snapshots_are() {
    let mut scene = Scene::configured("sandbox = \"run\"\n");

    assert_eq!(scene.engine.asks() & (ask::TESTS | ask::THREADS), ask::TESTS);

    scene.engine.setup.records = true;
    assert_eq!(scene.engine.asks() & (ask::TESTS | ask::THREADS), ask::TESTS | ask::THREADS);
}

/// A thread that is named after a test is no call, and tells that the test ran.
#[test]
fn a_thread_tells_that_its_test_ran() {
    let mut scene = Scene::configured("sandbox = \"run\"\n");
    let program = TestProgram { name: "shop/shop".to_owned(), file: "/shop-1".into() };
    let names = vec!["tests::buys".to_owned()];

    let thread = Asked::Thread { names, program: Some(program) };
    assert_eq!(scene.verdict(200, thread), Verdict::Allow);
    let nameless = Asked::Thread { names: Vec::new(), program: None };
    assert_eq!(scene.verdict(200, nameless), Verdict::Allow);

    let ended = scene.engine_ended();
    assert_eq!(ended.ran.programs("tests::buys"), ["shop/shop"]);
    assert!(ended.interactions.is_empty() && ended.ran.tests.is_empty());
}
