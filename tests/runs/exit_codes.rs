//! Exit codes, and whose output is whose.

use bigfoot_tests::{Scene, servers};

/// A clean run's code is the command's own.
#[test]
fn the_commands_own_code_is_kept() {
    for code in [0, 1, 3, 60, 101, 255] {
        let guest = Scene::new().guard("error").run(["sh", "-c", &format!("exit {code}")]);

        guest.fails_with(code);
        assert!(guest.findings().is_empty(), "{:#}", guest.report);
    }
}

/// A command that failed by itself keeps its code, though the contract was broken too.
#[test]
fn a_failed_command_keeps_its_code() {
    let server = servers::plain();
    let program = format!(
        "import socket, sys\nsocket.socket().connect_ex(('127.0.0.1', {}))\nsys.exit(7)",
        server.port()
    );

    let guest = Scene::new().guard("error").run(["python3", "-c", &program]);

    guest.fails_with(7);
    assert_eq!(guest.calls(), 1, "{:#}", guest.report);
}

/// 126 and 127, as env(1) has it.
#[test]
fn a_command_that_cannot_start_is_told_as_env_does() {
    let scene = Scene::new().file("data", "not a program\n");

    scene.tell(["no-such-program-anywhere"]).fails_with(127).says("no-such-program-anywhere");
    scene.tell(["./missing"]).fails_with(127).says("missing");
    scene.tell(["/"]).fails_with(126);
    scene.tell(["./data"]).fails_with(126).says("data");
}

/// Output passes untouched, byte for byte, on both streams; bigfoot adds to stderr alone.
#[test]
fn output_passes_untouched() {
    let line = "printf 'a\\000b\\377c'; printf 'err' >&2";
    let native = Scene::new().native(["sh", "-c", line]);

    let guest = Scene::new().guard("error").run(["sh", "-c", line]);

    guest.prints(&native.stdout);
    assert_eq!(guest.stderr, native.stderr, "with --output, stderr is the command's alone");
}

/// Standard input is the command's.
#[test]
fn input_passes_untouched() {
    use std::io::Write;
    let scene = Scene::new().guard("error");
    let (mut bigfoot, _watch) = scene.start(["cat"]);
    bigfoot.stdin.take().expect("its input").write_all(b"through\n").expect("written");

    let output = bigfoot.wait_with_output().expect("its end");

    assert_eq!(output.stdout, b"through\n");
    assert_eq!(output.status.code(), Some(0));
}

/// Every format is what its name says.
#[test]
fn each_format_is_well_formed() {
    let server = servers::plain();
    let program =
        format!("import socket; socket.socket().connect_ex(('127.0.0.1', {}))", server.port());
    let told = |format: &str| {
        Scene::new()
            .guard("error")
            .flag("--format")
            .flag(format)
            .tell(["python3", "-c", &program])
            .stderr
    };

    let parsed: serde_json::Value = serde_json::from_str(&told("json")).expect("one document");
    assert_eq!(parsed["refused"], 1);
    for line in told("jsonl").lines() {
        let parsed: serde_json::Value = serde_json::from_str(line).expect("a document a line");
        assert!(parsed["type"].is_string(), "{line}");
    }
    assert!(told("github").contains("::error"), "{}", told("github"));
    assert!(told("human").contains(&server.port()));
}

/// A run within a run joins it: the outer one's rules hold, and it alone reports.
#[test]
fn a_run_within_a_run_joins_it() {
    let own = bigfoot_tests::scene::bigfoot();

    let inner = format!("{} run --guard off -- python3 -c", own.display());
    let line = format!("{inner} 'import socket; socket.create_connection((\"10.9.8.7\", 99))'");

    for guard in ["off", "error"] {
        let told =
            Scene::new().guard(guard).tell(["sh", "-c", &format!("{} run -- true", own.display())]);
        told.succeeds().says("joined the run");
    }
    let told = Scene::new().guard("error").run(["sh", "-c", &line]);
    assert_eq!(told.calls(), 1, "{:#}", told.report);
    Scene::new().tell(["sh", "-c", &format!("{} run -- nosuch", own.display())]).fails_with(127);
    let accept = format!("{} accept -- true", own.display());
    Scene::new().tell(["sh", "-c", &accept]).fails_with(2).says("inside a run");
}

/// With the guard off, what outlives the run goes on as without bigfoot.
#[test]
fn a_daemon_outlives_a_run_whose_guard_is_off() {
    let scene = Scene::new().guard("off");
    let line = "setsid sh -c 'sleep 1; touch done' >/dev/null 2>&1 & sleep 0.3; echo started";

    scene.run(["sh", "-c", line]).prints("started\n");

    let made = scene.path("done");
    let since = std::time::Instant::now();
    while !made.exists() && since.elapsed().as_secs() < 10 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(made.exists());
}
