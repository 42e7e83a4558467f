//! Programs of another libc: musl, dynamic and static.

use crate::guests;
use crate::places::Does;
use crate::routes::{Mocked, Route, Unmocked};
use crate::trial::{holds, scene, users, words};

/// The backstop sees them by address.
#[test]
fn a_program_of_musl_is_seen() {
    holds(
        "musl",
        Does::Connect,
        &[
            words![guests::musl("reach"), "here", "{host}", "{port}"],
            words![guests::musl_static("reach"), "child", "{host}", "{port}"],
        ],
    );
}

/// musl asks the name server itself; a name that a mock knows is answered all the same.
#[test]
fn a_program_of_musl_reaches_a_mocked_name() {
    assert_eq!(Route::named("musl-name").mocked, Mocked::Answered);
    let mock = "[[mock]]\nsource = \"socket:exchange\"\n\
                when = { host = \"raw.example.com\", port = 7000, bytes = \"ping\" }\n\
                reply = { bytes = \"pong\" }\n";
    for user in users() {
        for program in [guests::musl("reach"), guests::musl_static("reach")] {
            let command = words![program, "name", "raw.example.com", "7000"];

            let guest = scene(user).guard("error").config(mock).run(&command);

            guest.succeeds().prints("connected\nheard pong\n");
            assert!(guest.findings().is_empty(), "{command:?}: {:#}", guest.report);
        }
    }
}

/// A name that neither mock nor rule knows is refused, and the finding has it.
#[test]
fn a_name_that_musl_looks_up_is_refused() {
    assert_eq!(Route::named("musl-name").unmocked, Unmocked::Refused);
    for user in users() {
        let command = words![guests::musl("reach"), "name", "raw.example.com", "7000"];

        let guest = scene(user).guard("error").run(&command);

        guest.is_broken();
        assert!(guest.stdout.starts_with("unknown -"), "{}", guest.stdout);
        let findings = serde_json::to_string(guest.findings()).unwrap_or_default();
        assert!(findings.contains("raw.example.com"), "{:#}", guest.report);
    }
}
