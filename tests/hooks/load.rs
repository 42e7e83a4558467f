//! dlopen(3), dlmopen(3) and dlsym(3).

use std::ffi::OsString;
use std::fs;

use bigfoot_tests::{Scene, guest, servers};

use crate::{is_transparent, words};

/// The guest, and a copy of its library where its RUNPATH leads.
fn command(cases: &str, port: &str) -> Vec<OsString> {
    let library = guest::library("plugin");
    let runpath = guest::folder().join("runpath");
    fs::create_dir_all(&runpath).expect("a folder");
    let found = runpath.join("libfound.so");
    if !found.exists() {
        fs::copy(&library, &found).expect("a copy of the library");
    }
    words([&guest("load"), &cases, &library, &port])
}

/// With the guard off, libraries are found where the caller's own search leads, and dlerror says the same.
#[test]
fn a_guest_loads_as_without_bigfoot() {
    let server = servers::plain();

    is_transparent(Scene::new, &command("all", &server.port()));
    assert_eq!(Scene::new().native(command("runpath", "0")).stdout, "runpath: loaded\n");
}

/// Libraries have no guard level of their own.
#[test]
fn libraries_are_free_where_no_rule_names_them() {
    let guest = Scene::new().guard("error").run(command("path,runpath,soname,dlmopen-base", "0"));

    guest.is_clean();
    crate::each_says(&guest.stdout, "path,runpath,dlmopen-base", "loaded");
}

/// A denied library is not loaded, by path, by RUNPATH or into another namespace, and dlerror says why.
#[test]
fn a_denied_library_is_not_loaded() {
    let cases = "path,dlmopen,dlmopen-base,runpath";
    let scene = Scene::new().deny("native:libplugin*").deny("native:libfound.so");

    let guest = scene.run(command(cases, "0"));

    guest.is_broken();
    crate::each_says(&guest.stdout, cases, "NULL");
    crate::each_says(&guest.stdout, cases, "dlerror says why");
}

/// With a guard level for libraries, an allowed one is loaded and others are not.
#[test]
fn a_guarded_guest_loads_only_what_is_allowed() {
    let scene = Scene::new()
        .config("guard = { default = \"off\", native = \"error\" }\n")
        .allow("native:libfound.so");

    let guest = scene.run(command("path,runpath", "0"));

    guest.is_broken();
    crate::each_says(&guest.stdout, "runpath", "loaded");
    crate::each_says(&guest.stdout, "path", "NULL");
}

/// A level of `warn` loads and reports.
#[test]
fn a_warned_guest_loads_and_is_reported() {
    let scene = Scene::new().config("guard = { default = \"off\", native = \"warn\" }\n");

    let guest = scene.run(command("path", "0"));

    guest.is_warned().prints("path: loaded\n");
}

/// A `connect` that the program found by itself is as guarded as a linked one.
#[test]
fn a_found_symbol_is_no_way_around() {
    let server = servers::plain();

    let cases = "found-connect,found-connect-next,found-connect-handle";
    let guest = Scene::new().guard("error").run(command(cases, &server.port()));

    guest.is_broken();
    crate::each_says(&guest.stdout, cases, "-1 EACCES");
    assert_eq!(server.callers(), 0);
}

/// A library that the user preloads keeps its place before libc: it is called once, behind our hook, whichever
/// way its names are hashed; what is refused does not reach it.
#[test]
fn a_users_own_interposer_is_called_behind_the_hook() {
    let server = servers::plain();
    let connect = words([&guest("connect"), &"tcp", &server.port()]);
    let open = words([&guest("open"), &"open", &"/etc/hostname"]);

    for library in [guest::library("interposer"), guest::old_library("interposer")] {
        let scene = || Scene::new().variable("LD_PRELOAD", &library);
        for (command, line) in [(&connect, "interposed connect\n"), (&open, "interposed open\n")] {
            let native = scene().native(command);
            assert_eq!(native.stdout.matches(line).count(), 1, "{}", native.stdout);
            scene().guard("off").run(command).is_seen().equals(&native);
        }
        let refused = scene().guard("error").run(&connect);
        refused.is_broken();
        assert!(!refused.stdout.contains("interposed"), "{}", refused.stdout);
    }
}
