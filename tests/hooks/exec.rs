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

/// A mock of the guests' own program, whatever its arguments, and of the shell that would start it.
const MOCKED: &str = r#"
[[mock]]
source = "subprocess:run"
when = { argv = ["echo", "..."] }
reply = { stdout = "played\n", returncode = 7 }
times = "any"

[[mock]]
source = "subprocess:run"
when = { argv = ["sh", "-c", "..."] }
reply = { stdout = "played\n", returncode = 7 }
times = "any"
"#;

/// The guest gets a process that says what the mock says, by every door; what it is given is no matter.
#[test]
fn a_mocked_program_is_played_in_every_variant() {
    let cases = format!("{EXECS},posix_spawn,posix_spawnp,posix_spawn-actions,vfork,system,popen");
    let command = words([&guest("exec"), &cases, &guest("echo")]);

    let guest = Scene::new().guard("error").config(MOCKED).run(&command);

    guest.is_clean();
    for case in EXECS.split(',').chain(["posix_spawn", "posix_spawnp", "vfork", "system"]) {
        let ended = format!("played\n{case}: exit 7\n");
        assert!(guest.stdout.contains(&ended), "{case}: {}", guest.stdout);
    }
    // Its output is on standard error there.
    assert!(guest.stdout.contains("posix_spawn-actions: exit 7\n"), "{}", guest.stdout);
    assert!(guest.stdout.contains("popen: played\npopen: exit 7\n"), "{}", guest.stdout);
    assert!(!guest.stdout.contains("word="), "{}", guest.stdout);
}

/// A program that is not there and that a mock names is there; any other fails as ever.
#[test]
fn a_missing_program_is_played_where_a_mock_names_it() {
    let other = MOCKED.replace("\"echo\"", "\"no-such-other\"");
    let command = words([&guest("exec"), &"missing,missing-name,missing-spawn", &guest("echo")]);
    let native = Scene::new().native(&command);

    let named = Scene::new().guard("error").config(MOCKED).run(&command);
    let other = Scene::new().guard("error").config(&other).run(&command);

    // The guest calls itself echo, whatever the file.
    named.is_clean();
    assert_eq!(named.stdout.matches("exit 7").count(), 4, "{}", named.stdout);
    other.is_clean().prints(&native.stdout);
}

/// A start that a mock lets fail fails by the error number of its own call, and starts nothing.
#[test]
fn a_mocked_failure_is_the_calls_own() {
    let mock =
        MOCKED.replace("{ stdout = \"played\\n\", returncode = 7 }", "{ error = \"not-found\" }");
    let cases = format!("{EXECS},posix_spawn,posix_spawnp,vfork");
    let command = words([&guest("exec"), &cases, &guest("echo")]);

    let guest = Scene::new().guard("error").config(&mock).run(&command);

    guest.is_clean();
    crate::each_says(&guest.stdout, EXECS, "-1 ENOENT");
    crate::each_says(&guest.stdout, "posix_spawn,posix_spawnp,vfork", "2");
}

/// What no mock answers is really started, from behind a stand-in of its name too.
#[test]
fn an_unmocked_program_starts_as_without_mocks() {
    let mock = MOCKED.replace("\"...\"", "\"never\"");
    let command = words([&guest("exec"), &"all", &guest("echo")]);
    let native = Scene::new().native(&command);

    let guest = Scene::new().guard("error").allow("*").config(&mock).run(&command);

    assert_eq!(guest.stdout, native.stdout, "{}", guest.stderr);
}
