//! Which place on a stack is the user's own.

use std::path::Path;

use super::Place;

/// Libraries that every program has: no call site is in them.
const RUNTIME_LIBRARIES: [&str; 14] = [
    "libbigfoot",
    "ld-linux",
    "ld-musl",
    "ld-",
    "libc.",
    "libc-",
    "libc++",
    "libdl",
    "libgcc_s",
    "libm.",
    "libpthread",
    "libresolv",
    "librt",
    "libstdc++",
];

/// Directories whose sources are a language's own or a dependency's.
const FOREIGN_SOURCES: [&str; 14] = [
    "/rustc/",
    "/.rustup/toolchains/",
    "/library/std/",
    "/library/core/",
    "/library/alloc/",
    "/library/test/",
    "/.cargo/registry/",
    "/.cargo/git/checkouts/",
    "/site-packages/",
    "/dist-packages/",
    "/node_modules/",
    "/usr/include/",
    "/usr/src/",
    "/usr/lib/",
];

/// Functions of Rust's own libraries, for programs without line information.
const FOREIGN_FUNCTIONS: [&str; 11] = [
    "std::", "core::", "alloc::", "test::", "<std::", "<core::", "<alloc::", "<test::", "__rust_",
    "__rustc", "rust_",
];

/// Where the call was made, as its author would say: the innermost place in their own sources; else
/// the innermost function of their own program; else the innermost that has a name at all.
pub fn call_site(places: &[Place]) -> Option<&Place> {
    let candidates = || places.iter().filter(|place| !is_runtime(place));
    candidates()
        .find(|place| has_own_source(place))
        .or_else(|| candidates().find(|place| is_in_program(place) && has_own_function(place)))
        .or_else(|| candidates().find(|place| has_own_function(place)))
        .or_else(|| candidates().find(|place| place.function.is_some()))
}

fn is_runtime(place: &Place) -> bool {
    let Some(name) = place.module.as_deref().and_then(Path::file_name) else { return false };
    let name = name.to_string_lossy();
    RUNTIME_LIBRARIES.iter().any(|library| name.starts_with(library)) && name.contains(".so")
}

fn has_own_source(place: &Place) -> bool {
    let (Some(file), Some(_)) = (&place.file, place.line) else { return false };
    let file = file.to_string_lossy();
    // A toolchain's own build has paths without a root: "library/std/src/..".
    let foreign = |part: &str| file.contains(part) || file.starts_with(&part[1..]);
    !FOREIGN_SOURCES.iter().any(|part| foreign(part)) && !file.starts_with("./csu/")
}

/// Whether the place is in an executable and not in a library.
fn is_in_program(place: &Place) -> bool {
    let name = place.module.as_deref().and_then(Path::file_name);
    name.is_some_and(|name| !name.to_string_lossy().contains(".so"))
}

fn has_own_function(place: &Place) -> bool {
    let Some(function) = &place.function else { return false };
    let foreign = FOREIGN_FUNCTIONS.iter().any(|start| function.starts_with(start));
    let wrapped = function.contains(" as std::") || function.contains(" as core::");
    !foreign && !wrapped && !matches!(function.as_str(), "_start" | "main" | "start_thread")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(function: &str, file: &str, module: &str) -> Place {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Place {
            function: some(function),
            file: some(file).map(Into::into),
            line: some(file).map(|_| 1),
            module: some(module).map(Into::into),
        }
    }

    fn site(places: &[Place]) -> Option<&str> {
        call_site(places).and_then(|place| place.function.as_deref())
    }

    /// Below the user's function lie our library, libc, the standard library and a dependency.
    #[test]
    fn the_users_own_source_comes_first() {
        let places = [
            place("connect", "/x/preload/src/hooks/connect.rs", "/run/libbigfoot_preload-1a.so"),
            place("__connect", "../sysdeps/connect.c", "/usr/lib/libc.so.6"),
            place(
                "std::net::TcpStream::connect",
                "/rustc/1a2b/library/std/src/net/tcp.rs",
                "/t/app",
            ),
            place("core::x", "library/core/src/x.rs", "/t/app"),
            place("ureq::run", "/h/.cargo/registry/src/index/ureq-3.0.0/src/run.rs", "/t/app"),
            place("app::client::fetch", "/w/app/src/client.rs", "/t/app"),
            place("main", "/w/app/src/main.rs", "/t/app"),
        ];

        assert_eq!(site(&places), Some("app::client::fetch"));
    }

    /// Without line information the innermost function of the program itself is the best.
    #[test]
    fn a_function_of_the_program_comes_next() {
        let places = [
            place("__connect", "", "/usr/lib/libc.so.6"),
            place("curl_easy_perform", "", "/usr/lib/libcurl.so.4"),
            place("<std::net::TcpStream as std::io::Read>::read", "", "/t/app"),
            place("", "", "/t/app"),
            place("app::fetch", "", "/t/app"),
        ];

        assert_eq!(site(&places), Some("app::fetch"));
        assert_eq!(site(&places[..3]), Some("curl_easy_perform"));
        assert_eq!(site(&places[..1]), None);
        assert_eq!(site(&[]), None);
    }

    /// A library is not taken for the runtime's because its name starts alike.
    #[test]
    fn names_that_start_alike_are_told_apart() {
        for module in ["/t/libcurl.so", "/t/libmine.so", "/t/ld-tool", "/t/libmath.so.1"] {
            let places = [place("own", "/w/own.c", module)];

            assert_eq!(site(&places), Some("own"), "{module}");
        }
    }
}
