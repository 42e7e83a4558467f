//! Which starts of programs are no calls of a guest's own. What those programs do is guarded.

use super::*;
use crate::processes::Role;

/// Under error, with no rule: what is started all the same is no call.
fn scene(command: &str) -> Scene {
    let mut scene = Scene::new(Level::Error, vec![]).command(command);
    scene.ask(COMMAND, connect("192.0.2.9:1")); // a call of its own: it is no wrapper
    scene
}

/// Workers are the same program again, by whatever name.
#[test]
fn a_programs_own_file_again_is_no_call() {
    let mut scene = scene("bin/suite");
    let again = scene.program("bin/suite");
    let link = scene.folder.join("worker");
    std::os::unix::fs::symlink(&again.program, &link).unwrap();

    scene.spawn(COMMAND, 101, again);
    scene.spawn(COMMAND, 102, Target::at(link));

    assert_eq!((scene.role(101), scene.role(102)), (Role::Guest, Role::Guest));
    assert_eq!(scene.verdict(101, connect("192.0.2.1:80")), REFUSED);
}

/// A script may start its interpreter, and other scripts of it.
#[test]
fn a_scripts_interpreter_again_is_no_call() {
    let mut scene = Scene::new(Level::Error, vec![]).command("make");
    let python = scene.program("bin/python3");
    let line = format!("#!{}\n", python.real.display());
    let (pytest, script) = (scene.script("bin/pytest", &line), scene.script("bin/script", &line));
    scene.spawn(COMMAND, 101, pytest);
    scene.ask(101, connect("192.0.2.9:1"));

    scene.started(101, exec(python, &["python3", "-m", "worker"], true));
    scene.started(101, exec(script, &["script"], true));
    let other = scene.program("bin/ruby");
    assert_eq!(scene.verdict(101, exec(other, &["ruby"], true)), REFUSED);
}

/// Helpers lie below a program's own prefix, or beside it where no user starts programs.
#[test]
fn a_programs_own_helpers_are_no_calls() {
    let mut java = scene("jdk/bin/java");
    let helper = java.program("jdk/lib/jspawnhelper");
    java.started(COMMAND, exec(helper, &["jspawnhelper"], true));
    let other = java.program("other/lib/jspawnhelper");
    assert_eq!(java.verdict(COMMAND, exec(other, &["jspawnhelper"], true)), REFUSED);
    let neighbour = java.program("jdk/bin/jshell");
    assert_eq!(java.verdict(COMMAND, exec(neighbour, &["jshell"], true)), REFUSED);

    let mut git = scene("prefix/libexec/git-core/git");
    let helper = git.program("prefix/libexec/git-core/git-remote-https");
    git.started(COMMAND, exec(helper, &["git-remote-https"], true));
    let other = git.program("prefix/libexec/other/helper");
    assert_eq!(git.verdict(COMMAND, exec(other, &["helper"], true)), REFUSED);
}

/// The shell by which a program starts more of itself counts as that program.
#[test]
fn a_shell_for_a_programs_own_is_no_call() {
    let mut scene = scene("opt/bin/git");
    let shell = scene.program("bin/sh");
    let (own, foreign) = (scene.program("opt/libexec/git-sub"), scene.program("bin/curl"));

    let command = "git-sub --flag 'a b'";
    let number = scene.started(COMMAND, exec(shell, &["sh", "-c", command], true));
    scene.hello(101, COMMAND, number);

    scene.started(101, exec(own, &["git-sub"], true));
    assert_eq!(scene.verdict(101, exec(foreign, &["curl"], false)), REFUSED);
}

/// A shell that does more, or something else, is a call like any other.
#[test]
fn a_shell_for_something_else_is_a_call() {
    let mut scene = scene("opt/bin/git");
    let shell = scene.program("bin/sh");

    for command in [
        "curl http://shop.example",
        "git fetch; curl http://shop.example",
        "git fetch && curl http://shop.example",
        "git fetch | curl -d @- http://shop.example",
        "git fetch $(curl http://shop.example)",
        "git fetch `curl http://shop.example`",
        "git fetch\ncurl http://shop.example",
        "gitlab-runner",
        "",
    ] {
        let asked = exec(shell.clone(), &["sh", "-c", command], true);
        assert_eq!(scene.verdict(COMMAND, asked), REFUSED, "{command}");
    }
    for arguments in [&["sh"][..], &["sh", "-c"], &["sh", "git"], &[]] {
        assert_eq!(scene.verdict(COMMAND, exec(shell.clone(), arguments, true)), REFUSED);
    }
}

/// A wrapper becomes what it wraps before it makes a call of its own; a chain of them too.
#[test]
fn a_wrapper_becomes_what_it_wraps() {
    let mut scene = Scene::new(Level::Error, vec![]).command("wrapper");
    let (shim, suite, curl) =
        (scene.program("shim"), scene.program("suite"), scene.program("curl"));

    scene.become_program(COMMAND, 1, shim);
    scene.become_program(COMMAND, 1, suite);
    assert_eq!(scene.verdict(COMMAND, connect("192.0.2.1:80")), REFUSED);

    assert_eq!(scene.verdict(COMMAND, exec(curl, &["curl"], false)), REFUSED, "it has made a call");
}

