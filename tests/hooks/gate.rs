//! Where calls come from: the kernel backstop knows the library's own by their place in memory. The
//! guest has a filter that refuses, with an error number of its own, all that come from elsewhere.

use std::path::Path;

use bigfoot_tests::{Scene, guest, servers};

use crate::{is_transparent, words};

/// Claims that a case of the guest says the same of each of these calls.
fn says(scene: &Scene, case: &str, program: &Path, (calls, result): (&str, &str)) {
    let server = servers::plain();

    let guest = scene.run(words([&guest("gate"), &case, &server.port(), &program]));

    guest.is_seen();
    for call in calls.split(',') {
        let line = format!("{case}: {call} {result}");
        assert!(guest.stdout.lines().any(|said| said == line), "no {line:?} in {}", guest.stdout);
    }
}

/// All is allowed, and the backstop watches this much.
fn watched(backstop: &str) -> Scene {
    let scene = Scene::new().guard("error").allow("*").deny("file:/no/such/file");
    scene.flag("--backstop").flag(backstop)
}

const SOCKETS: &str = "connect,syscall(connect),sendto,sendmsg,sendmmsg";
const RAW_SOCKETS: &str = "raw connect,raw sendto,raw sendmsg,raw sendmmsg";
const OPENS: &str = "open,open64,__open_2,openat,creat,syscall(openat2),open for making";
const STARTS: &str = "execve,execv,execl,execle,fexecve,execveat,syscall(execve)";

/// Connections and datagrams are made from the library's place; those made without libc are not.
#[test]
fn connections_come_from_the_librarys_place() {
    let program = guest("echo");

    says(&watched("on"), "sockets", &program, (SOCKETS, "done"));
    says(&watched("on"), "sockets", &program, (RAW_SOCKETS, "refused"));
}

/// Programs are started from there, by whichever function.
#[test]
fn programs_are_started_from_the_librarys_place() {
    says(&watched("on"), "programs", &guest("echo"), (STARTS, "started"));
    says(&watched("on"), "programs", &guest("echo"), ("raw execve", "refused"));
}

/// Files are opened from there where the backstop watches them, with the mode that was given.
#[test]
fn files_are_opened_from_the_librarys_place() {
    let program = guest("echo");

    says(&watched("files"), "files", &program, (OPENS, "done"));
    says(&watched("files"), "files", &program, ("mode", "7641"));
    says(&watched("files"), "files", &program, ("raw openat", "refused"));
}

/// Without a backstop libc's own functions are called.
#[test]
fn without_a_backstop_calls_come_from_libc() {
    let program = guest("echo");

    says(&watched("off"), "sockets", &program, (SOCKETS, "refused"));
    says(&watched("off"), "programs", &program, (STARTS, "refused"));
    says(&watched("off"), "files", &program, ("open,openat,creat", "refused"));
}

/// What libc asks name servers on behalf of a look-up that is allowed is a part of it.
#[test]
fn an_allowed_look_up_is_asked_about_once() {
    let dns = servers::dns();
    let scene = Scene::new().guard("error").allow("dns:*").flag("--backstop").flag("on");
    let cases = "getaddrinfo,gethostbyname,getnameinfo,res_query,getaddrinfo_a-name";

    let guest = scene.run(words([&guest("lookup"), &cases, &dns.port()]));

    guest.is_clean();
    assert!(guest.stdout.contains("192.0.2.7 port 80"), "{}", guest.stdout);
}

/// One that is left by longjmp(3) does not speak for what the thread does without libc.
#[test]
fn a_look_up_that_was_left_speaks_for_nothing_else() {
    let (server, dns) = (servers::plain(), servers::dns());
    let scene = Scene::new().guard("error").allow("dns:*").flag("--backstop").flag("on");

    let guest =
        scene.run(words([&guest("gate"), &"left", &server.port(), &guest("echo"), &dns.port()]));

    guest.is_broken().prints("left: raw connect EACCES\n");
    assert_eq!(server.callers(), 0);
}

/// Under the backstop, calls are cancelled, interrupted and made from anywhere as without bigfoot.
#[test]
fn threads_and_signals_are_as_without_a_backstop() {
    let (server, dns) = (servers::plain(), servers::dns());
    let scene = || Scene::new().flag("--backstop").flag("on");

    is_transparent(scene, &words([&guest("threads"), &"all", &server.port(), &dns.port()]));
}
