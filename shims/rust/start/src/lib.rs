//! The run that this process is in; and the way into one, where it is in none: a test program starts
//! itself again under `bigfoot run` before its `main`, so that no test has begun.
//!
//! A crate of its own, so that the shim itself can forbid what the one line here needs.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use bigfoot_ipc::RUN_VARIABLE;

/// Says that this program started itself again.
const AGAIN_VARIABLE: &str = "BIGFOOT_STARTED_BY_TEST";
/// Names the program.
const PROGRAM_VARIABLE: &str = "BIGFOOT";

/// What there is to say where there is no run.
pub const NO_RUN: &str = "\
this test needs bigfoot, which is not at work here; there are two ways:
  run the tests by `bigfoot run -- cargo test`, or
  put `bigfoot` on PATH, or its path into the variable BIGFOOT: then `cargo test` finds it";

/// The directory of the run that this process is in. Its variable is hidden from the environment, and
/// stands in what the kernel keeps of it.
#[must_use]
pub fn directory() -> Option<&'static PathBuf> {
    static DIRECTORY: OnceLock<Option<PathBuf>> = OnceLock::new();
    DIRECTORY.get_or_init(found).as_ref()
}

fn found() -> Option<PathBuf> {
    let environment = fs::read("/proc/self/environ").ok()?;
    let entries = environment.split(|byte| *byte == 0);
    let value = entries.filter_map(|entry| entry.strip_prefix(RUN_VARIABLE.as_bytes()));
    let value = value.filter_map(|rest| rest.strip_prefix(b"=")).next()?;
    let directory = value.split(|byte| *byte == b',').next()?;
    Some(PathBuf::from(OsStr::from_bytes(directory)))
}

/// What the loader calls before `main`.
#[used]
#[expect(
    unsafe_code,
    reason = "the name of a section: the loader takes what is there for functions"
)]
// SAFETY: a function of the type that the loader calls (gABI, "Initialization and Termination").
#[unsafe(link_section = ".init_array")]
static ENTER: extern "C" fn() = enter;

/// Before `main`: a test program that is in no run becomes one that is, if there is a `bigfoot`.
extern "C" fn enter() {
    let asks = |argument: OsString| ["--list", "--help", "-h"].iter().any(|asks| argument == *asks);
    if directory().is_some()
        || env::var_os(AGAIN_VARIABLE).is_some()
        || env::args_os().skip(1).any(asks)
    {
        return;
    }
    let (Some(bigfoot), Ok(own)) = (program(), env::current_exe()) else {
        return; // the tests say so
    };
    let mut again = Command::new(bigfoot);
    again.args(["run", "--"]).arg(own).args(env::args_os().skip(1)).env(AGAIN_VARIABLE, "1");
    let error = again.exec();
    eprintln!("bigfoot: cannot be started by this test: {error}");
}

/// The program that the variable names, or that is on PATH.
fn program() -> Option<PathBuf> {
    if let Some(named) = env::var_os(PROGRAM_VARIABLE).filter(|named| !named.is_empty()) {
        return Some(PathBuf::from(named));
    }
    let path = env::var_os("PATH")?.into_vec();
    let folders = path.split(|byte| *byte == b':').filter(|folder| !folder.is_empty());
    let programs = folders.map(|folder| PathBuf::from(OsStr::from_bytes(folder)).join("bigfoot"));
    programs.into_iter().find(|program| program.is_file())
}
