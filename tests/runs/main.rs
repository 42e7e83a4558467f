//! Runs as a whole: verdicts that no program can swallow, exit codes, wrong input, signals.

mod bad_input;
mod coverage;
mod exit_codes;
mod signals;
mod swallowed;
