//! Go, which makes its system calls itself: without cgo as a static program, with cgo as one that loads the library
//! and passes it by.

use std::ffi::OsString;

use crate::guests;
use crate::places::Does;
use crate::routes::{Mocked, Route, Unmocked};
use crate::trial::{holds, scene, users, words};

/// A command of the client, without cgo and with it.
fn both(words: Vec<OsString>) -> [Vec<OsString>; 2] {
    [false, true].map(|cgo| [words![guests::go(cgo)], words.clone()].concat())
}

/// Connections by address.
#[test]
fn a_connection_of_go_is_seen() {
    holds("go-dial", Does::Connect, &both(words!["tcp", "{host}", "{port}"]));
}

/// Datagrams.
#[test]
fn a_datagram_of_go_is_seen() {
    holds("go-send", Does::Send, &both(words!["udp", "{host}", "{port}"]));
}

/// Pages by address.
#[test]
fn a_page_that_go_asks_for_is_seen() {
    holds("go-get", Does::Get, &both(words!["get", "{url}"]));
}

/// Programs.
#[test]
fn a_program_that_go_starts_is_seen() {
    holds("go-start", Does::Start, &both(words!["start", "{path}"]));
}

/// Files.
#[test]
fn a_file_that_go_reads_is_seen() {
    holds("go-read", Does::Read, &both(words!["read", "{path}"]));
}

/// A page by a name that nobody has, over http and https: Go resolves names itself, and trusts `SSL_CERT_FILE`.
#[test]
fn a_page_by_name_is_mocked() {
    assert_eq!(Route::named("go-name").mocked, Mocked::Answered);
    for user in users() {
        for url in ["http://api.example.com/page", "https://api.example.com/page"] {
            for command in both(words!["get", url]) {
                let mock = format!(
                    "[[mock]]\nsource = \"http:request\"\nwhen = {{ url = \"{url}\" }}\n\
                     reply = {{ body = \"pong\" }}\n"
                );

                let guest = scene(user).guard("error").config(&mock).run(&command);

                guest.succeeds().prints("heard pong\n");
                assert!(guest.findings().is_empty(), "{command:?}: {:#}", guest.report);
            }
        }
    }
}

/// Without a mock the name is not even looked up, and the finding has it.
#[test]
fn a_page_by_name_is_refused() {
    assert_eq!(Route::named("go-name").unmocked, Unmocked::Refused);
    for user in users() {
        for command in both(words!["get", "http://api.example.com/page"]) {
            let guest = scene(user).guard("error").run(&command);

            guest.is_broken();
            let findings = serde_json::to_string(guest.findings()).unwrap_or_default();
            assert!(findings.contains("api.example.com"), "{command:?}: {:#}", guest.report);
        }
    }
}
