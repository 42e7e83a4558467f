//! Mocks that cannot be: what no process can end with, and what no start can look like.

use bigfoot_ipc::frame::MESSAGE_BYTES_MAX;

use super::{first_word, signals};
use crate::fields::{Fields, Value};
use crate::mocks::{Act, Matcher, Mock};
use crate::plugins::Unfit;

/// Bytes that a stand-in may write.
pub(super) const OUTPUT_BYTES_MAX: usize = MESSAGE_BYTES_MAX - 1024;
/// Longest time that a stand-in runs: a day.
const DELAY_MS_MAX: i64 = 24 * 60 * 60 * 1000;

pub(super) fn check(mock: &Mock) -> Result<(), Unfit> {
    check_words(mock)?;
    match &mock.act {
        Act::Replies(replies) => replies.iter().try_for_each(|reply| check_reply(mock, reply)),
        Act::Real(expected) => {
            if let Some((name, _)) = expected.iter().next() {
                return unfit(name, "what a real program answers is not seen");
            }
            check_late(mock, "whether the real program is started is decided before")
        }
        Act::Fault(..) => Ok(()), // the card has none
    }
}

/// What an argument list can be (execve(2)).
fn check_words(mock: &Mock) -> Result<(), Unfit> {
    let words = match mock.when.get("argv") {
        Some(Matcher::Words { words, rest: false }) if words.is_empty() => {
            return unfit("argv", "it has no words, and every command has its name");
        }
        Some(Matcher::Words { words, .. }) => words.iter().filter_map(exact).collect(),
        Some(Matcher::Exact(Value::Words(words))) => words.clone(),
        _ => Vec::new(),
    };
    if words.iter().any(|word| word.contains(&0)) {
        return unfit("argv", "it has a zero byte, which no argument has");
    }
    match first_word(&mock.when) {
        Some(first) if first.is_empty() || first.ends_with(b"/") => {
            unfit("argv", "its first word names no program")
        }
        _ => Ok(()),
    }
}

fn exact(word: &Matcher) -> Option<Vec<u8>> {
    match word {
        Matcher::Exact(value) => value.bytes().map(Into::into),
        _ => None,
    }
}

/// What is known only of a process that runs.
fn check_late(mock: &Mock, why: &str) -> Result<(), Unfit> {
    match ["stdin", "env"].into_iter().find(|name| mock.when.get(name).is_some()) {
        None => Ok(()),
        Some(name) => unfit(name, &format!("{why} its {name} is known")),
    }
}

fn check_reply(mock: &Mock, reply: &Fields) -> Result<(), Unfit> {
    let given = |name: &str| reply.get(name).is_some();
    if let Some(error) = reply.get("error") {
        let error = error.text().unwrap_or_default();
        if super::answer::errno(&error).is_none() {
            let message = format!("{error:?} is no such error");
            return helped("error", message, "write \"not-found\" or \"permission\"");
        }
        let others = ["returncode", "stdout", "stderr", "signal", "delay_ms"];
        if let Some(other) = others.into_iter().find(|name| given(name)) {
            return unfit(other, "a program that cannot be started has none");
        }
        return check_late(mock, "whether a program can be started is decided before");
    }
    if given("returncode") && given("signal") {
        return unfit("signal", "a process ends by an exit code or by a signal, not by both");
    }
    check_end(reply)?;
    let output = |name| reply.bytes(name).map_or(0, |bytes| bytes.len());
    if output("stdout") + output("stderr") > OUTPUT_BYTES_MAX {
        let message = format!("stdout and stderr have more than {OUTPUT_BYTES_MAX} bytes");
        return helped("stdout", message, "shorten it");
    }
    Ok(())
}

fn check_end(reply: &Fields) -> Result<(), Unfit> {
    match reply.number("returncode") {
        Some(code) if !(0..=255).contains(&code) => {
            let message = format!("{code} is no exit code");
            return helped("returncode", message, "write 0 to 255, or a `signal`");
        }
        _ => {}
    }
    if let Some(signal) = reply.text("signal").filter(|signal| signals::ending(signal).is_none()) {
        let message = format!("{signal:?} is no signal that ends a process");
        return helped("signal", message, "write one such as SIGTERM, SIGKILL or SIGSEGV");
    }
    match reply.number("delay_ms") {
        Some(delay) if !(0..=DELAY_MS_MAX).contains(&delay) => {
            helped("delay_ms", format!("{delay} is out of range"), "write 0 to 86400000, a day")
        }
        _ => Ok(()),
    }
}

fn unfit(key: &'static str, message: &str) -> Result<(), Unfit> {
    Err(Unfit { key, message: message.to_owned(), help: None })
}

fn helped(key: &'static str, message: String, help: &str) -> Result<(), Unfit> {
    Err(Unfit { key, message, help: Some(help.to_owned()) })
}
