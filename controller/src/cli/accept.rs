//! `bigfoot accept`: a run whose interactions are written down, for review.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::{BackstopFlags, Failure, OutputFlags, PolicyFlags, Run};

/// Examples for the help.
pub(super) const EXAMPLES: &str = "\
Examples:
  bigfoot accept -- cargo test
  bigfoot accept --guard error -- pytest tests/integration
  git diff bigfoot-snapshots

A snapshot is written for each test that ran, in bigfoot-snapshots beside the configuration; those of
other tests are left as they are. From then on `bigfoot run` fails on what is new, missing or changed.";

/// As `run`, but that the command may be forgotten: the error says what it is needed for.
#[derive(Debug, Args)]
pub(super) struct Accept {
    #[command(flatten)]
    policy: PolicyFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    backstop: BackstopFlags,
    /// Write the report here instead of to stderr
    #[arg(long = "output", value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// The command that runs the tests, and its arguments
    #[arg(trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Accept {
    /// The run to make.
    pub fn run(self) -> Result<Run, Failure> {
        let Self { policy, output, backstop, output_file, command } = self;
        if command.is_empty() {
            return Err(Failure::usage(
                "accept: it needs the command that runs the tests, such as `bigfoot accept -- cargo test`",
            ));
        }
        Ok(Run { policy, output, backstop, output_file, command })
    }
}
