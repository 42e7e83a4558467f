//! Signals reach the command as without bigfoot, and nothing is left over.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout};
use std::thread::sleep;
use std::time::{Duration, Instant};

use bigfoot_tests::guest::{guest, static_guest};
use bigfoot_tests::watch::Watch;
use bigfoot_tests::{Scene, servers};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A run under way: its guest has said its process id.
struct Run {
    bigfoot: Child,
    guest: Pid,
    output: BufReader<ChildStdout>,
    _watch: Watch,
}

impl Run {
    /// Runs a shell line, which starts by saying its process id.
    fn new(scene: &Scene, line: &str) -> Self {
        let (mut bigfoot, watch) = scene.start(["sh", "-c", &format!("echo $$; {line}")]);
        let mut output = BufReader::new(bigfoot.stdout.take().expect("its output"));
        let mut said = String::new();
        output.read_line(&mut said).expect("a line");
        let guest = Pid::from_raw(said.trim().parse().expect("a process id"));
        Self { bigfoot, guest, output, _watch: watch }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.bigfoot.id().cast_signed())
    }

    fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a line");
        line.trim().to_owned()
    }

    /// Waits for the end of bigfoot, ten seconds at most.
    fn ends(&mut self) -> std::process::ExitStatus {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(status) = self.bigfoot.try_wait().expect("its state") {
                return status;
            }
            if Instant::now() > until {
                panic!("bigfoot did not end");
            }
            sleep(Duration::from_millis(20));
        }
    }
}

fn is_gone(process: Pid) -> bool {
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        if state.is_empty() || state.contains(") Z ") {
            return true;
        }
        sleep(Duration::from_millis(20));
    }
    false
}

