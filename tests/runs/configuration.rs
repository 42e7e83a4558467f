//! Where the configuration comes from, and which of its parts speaks.

use bigfoot_tests::{Finished, Scene, servers, servers::Server, tools};

/// A Python test that calls a port and swallows what becomes of it.
fn caller(server: &Server) -> String {
    format!(
        "import socket\n\ndef test_call():\n    socket.socket().connect_ex(('127.0.0.1', {}))\n",
        server.port()
    )
}

fn run(scene: &Scene) -> Finished {
    scene.run(["python3", "-c", "import test_call; test_call.test_call()"])
}

fn scene(server: &Server) -> Scene {
    Scene::new().file("test_call.py", caller(server))
}

/// Each of the four files can hold it.
#[test]
fn each_source_is_read() {
    let server = servers::plain();
    let package = "[package]\nname = \"a\"\nversion = \"0.1.0\"\n[package.metadata.bigfoot]\nguard = \"error\"\n";
    let sources = [
        ("bigfoot.toml", "guard = \"error\"\n"),
        ("pyproject.toml", "[tool.bigfoot]\nguard = \"error\"\n"),
        ("Cargo.toml", package),
        ("Cargo.toml", "[workspace]\n[workspace.metadata.bigfoot]\nguard = \"error\"\n"),
        ("package.json", "{ \"bigfoot\": { \"guard\": \"error\" } }\n"),
    ];

    for (name, text) in sources {
        run(&scene(&server).file(name, text)).is_broken();
    }
    assert_eq!(server.callers(), 0);
}

/// It is found upwards from the working directory.
#[test]
fn a_folder_above_may_hold_it() {
    let server = servers::plain();
    let scene = scene(&server).config("guard = \"error\"\n").file("below/keep", "");

    let line = "cd below && exec \"$0\" run -- python3 ../test_call.py";
    let program = format!("{}\ntest_call()\n", caller(&server));
    let scene = scene.file("test_call.py", program);
    let told = scene.native(["sh", "-c", line, &bigfoot_tests::scene::bigfoot().to_string_lossy()]);

    told.fails_with(60);
}

/// A flag comes before the environment, and that before the file.
#[test]
fn the_nearest_word_counts() {
    let server = servers::plain();
    let allow = format!("socket://127.0.0.1:{}", server.port());
    let file = format!("guard = \"error\"\n[firewall]\ndeny = [\"{allow}\"]\n");

    run(&scene(&server).config(&file)).is_broken();
    run(&scene(&server).config(&file).variable("BIGFOOT_ALLOW", &allow)).is_clean();
    run(&scene(&server).config(&file).variable("BIGFOOT_ALLOW", &allow).deny(&allow)).is_broken();
    run(&scene(&server).config("guard = \"error\"\n").variable("BIGFOOT_GUARD", "off")).is_clean();
    run(&scene(&server)
        .config("guard = \"off\"\n")
        .variable("BIGFOOT_GUARD", "off")
        .guard("error"))
    .is_broken();
}

/// Each protocol may have a level of its own.
#[test]
fn a_protocol_has_its_own_level() {
    let server = servers::plain();

    run(&scene(&server).config("guard = { default = \"error\", socket = \"off\" }\n")).is_clean();
    run(&scene(&server).config("guard = { default = \"off\", socket = \"error\" }\n")).is_broken();
    run(&scene(&server).config("guard = { default = \"error\", socket = \"warn\" }\n")).is_warned();
}

/// What one test may do, another may not, in one process of pytest.
#[test]
fn a_test_has_rules_of_its_own() {
    let server = servers::plain();
    let text = caller(&server);
    let other = text.replace("test_call", "test_other").replace("import socket\n", "");
    let rule = format!("socket://127.0.0.1:{}", server.port());
    let config =
        format!("guard = \"error\"\n[firewall.per-test-allow]\n\"*::test_call\" = [\"{rule}\"]\n");
    let scene = Scene::new().file("test_call.py", text + &other).config(&config);

    let told = scene.run(tools::pytest());

    told.is_broken();
    assert_eq!(told.findings().len(), 1, "{:#}", told.report);
    assert!(
        told.findings()[0]["test"]["name"].to_string().contains("test_other"),
        "{:#}",
        told.report
    );
    assert_eq!(server.callers(), 1);
}

/// The same under `cargo test`, where tests are threads of one process.
#[test]
fn a_rust_test_has_rules_of_its_own() {
    let server = servers::plain();
    let call = format!("let _ = std::net::TcpStream::connect((\"127.0.0.1\", {}));", server.port());
    let text =
        format!("#[test]\nfn may_call() {{ {call} }}\n#[test]\nfn may_not_call() {{ {call} }}\n");
    let rule = format!("socket://127.0.0.1:{}", server.port());
    let scene = Scene::new()
        .file(
            "Cargo.toml",
            "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
        )
        .file("src/lib.rs", text)
        .config(&format!(
            "guard = \"error\"\n[firewall.per-test-allow]\n\"may_call\" = [\"{rule}\"]\n"
        ));

    let told = scene.run(["cargo", "test", "--offline"]);

    told.is_broken();
    assert_eq!(told.findings().len(), 1, "{:#}", told.report);
    assert!(
        told.findings()[0]["test"]["name"].to_string().contains("may_not_call"),
        "{:#}",
        told.report
    );
    assert_eq!(server.callers(), 1);
}

/// `bigfoot check` accepts what is right and `bigfoot explain` names the rule that decides.
#[test]
fn a_configuration_is_checked_and_explained() {
    let scene = Scene::new()
        .config("guard = \"error\"\n[firewall]\nallow = [\"redis://cache.internal\"]\n");

    scene.bigfoot(["check"]).succeeds();
    let told = scene.bigfoot(["explain", "redis://cache.internal"]);
    assert!((told.stdout.clone() + &told.stderr).contains("bigfoot.toml:3"), "{told:?}");
    scene.bigfoot(["explain", "BF101"]).succeeds();
}

/// The commands that only tell something tell it.
#[test]
fn each_telling_command_tells() {
    for words in [
        &["plugins"][..],
        &["plugins", "http"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["run", "--help"],
    ] {
        let told = Scene::new().bigfoot(words);
        told.succeeds();
        assert!(told.stdout.len() > 50, "{words:?}: {told:?}");
    }
    assert!(!Scene::new().bigfoot(["doctor"]).stdout.is_empty());
}
