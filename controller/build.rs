//! Builds the preload library and the stand-in for mocked programs, which the binary carries inside it:
//! `cargo install` installs neither libraries nor a second program.
//!
//! They have a target directory of their own, since cargo holds the usual one. What is set in the
//! environment for this build must not reach that one.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Kept of cargo's own variables: where it keeps things and how it reaches its registry.
const KEPT: [&str; 6] = [
    "CARGO_HOME",
    "CARGO_MAKEFLAGS",
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTRIES_",
    "CARGO_SOURCE_",
];
/// Taken away beside them: meant for the crates of the outer build.
const TAKEN: [&str; 4] = ["RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CLIPPY_ARGS"];

fn main() {
    let library = ready("BIGFOOT_PRELOAD_SO").unwrap_or_else(library);
    println!("cargo:rustc-env=BIGFOOT_PRELOAD_BUILT={}", library.display());
    let stand_in = ready("BIGFOOT_STAND_IN_EXE").unwrap_or_else(stand_in);
    println!("cargo:rustc-env=BIGFOOT_STAND_IN_BUILT={}", stand_in.display());
    println!("cargo:rustc-env=BIGFOOT_CARRIED={:016x}", hash(&[library, stand_in]));
}

/// A number of what these files hold, by which the binary's folder for them is called: reckoned here, since
/// each run would pay for it.
fn hash(files: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        println!("cargo:rerun-if-changed={}", file.display());
        fs::read(file).expect("what was built can be read").hash(&mut hasher);
    }
    hasher.finish()
}

/// A file that was built before, named by a variable.
fn ready(variable: &str) -> Option<PathBuf> {
    println!("cargo:rerun-if-env-changed={variable}");
    env::var_os(variable).map(PathBuf::from)
}

fn library() -> PathBuf {
    let preload = Path::new(env!("CARGO_MANIFEST_DIR")).join("../preload");
    watch(&preload, &["src", "Cargo.toml", "build.rs", "../controller/ipc/src", "../Cargo.toml"]);
    let made = built(&preload, &["build", "--lib"], "preload", &[]);
    made.join("libbigfoot_preload.so")
}

/// Statically linked, so that nothing of a guest's is loaded into it; dynamically on a machine that has
/// no static libc (Fedora's package glibc-static).
fn stand_in() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../preload/stand-in");
    watch(&crate_folder, &["src", "Cargo.toml"]);
    let mut flags = vec!["-C", "panic=abort", "-C", "strip=symbols"];
    if has_static_libc() {
        flags.extend(["-C", "target-feature=+crt-static", "-C", "relocation-model=static"]);
    }
    let made = built(&crate_folder, &["rustc", "--bin", "bigfoot-stand-in"], "release", &flags);
    made.join("bigfoot-stand-in")
}

fn has_static_libc() -> bool {
    let found = Command::new("cc").arg("-print-file-name=libc.a").output();
    let path = found.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    path.is_ok_and(|path| Path::new(&path).is_absolute())
}

fn watch(folder: &Path, parts: &[&str]) {
    for part in parts {
        println!("cargo:rerun-if-changed={}", folder.join(part).display());
    }
}

/// Has cargo build a part of a crate; the folder that it is in then.
fn built(crate_folder: &Path, what: &[&str], profile: &str, flags: &[&str]) -> PathBuf {
    let target = env::var("TARGET").expect("cargo sets TARGET");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("preload");
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"));
    cargo.args(what).args(["--profile", profile, "--target", &target, "--manifest-path"]);
    cargo.arg(crate_folder.join("Cargo.toml")).arg("--target-dir").arg(&folder);
    if !flags.is_empty() {
        cargo.arg("--").args(flags);
    }
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let kept = KEPT.iter().any(|kept| text.starts_with(kept));
        if (text.starts_with("CARGO_") && !kept) || TAKEN.contains(&&*text) {
            cargo.env_remove(&name);
        }
    }
    let status = cargo.status().expect("cargo can be started");
    assert!(status.success(), "{} does not build", crate_folder.display());
    folder.join(target).join(profile)
}
