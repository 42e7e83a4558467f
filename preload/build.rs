//! Compiles the one C file, and links the unwinder into the library.
//!
//! Rust's standard library asks for `libgcc_s.so`, whose loading would make every start of a small
//! program a quarter slower. The same unwinder is in `libgcc_eh.a`, which costs nothing to load.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=src/hooks/variadic.c");
    let mut build = cc::Build::new();
    build
        .file("src/hooks/variadic.c")
        .flag_if_supported("-fno-stack-protector")
        .compile("bigfoot_variadic");

    let found =
        Command::new(build.get_compiler().path()).arg("-print-file-name=libgcc_eh.a").output();
    let path = found
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default();
    if let Some(folder) = Path::new(&path).parent().filter(|folder| folder.is_absolute()) {
        println!("cargo:rustc-link-search=native={}", folder.display());
        println!("cargo:rustc-link-lib=static:-bundle=gcc_eh");
    }
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,relro,-z,now,--as-needed");
}
