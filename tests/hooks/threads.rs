//! Threads, fork, vfork, signals and cancelled calls.

use bigfoot_tests::{Scene, guest, servers};

use crate::{is_transparent, words};

const CALLERS: &str = "fork-from-thread,vfork,small-stack,daemon";

/// With the guard off, calls are cancelled, interrupted and made from anywhere as without bigfoot.
#[test]
fn threads_and_signals_are_as_without_bigfoot() {
    let (server, dns) = (servers::plain(), servers::dns());

    is_transparent(Scene::new, &words([&guest("threads"), &"all", &server.port(), &dns.port()]));
}

/// Where the controller is told of each thread, because accepted tests may run in them, threads are
/// as without bigfoot too.
#[test]
fn threads_that_are_told_of_are_as_without_bigfoot() {
    let (server, dns) = (servers::plain(), servers::dns());
    let scene = || Scene::new().config("guard = 'off'\n").file("bigfoot-snapshots/none", "");
    let command = words([&guest("threads"), &"all", &server.port(), &dns.port()]);
    let native = scene().native(&command);

    let told = scene().run(&command);

    told.is_seen().prints(&native.stdout);
    assert_eq!(told.stderr, native.stderr);
}

/// Under `error` no thread, child or signal handler gets through.
#[test]
fn no_thread_or_child_gets_through() {
    let server = servers::plain();

    let guest =
        Scene::new().guard("error").run(words([&guest("threads"), &CALLERS, &server.port(), &"1"]));

    guest.is_broken();
    crate::each_says(&guest.stdout, CALLERS, "-1 EACCES");
    assert_eq!(server.callers(), 0);
}

/// Sixteen threads at once are all refused, and all counted.
#[test]
fn many_threads_are_all_counted() {
    let server = servers::plain();

    let guest =
        Scene::new().guard("error").run(words([&guest("threads"), &"many", &server.port(), &"1"]));

    guest.is_broken().prints("many: 800 of 800 failed\n");
    assert_eq!(guest.calls(), 800, "{:#}", guest.report);
    assert_eq!(server.callers(), 0);
}

/// A handler's call, while a look-up of the same thread is under way, is decided on its own.
#[test]
fn a_signal_handler_is_guarded() {
    let (server, dns) = (servers::plain(), servers::dns());
    let scene = Scene::new().guard("error").allow("dns:silent.example");

    let guest = scene.run(words([&guest("threads"), &"handler", &server.port(), &dns.port()]));

    guest.is_broken();
    crate::each_says(&guest.stdout, "handler", "-1 EACCES");
    assert_eq!(server.callers(), 0);
}
