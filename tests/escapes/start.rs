//! The start of a program as the call itself, by every function of libc.

use crate::guests;
use crate::places::Does;
use crate::routes::{Mocked, Route};
use crate::trial::{holds, scene, users, words};

/// Each function that starts programs is a call.
#[test]
fn a_started_program_is_seen() {
    holds(
        "start",
        Does::Start,
        &[
            words![guests::c("start"), "execve", "{path}"],
            words![guests::c("start"), "vfork", "{path}"],
            words![guests::c("start"), "cleared", "{path}"],
            words![guests::c("start"), "environ", "{path}"],
            words![guests::c("start"), "execveat", "{path}"],
            words![guests::c("start"), "spawn", "{path}"],
            words![guests::c("start"), "spawn-actions", "{path}"],
            words![guests::c("start"), "spawn-cleared", "{path}"],
            words![guests::c("start"), "spawn=setsid", "{path}"],
        ],
    );
}

/// So is the system call.
#[test]
fn a_program_started_by_an_instruction_is_seen() {
    holds(
        "start-raw",
        Does::Start,
        &[
            words![guests::c("start"), "raw", "{path}"],
            words![guests::c("start"), "raw-cleared", "{path}"],
            words![guests::c("start"), "raw-many", "{path}"],
        ],
    );
}

/// A mocked program that nobody has installed is found by its name, without libc too.
#[test]
fn a_mocked_program_is_found_by_its_name() {
    const MOCK: &str = "[[mock]]\nsource = \"subprocess:run\"\n\
                        when = { argv = [\"no-such-program\"] }\n\
                        reply = { stdout = \"heard pong\\n\" }\n";
    assert_eq!(Route::named("start-name").mocked, Mocked::Answered);
    let commands = [
        words![guests::c("start"), "path", "no-such-program"],
        words![guests::c_static("start"), "path", "no-such-program"],
        words![guests::go(false), "start", "no-such-program"],
        words![guests::go(true), "start", "no-such-program"],
    ];
    for user in users() {
        for command in &commands {
            let guest = scene(user).guard("error").config(MOCK).run(command);

            guest.succeeds().prints("heard pong\n");
            assert!(guest.findings().is_empty(), "{command:?}: {:#}", guest.report);
        }
    }
}
