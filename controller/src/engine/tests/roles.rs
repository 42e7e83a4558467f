//! Tools, build scripts, guests, forks.

use super::*;
use crate::processes::Role;

/// A tool has no guard level, but rules speak to it.
#[test]
fn a_tools_calls_pass_unless_a_rule_denies_them() {
    let mut scene = Scene::new(Level::Error, vec![deny(&["subprocess:kubectl"])]).command("cargo");
    let (git, kubectl) = (scene.program("git"), scene.program("kubectl"));

    assert_eq!(scene.role(COMMAND), Role::Tool);
    assert_eq!(scene.verdict(COMMAND, connect("192.0.2.1:443")), Verdict::Allow);
    scene.started(COMMAND, exec(git, &["git", "fetch"], true));
    assert_eq!(scene.verdict(COMMAND, exec(kubectl, &["kubectl", "apply"], true)), REFUSED);

    assert_eq!(scene.findings().len(), 1);
}

/// A ceiling is for what tests do: who builds and starts them may do more.
#[test]
fn a_restriction_is_the_tests_and_not_the_tools() {
    let mut scene = Scene::new(Level::Error, vec![restrict(&["http:*"])]).command("cargo");

    assert_eq!(scene.verdict(COMMAND, connect("192.0.2.1:6379")), Verdict::Allow);

    assert!(scene.findings().is_empty());
}

/// What a tool starts is a guest, unless it is a tool; what a guest starts never is one.
#[test]
fn guests_begin_where_tools_end() {
    let mut scene = Scene::new(Level::Warn, vec![]).command("cargo");
    let (shell, suite, cc) = (scene.program("sh"), scene.program("suite"), scene.program("cc"));

    scene.spawn(COMMAND, 101, shell);
    scene.spawn(101, 102, suite);
    scene.spawn(102, 103, cc.clone());
    scene.spawn(COMMAND, 104, cc);

    let roles = [101, 102, 103, 104].map(|pid| scene.role(pid));
    assert_eq!(roles, [Role::Tool, Role::Guest, Role::Guest, Role::Tool]);
}

/// A script is the tool that its own name says, or its interpreter's.
#[test]
fn a_script_is_a_tool_by_its_name_or_its_interpreter() {
    let mut scene = Scene::new(Level::Warn, vec![]).command("make");
    let node = scene.program("node");
    let by_node = format!("#!{}\n", node.real.display());
    let (npm, suite) = (scene.script("npm", &by_node), scene.script("suite.js", &by_node));
    let script = scene.script("configure", "#!/bin/sh\n");

    scene.spawn(COMMAND, 101, npm);
    scene.spawn(COMMAND, 102, suite);
    scene.spawn(COMMAND, 103, script);

    let roles = [101, 102, 103].map(|pid| scene.role(pid));
    assert_eq!(roles, [Role::Tool, Role::Guest, Role::Tool]);
}

/// A tool's alias is one by the name that it is started by.
#[test]
fn a_link_of_a_tools_name_is_a_tool() {
    let mut scene = Scene::new(Level::Warn, vec![]).command("cargo");
    let real = scene.program("opt/some-driver");
    let link = scene.folder.join("rustc");
    std::os::unix::fs::symlink(&real.program, &link).unwrap();

    scene.spawn(COMMAND, 101, Target::at(link));
    scene.spawn(COMMAND, 102, real);

    assert_eq!((scene.role(101), scene.role(102)), (Role::Tool, Role::Guest));
}

/// All below a build script is building, whatever it is called.
#[test]
fn everything_below_a_build_script_is_building() {
    let mut scene = Scene::new(Level::Error, vec![]).command("cargo");
    let build = scene.program("target/debug/build/ring-0123/build-script-build");
    let (git, python) = (scene.program("git"), scene.program("python3"));

    scene.spawn(COMMAND, 101, build);
    scene.spawn(101, 102, git);
    scene.hello(103, 102, 0);
    scene.spawn(103, 104, python);

    for pid in [101, 102, 103, 104] {
        assert_eq!(scene.role(pid), Role::BuildScript);
        assert_eq!(scene.verdict(pid, connect("192.0.2.1:443")), Verdict::Allow);
    }
    assert!(scene.findings().is_empty());
}

/// A fork is what its parent is, whether it says hello or just asks.
#[test]
fn forks_are_what_their_parents_are() {
    let mut scene = Scene::new(Level::Error, vec![]).command("cargo");
    let suite = scene.program("suite");
    scene.spawn(COMMAND, 101, suite);

    scene.hello(102, COMMAND, 0);
    scene.hello(103, 101, 0);
    let vforked = |pid, parent| Asker { parent, ..asker(pid) };
    scene.engine.ask(&vforked(104, COMMAND), connect("192.0.2.1:80"));
    scene.engine.ask(&vforked(105, 101), connect("192.0.2.1:80"));

    let roles = [102, 103, 104, 105].map(|pid| scene.role(pid));
    assert_eq!(roles, [Role::Tool, Role::Guest, Role::Tool, Role::Guest]);
    assert_eq!(scene.findings().len(), 1, "the guest's alone");
}

/// A fork starts its parent's own program again, which is no call.
#[test]
fn forks_have_their_parents_program() {
    let mut scene = Scene::new(Level::Error, vec![]).command("bin/python3");
    let (again, other) = (scene.program("bin/python3"), scene.program("bin/curl"));
    scene.hello(101, COMMAND, 0);

    scene.started(101, exec(again, &["python3", "-c", "worker()"], false));
    assert_eq!(scene.verdict(101, exec(other, &["curl"], false)), REFUSED);
}

/// A number that is given out again belongs to another process.
#[test]
fn a_process_is_known_by_number_and_start() {
    let mut scene = Scene::new(Level::Error, vec![]).command("cargo");
    let suite = scene.program("suite");
    scene.spawn(COMMAND, 101, suite);
    scene.hello(102, COMMAND, 0);
    assert_eq!(scene.verdict(102, connect("192.0.2.1:80")), Verdict::Allow);

    let again = Asker { parent: 101, started: 999, ..asker(102) };

    assert_eq!(scene.engine.ask(&again, connect("192.0.2.1:80")).verdict, REFUSED);
    assert_eq!(scene.role(102), Role::Guest);
}

/// Who comes out of nowhere is guarded.
#[test]
fn an_unknown_process_is_a_guest() {
    let mut scene = Scene::new(Level::Error, vec![]).command("cargo");

    assert_eq!(scene.verdict(555, connect("192.0.2.1:80")), REFUSED);
    let curl = scene.program("curl");
    assert_eq!(scene.verdict(555, exec(curl, &["curl"], false)), REFUSED);
}
