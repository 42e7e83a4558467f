//! What a guest says on the run's socket, up to what it is answered: intake and engine.

use std::os::unix::net::UnixStream;
use std::sync::LazyLock;

use bigfoot_controller::config::Config;
use bigfoot_controller::engine::{Engine, Outcome, Setup, unasserted};
use bigfoot_controller::intake::Job;
use bigfoot_controller::intake::facts::Facts;
use bigfoot_controller::tools::Tools;
use bigfoot_ipc::frame::{self, LENGTH_BYTES, VERDICT_BYTES_MAX};
use bigfoot_ipc::guest::Cue;

use crate::scratch;

/// Something of everything.
static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let text = r#"
        guard = { default = "error", file = "warn", native = "warn" }
        sandbox = "run"
        [firewall]
        allow = ["http://*.example.com/a/*", "dns:*.internal", "subprocess:git *", "file+r:/usr/**"]
        deny = ["redis://localhost", "file+w:/etc/**"]
        [[mock]]
        source = "subprocess:run"
        when = { argv = ["kubectl", "get", "..."] }
        reply = { stdout = "web-0\n", returncode = 3 }
        times = "any"
        [[mock]]
        source = "subprocess:run"
        when = { argv = ["deploy", "*"], stdin = "~^a+$", env = { A = "*" } }
        reply = [{ stderr = "no\n", signal = "SIGKILL" }, { delay_ms = 5 }]
        times = "any"
        [[mock]]
        source = "subprocess:run"
        when = { argv = ["docker"] }
        reply = { error = "not-found" }
        [[mock]]
        source = "dns:lookup"
        when = { name = "*.example" }
        reply = { addresses = ["192.0.2.1", "2001:db8::1"] }
        times = "any"
        [[mock]]
        source = "http:request"
        when = { url = "http://api.example/*" }
        reply = { body = "x" }
        [[mock]]
        source = "socket:connect"
        when = { path = "/run/*" }
        steps = [{ source = "socket:exchange", when = { bytes = "a" }, reply = { bytes = "b" } }]
        "#;
    scratch::load("bigfoot.toml", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
});

/// Messages behind their lengths, one after the other.
pub fn target(mut input: &[u8]) {
    let own = std::process::id();
    let mut facts = Facts::new(own);
    let setup = Setup { responder: 4711, records: true, ..CONFIG.setup() };
    let tools = Tools::new(&[]).expect("the known ones");
    let mut engine = Engine::new(CONFIG.policy.clone(), tools, setup);
    while let Some((head, rest)) = input.split_first_chunk::<LENGTH_BYTES>() {
        let length = frame::length(*head).unwrap_or(rest.len()).min(rest.len());
        let (body, rest) = rest.split_at(length);
        let (stream, _other) = UnixStream::pair().expect("two sockets");
        if let Some(Job::Ask { asker, asked, .. }) = facts.job(own, body, stream) {
            answers(&engine.ask(&asker, asked));
        }
        input = rest;
    }
    ends(engine);
}

/// The answer is a message that the guest has room for.
fn answers(outcome: &Outcome) {
    let written = frame::encode(&outcome.verdict).expect("a message");
    assert!(written.len() <= LENGTH_BYTES + VERDICT_BYTES_MAX, "{} bytes", written.len());
    if let Some(standing) = &outcome.standing {
        let written = frame::encode(&standing.cue()).expect("a message");
        frame::decode::<Cue<'_>>(&written[LENGTH_BYTES..]).expect("the same message");
    }
}

/// What it came to can be told, and what is pasted is a configuration. Guests look up what is no name,
/// too, and such a name no mock can have.
fn ends(engine: Engine) {
    let ended = engine.finish();
    for paste in unasserted(&ended.interactions).into_iter().filter_map(|broken| broken.paste) {
        let read = scratch::load("paste.toml", paste.as_bytes());
        if let Err(error) = read {
            assert!(error.message().contains("is no name"), "{paste}\n{error}");
        }
    }
}
