//! The table of libc's functions, against the libc that is installed and the library that guests load.

mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bigfoot_ipc::page::{GATE_BASE, GATE_BYTES};
use bigfoot_tests::Scene;
use object::{Object, ObjectSegment, ObjectSymbol, SymbolKind};

use table::Table;

type Names = BTreeSet<String>;

/// A function that a newer libc brings is classified before anybody can pass by it.
#[test]
fn every_function_of_the_installed_libc_is_in_the_table() {
    let table = Table::read();
    let libc = mapped("libc.so.6");

    let installed: Names = table
        .libraries
        .iter()
        .map(|library| libc.with_file_name(library))
        .filter(|library| library.exists()) // one that a newer libc has given up
        .flat_map(|library| functions(&library))
        .collect();

    let known: Names = table.entries().cloned().collect();
    none(installed.difference(&known), "not in tests/symbols.toml");
}

/// What the table says is hooked is defined by the very library that guests load, and nothing else is.
#[test]
fn what_is_hooked_is_what_the_library_defines() {
    let table = Table::read();
    let hooked: Names = table.families.iter().flat_map(|family| family.hooked.clone()).collect();

    let defined = functions(&mapped("libbigfoot_preload.so"));

    none(hooked.difference(&defined), "hooked by the table, not by the library");
    none(defined.difference(&hooked), "hooked by the library, not by the table");
}

/// The kernel backstop knows the library's system calls by where they come from, so it is linked to the
/// place that both agree on, and within it.
#[test]
fn the_library_lies_where_the_backstop_looks_for_it() {
    let library = fs::read(mapped("libbigfoot_preload.so")).expect("a library");
    let file = object::File::parse(&*library).expect("an ELF file");

    let first = file.segments().map(|segment| segment.address()).min();
    let end = file.segments().map(|segment| segment.address() + segment.size()).max();

    assert_eq!(first, Some(GATE_BASE));
    assert!(end.is_some_and(|end| end <= GATE_BASE + GATE_BYTES), "{end:x?}");
}

/// The loader of glibc 2.36 and later keeps to that place.
#[test]
fn the_loader_puts_the_library_where_the_backstop_looks_for_it() {
    let guest = Scene::new().guard("off").run(["cat", "/proc/self/maps"]);
    let place = format!("{GATE_BASE:x}-");

    let kept = guest
        .stdout
        .lines()
        .any(|line| line.starts_with(&place) && line.ends_with("libbigfoot_preload.so"));

    assert!(kept || !keeps_places(), "{}", guest.stdout);
}

fn keeps_places() -> bool {
    let libc = Command::new("getconf").arg("GNU_LIBC_VERSION").output().expect("getconf");
    let text = String::from_utf8_lossy(&libc.stdout);
    let minor = text.trim().rsplit('.').next().and_then(|minor| minor.parse::<u32>().ok());
    minor.is_some_and(|minor| minor >= 36)
}

/// A function of a family is never waved through among all the others.
#[test]
fn the_baseline_holds_no_word_of_a_family() {
    let table = Table::read();
    let words: Vec<&String> = table.families.iter().flat_map(|family| &family.words).collect();

    let suspects =
        table.baseline.iter().filter(|name| words.iter().any(|word| name.contains(*word)));

    none(suspects, "in the baseline of tests/symbols.toml, but with a family's word");
}

/// One function has one place.
#[test]
fn no_function_is_listed_twice() {
    let table = Table::read();
    let mut seen = Names::new();

    let twice: Vec<&String> =
        table.entries().filter(|name| !seen.insert((*name).clone())).collect();

    none(twice, "twice in tests/symbols.toml");
}

/// Claims that there are no such names, and else tells all of them.
fn none<'a>(names: impl IntoIterator<Item = &'a String>, what: &str) {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    assert!(names.is_empty(), "{what}: {}", names.join(" "));
}

/// The file behind a library that a guest has in its memory.
fn mapped(library: &str) -> PathBuf {
    let guest = Scene::new().guard("off").run(["cat", "/proc/self/maps"]);
    let lines = guest.stdout.lines();
    let path = lines.filter_map(|line| line.split_whitespace().nth(5)).map(Path::new);
    let found = path.into_iter().find(|path| path.file_name().is_some_and(|name| name == library));
    found.unwrap_or_else(|| panic!("no {library} in\n{}", guest.stdout)).to_owned()
}

/// The functions that a library offers, in all their versions.
fn functions(library: &Path) -> Names {
    let bytes = fs::read(library).expect("a library");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    let defined = file.dynamic_symbols().filter(|symbol| symbol.is_definition());
    let functions = defined.filter(is_function);
    functions.filter_map(|symbol| Some(symbol.name().ok()?.to_owned())).collect()
}

/// Ordinary ones, and those that the loader picks at start by the processor (`STT_GNU_IFUNC`).
fn is_function<'a>(symbol: &impl ObjectSymbol<'a>) -> bool {
    let by_processor = matches!(
        symbol.flags(),
        object::SymbolFlags::Elf { st_info, .. } if st_info.st_type() == object::elf::STT_GNU_IFUNC
    );
    symbol.kind() == SymbolKind::Text || by_processor
}
