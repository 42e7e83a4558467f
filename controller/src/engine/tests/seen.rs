//! Which processes count as seen: every start is met by a hello, or is a gap.

use super::*;
use crate::processes::Role;
use crate::report::{Blind, Reason};
use crate::run::controller::OUTSIDE;

fn blind(scene: &Scene, path: &str, reason: Reason) -> Target {
    Target { blind: Some(reason), ..scene.program(path) }
}

/// What is started counts once: as armed, or as blind with the reason.
#[test]
fn every_start_is_armed_or_blind() {
    let mut scene = Scene::new(Level::Off, vec![]).command("make");
    let (suite, quiet) = (scene.program("suite"), scene.program("quiet"));
    let (fixed, su) =
        (blind(&scene, "fixed", Reason::Static), blind(&scene, "su", Reason::Privileged));
    let small = blind(&scene, "small", Reason::OtherClass);

    scene.spawn(COMMAND, 101, suite);
    scene.hello(102, 101, 0);
    for target in [&fixed, &fixed, &su, &small, &quiet] {
        scene.started(101, exec(target.clone(), &["name"], true));
    }

    let coverage = scene.coverage();
    let expect =
        |target: &Target, reason, count| Blind { program: target.program.clone(), reason, count };
    assert_eq!((coverage.processes, coverage.armed, coverage.tools), (8, 3, 1));
    assert_eq!(
        coverage.blind,
        [
            expect(&fixed, Reason::Static, 2),
            expect(&su, Reason::Privileged, 1),
            expect(&small, Reason::OtherClass, 1),
            expect(&quiet, Reason::Silent, 1),
        ]
    );
    assert!(coverage.has_gaps());
}

/// What did not start is no gap.
#[test]
fn a_start_that_came_back_is_no_gap() {
    let mut scene = Scene::new(Level::Off, vec![]).command("python3");
    let (suite, fixed) = (scene.program("suite"), blind(&scene, "fixed", Reason::Static));

    for target in [suite, fixed] {
        let number = scene.started(COMMAND, exec(target, &["name"], false));
        scene.ask(COMMAND, Asked::ExecFailed(number));
    }
    for nonsense in [0, 99, u64::MAX] {
        assert_eq!(scene.verdict(COMMAND, Asked::ExecFailed(nonsense)), Verdict::Allow);
    }

    let coverage = scene.coverage();
    assert_eq!((coverage.processes, coverage.armed), (1, 1));
    assert!(!coverage.has_gaps());
}

/// A static program cannot say hello; its child does, with the number that it found in its environment.
#[test]
fn a_static_programs_child_does_not_make_it_seen() {
    let mut scene = Scene::new(Level::Off, vec![]).command("python3");
    let fixed = blind(&scene, "fixed", Reason::Static);

    let number = scene.started(COMMAND, exec(fixed, &["fixed"], true));
    scene.hello(102, 101, number);
    scene.hello(103, 101, number);

    let coverage = scene.coverage();
    assert_eq!((coverage.processes, coverage.armed), (4, 3));
    assert_eq!(coverage.blind.len(), 1);
    assert_eq!((scene.role(102), scene.role(103)), (Role::Guest, Role::Guest));
}

/// A static tool's children are what any tool's children are, though nothing was seen of itself.
#[test]
fn a_static_tools_child_may_be_a_tool() {
    let mut scene = Scene::new(Level::Off, vec![]).command("make");
    let busybox = blind(&scene, "busybox", Reason::Static);
    let (cc, suite) = (scene.program("cc"), scene.program("suite"));

    let number = scene.started(COMMAND, exec(busybox, &["busybox", "sh"], true));
    scene.engine.processes().hello(102, 101, number, || Some(cc), || None);
    scene.engine.processes().hello(103, 101, number, || Some(suite), || None);

    assert_eq!((scene.role(102), scene.role(103)), (Role::Tool, Role::Guest));
}

/// A number that was met already is repeated by what was started past the hooks: it is looked at itself.
#[test]
fn a_repeated_number_is_another_program() {
    let mut scene = Scene::new(Level::Off, vec![]).command("make");
    let (suite, cc) = (scene.program("suite"), scene.program("cc"));
    let number = scene.started(COMMAND, exec(suite.clone(), &["suite"], true));
    scene.hello(101, COMMAND, number);

    scene.engine.processes().hello(102, COMMAND, number, || Some(cc.clone()), || None);
    scene.engine.processes().hello(103, 101, number, || Some(cc), || None);
    scene.engine.processes().hello(104, COMMAND, number, || None, || None);

    let roles = [101, 102, 103, 104].map(|pid| scene.role(pid));
    assert_eq!(roles, [Role::Guest, Role::Tool, Role::Guest, Role::Guest]);
    assert_eq!(scene.coverage().armed, 5);
}

/// A hello is a guest's word: a number that was never given out makes nobody a tool.
#[test]
fn a_number_out_of_thin_air_is_a_guests() {
    let mut scene = Scene::new(Level::Error, vec![]).command("suite");

    for (pid, number) in [(101, 99), (102, u64::MAX), (103, 0)] {
        scene.hello(pid, 4_000_000, number);
        assert_eq!(scene.role(pid), Role::Guest);
        assert_eq!(scene.verdict(pid, connect("192.0.2.1:80")), REFUSED);
    }
}

/// The last line counts tools by what was started, and not their forks.
#[test]
fn tools_are_counted_by_their_starts() {
    let mut scene = Scene::new(Level::Off, vec![]).command("cargo");
    let rustc = scene.program("rustc");

    scene.spawn(COMMAND, 101, rustc);
    scene.hello(102, 101, 0);

    let coverage = scene.coverage();
    assert_eq!((coverage.processes, coverage.armed, coverage.tools), (3, 3, 2));
}

/// Lost hellos are a gap of their own.
#[test]
fn lost_hellos_are_told() {
    let mut scene = Scene::new(Level::Off, vec![]).command("cargo");

    assert!(!coverage(scene.engine.processes(), 0).has_gaps());
    assert!(coverage(scene.engine.processes(), 1).has_gaps());
}

/// Where the run has no command, a shell was given its environment: what that starts is what it is by
/// its program.
#[test]
fn programs_of_a_shell_outside_are_known_by_themselves() {
    let mut scene = Scene::new(Level::Error, vec![]);
    scene.engine.processes().joined_from_outside();
    scene.engine.processes().joined_from_outside();
    let (make, suite, cc) = (scene.program("make"), scene.program("suite"), scene.program("cc"));

    scene.engine.processes().hello(101, 50, OUTSIDE, || Some(make), || None);
    scene.engine.processes().hello(102, 50, OUTSIDE, || Some(suite), || None);
    scene.hello(103, 102, 0);
    scene.hello(104, 50, OUTSIDE);
    scene.spawn(101, 105, cc);
    scene.hello(106, 105, 0);

    let roles = [101, 102, 103, 104, 105, 106].map(|pid| scene.role(pid));
    let (tool, guest) = (Role::Tool, Role::Guest);
    assert_eq!(roles, [tool, guest, guest, guest, tool, tool]);
    assert_eq!((scene.coverage().armed, scene.coverage().tools), (6, 2));
}
