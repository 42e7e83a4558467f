//! io_uring, whose requests pass the kernel's filter: under bigfoot there is none, and programs fall back.

use std::ffi::OsString;

use crate::guests;
use crate::places::{Does, Place};
use crate::trial::{holds, scene, words};

/// Claims that the guest does it by io_uring where nobody is in the way, if this kernel has it.
fn works_by_io_uring(does: Does, command: &[OsString]) {
    let scene = scene(None);
    let place = Place::new(does, scene.folder());
    let words = command.iter().map(|word| place.really(&word.to_string_lossy()));
    let native = scene.native(words);

    assert_eq!(native.stdout, place.real_words(), "{}", native.stderr);
    let disabled = std::fs::read_to_string("/proc/sys/kernel/io_uring_disabled");
    if disabled.is_ok_and(|word| word.trim() == "0") {
        assert_eq!(native.stderr, "by io_uring\n");
    } else {
        eprintln!("no io_uring on this machine: {}", native.stderr);
    }
}

/// A connection.
#[test]
fn a_connection_by_io_uring_is_seen() {
    let command = words![guests::uring("uring"), "{host}", "{port}"];

    works_by_io_uring(Does::Connect, &command);
    holds("uring", Does::Connect, &[command]);
}

/// A file.
#[test]
fn a_file_by_io_uring_is_seen() {
    let command = words![guests::uring("uring"), "{path}"];

    works_by_io_uring(Does::Read, &command);
    holds("uring-open", Does::Read, &[command]);
}
