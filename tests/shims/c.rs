//! The C shim: that another language needs no change in the controller.

use std::fs;

use bigfoot_tests::{Finished, Scene, guest};

fn run(case: &str) -> Finished {
    Scene::new().guard("error").run([guest("shim").as_os_str(), case.as_ref()])
}

/// A test on the main thread: its threads and forks are its own.
#[test]
fn a_test_in_c_is_answered() {
    run("good").prints("1 2 3\n").is_clean();
}

/// Every broken promise is told, and every refusal.
#[test]
fn broken_promises_are_told_in_c() {
    let finished = run("bad");

    finished.fails_with(3).prints("mock -1\nmock -1\nclose -1\nlift 0\nassert -1\n");
    for said in [
        "did you mean `http:request`?",
        "a mock is prepared before the sandbox is opened",
        "sandbox 3 is not open",
        "error[BF105]: call unlike what was expected",
        "error[BF104]: call that no mock answers",
        "error[BF107]: interaction that nothing asserts",
        "error[BF108]: mock left unused",
    ] {
        finished.says(said);
    }
}

/// Without a run a test says so.
#[test]
fn without_a_run_a_test_in_c_says_so() {
    let alone = Scene::new().native([guest("shim")]);

    alone.fails_with(7).says("this test needs bigfoot");
}

/// What it writes is what the golden messages have.
#[test]
fn words_in_c_are_the_golden_ones() {
    let finished = Scene::new().native([guest("shim").as_os_str(), "golden".as_ref()]);
    for line in finished.succeeds().stdout.lines() {
        let (name, bytes) = line.split_once(' ').expect("a name and bytes");
        let path =
            format!("{}/../controller/ipc/golden/control-{name}.hex", env!("CARGO_MANIFEST_DIR"));
        let golden = fs::read_to_string(path).expect("a golden message");
        let golden: Vec<&str> = golden.split_ascii_whitespace().collect();
        // The golden hello is of a test in Rust.
        let bytes =
            bytes.replace("01 00 00 00 00 00 00 00 63", "04 00 00 00 00 00 00 00 72 75 73 74");
        let bytes: Vec<&str> = bytes.split(' ').collect();
        assert_eq!(bytes[4..], golden[4..], "{name}");
    }
}
