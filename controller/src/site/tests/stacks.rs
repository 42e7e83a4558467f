//! Stacks of a C program.

use bigfoot_ipc::guest::Registers;

use super::guest::{Guest, Scratch};
use crate::site::{Place, Resolver, Unwinder, call_site, script};

const SOURCE: &str = include_str!("../samples/calls.c");

/// The line of the sample that this text is on.
fn line(text: &str) -> u32 {
    let before = SOURCE.lines().position(|line| line.contains(text)).unwrap();
    u32::try_from(before + 1).unwrap()
}

fn functions(places: &[Place]) -> Vec<&str> {
    places.iter().filter_map(|place| place.function.as_deref()).collect()
}

fn expect_all_frames(options: &[&str]) {
    let scratch = Scratch::new();

    let places = Guest::run(&scratch.c(options), &[]).places();

    let found = functions(&places);
    assert_eq!(found[..5], ["innermost", "folded", "middle", "wide", "main"], "{options:?}");
    assert_eq!(places[1].line, Some(line("the line of \"folded\"")), "{options:?}");
    assert_eq!(places[3].line, Some(line("the line of \"wide\"")), "{options:?}");
    assert_eq!(places[4].line, Some(line("the line of \"main\"")), "{options:?}");
    assert!(places[4].file.as_deref().unwrap().ends_with("site/samples/calls.c"), "{options:?}");
}

/// Functions, files and lines are found however the program was built, in frames wider than what is
/// read at once, and after the process has gone.
#[test]
fn all_frames_are_found_however_it_was_built() {
    expect_all_frames(&["-g", "-O0"]);
    expect_all_frames(&["-g", "-O2", "-fomit-frame-pointer"]);
    expect_all_frames(&["-g", "-O2", "-fomit-frame-pointer", "-no-pie", "-gdwarf-4"]);
    expect_all_frames(&["-g", "-O1", "-fomit-frame-pointer", "-gz"]);
    expect_all_frames(&["-g", "-O2", "-static-pie"]);
}

/// A program loaded far from zero, as a library with a preferred address is.
#[test]
fn a_preferred_address_is_no_hindrance() {
    expect_all_frames(&["-g", "-O2", "-pie", "-fPIE", "-Wl,-Ttext-segment=0x500000000000"]);
}

/// A thread's stack ends where the thread began.
#[test]
fn a_thread_has_a_stack_of_its_own() {
    let scratch = Scratch::new();

    let places = Guest::run(&scratch.c(&["-g", "-O2"]), &["thread"]).places();

    let found = functions(&places);
    assert_eq!(found[..4], ["innermost", "folded", "middle", "threaded"]);
    assert!(!found.contains(&"main"));
}

/// Without debug information there are names, and the call site is a function.
#[test]
fn symbols_serve_without_debug_information() {
    let scratch = Scratch::new();
    let program = scratch.c(&["-O2", "-fomit-frame-pointer"]);

    let places = Guest::run(&program, &[]).places();

    assert_eq!(functions(&places)[..4], ["innermost", "middle", "wide", "main"]);
    assert_eq!(call_site(&places).unwrap().module.as_deref(), Some(program.as_path()));
}

/// A stripped program has the names that it exports.
#[test]
fn exported_names_serve_when_stripped() {
    let scratch = Scratch::new();

    let places = Guest::run(&scratch.c(&["-O2", "-s", "-rdynamic"]), &[]).places();

    assert_eq!(functions(&places)[..4], ["innermost", "middle", "wide", "main"]);
}

/// The tables are kept: a second look at another process needs only its memory.
#[test]
fn one_unwinder_serves_many_processes() {
    let scratch = Scratch::new();
    let program = scratch.c(&["-g", "-O2"]);
    let (mut unwinder, mut resolver) = (Unwinder::default(), Resolver::default());

    for _ in 0..3 {
        let guest = Guest::run(&program, &[]);
        let stack = unwinder.capture(guest.process(), guest.registers);
        assert_eq!(functions(&resolver.places(&stack))[4], "main");
    }
}

/// Whatever a guest says of itself, the worst is that nothing is found.
#[test]
fn garbage_gives_a_short_stack() {
    let scratch = Scratch::new();
    let guest = Guest::run(&scratch.c(&["-g", "-O2"]), &[]);
    let mut unwinder = Unwinder::default();
    let Registers { instruction, stack, .. } = guest.registers;

    for value in [0, 1, 8, stack, stack + 3, u64::MAX, u64::MAX - 7, 1 << 47, 1 << 63] {
        let nowhere = Registers { instruction: value, stack, frame: value };
        assert_eq!(unwinder.capture(guest.process(), nowhere).frames, []);
        let no_stack = Registers { instruction, stack: value, frame: value };
        assert!(unwinder.capture(guest.process(), no_stack).frames.len() <= 128);
    }
    let all = Registers { instruction, stack: instruction, frame: instruction };
    assert!(unwinder.capture(guest.process(), all).frames.len() <= 128);
}

/// Of a process that is gone there is no stack.
#[test]
fn a_dead_process_has_no_stack() {
    let scratch = Scratch::new();
    let guest = Guest::run(&scratch.c(&["-O2"]), &[]);
    let (process, registers) = (guest.process(), guest.registers);
    drop(guest);

    assert_eq!(Unwinder::default().capture(process, registers).frames, []);
    assert_eq!(Unwinder::default().capture(i32::MAX, registers).frames, []);
    assert_eq!(Unwinder::default().capture(-1, registers).frames, []);
    assert_eq!(script(process), None);
}

/// Files that are gone, or are no programs, have places without names.
#[test]
fn a_file_without_names_is_no_hindrance() {
    let files = ["/nowhere", "/etc/passwd", "/dev/zero", "/proc", ""];
    let frames = files.map(|file| crate::site::Frame { module: Some(file.into()), address: 7 });

    let places = Resolver::default().places(&crate::site::Stack { frames: frames.into() });

    assert_eq!(places.len(), files.len());
    assert!(functions(&places).is_empty());
}