/// How a shell tells that end: a code, or 128 and the signal.
fn shell_code(status: std::process::ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// SIGTERM to bigfoot ends the command by SIGTERM, and the run as such a command's.
#[test]
fn sigterm_is_passed_on() {
    let mut run = Run::new(&Scene::new(), "exec sleep 60");

    kill(run.pid(), Signal::SIGTERM).expect("sent");

    assert_eq!(shell_code(run.ends()), 128 + 15);
    assert!(is_gone(run.guest));
}

/// The command starts with the signal mask that it would start with.
#[test]
fn the_signal_mask_is_as_without_bigfoot() {
    let command = ["grep", "SigBlk", "/proc/self/status"];
    let native = Scene::new().native(command);

    Scene::new().guard("off").run(command).equals(&native);
}

/// A command that handles SIGTERM ends as it likes.
#[test]
fn a_command_may_handle_sigterm() {
    let mut run =
        Run::new(&Scene::new(), "trap 'echo caught; exit 5' TERM; while :; do sleep 0.05; done");

    sleep(Duration::from_millis(200));
    kill(run.pid(), Signal::SIGTERM).expect("sent");

    assert_eq!(run.next_line(), "caught");
    assert_eq!(shell_code(run.ends()), 5);
}

/// Counts SIGINT for a while.
const COUNT: &str = "import signal, sys, time
count = 0
def on(*_):
    global count
    count += 1
signal.signal(signal.SIGINT, on)
print('ready', flush=True)
until = time.time() + 1.5
while time.time() < until:
    time.sleep(0.05)
print('count', count, flush=True)
sys.exit(9)
";

/// Runs a command on a terminal of its own and presses Ctrl-C once the command is ready.
const TERMINAL: &str = "import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
text = b''
pressed = False
while True:
    try:
        got = os.read(terminal, 4096)
    except OSError:
        break
    text += got
    if b'ready' in text and not pressed:
        pressed = True
        os.write(terminal, bytes([3]))
    if not got:
        break
print(text.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
";

/// Ctrl-C on a terminal reaches the command once, and bigfoot waits for what the command makes of it.
#[test]
fn ctrl_c_reaches_the_command_once() {
    let scene = Scene::new().file("count.py", COUNT).file("terminal.py", TERMINAL);
    let bigfoot = bigfoot_tests::scene::bigfoot();
    let bigfoot = bigfoot.to_string_lossy();

    let done =
        scene.native(["python3", "terminal.py", &bigfoot, "run", "--", "python3", "count.py"]);

    assert!(done.stdout.contains("count 1"), "{done:?}");
    done.fails_with(9);
}

/// Ctrl-C on a command that does not handle it ends the run as it would end the command.
#[test]
fn ctrl_c_ends_a_plain_command() {
    let scene = Scene::new().file("terminal.py", TERMINAL);
    let bigfoot = bigfoot_tests::scene::bigfoot();
    let bigfoot = bigfoot.to_string_lossy();

    let done = scene.native([
        "python3",
        "terminal.py",
        &bigfoot,
        "run",
        "--",
        "sh",
        "-c",
        "echo ready; exec sleep 60",
    ]);

    assert_eq!(done.code, Some(256 - 2), "{done:?}"); // Python tells a signal as a negative number
}

/// A command that a signal kills ends the run as it would end a shell's.
#[test]
fn a_killed_command_is_told_as_such() {
    for signal in [Signal::SIGKILL, Signal::SIGSEGV, Signal::SIGABRT] {
        let mut run = Run::new(&Scene::new(), "ulimit -c 0; exec sleep 60");
        kill(run.guest, signal).expect("sent");

        assert_eq!(shell_code(run.ends()), 128 + signal as i32, "{signal}");
    }
}

/// A guest's child that a signal kills is its parent's to see.
#[test]
fn a_killed_child_is_its_parents_affair() {
    let told = Scene::new().guard("error").run(["sh", "-c", "sh -c 'kill -9 $$'; echo $?"]);

    told.is_clean().prints("137\n");
}

/// Stop and continue.
#[test]
fn a_stopped_command_goes_on() {
    let mut run = Run::new(&Scene::new(), "sleep 0.3; echo on; exit 4");

    kill(run.guest, Signal::SIGSTOP).expect("sent");
    sleep(Duration::from_millis(100));
    kill(run.guest, Signal::SIGCONT).expect("sent");

    assert_eq!(run.next_line(), "on");
    assert_eq!(shell_code(run.ends()), 4);
}

/// If the controller is killed, guests are refused, nothing hangs, and the run's code says so.
#[test]
fn guests_of_a_killed_controller_are_refused() {
    refused_without_a_controller(&guest("connect"));
}

/// So are those that only the kernel backstop holds up.
#[test]
fn held_up_calls_of_a_killed_controller_are_refused() {
    refused_without_a_controller(&static_guest("connect"));
}

fn refused_without_a_controller(guest: &std::path::Path) {
    let server = servers::plain();
    let call = format!("{} tcp {}", guest.display(), server.port());
    let scene = Scene::new().guard("error").allow("subprocess:*").allow("socket://127.0.0.1");
    let mut run = Run::new(&scene, &format!("sleep 1; {call}"));

    let bigfoot = run.pid();
    let controller = controller_of(bigfoot).unwrap_or(bigfoot);
    kill(controller, Signal::SIGKILL).expect("sent");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut run.output, &mut rest).expect("its end");

    assert!(!rest.contains("tcp: 0"), "{rest}");
    assert_eq!(server.callers(), 0);
    if controller != bigfoot {
        assert_eq!(run.ends().code(), Some(63));
    }
    assert!(is_gone(run.guest));
}

/// The controller's process, where it is one of its own: a child of `bigfoot run` that is bigfoot too.
fn controller_of(bigfoot: Pid) -> Option<Pid> {
    let children = fs::read_to_string(format!("/proc/{bigfoot}/task/{bigfoot}/children")).ok()?;
    children.split_whitespace().filter_map(|pid| pid.parse().ok()).map(Pid::from_raw).find(
        |child| {
            fs::read_to_string(format!("/proc/{child}/comm"))
                .is_ok_and(|name| name.trim() == "bigfoot")
        },
    )
}

/// After a run, whatever its end, no file and no process of it is left.
#[test]
fn nothing_is_left_over() {
    let scene = Scene::new().file("tmp/keep", "");
    let tmp = scene.path("tmp");
    let scene = scene
        .variable("TMPDIR", &tmp)
        .variable("XDG_RUNTIME_DIR", &tmp)
        .variable("XDG_CACHE_HOME", &tmp);

    scene.run(["true"]).succeeds();
    let kept = names(&tmp);
    scene.run(["true"]).succeeds();
    let mut run = Run::new(&scene, "exec sleep 60");
    kill(run.pid(), Signal::SIGTERM).expect("sent");
    run.ends();

    assert_eq!(names(&tmp), kept, "only what later runs use again may stay");
    assert!(!kept.iter().any(|name| name.contains("sock")), "{kept:?}");
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder")
        .flatten()
        .map(|entry| entry.path().to_string_lossy().into_owned())
        .flat_map(|path| {
            if fs::metadata(&path).is_ok_and(|data| data.is_dir()) {
                names(path.as_ref())
            } else {
                vec![path]
            }
        })
        .collect();
    names.sort();
    names
}

/// A process that the command leaves behind is waited for no longer than without bigfoot.
#[test]
fn a_daemon_outlives_the_run_or_ends_with_it() {
    let scene = Scene::new();
    let mut run = Run::new(&scene, "sleep 5 >/dev/null 2>&1 & echo $!; exit 0");
    let daemon: i32 = run.next_line().parse().expect("a process id");

    let status = run.ends();
    let _ = kill(Pid::from_raw(daemon), Signal::SIGKILL);

    assert_eq!(status.code(), Some(0));
}
