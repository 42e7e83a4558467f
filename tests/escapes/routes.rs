//! The routes by which a call might get past bigfoot, and what comes of each. The tests hold every line to be true, and
//! `scripts/generate.sh` writes them into the README.

/// One route.
#[derive(Debug)]
pub struct Route {
    /// By which its test asks for it.
    pub name: &'static str,
    /// As the README has it.
    pub words: &'static str,
    /// What becomes of its call under the guard level `error`.
    pub unmocked: Unmocked,
    /// What becomes of it where a mock speaks of it.
    pub mocked: Mocked,
    /// Who sees it.
    pub layer: Layer,
}

/// A call that neither rule nor mock allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmocked {
    /// It is refused, and one finding tells of it.
    Refused,
    /// It gets through; the process is counted as blind, and `--require-coverage` fails the run.
    #[expect(dead_code, reason = "nothing is, at present")]
    Blind,
    /// It gets through, and nothing tells of it.
    Missed,
    /// The program cannot do what it is for, and bigfoot says why.
    Explained,
}

/// A call that a mock speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mocked {
    /// The mock answers.
    Answered,
    /// It cannot, and the call is refused and told of.
    Refused,
    /// It does not, and nobody is told.
    #[expect(dead_code, reason = "no mock is passed by, at present")]
    Missed,
    /// There are no mocks of this.
    Never,
}

/// The layer that sees a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The library in the process.
    Preload,
    /// The kernel's filter.
    Backstop,
    /// Neither.
    Nobody,
}

impl Route {
    /// The route of this name.
    ///
    /// # Panics
    ///
    /// Where the table has none.
    pub fn named(name: &str) -> &'static Self {
        let found = ROUTES.iter().find(|route| route.name == name);
        found.unwrap_or_else(|| panic!("routes.rs has no {name}"))
    }
}

use Layer::{Backstop, Preload};
use Mocked::{Answered, Never};
use Unmocked::Refused;

const fn route(
    name: &'static str,
    words: &'static str,
    unmocked: Unmocked,
    mocked: Mocked,
    layer: Layer,
) -> Route {
    Route { name, words, unmocked, mocked, layer }
}

