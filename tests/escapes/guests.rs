//! The guests of the routes, compiled when a test first asks for them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::SystemTime;

use bigfoot_tests::guest::folder;
use bigfoot_tests::tools::needed;

static COMPILING: Mutex<()> = Mutex::new(());

/// What C is compiled with, whatever it becomes.
const C: [&str; 4] = ["-std=gnu17", "-O2", "-w", "-pthread"];

/// A guest in C, linked to this machine's libc as usual.
pub fn c(name: &str) -> PathBuf {
    compiled(name, "cc", &[], &format!("{name}.c"), &["-ldl"])
}

/// A guest in C without a dynamic loader.
pub fn c_static(name: &str) -> PathBuf {
    compiled(&format!("{name}-static"), "cc", &["-static"], &format!("{name}.c"), &[])
}

/// The same, and wherever the kernel puts it.
pub fn c_static_pie(name: &str) -> PathBuf {
    compiled(&format!("{name}-static-pie"), "cc", &["-static-pie"], &format!("{name}.c"), &[])
}

/// A guest in C for 32 bits.
pub fn c_32(name: &str) -> PathBuf {
    compiled(&format!("{name}-32"), "cc", &["-m32"], &format!("{name}.c"), &["-ldl"])
}

/// A guest in C for 32 bits without a dynamic loader.
pub fn c_32_static(name: &str) -> PathBuf {
    compiled(&format!("{name}-32-static"), "cc", &["-m32", "-static"], &format!("{name}.c"), &[])
}

/// A guest in C with musl for its libc.
pub fn musl(name: &str) -> PathBuf {
    compiled(&format!("{name}-musl"), "musl-gcc", &[], &format!("{name}.c"), &[])
}

/// The same without a dynamic loader.
pub fn musl_static(name: &str) -> PathBuf {
    compiled(&format!("{name}-musl-static"), "musl-gcc", &["-static"], &format!("{name}.c"), &[])
}

/// A guest in C that uses io_uring by liburing.
pub fn uring(name: &str) -> PathBuf {
    compiled(name, "cc", &[], &format!("{name}.c"), &["-luring"])
}

/// A library in C.
pub fn library(name: &str) -> PathBuf {
    compiled(&format!("lib{name}.so"), "cc", &["-shared", "-fPIC"], &format!("{name}.c"), &[])
}

/// A guest in Rust without std, libc and start-up files.
pub fn bare_rust(name: &str) -> PathBuf {
    made(name, &[&source(&format!("{name}.rs"))], |program| {
        let mut rustc = Command::new(needed("rustc", "rustup, or rustc"));
        rustc.args(["--edition", "2024", "-O", "-C", "panic=abort", "-C", "relocation-model=pie"]);
        rustc.args(["-C", "target-feature=+crt-static"]);
        rustc.args(["-C", "link-args=-nostartfiles -static-pie -nostdlib", "-o"]);
        rustc.arg(program).arg(source(&format!("{name}.rs")));
        rustc
    })
}

/// The guest in Go, by Go's own system calls or linked to libc.
pub fn go(cgo: bool) -> PathBuf {
    let sources = [source("client.go"), source("cgo.go")];
    made(
        if cgo { "client-cgo" } else { "client-go" },
        &sources.each_ref().map(PathBuf::as_path),
        |program| {
            let mut go = Command::new(needed("go", "golang-go"));
            go.env("GO111MODULE", "off").env("GOCACHE", folder().join("go"));
            go.env("CGO_ENABLED", if cgo { "1" } else { "0" });
            go.args(["build", "-o"]).arg(program).args(&sources);
            go
        },
    )
}

/// The source of a guest.
pub fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("escapes/guests").join(name)
}

fn compiled(name: &str, compiler: &str, flags: &[&str], file: &str, libraries: &[&str]) -> PathBuf {
    let package = if compiler == "musl-gcc" { "musl-tools" } else { "gcc" };
    let file = source(file);
    made(name, &[&file, &source("reach.h"), &source("calls.h")], |program| {
        let mut command = Command::new(needed(compiler, package));
        command.args(C).args(flags).arg("-o").arg(program).arg(&file).args(libraries);
        command
    })
}

/// A program that is made anew where its sources are newer. It is made beside its place and renamed into it, since
/// other test programs do the same.
fn made(name: &str, sources: &[&Path], command: impl FnOnce(&Path) -> Command) -> PathBuf {
    let _one_at_a_time = COMPILING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let program = folder().join(format!("escape-{name}"));
    if newest(sources) > newest(&[&program]) {
        let fresh = program.with_extension(std::process::id().to_string());
        run(&mut command(&fresh));
        fs::rename(&fresh, &program).expect("the compiled guest in its place");
    }
    program
}

fn run(command: &mut Command) {
    let output = command.output().expect("a compiler that starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {said}", command.get_program());
}

fn newest<P: AsRef<OsStr>>(files: &[P]) -> Option<SystemTime> {
    files.iter().filter_map(|file| Path::new(file).metadata().ok()?.modified().ok()).max()
}
