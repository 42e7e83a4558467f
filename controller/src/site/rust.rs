//! The test that Rust's libtest runs on a stack.

use super::Place;

/// libtest's own; the standard library has a function of the same name at the bottom of every thread.
const HARNESS: &str = "test::__rust_begin_short_backtrace";

/// The name of the test as libtest prints it; None if this is no test's stack, or if the compiler
/// left no trace of the test's own function: another function's name would be a guess.
pub fn rust_test(places: &[Place]) -> Option<String> {
    let harness = places.iter().position(|place| function(place).starts_with(HARNESS))?;
    let inwards = places.get(..harness)?.iter().rev().map(function);
    let called = inwards.take_while(|name| is_call(name) || closure(name).is_some());
    let (_crate, path) = called.filter_map(closure).next()?.split_once("::")?;
    (!path.is_empty()).then(|| path.to_owned())
}

fn function(place: &Place) -> &str {
    place.function.as_deref().unwrap_or_default()
}

/// How libtest calls the test: through the traits of functions, and its own frames.
fn is_call(name: &str) -> bool {
    name.contains("core::ops::function::Fn") || name.starts_with("test::")
}

/// The function that a closure, or a closure's call, belongs to. The harness calls each test through
/// a closure that stands in a function of the test's name, as far as names go.
fn closure(name: &str) -> Option<&str> {
    let name = name.strip_prefix('<').unwrap_or(name);
    let (function, _) =
        name.split_once("::{{closure}}").or_else(|| name.split_once("::{closure#"))?;
    (!function.starts_with("core::") && !function.starts_with("test::")).then_some(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(functions: &[&str]) -> Vec<Place> {
        let place = |name: &&str| Place { function: Some((*name).to_owned()), ..Place::default() };
        functions.iter().map(place).collect()
    }

    /// The test is the function that the harness calls, through a closure of its own.
    #[test]
    fn a_test_is_what_the_harness_calls() {
        let places = stack(&[
            "connect",
            "app::client::fetch",
            "app::tests::fetches",
            "app::tests::fetches::{{closure}}",
            "core::ops::function::FnOnce::call_once",
            "core::ops::function::FnOnce::call_once",
            "test::__rust_begin_short_backtrace",
            "test::run_test::{{closure}}",
            "std::sys::backtrace::__rust_begin_short_backtrace",
        ]);

        assert_eq!(rust_test(&places).as_deref(), Some("tests::fetches"));
    }

    /// A test at the top of an integration test's file has a name without modules.
    #[test]
    fn an_integration_test_has_a_short_name() {
        let places = stack(&[
            "api::fetches::{closure#0}",
            "<api::fetches::{closure#0} as core::ops::function::FnOnce<()>>::call_once",
            "test::__rust_begin_short_backtrace::<core::result::Result<(), alloc::string::String>>",
        ]);

        assert_eq!(rust_test(&places).as_deref(), Some("fetches"));
    }

    /// A thread that a test started is not the test: its creator is found by lineage.
    #[test]
    fn a_plain_thread_runs_no_test() {
        let places = stack(&["app::work", "std::sys::backtrace::__rust_begin_short_backtrace"]);

        assert_eq!(rust_test(&places), None);
        assert_eq!(rust_test(&[]), None);
        assert_eq!(rust_test(&stack(&["test::__rust_begin_short_backtrace"])), None);
    }
}
