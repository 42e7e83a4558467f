//! Every hooked call in every variant that libc has: first what libc does, then the same under bigfoot with the
//! guard off, then once for each verdict.
//!
//! | file | hooks, in `preload/src/hooks` |
//! |---|---|
//! | `connect`, `send`, `serve`, `syscall` | the files of these names |
//! | `lookup` | getaddrinfo, gethostby, getnameinfo, res |
//! | `open` | open, fopen, opendir, mkstemp |
//! | `peer` | getpeername, recv |
//! | `exec` | exec, spawn, shell |
//! | `load` | dl |
//! | `env` | test_name, and what hides bigfoot's own variables |
//! | `allocations` | every hook, under an allocator that counts |
//! | `gate` | where the calls of all of them come from |
//! | `threads`, `fds` | pthread, and every hook under threads, fork, signals, and a guest's own ways with descriptors |

mod allocations;
mod connect;
mod env;
mod exec;
mod fds;
mod gate;
mod load;
mod lookup;
mod open;
mod peer;
mod send;
mod serve;
mod syscall;
mod threads;

use std::ffi::OsString;

use bigfoot_tests::Scene;

/// Claims that a guest prints and exits the same without bigfoot, with its guard off, and with everything allowed.
fn is_transparent(scene: impl Fn() -> Scene, command: &[OsString]) {
    let native = scene().native(command);

    let off = scene().guard("off").run(command);
    off.is_seen().equals(&native);
    assert_eq!(off.stderr, native.stderr);

    let allowed = scene().guard("error").allow("*").run(command);
    allowed.is_seen().equals(&native);
}

/// The words of a command.
fn words<const N: usize>(words: [&dyn AsRef<std::ffi::OsStr>; N]) -> Vec<OsString> {
    words.map(|word| word.as_ref().to_owned()).into()
}

/// Claims that the guest's line for each of these cases is this.
fn each_says(stdout: &str, cases: &str, result: &str) {
    for case in cases.split(',') {
        let line = format!("{case}: {result}");
        assert!(stdout.lines().any(|printed| printed == line), "no {line:?} in\n{stdout}");
    }
}
