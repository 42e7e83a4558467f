//! `syscall(2)`, the function that makes any system call.

use bigfoot_tests::{Scene, guest, servers};

use crate::{is_transparent, words};

/// With the guard off, each number does what it does, with all six arguments.
#[test]
fn system_calls_are_as_without_bigfoot() {
    let server = servers::plain();

    is_transparent(Scene::new, &words([&guest("raw"), &"all", &server.port(), &guest("echo")]));
}

/// Under `error`, the numbers of guarded calls are guarded.
#[test]
fn system_calls_by_number_are_guarded() {
    let server = servers::plain();

    let guest = Scene::new().guard("error").run(words([
        &guest("raw"),
        &"connect,execve",
        &server.port(),
        &guest("echo"),
    ]));

    guest.is_broken();
    crate::each_says(&guest.stdout, "connect,execve", "-1 EACCES");
    assert_eq!(server.callers(), 0);
}
