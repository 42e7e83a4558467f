//! The bytes of each message, kept in `golden/`: one file a variant, in hexadecimal, the length in the
//! first line. Every shim's tests read the same files. `BLESS=1 cargo test -p bigfoot-ipc` renews them.

use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;

use bigfoot_ipc::control::{Control, Outcome};
use bigfoot_ipc::frame::{self, LENGTH_BYTES};
use bigfoot_ipc::guest::{Call, Peer, Query, Request, Transport, Verdict};
use serde::{Deserialize, Serialize};

mod samples;

/// Bytes a line of a file.
const LINE_BYTES: usize = 16;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn hex(bytes: &[u8]) -> String {
    let word = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    let (head, body) = bytes.split_at(LENGTH_BYTES);
    let lines = [head].into_iter().chain(body.chunks(LINE_BYTES));
    lines.map(|line| word(line).join(" ") + "\n").collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let words = text.split_ascii_whitespace();
    words.map(|word| u8::from_str_radix(word, 16).expect("two digits")).collect()
}

/// The sample gives the bytes of the file, and the bytes give the sample.
fn compare<T: Serialize + for<'a> Deserialize<'a> + PartialEq + Debug>(name: &str, sample: &T) {
    let bytes = renewed(name, sample);
    let decoded: T = frame::decode(&bytes[LENGTH_BYTES..]).expect(name);
    assert_eq!(&decoded, sample, "{name}");
}

/// The bytes of the file, which are the sample's; under BLESS the file is written first.
fn renewed<T: Serialize>(name: &str, sample: &T) -> Vec<u8> {
    let path = folder().join(format!("{name}.hex"));
    let bytes = frame::encode(sample).expect(name);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(folder()).expect("a folder");
        fs::write(&path, hex(&bytes)).expect("a file");
    }
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(hex(&bytes), text, "{name}: an existing message keeps its shape");
    unhex(&text)
}

/// What a guest says, call by call.
#[test]
fn requests_keep_their_bytes() {
    for (name, call) in samples::calls() {
        let request = Request { asker: samples::asker(), call };

        let bytes = renewed(&format!("request-{name}"), &request);

        assert_eq!(frame::decode(&bytes[LENGTH_BYTES..]), Ok(request), "{name}");
    }
}

/// What a guest hears.
#[test]
fn verdicts_keep_their_bytes() {
    for (name, verdict) in samples::verdicts() {
        compare(&format!("verdict-{name}"), &verdict);
    }
}

/// What a stand-in hears.
#[test]
fn cues_keep_their_bytes() {
    for (name, cue) in samples::cues() {
        let bytes = renewed(&format!("cue-{name}"), &cue);

        assert_eq!(frame::decode(&bytes[LENGTH_BYTES..]), Ok(cue), "{name}");
    }
}

/// What a command says and hears.
#[test]
fn control_keeps_its_bytes() {
    for (name, control) in samples::controls() {
        compare(&format!("control-{name}"), &control);
    }
    for (name, outcome) in samples::outcomes() {
        compare(&format!("outcome-{name}"), &outcome);
    }
}

/// A file that no sample stands behind would be read by shims for nothing.
#[test]
fn every_file_has_its_sample() {
    if std::env::var_os("BLESS").is_some() {
        return; // they are being written
    }
    let requests = samples::calls().into_iter().map(|(name, _)| format!("request-{name}.hex"));
    let verdicts = samples::verdicts().into_iter().map(|(name, _)| format!("verdict-{name}.hex"));
    let controls = samples::controls().into_iter().map(|(name, _)| format!("control-{name}.hex"));
    let outcomes = samples::outcomes().into_iter().map(|(name, _)| format!("outcome-{name}.hex"));
    let cues = samples::cues().into_iter().map(|(name, _)| format!("cue-{name}.hex"));
    let guests = requests.chain(verdicts).chain(cues);
    let mut expected: Vec<_> = guests.chain(controls).chain(outcomes).collect();
    let files = fs::read_dir(folder()).expect("a folder").map(|file| file.expect("a file"));
    let mut found: Vec<_> =
        files.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    expected.sort();
    found.sort();

    assert_eq!(found, expected);
}