/// A wrapper's child is not what it wraps.
#[test]
fn a_wrappers_child_is_a_call() {
    let mut scene = Scene::new(Level::Error, vec![]).command("wrapper");
    let curl = scene.program("curl");
    scene.hello(101, COMMAND, 0);

    assert_eq!(scene.verdict(COMMAND, exec(curl.clone(), &["curl"], true)), REFUSED);
    assert_eq!(scene.verdict(101, exec(curl, &["curl"], false)), REFUSED);
}

/// A program that was started as plumbing does not pass its caller's call on unseen.
#[test]
fn plumbing_is_no_wrapper() {
    let mut scene = scene("jdk/bin/java");
    let (helper, curl) = (scene.program("jdk/lib/jspawnhelper"), scene.program("bin/curl"));
    scene.spawn(COMMAND, 101, helper);

    assert_eq!(scene.verdict(101, exec(curl, &["curl"], false)), REFUSED);

    let [_, finding] = &scene.findings()[..] else { panic!("the scene's first call, and curl") };
    assert_eq!(finding.protocol, "subprocess");
}

/// So it is with a program that was started as its own again, and one that no hook saw start.
#[test]
fn neither_a_worker_nor_the_unseen_is_a_wrapper() {
    let mut scene = scene("bin/suite");
    let (again, curl) = (scene.program("bin/suite"), scene.program("bin/curl"));
    scene.spawn(COMMAND, 101, again);
    scene.hello(102, COMMAND, 77);

    for pid in [101, 102] {
        assert_eq!(scene.verdict(pid, exec(curl.clone(), &["curl"], false)), REFUSED, "{pid}");
    }
}

/// A path search tries what is not there: no call, no start, and a wrapper remains one.
#[test]
fn a_missing_program_is_no_call() {
    let mut scene = Scene::new(Level::Error, vec![]).command("env");
    let (missing, suite) = (scene.folder.join("nowhere"), scene.program("suite"));

    let verdict = scene.verdict(COMMAND, exec(Target::at(missing), &["suite"], false));
    scene.become_program(COMMAND, 1, suite);

    assert_eq!(verdict, Verdict::Allow);
    assert!(scene.findings().is_empty());
}

/// A rule that names a worker speaks of it all the same.
#[test]
fn a_denied_program_is_refused_even_as_plumbing() {
    let mut scene = Scene::new(Level::Off, vec![deny(&["subprocess:suite"])]).command("suite");
    let again = scene.program("suite");

    assert_eq!(scene.verdict(COMMAND, exec(again, &["suite"], true)), REFUSED);
}

/// Our library stays out of programs whose loader would complain about it.
#[test]
fn only_foreign_loaders_are_spared_our_library() {
    let mut scene = Scene::new(Level::Off, vec![]).command("python3");
    let reasons = [
        (None, true),
        (Some(crate::report::Reason::Static), true),
        (Some(crate::report::Reason::Privileged), true),
        (Some(crate::report::Reason::ForeignLibc), false),
        (Some(crate::report::Reason::OtherClass), false),
    ];
    for (number, (blind, expected)) in reasons.into_iter().enumerate() {
        let target = Target { blind, ..scene.program("program") };
        match scene.verdict(COMMAND, exec(target, &["program"], true)) {
            Verdict::Start { start, arm } => {
                assert_eq!((start, arm), (number as u64 + 2, expected), "{blind:?}");
            }
            verdict => panic!("{verdict:?}"),
        }
    }
}

/// What only tells about the machine is no call; a program of that name elsewhere is one.
#[test]
fn programs_that_tell_about_the_machine_are_no_calls() {
    let mut scene = scene("bin/python3");
    let other = scene.program("bin/uname");
    let Some(uname) = ["/usr/bin/uname", "/bin/uname"]
        .map(|path| Target::at(path.into()))
        .into_iter()
        .find(|uname| !uname.is_missing())
    else {
        return; // not this machine
    };

    scene.started(COMMAND, exec(uname, &["uname", "-p"], true));
    assert_eq!(scene.verdict(COMMAND, exec(other, &["uname", "-p"], true)), REFUSED);
}

/// A helper works for its program: what that may start, the helper may.
#[test]
fn a_helper_counts_as_its_program() {
    let mut scene = scene("opt/bin/git");
    let (remote, index) = (scene.program("opt/libexec/git-remote"), scene.program("opt/lib/index"));
    let (again, curl) = (scene.program("opt/bin/git"), scene.program("bin/curl"));
    scene.spawn(COMMAND, 101, remote);

    scene.started(101, exec(index, &["index"], true));
    scene.started(101, exec(again, &["git", "fetch"], true));
    assert_eq!(scene.verdict(101, exec(curl, &["curl"], false)), REFUSED);
}
