//! `bigfoot serve`, `env` and `verify`: the same run in three steps, for a script that sets the environment itself.

use bigfoot_tests::{Finished, Scene, servers};

/// The three steps around a command, in one shell.
fn steps(scene: &Scene, guard: &str, command: &str) -> Finished {
    let bigfoot = bigfoot_tests::scene::bigfoot();
    let script = format!(
        "\"$0\" serve --guard {guard} 2>serve.log\neval \"$(\"$0\" env)\"\n{command}\n\"$0\" verify\n"
    );
    scene.native(["sh", "-c", &script, &bigfoot.to_string_lossy()])
}

/// What the command did wrong is the exit code of `verify`.
#[test]
fn verify_tells_what_serve_saw() {
    let server = servers::plain();
    let call = format!(
        "python3 -c \"import socket; socket.socket().connect_ex(('127.0.0.1', {}))\"",
        server.port()
    );

    let told = steps(&Scene::new(), "error", &call);

    told.fails_with(60);
    assert!((told.stdout.clone() + &told.stderr).contains(&server.port()), "{told:?}");
    assert_eq!(server.callers(), 0);
}

/// A clean run verifies clean.
#[test]
fn verify_of_a_clean_run_succeeds() {
    steps(&Scene::new(), "error", "python3 -c pass").succeeds();
}
