//! Builds the preload library, which the binary carries inside it: `cargo install` installs no
//! libraries.
//!
//! The library has a target directory of its own, since cargo holds the usual one. What is set in
//! the environment for this build must not reach that one.

use std::env;
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
    println!("cargo:rerun-if-env-changed=BIGFOOT_PRELOAD_SO");
    let library = match env::var_os("BIGFOOT_PRELOAD_SO") {
        Some(ready) => PathBuf::from(ready),
        None => built(),
    };
    println!("cargo:rustc-env=BIGFOOT_PRELOAD_BUILT={}", library.display());
}

fn built() -> PathBuf {
    let preload = Path::new(env!("CARGO_MANIFEST_DIR")).join("../preload");
    for part in ["src", "Cargo.toml", "build.rs", "../controller/ipc/src", "../Cargo.toml"] {
        println!("cargo:rerun-if-changed={}", preload.join(part).display());
    }
    let target = env::var("TARGET").expect("cargo sets TARGET");
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("preload");
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"));
    cargo.args(["build", "--release", "--lib", "--target", &target, "--manifest-path"]);
    cargo.arg(preload.join("Cargo.toml")).arg("--target-dir").arg(&folder);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let kept = KEPT.iter().any(|kept| text.starts_with(kept));
        if (text.starts_with("CARGO_") && !kept) || TAKEN.contains(&&*text) {
            cargo.env_remove(&name);
        }
    }
    let status = cargo.status().expect("cargo can be started");
    assert!(status.success(), "the preload library does not build");
    folder.join(target).join("release/libbigfoot_preload.so")
}
