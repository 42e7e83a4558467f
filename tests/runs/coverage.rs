//! What bigfoot could not see is counted and named.

use bigfoot_tests::{Scene, guest};

/// A run whose processes all carry the library is complete.
#[test]
fn a_run_of_loaded_processes_is_complete() {
    let guest = Scene::new().guard("error").flag("--require-coverage").run([
        "sh",
        "-c",
        "/bin/true; /bin/echo",
    ]);

    guest.is_clean();
    assert_eq!(guest.report["coverage"]["complete"], true, "{:#}", guest.report);
    assert_eq!(guest.report["coverage"]["blind_count"], 0);
}

/// A static program is blind, and named; with `--require-coverage` the run fails for it.
#[test]
fn a_static_program_is_a_gap() {
    let blind = guest::static_guest("echo");
    let rule = "subprocess:*";

    let scene = || Scene::new().guard("error").allow(rule).flag("--backstop=off");
    let told = scene().run([&blind]);
    told.succeeds();
    assert_eq!(told.report["coverage"]["blind_count"], 1, "{:#}", told.report);
    assert!(
        told.report["coverage"]["blind"].to_string().contains("echo-static"),
        "{:#}",
        told.report
    );
    assert!(told.report["coverage"]["blind"].to_string().contains("static"), "{:#}", told.report);

    scene().flag("--require-coverage").run([&blind]).fails_with(61);
}

/// The kernel backstop sees it: then it is no gap.
#[test]
fn a_static_program_is_seen_by_the_backstop() {
    let scene = Scene::new().guard("error").allow("subprocess:*").flag("--require-coverage");
    let told = scene.run([guest::static_guest("echo")]);

    told.succeeds();
    let coverage = &told.report["coverage"];
    assert_eq!((&coverage["backstop_only"], &coverage["blind_count"]), (&1.into(), &0.into()));
    assert!(coverage["by_backstop"].to_string().contains("echo-static"), "{coverage:#}");
}

/// So is one that a guest starts.
#[test]
fn a_static_child_is_a_gap() {
    let blind = guest::static_guest("echo");

    let told = Scene::new().flag("--backstop=off").run([
        "sh",
        "-c",
        &format!("{}; true", blind.display()),
    ]);

    assert_eq!(told.report["coverage"]["complete"], false, "{:#}", told.report);
}

/// A child whose LD_PRELOAD the guest sets or empties is armed all the same.
#[test]
fn a_child_cannot_be_disarmed_through_its_environment() {
    let line = "LD_PRELOAD= /bin/true; env -i /bin/true; LD_PRELOAD=libm.so.6 /bin/true; unset LD_PRELOAD; /bin/true";

    let told = Scene::new().flag("--require-coverage").run(["sh", "-c", line]);

    told.succeeds();
    assert_eq!(told.report["coverage"]["blind_count"], 0, "{:#}", told.report);
}

/// Where there can be no backstop, one line says so and what is weaker; where it is required, nothing starts.
#[test]
fn a_run_without_a_backstop_says_so() {
    for (why, word) in [("busy", "EBUSY"), ("forbidden", "EPERM")] {
        let (filtered, own) = (guest("filtered"), bigfoot_tests::scene::bigfoot());
        let run = |flag: &str| {
            let line =
                format!("{} {why} {} run {flag} -- echo hi", filtered.display(), own.display());
            Scene::new().native(["sh", "-c", &line])
        };

        run("").succeeds().prints("hi\n").says(word);
        run("--require-backstop").fails_with(61).prints("").says(word);
        run("--require-backstop --backstop=off").fails_with(2).prints("");
    }
}
