//! Programs that call nobody outside: under `--guard error` and no rule, none of them is reported.

mod build;
mod git;
mod java;
mod node;
mod python;
mod rust;
mod shell;
mod users;

use bigfoot_tests::{Finished, Scene};

/// Claims that a command succeeds without bigfoot and, under `error` without a rule, is not reported.
fn is_no_alarm(scene: Scene, command: &[&str]) -> Finished {
    let native = scene.native(command);
    assert_eq!(native.code, Some(0), "bare: {}{}", native.stdout, native.stderr);

    let guarded = scene.guard("error").run(command);
    guarded.is_clean();
    guarded
}
