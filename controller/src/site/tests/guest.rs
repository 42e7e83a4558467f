//! A process that told where it stands, and waits.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use bigfoot_ipc::guest::Registers;

use crate::site::{Place, Resolver, Stack, Unwinder};

/// A directory that is removed in the end.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("bigfoot-site-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    /// Builds a program here by this compiler.
    fn build(&self, compiler: &str, source: &str, options: &[&str]) -> PathBuf {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/site/samples").join(source);
        let program = self.0.join("program");
        let mut command = Command::new(compiler);
        let built = command.args(options).arg("-o").arg(&program).arg(sample).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        program
    }

    pub(super) fn c(&self, options: &[&str]) -> PathBuf {
        self.build("cc", "calls.c", &[&["-pthread"], options].concat())
    }

    pub(super) fn rust_tests(&self, options: &[&str]) -> PathBuf {
        let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
        let base = ["--test", "--edition", "2024", "--crate-name", "sample", "-Awarnings"];
        self.build(&compiler, "tests.rs", &[&base, options].concat())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A process that waits for its standard input.
pub(super) struct Guest {
    child: Child,
    pub(super) registers: Registers,
}

impl Guest {
    pub(super) fn run(program: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let output = child.stdout.take().unwrap();
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let registers = lines.find_map(|line| registers(&line)).unwrap();
        Self { child, registers }
    }

    pub(super) fn process(&self) -> i32 {
        self.child.id().cast_signed()
    }

    pub(super) fn stack(&self) -> Stack {
        Unwinder::default().capture(self.process(), self.registers)
    }

    /// Its places, looked up after the process has gone.
    pub(super) fn places(self) -> Vec<Place> {
        let stack = self.stack();
        drop(self);
        Resolver::default().places(&stack)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// `AT instruction stack frame`, perhaps after what a test runner wrote on the same line.
fn registers(line: &str) -> Option<Registers> {
    let (_, told) = line.split_once("AT ")?;
    let mut values = told.split(' ').map(|value| u64::from_str_radix(value, 16).unwrap());
    let [instruction, stack, frame] = std::array::from_fn(|_| values.next().unwrap());
    Some(Registers { instruction, stack, frame })
}
