//! Signals and job control: what is interrupted without bigfoot is interrupted with it, and nothing else is.

use crate::guests;
use crate::places::{Does, Place};
use crate::trial::{scene, users, words};

/// How many calls are made under the storm.
const CALLS: u64 = 3000;

/// A refused call is refused once and told once, whatever signals arrive meanwhile.
#[test]
fn each_call_under_a_storm_of_signals_is_told_once() {
    for user in users() {
        for by in ["libc", "instruction"] {
            let scene = scene(user).guard("error");
            let place = Place::new(Does::Send, scene.folder());
            let port = place.really("{port}");
            let command = words![guests::c("storm"), by, CALLS.to_string(), "127.0.0.1", port];

            let native = scene.native(&command);
            let told = scene.run(&command);

            native
                .prints(&format!("connected {CALLS}, refused 0, interrupted 0, other 0, stormy\n"));
            told.is_broken()
                .prints(&format!("connected 0, refused {CALLS}, interrupted 0, other 0, stormy\n"));
            assert_eq!(told.calls(), CALLS, "{by}: {:#}", told.report);
        }
    }
}

/// A mock that is good for so many connections answers exactly so many: none is lost, and none is made twice.
#[test]
fn each_mocked_connection_under_a_storm_of_signals_is_answered_once() {
    for by in ["libc", "instruction"] {
        let mock = format!(
            "sandbox = \"run\"\n[[mock]]\nsource = \"socket:connect\"\n\
             when = {{ host = \"192.0.2.7\", port = 7000 }}\ntimes = {CALLS}\nassert = \"match\"\n"
        );
        let command =
            words![guests::c("storm"), by, CALLS.to_string(), "192.0.2.7", "7000", "stream"];

        let told = scene(None).guard("error").config(&mock).run(&command);

        told.is_clean()
            .prints(&format!("connected {CALLS}, refused 0, interrupted 0, other 0, stormy\n"));
    }
}

/// A handler that restarts nothing may see a raw call interrupted, before bigfoot has heard of it: then it is neither
/// made nor told.
#[test]
fn an_interrupted_call_is_not_told() {
    for by in ["libc", "instruction"] {
        let scene = scene(None).guard("error");
        let place = Place::new(Does::Send, scene.folder());
        let port = place.really("{port}");
        let command =
            words![guests::c("storm"), by, CALLS.to_string(), "127.0.0.1", port, "interrupting"];

        let told = scene.run(&command);

        told.is_broken();
        let interrupted = CALLS - told.calls();
        told.prints(&format!(
            "connected 0, refused {}, interrupted {interrupted}, other 0, stormy\n",
            told.calls()
        ));
        assert!(by == "instruction" || interrupted == 0, "{}", told.stdout);
    }
}

/// An allowed call is made once and not interrupted.
#[test]
fn each_allowed_call_under_a_storm_of_signals_is_made() {
    for by in ["libc", "instruction"] {
        let scene = scene(None).guard("error");
        let place = Place::new(Does::Send, scene.folder());
        let command =
            words![guests::c("storm"), by, CALLS.to_string(), "127.0.0.1", place.really("{port}")];

        let told = scene.allow(&place.rule()).run(&command);

        told.succeeds()
            .prints(&format!("connected {CALLS}, refused 0, interrupted 0, other 0, stormy\n"));
    }
}

/// Sleeping, reading, polling and waiting end as they do without bigfoot.
#[test]
fn signals_interrupt_what_they_interrupted() {
    for user in users() {
        for program in [guests::c("sleep"), guests::c_static("sleep")] {
            let scene = scene(user).guard("error").allow("subprocess:*");

            let native = scene.native([&program]);

            scene.run([&program]).equals(&native);
        }
    }
}

/// Pipelines, traps, background jobs, stopped jobs and exit codes of dash.
#[test]
fn job_control_is_as_without_bigfoot() {
    const SCRIPT: &str = r#"
        seq 20000 | sort -rn | head -n 2
        (exit 3) | true; echo "pipeline $?"
        sh -c 'kill -TERM $$'; echo "killed $?"
        trap 'echo trapped' USR1; kill -USR1 $$
        trap 'echo child' CHLD; for n in 1 2 3; do /bin/true; done; trap - CHLD
        sleep 0.2 & sleep 0.1; kill $!; wait $!; echo "waited $?"
        set -m
        sleep 0.1 & wait %1; echo "job $?"
        sh -c 'kill -STOP $$; exit 5' & sleep 0.1; kill -CONT %1 2>/dev/null || kill -CONT $!; wait $!; echo "continued $?"
        timeout 0.1 sleep 5; echo "timeout $?"
        cat /dev/zero | head -c 10 | wc -c; echo "pipe $?"
    "#;
    for user in users() {
        let scene = scene(user).guard("error").allow("subprocess:*");

        let native = scene.native(["/bin/dash", "-c", SCRIPT]);
        let told = scene.run(["/bin/dash", "-c", SCRIPT]);

        assert_eq!(native.line("continued "), "5", "{}", native.stdout);
        told.equals(&native);
    }
}
