//! Guests in C, compiled when a test first asks for them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

static COMPILING: Mutex<()> = Mutex::new(());

/// The guest `guests/<name>.c` as an executable.
///
/// # Panics
///
/// Where it does not compile.
#[must_use]
pub fn guest(name: &str) -> PathBuf {
    built(name, &["-o"], &format!("{name}.c"))
}

/// The guest `guests/<name>.c`, linked without a dynamic loader.
///
/// # Panics
///
/// Where it does not compile.
#[must_use]
pub fn static_guest(name: &str) -> PathBuf {
    built(&format!("{name}-static"), &["-static", "-o"], &format!("{name}.c"))
}

/// The guest `guests/<name>.c` as a library that another one loads.
///
/// # Panics
///
/// Where it does not compile.
#[must_use]
pub fn library(name: &str) -> PathBuf {
    built(&format!("lib{name}.so"), &["-shared", "-fPIC", "-o"], &format!("{name}.c"))
}

/// The same, with its names hashed as they were before glibc had a way of its own.
///
/// # Panics
///
/// Where it does not compile.
#[must_use]
pub fn old_library(name: &str) -> PathBuf {
    let flags = ["-shared", "-fPIC", "-Wl,--hash-style=sysv", "-o"];
    built(&format!("lib{name}-old.so"), &flags, &format!("{name}.c"))
}

/// Folder of the guests' sources.
#[must_use]
pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("guests")
}

/// Folder of the compiled guests: beside the test programs.
///
/// # Panics
///
/// Where it cannot be made.
#[must_use]
pub fn folder() -> PathBuf {
    let folder = super::scene::built().join("guests");
    fs::create_dir_all(&folder).expect("a folder for the guests");
    folder
}

fn built(name: &str, flags: &[&str], source: &str) -> PathBuf {
    let _one_at_a_time = COMPILING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let source = sources().join(source);
    let program = folder().join(name);
    if newest(&[&source, &sources().join("guest.h")]) > newest(&[&program]) {
        compile(&source, flags, &program);
    }
    program
}

/// Compiles beside the place and renames into it, since other test programs do the same.
fn compile(source: &Path, flags: &[&str], program: &Path) {
    let fresh = program.with_extension(std::process::id().to_string());
    let output = Command::new("cc")
        .args(["-std=gnu17", "-O2", "-D_FORTIFY_SOURCE=2", "-g", "-w", "-pthread", "-rdynamic"])
        .args(flags)
        .arg(&fresh)
        .arg(source)
        .args(["-ldl", "-lresolv", "-lanl", "-Wl,--enable-new-dtags,-rpath,$ORIGIN/runpath"])
        .output()
        .expect("cc, from the Debian package gcc");

    assert!(
        output.status.success(),
        "{}: {}",
        source.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    fs::rename(&fresh, program).expect("the compiled guest in its place");
}

fn newest(files: &[&Path]) -> Option<std::time::SystemTime> {
    files.iter().filter_map(|file| file.metadata().ok()?.modified().ok()).max()
}
