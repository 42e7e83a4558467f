//! Accepted snapshots: what a suite does to the outside is written down, and held to.

use std::fs;

use bigfoot_tests::{Finished, Scene, tools};

/// A suite of two tests that talk to a host that does not exist, and mocks for it.
fn suite() -> Scene {
    let mocks = "\
guard = 'error'

[[mock]]
source = 'http:request'
when = { url = 'http://shop.example/*' }
reply = { status = 200, body = 'ok' }
times = 'any'
";
    Scene::new().config(mocks).file("test_shop.py", tests("users/42", "{\"name\": \"Ada\"}"))
}

/// The suite; one test asks for this path, the other sends this document.
fn tests(path: &str, document: &str) -> String {
    format!(
        "\
import urllib.request

def ask(path, data=None):
    headers = {{'Authorization': 'Bearer zqx', 'Content-Type': 'application/json'}}
    url = 'http://shop.example/' + path
    return urllib.request.urlopen(urllib.request.Request(url, data, headers)).read()

def test_asks():
    assert ask('{path}') == b'ok'

def test_sends():
    assert ask('orders?token=zqx', b'{document}') == b'ok'
"
    )
}

/// Runs the suite under `bigfoot accept`.
fn accept(scene: &Scene, more: &[&str]) -> Finished {
    let command = ["accept", "--"].map(Into::into).into_iter().chain(tools::pytest());
    scene.bigfoot(command.chain(more.iter().map(Into::into)))
}

/// The text of the snapshots, by the names of their files.
fn snapshots(scene: &Scene) -> Vec<(String, String)> {
    let entries = fs::read_dir(scene.path("bigfoot-snapshots")).expect("a folder of snapshots");
    let mut texts: Vec<_> = entries
        .map(|entry| entry.expect("a snapshot").path())
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("its text"))
        })
        .collect();
    texts.sort();
    texts
}

fn broken(finished: &Finished) -> Vec<(&str, &str)> {
    let broken = finished.report["broken"].as_array().map_or(&[][..], Vec::as_slice);
    broken
        .iter()
        .filter_map(|it| Some((it["test"]["name"].as_str()?, it["words"].as_str()?)))
        .collect()
}

/// Each test has a file that a person can read, and no secret is in it. Written again it is the same,
/// and a run that does the same is clean.
#[test]
fn what_was_accepted_holds() {
    let scene = suite();

    accept(&scene, &[]).succeeds().says("3 written, 0 unchanged, 0 removed");

    let first = snapshots(&scene);
    assert_eq!(first.len(), 3, "{first:#?}");
    assert_eq!(first[0].0, "run.toml");
    let sends = &first[2].1;
    assert!(sends.contains("\ntest = \"test_shop.py::test_sends\"\n"), "{sends}");
    assert!(sends.contains("\nfields.method = \"POST\"\n"), "{sends}");
    assert!(sends.contains("fields.body = '{\"name\": \"Ada\"}'\n"), "{sends}");
    assert!(sends.contains("\"authorization: [redacted]\""), "{sends}");
    assert!(!first.iter().any(|(_, text)| text.contains("zqx")), "{first:#?}");
    accept(&scene, &[]).succeeds().says("0 written, 3 unchanged, 0 removed");
    assert_eq!(snapshots(&scene), first);
    scene.run(tools::pytest()).is_clean();
}

/// Something new, missing or changed breaks the contract, and names the test and the difference.
#[test]
fn a_difference_breaks_the_contract() {
    let scene = suite();
    accept(&scene, &[]).succeeds();

    let scene = scene.file("test_shop.py", tests("users/43", "{\"name\": \"Bob\"}"));
    let changed = scene.run(tools::pytest());

    changed.fails_with(60);
    assert_eq!(
        broken(&changed),
        [
            ("test_shop.py::test_asks", "changed: GET http://shop.example/users/43"),
            (
                "test_shop.py::test_sends",
                "changed: POST http://shop.example/orders?token=[redacted]"
            ),
        ]
    );
    let told = scene.tell(tools::pytest());
    told.fails_with(60).says("error[BF109]").says("users/42").says("users/43");
    told.says("bigfoot-snapshots/test_shop.py-test_sends").says("Bob").says("2 differences");
    accept(&scene, &[]).succeeds().says("2 written, 1 unchanged, 0 removed");
    scene.run(tools::pytest()).is_clean();
}

/// In a strict sandbox, accepting is asserting: no test has to be edited for it.
#[test]
fn accepting_is_asserting() {
    let scene = suite();
    let config = fs::read_to_string(scene.path("bigfoot.toml")).expect("the configuration");
    let scene = scene.config(&format!("sandbox = 'run'\n{config}"));
    let before = scene.run(tools::pytest());
    before.fails_with(60);
    let codes: Vec<_> = before.report["broken"].as_array().expect("a list").iter().collect();
    assert!(codes.iter().all(|it| it["code"] == "BF107"), "{codes:#?}");

    accept(&scene, &[]).succeeds();

    scene.run(tools::pytest()).is_clean();
}

/// A test that does not run is neither compared nor written.
#[test]
fn a_test_that_does_not_run_is_left_alone() {
    let scene = suite();
    accept(&scene, &[]).succeeds();
    let before = snapshots(&scene);

    scene.run(tools::pytest().into_iter().chain(["-k", "asks"].map(Into::into))).is_clean();
    accept(&scene, &["-k", "asks"]).succeeds().says("0 written, 2 unchanged, 0 removed");

    assert_eq!(snapshots(&scene), before);
}

/// What a failed command did is nothing to accept; it keeps its exit code.
#[test]
fn a_failed_command_is_not_accepted() {
    let scene = suite().file("test_fails.py", "def test_fails():\n    assert False\n");

    accept(&scene, &[]).fails_with(1).says("no snapshot was written");

    assert!(!scene.path("bigfoot-snapshots").exists());
}

/// Differences of a failed command are notes: they may come of the failure.
#[test]
fn differences_of_a_failed_command_are_notes() {
    let scene = suite();
    accept(&scene, &[]).succeeds();

    let scene = scene.file("test_shop.py", tests("users/42', 'not bytes", "{}"));

    scene.tell(tools::pytest()).fails_with(1).says("note[BF109]");
}

/// Without a command there is nothing to accept, and the error says what is wanted.
#[test]
fn accept_needs_a_command() {
    for arguments in [&["accept"][..], &["accept", "--"], &["accept", "--guard", "error"]] {
        let refused = Scene::new().bigfoot(arguments);

        refused.fails_with(2).says("needs the command that runs the tests");
    }
}

/// A snapshot that cannot be read is wrong before anything runs, by its file and line; accepting
/// anew mends it.
#[test]
fn a_broken_snapshot_is_refused() {
    let scene = suite().file("bigfoot-snapshots/run.toml", "version = 1\n\n[[interaction]\n");

    let refused = scene.tell(["touch", "was-run"]);

    refused.fails_with(2).says("bigfoot-snapshots/run.toml").says("line 3");
    assert!(!scene.path("was-run").exists());
    accept(&scene, &[]).succeeds();
    scene.run(tools::pytest()).is_clean();
}

/// A code is explained by its word.
#[test]
fn a_difference_is_explained() {
    let explained = Scene::new().bigfoot(["explain", "snapshot"]);

    assert!(explained.succeeds().stdout.starts_with("BF109: "), "{}", explained.stdout);
}
