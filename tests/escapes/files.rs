//! Opened files, under `--backstop files`.

use crate::guests;
use crate::places::{Does, Place};
use crate::routes::{Route, Unmocked};
use crate::trial::{holds, scene, words};

/// A rule for a file is a rule, by libc.
#[test]
fn a_file_is_seen() {
    holds(
        "files",
        Does::Read,
        &[
            words![guests::c("files"), "libc", "open", "{path}"],
            words![guests::c("files"), "syscall", "open", "{path}"],
            words![guests::c("files"), "syscall", "openat", "{path}"],
            words![guests::c("files"), "syscall", "openat2", "{path}"],
        ],
    );
}

/// And by anything else.
#[test]
fn a_file_by_instruction_is_seen() {
    holds(
        "files-raw",
        Does::Read,
        &[
            words![guests::c("files"), "instruction", "open", "{path}"],
            words![guests::c("files"), "instruction", "openat", "{path}"],
            words![guests::c("files"), "instruction", "openat2", "{path}"],
            words![guests::c_static("files"), "libc", "open", "{path}"],
        ],
    );
}

/// A file by its handle is not held up: only root can open one, and nothing says whose path it is.
#[test]
fn a_file_by_its_handle_is_not_seen() {
    assert_eq!(Route::named("handle").unmocked, Unmocked::Missed);
    let scene = scene(None).guard("error").flag("--backstop").flag("files");
    let place = Place::new(Does::Read, scene.folder());
    let command = words![guests::c("files"), "instruction", "handle", place.really("{path}")];
    let native = scene.native(&command);
    if native.stdout != place.real_words() {
        eprintln!("only root may, where the file system knows handles: {}", native.stdout);
        return;
    }

    let told = scene.deny(&place.rule()).run(&command);

    told.equals(&native);
}
