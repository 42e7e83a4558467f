//! Accepted snapshots under `cargo test` and nextest: which tests ran is known, even of those that do
//! nothing any more.

use std::fs;

use bigfoot_tests::{Finished, Scene, tools};

/// A workspace of two crates that have tests of the same names; one of them talks to a host that does
/// not exist.
fn workspace() -> Scene {
    Scene::new()
        .config(MOCKS)
        .file("Cargo.toml", "[workspace]\nmembers = ['shop', 'cart']\nresolver = '2'\n")
        .file("shop/Cargo.toml", MANIFEST.replace("NAME", "shop"))
        .file("shop/src/lib.rs", LIBRARY)
        .file("cart/Cargo.toml", MANIFEST.replace("NAME", "cart"))
        .file("cart/src/lib.rs", NAMESAKES)
}

const MOCKS: &str = "\
guard = 'error'

[[mock]]
source = 'http:request'
when = { url = 'http://shop.example/*' }
reply = { status = 200, body = 'ok' }
times = 'any'
";

const MANIFEST: &str = "\
[package]
name = 'NAME'
version = '0.1.0'
edition = '2021'

[lib]
doctest = false
";

/// The names are alike in more than the 15 bytes that the kernel knows of a thread's.
const LIBRARY: &str = r#"
#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    fn ask(path: &str) {
        if std::env::var_os("QUIET").is_some_and(|quiet| quiet == path) {
            return;
        }
        let mut shop = TcpStream::connect("shop.example:80").unwrap();
        write!(shop, "GET /{path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n").unwrap();
        let mut reply = String::new();
        shop.read_to_string(&mut reply).unwrap();
        assert!(reply.ends_with("ok"), "{reply}");
    }

    #[test]
    fn the_shop_is_asked_for_ada() {
        ask("ada");
    }

    #[test]
    fn the_shop_is_asked_for_bob() {
        ask("bob");
    }

    #[test]
    fn the_shop_is_asked_for_nobody() {}
}
"#;

const NAMESAKES: &str = r#"
#[test]
fn works() {}

#[cfg(test)]
mod tests {
    #[test]
    fn the_shop_is_asked_for_ada() {}
}
"#;

const BOB: &str = "tests::the_shop_is_asked_for_bob";

fn accept(scene: &Scene, command: &[&str]) -> Finished {
    scene.bigfoot(["accept", "--"].iter().chain(command))
}

/// The tests whose interactions are not those that were accepted.
fn broken(finished: &Finished) -> Vec<(&str, &str)> {
    let broken = finished.report["broken"].as_array().map_or(&[][..], Vec::as_slice);
    let told = broken.iter().map(|it| (it["test"]["name"].as_str(), it["words"].as_str()));
    told.map(|(test, words)| (test.unwrap_or_default(), words.unwrap_or_default())).collect()
}

const ASKED_FOR_BOB: &[(&str, &str)] =
    &[(BOB, "accepted and not done: GET http://shop.example/bob")];

const TEST: [&str; 3] = ["cargo", "test", "--offline"];

/// `cargo test` of one crate, with these arguments.
fn of_shop<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&TEST[..], &["-p", "shop"], more].concat()
}

/// A test that makes none of its accepted calls fails the run, whether it runs beside others, alone or
/// one after another; and none fails it that was not to run.
#[test]
fn a_test_that_falls_silent_breaks_the_contract() {
    let scene = workspace();
    accept(&scene, &of_shop(&[])).succeeds().says("3 written");
    scene.run(of_shop(&[])).is_clean();

    let scene = scene.variable("QUIET", "bob");

    for more in [&[][..], &["for_bob"], &["--", "--exact", BOB], &["--", "--test-threads=1"]] {
        let silent = scene.run(of_shop(more));
        silent.fails_with(60);
        assert_eq!(broken(&silent), ASKED_FOR_BOB, "{more:?}");
    }
    for more in [&["for_ada"][..], &["for_nobody"], &["--", "--skip", BOB], &["--", "--list"]] {
        scene.run(of_shop(more)).is_clean();
    }
    let told = scene.tell(of_shop(&[]));
    told.fails_with(60).says("error[BF109]").says(BOB).says("bigfoot accept -- COMMAND");
    scene.tell(of_shop(&["for_ada"])).succeeds().says("did not run: 1");
}

/// A test that is ignored does not run; one that is meant to run all the same does.
#[test]
fn an_ignored_test_is_left_alone() {
    let scene = workspace();
    accept(&scene, &of_shop(&[])).succeeds();
    let ignored = LIBRARY.replace(
        "#[test]\n    fn the_shop_is_asked_for_bob",
        "#[test]\n    #[ignore]\n    fn the_shop_is_asked_for_bob",
    );
    assert_ne!(ignored, LIBRARY);

    let scene = scene.file("shop/src/lib.rs", ignored).variable("QUIET", "bob");

    scene.run(of_shop(&[])).is_clean();
    let included = scene.run(of_shop(&["--", "--include-ignored"]));
    included.fails_with(60);
    assert_eq!(broken(&included), ASKED_FOR_BOB);
}

/// Another crate's test of the same name is another test.
#[test]
fn a_test_of_the_same_name_is_another() {
    let scene = workspace();
    accept(&scene, &of_shop(&[])).succeeds();

    let of_cart = ["cargo", "test", "--offline", "-p", "cart"];
    scene.run(of_cart).is_clean();
    accept(&scene, &of_cart).succeeds().says("0 removed");

    let name = "bigfoot-snapshots/tests-the_shop_is_asked_for_bob";
    let files = fs::read_dir(scene.path("bigfoot-snapshots")).expect("snapshots");
    let paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    let bob = paths.iter().find(|path| path.to_string_lossy().contains(name)).expect("Bob's");
    let text = fs::read_to_string(bob).expect("its text");
    assert!(text.contains("\nprograms = [\"shop/shop\"] "), "{text}");
    let silent = scene.variable("QUIET", "bob").run(TEST);
    silent.fails_with(60);
    assert_eq!(broken(&silent), ASKED_FOR_BOB);
}

/// Accepting again what does nothing any more leaves nothing to hold it to.
#[test]
fn silence_may_be_accepted() {
    let scene = workspace();
    accept(&scene, &of_shop(&[])).succeeds();

    let scene = scene.variable("QUIET", "bob");

    accept(&scene, &of_shop(&[])).succeeds().says("0 written, 2 unchanged, 1 removed");
    scene.run(of_shop(&[])).is_clean();
}

/// nextest runs each test in a process of its own, and what was accepted under one runner holds under
/// the other.
#[test]
fn nextest_is_no_different() {
    let _ = tools::needed("cargo-nextest", "cargo-nextest of cargo");
    let nextest = ["cargo", "nextest", "run", "--offline", "-p", "shop"];
    let scene = workspace();
    accept(&scene, &nextest).succeeds().says("3 written");
    scene.run(of_shop(&[])).is_clean();
    scene.run(nextest).is_clean();

    let scene = scene.variable("QUIET", "bob");

    let silent = scene.run(nextest);
    silent.fails_with(60);
    assert_eq!(broken(&silent), ASKED_FOR_BOB);
    scene.run(nextest.iter().chain(&["for_ada"])).is_clean();
    scene.run(["cargo", "nextest", "run", "--offline", "-p", "cart"]).is_clean();
}
