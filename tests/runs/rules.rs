//! The three rules, each broken inside code that swallows every error, in four languages: the run
//! exits 60 all the same, and names the test, or the script or program that was it.

use bigfoot_tests::{Finished, Scene, guest, tools};

/// Which of the rules is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    /// A call has neither mock nor rule.
    Authorised,
    /// What was recorded is not asserted.
    Asserted,
    /// A mock is not used.
    Used,
    /// None.
    Nothing,
}

impl Broken {
    /// The code that it is told by.
    fn code(self) -> &'static str {
        match self {
            Self::Authorised => "BF104",
            Self::Asserted => "BF107",
            Self::Used => "BF108",
            Self::Nothing => "",
        }
    }

    /// What the guest calls.
    fn path(self) -> &'static str {
        if self == Self::Authorised { "/unknown" } else { "/known" }
    }

    /// Mocks of `/known` and, for `test` only, of what may be left unused.
    fn config(self, test: &str) -> String {
        let assert = if self == Self::Asserted { "" } else { "assert = \"match\"" };
        let times = if self == Self::Authorised { "\"any\"" } else { "1" };
        let unused = format!(
            "[[mock]]\nsource = \"http:request\"\nwhen = {{ url = \"http://api.example/unused\" }}\n{test}\n"
        );
        format!(
            "sandbox = \"run\"\n[[mock]]\nsource = \"http:request\"\nwhen = {{ method = \"GET\", url = \"http://api.example/known\" }}\nreply = {{ status = 200, body = \"ada\" }}\ntimes = {times}\n{assert}\n{}",
            if self == Self::Used { unused.as_str() } else { "" }
        )
    }
}

const ALL: [Broken; 4] = [Broken::Authorised, Broken::Asserted, Broken::Used, Broken::Nothing];

/// Claims that the run tells what is broken, and whose it was.
fn is_told(finished: &Finished, broken: Broken, whose: &str) {
    if broken == Broken::Nothing {
        finished.is_clean();
        return;
    }
    finished.fails_with(60);
    let findings = finished.findings().iter();
    let others = finished.report["broken"].as_array().into_iter().flatten();
    let told = findings.chain(others).find(|it| it["code"] == broken.code());
    let told = told.unwrap_or_else(|| panic!("{broken:?} is not told: {:#}", finished.report));
    assert!(told.to_string().contains(whose), "{whose} is not named: {told:#}");
}

/// `except Exception: pass`, under pytest.
#[test]
fn python_swallows_in_vain() {
    let program = |path: &str| {
        format!(
            "import urllib.request\n\ndef test_quiet():\n    try:\n        urllib.request.urlopen('http://api.example{path}', timeout=5).read()\n    except Exception:\n        pass\n"
        )
    };
    for broken in ALL {
        let scene = Scene::new()
            .config(&broken.config("test = \"test_quiet.py::*\""))
            .file("test_quiet.py", program(broken.path()));

        let finished = scene.run(tools::pytest());

        is_told(&finished, broken, "test_quiet.py::test_quiet");
    }
}

/// `let _ =`, under cargo.
#[test]
fn rust_swallows_in_vain() {
    let program = |path: &str| {
        format!(
            "#[test]\nfn quiet_test() {{\n    use std::io::{{Read, Write}};\n    let _ = std::net::TcpStream::connect((\"api.example\", 80)).and_then(|mut stream| {{\n        stream.write_all(b\"GET {path} HTTP/1.1\\r\\nHost: api.example\\r\\nConnection: close\\r\\n\\r\\n\")?;\n        stream.read_to_end(&mut Vec::new())\n    }});\n}}\n"
        )
    };
    for broken in ALL {
        let scene = Scene::new()
            .config(&broken.config("test = \"quiet_test\""))
            .file(
                "Cargo.toml",
                "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
            )
            .file("src/lib.rs", program(broken.path()));

        let finished = scene.run(["cargo", "test", "--offline"]);

        assert!(finished.stdout.contains("1 passed"), "{}{}", finished.stdout, finished.stderr);
        is_told(&finished, broken, "quiet_test");
    }
}

/// `.catch(() => {})`.
#[test]
fn node_swallows_in_vain() {
    let node = tools::needed("node", "nodejs");
    let program = |path: &str| {
        format!(
            "const http = require('http');\nhttp.get('http://api.example{path}', (reply) => reply.resume()).on('error', () => {{}});\n"
        )
    };
    for broken in ALL {
        let scene =
            Scene::new().config(&broken.config("")).file("quiet.js", program(broken.path()));

        let finished = scene.run([node.as_os_str(), "quiet.js".as_ref()]);

        let whose = if broken == Broken::Used { "api.example/unused" } else { "quiet.js" };
        is_told(&finished, broken, whose);
    }
}

/// No return value is looked at.
#[test]
fn c_swallows_in_vain() {
    let guest = guest("quiet");
    for broken in ALL {
        let scene = Scene::new().config(&broken.config(""));

        let finished = scene.run([guest.as_os_str(), broken.path().as_ref()]);

        let whose = if broken == Broken::Used { "api.example/unused" } else { "quiet" };
        is_told(&finished, broken, whose);
    }
}

/// What a process that outlives the command does comes after the run's sandbox closed.
#[test]
fn a_call_after_the_sandbox_is_told_as_late() {
    let guest = guest("quiet");
    let scene = Scene::new().config("sandbox = \"run\"\n");
    let line = format!("(sleep 0.05; exec {} /late) & exit 0", guest.display());

    let finished = scene.run(["sh", "-c", &line]);

    finished.fails_with(60);
    let codes: Vec<_> = finished.findings().iter().map(|finding| &finding["code"]).collect();
    assert_eq!(codes, ["BF106"], "{:#}", finished.report);
}