/// All of them, in the order of the README.
pub const ROUTES: &[Route] = &[
    route("child", "child (`fork`)", Refused, Answered, Preload),
    route("grandchild", "grandchild", Refused, Answered, Preload),
    route("daemon", "daemon, forked twice", Refused, Answered, Preload),
    route("thread", "thread", Refused, Answered, Preload),
    route("raw-clone", "thread made by `clone` itself", Refused, Answered, Preload),
    route("raw-clone-raw", "the same, without libc", Refused, Answered, Backstop),
    route(
        "orphan",
        "thread of a process whose first thread has ended, raw",
        Refused,
        Answered,
        Backstop,
    ),
    route(
        "private",
        "process that lets nobody read its memory (`PR_SET_DUMPABLE`), raw",
        Refused,
        Mocked::Refused,
        Backstop,
    ),
    route("namespace", "process in namespaces of its own, raw", Refused, Answered, Backstop),
    route("handler", "signal handler", Refused, Answered, Preload),
    route("vfork", "`vfork`", Refused, Answered, Preload),
    route(
        "spawn",
        "`posix_spawn`, with every attribute and file actions",
        Refused,
        Answered,
        Preload,
    ),
    route("shell", "`system`, `popen`", Refused, Answered, Preload),
    route(
        "cleared",
        "empty environment (`env -i`, `execve`, `environ`)",
        Refused,
        Answered,
        Preload,
    ),
    route("unset", "`LD_PRELOAD` unset", Refused, Answered, Preload),
    route("overwritten", "`LD_PRELOAD` emptied, or another library", Refused, Answered, Preload),
    route("script", "script (`#!`)", Refused, Answered, Preload),
    route("loader", "loader by hand (`ld.so ./prog`)", Refused, Answered, Preload),
    route("memfd", "`memfd_create` and `fexecve`, `execveat`", Refused, Answered, Preload),
    route("raw-execve", "program behind a raw `execve`, `execveat`", Refused, Answered, Backstop),
    route("start", "start of a program, by every function of libc", Refused, Answered, Preload),
    route("start-raw", "the same, by raw `execve` of a path", Refused, Mocked::Refused, Backstop),
    route("start-name", "the same, by a name on PATH", Refused, Answered, Backstop),
    route("static", "static C program, static-pie", Refused, Answered, Backstop),
    route("static-start", "start of a program by a static one", Refused, Mocked::Refused, Backstop),
    route("rust-bare", "static-pie Rust program without libc", Refused, Answered, Backstop),
    route("go-dial", "Go: `net.Dial` of TCP, with and without cgo", Refused, Answered, Backstop),
    route("go-send", "Go: `net.Dial` of UDP", Refused, Answered, Backstop),
    route("go-get", "Go: `net/http` by address", Refused, Answered, Backstop),
    route("go-name", "Go: `net/http` by name, http and https", Refused, Answered, Backstop),
    route("go-start", "Go: `os/exec`, by a path", Refused, Mocked::Refused, Backstop),
    route("go-read", "Go: `os.ReadFile`, under `--backstop files`", Refused, Never, Backstop),
    route("musl", "musl program by address, dynamic and static", Refused, Answered, Backstop),
    route("musl-name", "musl program by name", Refused, Answered, Backstop),
    route("bits-32", "32-bit program, dynamic and static", Refused, Answered, Backstop),
    route("socketcall", "`socketcall` of a 32-bit program", Refused, Answered, Backstop),
    route("int80", "`int 0x80` in a 64-bit program", Refused, Answered, Backstop),
    route("syscall", "libc's `syscall`", Refused, Answered, Preload),
    route("ctypes", "`syscall` by Python's ctypes", Refused, Answered, Preload),
    route("instruction", "system call by an instruction of its own", Refused, Answered, Backstop),
    route(
        "uring",
        "io_uring: connect (there is none; the program falls back)",
        Refused,
        Answered,
        Preload,
    ),
    route("uring-open", "io_uring: openat (the same)", Refused, Never, Preload),
    route(
        "scm-rights",
        "socket received by SCM_RIGHTS, then connected",
        Refused,
        Answered,
        Preload,
    ),
    route("scm-rights-raw", "the same, raw", Refused, Answered, Backstop),
    route("inherited", "socket inherited, connected after exec", Refused, Answered, Preload),
    route("inherited-raw", "the same, raw", Refused, Answered, Backstop),
    route("proc-self-fd", "Unix socket through `/proc/self/fd`", Refused, Answered, Preload),
    route("proc-self-fd-raw", "the same, raw", Refused, Answered, Backstop),
    route("abstract", "Unix socket by an abstract name", Refused, Never, Preload),
    route("abstract-raw", "the same, raw", Refused, Never, Backstop),
    route(
        "fastopen",
        "TCP Fast Open (`MSG_FASTOPEN`, `TCP_FASTOPEN_CONNECT`)",
        Refused,
        Answered,
        Preload,
    ),
    route("fastopen-raw", "the same, raw", Refused, Answered, Backstop),
    route("udp", "UDP by `connect`, `sendto`, `sendmsg`, `sendmmsg`", Refused, Answered, Preload),
    route("udp-raw", "the same, raw", Refused, Answered, Backstop),
    route("mapped", "IPv4 address on an IPv6 socket", Refused, Answered, Preload),
    route("mapped-raw", "the same, raw", Refused, Answered, Backstop),
    route("deepbind", "library loaded with `RTLD_DEEPBIND`", Refused, Answered, Backstop),
    route("dlmopen", "library loaded by `dlmopen`", Refused, Answered, Backstop),
    route("dlsym", "function of libc by libc's handle (`dlsym`)", Refused, Answered, Preload),
    route("ptrace", "call put into another guest by `ptrace`", Refused, Answered, Backstop),
    route("files", "opened file, under `--backstop files`", Refused, Never, Preload),
    route("files-raw", "the same, raw or in a static program", Refused, Never, Backstop),
    route(
        "handle",
        "file by `open_by_handle_at` (root only), under `--backstop files`",
        Unmocked::Missed,
        Never,
        Layer::Nobody,
    ),
    route("setuid", "setuid program (`sudo`, `ping`)", Unmocked::Explained, Never, Layer::Nobody),
];
