//! The `bigfoot` command.
#![deny(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    bigfoot_controller::cli::main().into()
}