/// The compiler asks for a line here when a variant is added; then it needs a sample too.
#[test]
fn every_variant_has_its_sample() {
    let names = |all: &[(&'static str, Call<'_>)]| all.iter().map(|(name, _)| *name).collect();
    let found: Vec<&str> = names(&samples::calls());

    for (name, call) in samples::calls() {
        let kind = match call {
            Call::Connect { transport: Transport::Stream, peer: Peer::Internet(_) } => "connect-v",
            Call::Connect { transport: Transport::Datagram, peer: Peer::Unix(_) } => "connect-unix",
            Call::Connect { transport: Transport::Other, peer: Peer::Other(_) } => "connect-other",
            Call::Connect { .. } => "connect-",
            Call::Lookup { query: Query::Name(_) } => "lookup-name",
            Call::Lookup { query: Query::Records(_) } => "lookup-records",
            Call::Lookup { query: Query::Address(_) } => "lookup-address",
            Call::Lookup { query: Query::Family { .. } } => "lookup-family",
            Call::Lookup { query: Query::Kind { .. } } => "lookup-kind",
            Call::Resolved { .. } => "resolved",
            Call::Open { .. } => "open",
            Call::Exec { .. } => "exec",
            Call::ExecFailed { .. } => "exec-failed",
            Call::Load { .. } => "load",
            Call::Serve { .. } => "serve",
            Call::Stand { .. } => "stand",
            Call::Test => "test",
            Call::Thread { .. } => "thread",
        };
        assert!(name.starts_with(kind), "{name} is a {kind}");
    }
    for name in ["connect-v4", "connect-v6", "connect-unix", "connect-other", "exec", "serve"] {
        assert!(found.contains(&name), "{name}");
    }
    for (name, verdict) in samples::verdicts() {
        let kind = match verdict {
            Verdict::Allow => "allow",
            Verdict::Redirect { .. } => "redirect",
            Verdict::Answer { .. } => "answer",
            Verdict::Deny { .. } => "deny",
            Verdict::Start { .. } => "start",
            Verdict::Found { .. } => "found",
            Verdict::NotFound { .. } => "not-found",
            Verdict::Unix { .. } => "unix",
            Verdict::File { .. } => "file",
            Verdict::StandIn { .. } => "stand-in",
        };
        assert!(name.starts_with(kind), "{name} is a {kind}");
    }
    for (name, control) in samples::controls() {
        let kind = match control {
            Control::Verify { .. } => "verify",
            Control::Hello { .. } => "hello",
            Control::Mock { .. } => "mock",
            Control::Rules { .. } => "rules",
            Control::Lift { .. } => "lift",
            Control::Open { .. } => "open",
            Control::Close { .. } => "close",
            Control::AnyOrder { .. } => "any-order",
            Control::Assert { .. } => "assert",
            Control::Judged { .. } => "judged",
            Control::Call { .. } => "call",
            Control::Returned { .. } => "returned",
            Control::Enter { .. } => "enter",
            Control::Leave { .. } => "leave",
            Control::Check => "check",
        };
        assert_eq!(name, kind);
    }
    for (name, outcome) in samples::outcomes() {
        let kind = match outcome {
            Outcome::Verified { .. } => "verified",
            Outcome::Refused { .. } => "refused",
            Outcome::Welcome { .. } => "welcome",
            Outcome::Done => "done",
            Outcome::Mocked { .. } => "mocked",
            Outcome::Ruled { .. } => "ruled",
            Outcome::Opened { .. } => "opened",
            Outcome::Closed { .. } => "closed",
            Outcome::Asserted { .. } => "asserted",
            Outcome::Judge { .. } => "judge",
            Outcome::Violated { .. } => "violated",
            Outcome::Answered { .. } => "answered",
            Outcome::Checked { .. } => "checked",
        };
        assert!(name.starts_with(kind), "{name} is a {kind}");
    }
}
