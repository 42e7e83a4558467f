//! The report as JUnit's XML, as other programs read it.

use std::fs;

use bigfoot_tests::{Scene, tools};

/// Reads a report by Python's parser and prints what a consumer goes by: a line for each case.
const READ: &str = "\
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
print(root.tag, root.get('tests'), root.get('failures'), root.get('errors'))
for case in root.iter('testcase'):
    failure = case.find('failure')
    print(case.get('classname'), case.get('name'), '-' if failure is None else failure.get('type'))
    assert failure is None or failure.get('message') and 'bigfoot explain' in failure.text
    assert case.find('system-out') is None
";

fn cases(scene: &Scene) -> String {
    scene.native(["python3", "-c", READ, "junit.xml"]).succeeds().stdout.clone()
}

fn suite(level: &str) -> Scene {
    let tests = "\
import socket

def test_looks_up():
    for name in ['a.example', 'b.example']:
        try: socket.getaddrinfo(name, 80)
        except OSError: pass

def test_is_fine():
    pass
";
    let scene = Scene::new().guard(level).file("test_names.py", tests);
    scene.flag("--format").flag("junit").flag("--output").flag("junit.xml")
}

/// A test's violations are one case, though there are several; what fails no run fails no case.
#[test]
fn a_test_is_one_case() {
    let scene = suite("error");
    scene.tell(tools::pytest()).fails_with(60);
    assert_eq!(
        cases(&scene),
        "testsuites 2 1 0\nbigfoot bigfoot -\nbigfoot test_names.py::test_looks_up BF101\n"
    );
    let text = fs::read_to_string(scene.path("junit.xml")).expect("a report");
    assert!(text.contains("a.example") && text.contains("b.example"), "{text}");

    let scene = suite("warn");
    scene.tell(tools::pytest()).succeeds();
    assert_eq!(
        cases(&scene),
        "testsuites 2 0 0\nbigfoot bigfoot -\nbigfoot test_names.py::test_looks_up -\n"
    );
}

/// A run in which nothing is wrong has a case too, so that no consumer takes it for none.
#[test]
fn a_clean_run_has_a_case() {
    let scene = suite("error");

    scene.tell(["true"]).succeeds();

    assert_eq!(cases(&scene), "testsuites 1 0 0\nbigfoot bigfoot -\n");
}

/// Forms that are to come say so, with those that there are.
#[test]
fn forms_to_come_say_so() {
    for form in ["sarif", "html"] {
        let refused = Scene::new().flag("--format").flag(form).tell(["true"]);

        refused.fails_with(2).says("not there yet").says("junit");
    }
}
