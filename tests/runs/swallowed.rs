//! A refused call that the program swallows fails the run all the same, and is named.

use bigfoot_tests::{Finished, Scene, servers, tools};

fn guarded(command: &[&str]) -> Finished {
    Scene::new().guard("error").run(command)
}

/// Claims that the run is broken by one finding whose call is in these words.
fn is_told(guest: &Finished, words: &str) {
    guest.is_broken();
    let told = guest.findings().iter().any(|finding| finding["call"].to_string().contains(words));
    assert!(told, "no {words:?} in {:#}", guest.report["findings"]);
}

/// `try: ... except Exception: pass`.
#[test]
fn python_swallows_a_connection_in_vain() {
    let server = servers::plain();
    let program = format!(
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', {}))\nexcept Exception:\n    pass\nprint('green')\n",
        server.port()
    );

    let guest = guarded(&["python3", "-c", &program]);

    guest.prints("green\n");
    is_told(&guest, &server.port());
    assert_eq!(server.callers(), 0);
}

/// The script and, where it is known, its line are told.
#[test]
fn a_python_script_is_named() {
    let scene = Scene::new().file("quiet.py", "import socket\ntry:\n    socket.getaddrinfo('hidden.example', 80)\nexcept OSError:\n    pass\n");

    let guest = scene.guard("error").run(["python3", "quiet.py"]);

    is_told(&guest, "hidden.example");
    assert!(guest.report["findings"].to_string().contains("quiet.py"), "{:#}", guest.report);
}

/// `2>/dev/null || true`.
#[test]
fn a_shell_swallows_a_program_in_vain() {
    let _ = tools::needed("curl", "curl");
    let server = servers::http();
    let line = format!("curl -s http://127.0.0.1:{}/ 2>/dev/null || true", server.port());

    let guest = guarded(&["sh", "-c", &line]);

    is_told(&guest, &server.port());
    assert_eq!(server.callers(), 0);
}

/// `let _ =`, in a test that cargo calls green; the test is named.
#[test]
fn a_rust_test_swallows_a_connection_in_vain() {
    let server = servers::plain();
    let test = format!(
        "#[test]\nfn quiet_test() {{\n    let _ = std::net::TcpStream::connect((\"127.0.0.1\", {}));\n}}\n",
        server.port()
    );
    let scene = Scene::new()
        .file(
            "Cargo.toml",
            "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
        )
        .file("src/lib.rs", test);

    let guest = scene.guard("error").run(["cargo", "test", "--offline"]);

    assert!(guest.stdout.contains("test result: ok. 1 passed"), "{}{}", guest.stdout, guest.stderr);
    is_told(&guest, &server.port());
    let finding = &guest.findings()[0];
    assert!(finding["test"]["name"].to_string().contains("quiet_test"), "{finding:#}");
    assert_eq!(finding["site"]["line"], 3, "{finding:#}");
    assert!(finding["site"]["file"].to_string().contains("src/lib.rs"), "{finding:#}");
}

/// pytest publishes which test runs.
#[test]
fn a_pytest_test_is_named() {
    let scene = Scene::new().file("test_quiet.py", "import socket\n\ndef test_loud():\n    pass\n\ndef test_quiet():\n    try:\n        socket.getaddrinfo('hidden.example', 80)\n    except OSError:\n        pass\n");

    let guest = scene.guard("error").run(tools::pytest());

    is_told(&guest, "hidden.example");
    assert!(
        guest.findings()[0]["test"]["name"].to_string().contains("test_quiet.py::test_quiet"),
        "{:#}",
        guest.report
    );
}

/// A program that ends itself hard has said it all the same.
#[test]
fn a_guest_that_ends_hard_is_told() {
    let server = servers::plain();
    let program = format!(
        "import os, signal, socket\ns = socket.socket()\ns.connect_ex(('127.0.0.1', {}))\nos._exit(0)\n",
        server.port()
    );

    is_told(&guarded(&["python3", "-c", &program]), &server.port());
}

/// A child in the background that outlives the command is ended, and the report notes it: it cannot call unseen.
#[test]
fn a_child_in_the_background_does_not_call_unseen() {
    let server = servers::plain();
    let program =
        format!("import socket; socket.socket().connect_ex(('127.0.0.1', {}))", server.port());
    let line = format!("(sleep 1; exec python3 -c \"{program}\") >/dev/null 2>&1 & exit 0");

    let guest = guarded(&["sh", "-c", &line]);
    std::thread::sleep(std::time::Duration::from_millis(1500));

    assert!(guest.report["notes"].to_string().contains("outlived"), "{:#}", guest.report);
    assert_eq!(server.callers(), 0);
}

/// Warnings come once for a call site, with their number, and leave the exit code alone.
#[test]
fn a_loop_is_warned_about_once() {
    let server = servers::plain();
    let program = format!(
        "import socket\nfor _ in range(20):\n    socket.create_connection(('127.0.0.1', {})).close()\n",
        server.port()
    );

    let guest = Scene::new().run(["python3", "-c", &program]);

    guest.is_warned();
    assert_eq!(guest.findings().len(), 1, "{:#}", guest.report);
    assert_eq!(guest.calls(), 20);
    assert_eq!(server.callers(), 20);
}

/// In words: the code, the call, what would allow it, and a last line about coverage.
#[test]
fn the_report_says_what_to_do() {
    let server = servers::plain();
    let program =
        format!("import socket; socket.socket().connect_ex(('127.0.0.1', {}))", server.port());

    let guest = Scene::new().guard("error").tell(["python3", "-c", &program]);

    guest.fails_with(60).prints("");
    guest
        .says(&format!("127.0.0.1:{}", server.port()))
        .says("allow")
        .says("--allow")
        .says("process");
}

/// A file that is denied by its own path is denied by every link to it.
#[test]
fn a_denied_file_is_denied_by_its_links() {
    let scene = Scene::new().deny("file:/etc/hostname");
    let line =
        "ln -s /etc/hostname link; cat link 2>/dev/null; cat /proc/self/cwd/link 2>/dev/null; true";

    let guest = scene.run(["sh", "-c", line]);

    guest.is_broken().prints("");
    assert_eq!(guest.calls(), 2, "{:#}", guest.report);
}

/// A guest that has no descriptor left to ask with is refused, and the run says so.
#[test]
fn a_call_that_cannot_be_asked_about_is_told() {
    let program = "import os, resource, socket\n\
        resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50))\n\
        made = socket.socket()\n\
        try:\n\
        \x20   while True: os.dup(0)\n\
        except OSError: pass\n\
        print(made.connect_ex(('127.0.0.1', 9)))\n";

    let guest = guarded(&["python3", "-c", program]);

    guest.fails_with(60).prints("13\n");
    assert!(guest.report["notes"].to_string().contains("could not ask"), "{:#}", guest.report);
}
