//! 32-bit programs, where the machine runs them: another class, which the library does not fit.

use crate::guests;
use crate::places::Does;
use crate::trial::{holds, words};

/// Whether this machine runs 32-bit programs. It is no fault of bigfoot's where it does not, and the test says so.
fn is_possible() -> bool {
    let runs = std::process::Command::new(guests::c_32_static("say")).output().is_ok();
    if !runs {
        eprintln!("this machine runs no 32-bit programs: nothing was tried");
    }
    runs
}

/// The backstop sees what they call.
#[test]
fn a_program_of_32_bits_is_seen() {
    if !is_possible() {
        return;
    }
    holds(
        "bits-32",
        Does::Connect,
        &[
            words![guests::c_32("reach"), "here", "{host}", "{port}"],
            words![guests::c_32("reach"), "child", "{host}", "{port}"],
            words![guests::c_32_static("reach"), "here", "{host}", "{port}"],
            words![guests::c_32("calls"), "instruction", "connect", "{host}", "{port}"],
            words![guests::c_32("calls"), "libc", "mapped", "{host}", "{port}"],
            words![guests::c_32("calls"), "libc", "fastopen", "{host}", "{port}"],
            words![guests::c("start"), "execve", guests::c_32("reach"), "here", "{host}", "{port}"],
            words![
                guests::c_32("start"),
                "execve",
                guests::c_32("reach"),
                "here",
                "{host}",
                "{port}"
            ],
        ],
    );
}

/// The one door for all calls of sockets, and what may be asked there.
#[test]
fn socketcall_is_seen() {
    if !is_possible() {
        return;
    }
    let command = |call| words![guests::c_32("socketcall"), call, "{host}", "{port}"];

    holds("socketcall", Does::Connect, &[command("connect")]);
    holds("socketcall", Does::Send, &["sendto", "sendmsg", "sendmmsg"].map(command));
}
