//! Builds: make, and a build script that starts programs.

use bigfoot_tests::{Scene, tools};

use crate::is_no_alarm;

const MAKEFILE: &str = "all: tiny\n\t./tiny\ntiny: a.o b.o\n\t$(CC) -o $@ $^\n%.o: %.c\n\t$(CC) -c -o $@ $<\n\
                        clean:\n\trm -f tiny *.o\n";

const BUILD_SCRIPT: &str = r#"
use std::process::Command;

fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    let version = Command::new("cc").arg("--version").output().expect("cc");
    assert!(version.status.success());
    let object = Command::new("cc").args(["-c", "tiny.c", "-o"]).arg(format!("{out}/tiny.o")).status().expect("cc");
    assert!(object.success());
    let git = Command::new("git").args(["describe", "--always"]).output().expect("git");
    println!("cargo:rustc-env=REVISION={}", String::from_utf8_lossy(&git.stdout).trim());
}
"#;

/// Two jobs at once, then the program that was built.
#[test]
fn make_raises_no_alarm() {
    let _ = tools::needed("make", "make");
    let scene = Scene::new()
        .file("Makefile", MAKEFILE)
        .file("a.c", "int b(void);\nint main(void) { return b(); }\n")
        .file("b.c", "int b(void) { return 0; }\n");

    is_no_alarm(scene, &["sh", "-c", "make clean && make -j2"]);
}

/// A build script and all that it starts are tools.
#[test]
fn a_build_script_raises_no_alarm() {
    let _ = tools::needed("git", "git");
    let scene = Scene::new()
        .file(
            "Cargo.toml",
            "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
        )
        .file("build.rs", BUILD_SCRIPT)
        .file("tiny.c", "int tiny(void) { return 1; }\n")
        .file(
            "src/lib.rs",
            "#[test]\nfn it_knows_its_revision() { let _ = env!(\"REVISION\"); }\n",
        );

    is_no_alarm(scene, &["sh", "-c", "touch build.rs && cargo test --offline"]);
}
