//! Rules by host name hold at the connection, whatever address the name has.

use bigfoot_tests::servers::{self, Server};
use bigfoot_tests::{Finished, Scene, guest};

/// A name server that knows loop.example as 127.0.0.1, and a server there.
struct Places {
    dns: Server,
    server: Server,
}

impl Places {
    fn new() -> Self {
        Self { dns: servers::dns(), server: servers::plain() }
    }

    fn rule(&self, name: &str) -> String {
        format!("socket://{name}:{}", self.server.port())
    }

    fn run(&self, scene: &Scene, cases: &str, name: &str) -> Finished {
        let guest = guest("names");
        let guest = guest.to_string_lossy();
        scene.run([guest.as_ref(), cases, &self.dns.port(), &self.server.port(), name])
    }
}

/// An allowed name may be looked up and called, and nothing more is reported of it.
#[test]
fn an_allowed_name_is_called() {
    let places = Places::new();
    let scene = Scene::new().guard("error").allow(&places.rule("loop.example"));

    places.run(&scene, "by-name", "loop.example").is_clean().prints("by-name: 0\n");
    places.run(&scene, "by-name", "LOOP.Example.").is_clean().prints("by-name: 0\n");
}

/// So is one that a glob or a regular expression allows.
#[test]
fn an_allowed_pattern_is_called() {
    let places = Places::new();

    for pattern in ["*.example", "~loop[.].*"] {
        let scene = Scene::new().guard("error").allow(&places.rule(pattern));
        places.run(&scene, "by-name", "loop.example").is_clean();
    }
}

/// The address of an allowed name is not allowed to whoever knows it by itself.
#[test]
fn an_allowed_name_does_not_allow_its_address() {
    let places = Places::new();
    let scene = Scene::new().guard("error").allow(&places.rule("loop.example"));

    places.run(&scene, "by-address", "loop.example").is_broken().prints("by-address: -1 EACCES\n");
    assert_eq!(places.server.callers(), 0);
}

/// A name that no rule allows is refused before any name server is asked.
#[test]
fn a_name_without_a_rule_is_not_looked_up() {
    let places = Places::new();
    let scene = Scene::new().guard("error").allow(&places.rule("other.example"));

    places.run(&scene, "by-name", "loop.example").is_broken().prints("by-name: look-up refused\n");
    assert_eq!(places.dns.callers() + places.server.callers(), 0);
}

/// A denied name is not called, even with the guard off and though its address may be, and no name server is asked.
#[test]
fn a_denied_name_is_not_called() {
    let places = Places::new();
    let scene = Scene::new().guard("off").deny(&places.rule("loop.example"));

    let told = places.run(&scene, "by-name", "loop.example");
    told.is_broken();
    assert!(!told.stdout.contains("by-name: 0"), "{}", told.stdout);
    assert_eq!(places.dns.callers() + places.server.callers(), 0);

    places.run(&scene, "by-address", "loop.example").is_clean().prints("by-address: 0\n");
}
