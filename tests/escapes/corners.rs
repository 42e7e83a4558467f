//! Raw calls of processes that are hard to look at.

use crate::guests;
use crate::places::{Does, Place};
use crate::routes::{Mocked, Route, Unmocked};
use crate::trial::{holds, scene, users, words};

/// What a thread has is its own, whatever became of the others.
#[test]
fn a_thread_without_its_first_one_is_seen() {
    holds("orphan", Does::Connect, &[words![guests::c("corners"), "orphan", "{host}", "{port}"]]);
}

/// Numbers of processes and users are those of the run, where this machine lets anybody have others.
#[test]
fn a_process_in_namespaces_of_its_own_is_seen() {
    let command = words![guests::c("corners"), "namespace", "{host}", "{port}"];
    for user in users() {
        let scene = scene(user);
        let place = Place::new(Does::Connect, scene.folder());
        let words = command.iter().map(|word| place.really(&word.to_string_lossy()));
        let native = scene.native(words);
        if native.stdout.starts_with("refused") {
            eprintln!("not allowed on this machine: {}", native.stdout);
            return;
        }
    }

    holds("namespace", Does::Connect, &[command]);
}

/// An address that nobody may read is nobody's: it is refused, unless a rule allows whatever it is.
#[test]
fn a_private_process_is_refused() {
    let route = Route::named("private");
    assert_eq!((route.unmocked, route.mocked), (Unmocked::Refused, Mocked::Refused));
    for user in users() {
        let run = |allowed: &str, host: &str, port: &str| {
            let command = words![guests::c("corners"), "private", host, port];
            let scene = scene(user).guard("error").config(
                "[[mock]]\nsource = \"socket:exchange\"\n\
                 when = { host = \"192.0.2.7\", port = 7000, bytes = \"ping\" }\n\
                 reply = { bytes = \"pong\" }\ntimes = \"any\"\n",
            );
            scene.allow(allowed).run(&command)
        };
        let place = Place::new(Does::Connect, std::path::Path::new(""));
        let port = place.really("{port}");

        let refused = run("dns:nobody.example", "127.0.0.1", &port);
        assert_eq!(place.callers(), 0);
        let allowed = run("socket:*", "127.0.0.1", &port);
        let mocked = run("dns:nobody.example", "192.0.2.7", "7000");

        refused.is_broken().prints("refused 13\n");
        assert_eq!(refused.calls(), 1, "{:#}", refused.report);
        allowed.succeeds().prints(place.real_words());
        // Root may read it all the same.
        let told = mocked.stdout == place.mocked_words() && mocked.code == Some(0);
        assert!(told || mocked.is_broken().stdout == "refused 13\n", "{}", mocked.stdout);
    }
}

/// What libc does for a look-up that is allowed belongs to it, although nobody can see whose code does it.
#[test]
fn a_private_process_looks_names_up() {
    for user in users() {
        let command = words![guests::c("corners"), "private-look-up", "no-such.example", "80"];

        let guest = scene(user).guard("error").allow("dns:*").run(&command);

        guest.is_clean().prints("unknown\n");
    }
}
