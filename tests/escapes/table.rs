//! The table of the README, out of the same list that the tests hold to be true.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use bigfoot_tests::tools::repository;

use crate::routes::{Layer, Mocked, ROUTES, Unmocked};

/// Where `scripts/generate.sh` wants it.
const WANTED: &str = "ESCAPES_TABLE";

fn table() -> String {
    let head = "| route | without a mock | with a mock | layer |\n|---|---|---|---|\n";
    ROUTES.iter().fold(head.to_owned(), |mut text, route| {
        let (unmocked, mocked) = (unmocked(route.unmocked), mocked(route.mocked));
        let _ =
            writeln!(text, "| {} | {unmocked} | {mocked} | {} |", route.words, layer(route.layer));
        text
    })
}

fn unmocked(it: Unmocked) -> &'static str {
    match it {
        Unmocked::Refused => "refused",
        Unmocked::Blind => "counted blind, exit 61 with `--require-coverage`",
        Unmocked::Missed => "**not caught**",
        Unmocked::Explained => "runs without its rights, explained",
    }
}

fn mocked(it: Mocked) -> &'static str {
    match it {
        Mocked::Answered => "answered",
        Mocked::Refused => "refused, and told of",
        Mocked::Missed => "**not answered**",
        Mocked::Never => "–",
    }
}

fn layer(it: Layer) -> &'static str {
    match it {
        Layer::Preload => "preload",
        Layer::Backstop => "backstop",
        Layer::Nobody => "–",
    }
}

/// The README tells of every route what the tests hold to be true.
#[test]
fn the_readme_has_the_table() {
    let fresh = table();
    if let Some(wanted) = std::env::var_os(WANTED) {
        fs::write(wanted, &fresh).expect("a place for the table");
        return;
    }

    let readme = fs::read_to_string(repository().join("README.md")).expect("the README");
    let (_, rest) = readme.split_once("<!-- escapes -->\n").expect("the table's beginning");
    let (stale, _) = rest.split_once("<!-- /escapes -->").expect("the table's end");

    assert_eq!(stale, fresh, "README.md is stale: run scripts/generate.sh");
}

/// No route stands in the table without a test that names it.
#[test]
fn every_route_has_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("escapes");
    let sources: String = fs::read_dir(folder)
        .expect("the folder of the routes")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension().is_some_and(|it| it == "rs") && !path.ends_with("routes.rs")
        })
        .filter_map(|path| fs::read_to_string(path).ok())
        .collect();

    for route in ROUTES {
        let named = format!("\"{}\"", route.name);
        assert!(sources.contains(&named), "nothing tests {}", route.name);
    }
}
