//! strace and gdb, attached to a guest, where this machine allows that.

use std::ffi::OsString;

use bigfoot_tests::tools::needed;

use crate::guests;
use crate::places::{Does, Place};
use crate::trial::{scene, users, words};

/// Claims that a guest under this debugger is refused like any, and that one that is allowed works.
fn is_no_obstacle(debugger: Vec<OsString>) {
    for user in users() {
        for program in [guests::c("reach"), guests::c_static("reach")] {
            let scene = scene(user).guard("error").allow("subprocess:*");
            let place = Place::new(Does::Connect, scene.folder());
            let guest = words![program, "here", "127.0.0.1", place.really("{port}")];
            let command = [debugger.clone(), guest].concat();

            let native = scene.native(&command);
            if !native.stdout.contains(place.real_words()) {
                eprintln!("not allowed on this machine: {}", native.stderr);
                return;
            }
            let reached = place.callers();
            let told = scene.run(&command);
            let allowed = scene.allow(&place.rule()).run(&command);

            told.is_broken();
            assert!(told.stdout.contains("refused 13\n"), "{}", told.stdout);
            assert_eq!(told.calls(), 1, "{:#}", told.report);
            assert!(allowed.stdout.contains(place.real_words()), "{}", allowed.stdout);
            assert_eq!((allowed.code, place.callers()), (Some(0), reached + 1));
        }
    }
}

/// strace stops a guest at every system call.
#[test]
fn strace_is_no_obstacle() {
    let strace = needed("strace", "strace");

    is_no_obstacle(words![strace, "-f", "-o", "/dev/null"]);
}

/// gdb starts its guest by a shell, and stops it as it pleases.
#[test]
fn gdb_is_no_obstacle() {
    let gdb = needed("gdb", "gdb");

    is_no_obstacle(words![gdb, "-nx", "-q", "-batch", "-ex", "run", "--args"]);
}
