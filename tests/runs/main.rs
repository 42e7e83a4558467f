//! Runs as a whole: verdicts that no program can swallow, exit codes, wrong input, signals.

mod accept;
mod accept_cargo;
mod bad_input;
mod configuration;
mod coverage;
mod exit_codes;
mod junit;
mod names;
mod rules;
mod serve;
mod signals;
mod swallowed;
