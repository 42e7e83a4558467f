//! Compiles the one C file, links the unwinder into the library, and gives it its place in memory.
//!
//! Rust's standard library asks for `libgcc_s.so`, whose loading would make every start of a small
//! program a quarter slower. The same unwinder is in `libgcc_eh.a`, which costs nothing to load.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the library lies: `page::GATE_BASE`, which a test compares with what was linked.
const BASE: &str = "0x554000000000";

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
    // Each part that the loader maps, and each page that it writes to, is paid for at every start of every
    // program: hence two parts, one to read and run, one to write. Our functions are found here first.
    let flags = "-z,norelro,-z,now,-z,noseparate-code,-z,separate-loadable-segments,--as-needed,-Bsymbolic,--gc-sections";
    println!("cargo:rustc-cdylib-link-arg=-Wl,{flags}");
    // Nor the compiler's own start and end of a library, which here would only look for functions in vain.
    println!("cargo:rustc-cdylib-link-arg=-nostartfiles");
    println!("cargo:rustc-cdylib-link-arg=-Wl,--wrap=_Unwind_SetGR"); // variadic.c says why
    if links_with("-Wl,--no-rosegment") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,--no-rosegment"); // LLVM's word for it
    }
    match base() {
        Some(flag) => println!("cargo:rustc-cdylib-link-arg={flag}"),
        None => {
            println!("cargo:warning=this linker cannot place the library: calls will be slower")
        }
    }
}

/// How this linker is told where a library lies: LLVM's and mold in one way, GNU's in another.
fn base() -> Option<String> {
    let flags = ["--image-base", "-Ttext-segment"].map(|flag| format!("-Wl,{flag}={BASE}"));
    flags.into_iter().find(|flag| links_with(flag))
}

/// Whether the linker that the library will be linked by takes this flag: tried on an empty library.
fn links_with(flag: &str) -> bool {
    let variable = |name| env::var(name).unwrap_or_default();
    let folder = PathBuf::from(variable("OUT_DIR"));
    let empty = folder.join("empty.rs");
    if fs::write(&empty, "").is_err() {
        return false;
    }
    let mut rustc = Command::new(variable("RUSTC"));
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    rustc.args(flags.split('\u{1f}').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.arg(format!("-Clinker={linker}"));
    }
    rustc.args(["--crate-type=cdylib", "--target", &variable("TARGET"), "-o"]);
    rustc.arg(folder.join("empty.so")).arg(empty).arg(format!("-Clink-arg={flag}"));
    rustc.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
