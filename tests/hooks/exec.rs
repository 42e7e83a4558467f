//! execve(2), posix_spawn(3), system(3), popen(3) and their families.

use bigfoot_tests::{Scene, guest};

use crate::{is_transparent, words};

/// Calls that replace a child, each of which says `-1 EACCES` when it is refused.
const EXECS: &str = "execve,execv,execvp,execvpe,execl,execlp,execle,fexecve,execveat,execveat-fd,execve-raw,\
                     empty-environment,null-environment,cleared-environment,swapped-environment";

/// With the guard off, programs start, see their environment and end as without bigfoot.
#[test]
fn a_guest_starts_programs_as_without_bigfoot() {
    is_transparent(Scene::new, &words([&guest("exec"), &"all", &guest("echo")]));
}

/// Under `error` every variant is refused, and the program never runs.
#[test]
fn a_guarded_guest_starts_nothing() {
    let cases = format!(
        "{EXECS},posix_spawn,posix_spawnp,posix_spawn-actions,pidfd_spawn,system,popen,wordexp,vfork"
    );

    let guest = Scene::new().guard("error").run(words([&guest("exec"), &cases, &guest("echo")]));

    guest.is_broken();
    crate::each_says(&guest.stdout, EXECS, "-1 EACCES");
    crate::each_says(
        &guest.stdout,
        "posix_spawn,posix_spawnp,posix_spawn-actions,pidfd_spawn,vfork",
        "13",
    );
    assert!(!guest.stdout.contains("word="), "{}", guest.stdout);
}

/// Under `warn` programs start, and each start is reported.
#[test]
fn a_warned_guest_starts_programs_and_is_reported() {
    let command = words([&guest("exec"), &"execve,posix_spawn,system,popen", &guest("echo")]);
    let native = Scene::new().native(&command);

    let guest = Scene::new().run(&command);

    guest.is_warned().prints(&native.stdout);
    assert!(guest.calls() >= 4, "{:#}", guest.report);
}

/// A program is allowed by its path, in every variant.
#[test]
fn an_allowed_program_starts_unreported() {
    let rule = format!("subprocess:{}", guest("echo").display());
    let cases = format!("{EXECS},posix_spawn,posix_spawnp,vfork,system,popen");
    let command = words([&guest("exec"), &cases, &guest("echo")]);
    let native = Scene::new().native(&command);

    // system(3) and popen(3) start a shell, which is a program like any other.
    let guest = Scene::new().guard("error").allow(&rule).allow("subprocess:sh").run(&command);

    guest.is_clean().prints(&native.stdout);
}

/// A program is allowed by its name alone, wherever it is found.
#[test]
fn a_program_is_allowed_by_its_name() {
    let guest = Scene::new().guard("error").allow("subprocess:echo").run(words([
        &guest("exec"),
        &"execve,execvp,posix_spawnp",
        &guest("echo"),
    ]));

    guest.is_clean();
}

/// A denied program is refused with the guard off.
#[test]
fn a_denied_program_does_not_start() {
    let command = words([&guest("exec"), &"execve,posix_spawn,system", &guest("echo")]);

    let guest = Scene::new().guard("off").deny("subprocess:echo").run(command);

    guest.is_broken();
    assert!(!guest.stdout.contains("word="), "{}", guest.stdout);
}

/// A program that does not exist is no call: a path search meets many.
#[test]
fn a_missing_program_is_nothing_to_report() {
    let command = words([&guest("exec"), &"missing,missing-name,missing-spawn", &guest("echo")]);
    let native = Scene::new().native(&command);

    let guest = Scene::new().guard("error").run(&command);

    guest.is_clean().prints(&native.stdout);
}

/// However its environment is emptied, a child stays a guest: its own calls are guarded.
#[test]
fn a_child_without_an_environment_is_still_guarded() {
    let server = bigfoot_tests::servers::plain();
    let caller = guest("connect");
    let rule = format!("subprocess:{}", caller.display());
    let shell = format!("exec env -i {} tcp {}", caller.display(), server.port());

    let guest =
        Scene::new().guard("error").allow(&rule).allow("subprocess:env").run(["sh", "-c", &shell]);

    guest.is_broken().prints("tcp: -1 EACCES\n");
    assert_eq!(server.callers(), 0);
}
