//! Mocked programs, started by what starts programs: shells, make, Python, Node, Java, Rust. None of
//! them is installed; where one has to be, it lies in the scene.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use bigfoot_tests::guest::folder;
use bigfoot_tests::{Finished, Scene, tools};

/// What the program of these tests does, as often as it is asked to.
const ORDERCTL: &str = r#"
[[mock]]
source = "subprocess:run"
when = { argv = ["orderctl", "list"] }
reply = { stdout = "order-1\norder-2\n" }
times = "any"

[[mock]]
source = "subprocess:run"
when = { argv = ["orderctl", "fail"] }
reply = { stderr = "no such order\n", returncode = 3 }
times = "any"

[[mock]]
source = "subprocess:run"
when = { argv = ["orderctl", "crash"] }
reply = { signal = "SIGSEGV" }
times = "any"

[[mock]]
source = "subprocess:run"
when = { argv = ["orderctl", "slow"] }
reply = { stdout = "started\n", delay_ms = 60000 }
times = "any"

[[mock]]
source = "subprocess:run"
when = { argv = ["orderctl", "add", "-"], stdin = "two\n" }
reply = { stdout = "added\n" }
times = "any"

[[mock]]
source = "subprocess:run"
when = { argv = ["orderctl", "here"], cwd = "/usr" }
reply = { stdout = "in usr\n" }
times = "any"

[[mock]]
source = "subprocess:run"
when = { argv = ["orderctl", "stage"], env = { STAGE = "test" } }
reply = { stdout = "a test\n" }
times = "any"

[[mock]]
source = "subprocess:run"
when = { argv = ["missing-tool"] }
reply = { error = "not-found" }
times = "any"
"#;

/// A run in which nothing may be started but what is mocked, and shells.
fn scene() -> Scene {
    Scene::new().guard("error").allow("subprocess:sh").config(ORDERCTL)
}

fn mock(when: &str, reply: &str) -> String {
    format!("[[mock]]\nsource = \"subprocess:run\"\nwhen = {when}\nreply = {reply}\n")
}

fn client(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/clients").join(name)
}

/// A client that a compiler makes of its source.
fn compiled(name: &str, compiler: &[&str], source: &str) -> PathBuf {
    let program = folder().join(name);
    let fresh = program.with_extension(std::process::id().to_string());
    let (first, flags) = compiler.split_first().expect("a compiler");
    let done = Command::new(first).args(flags).arg("-o").arg(&fresh).arg(client(source)).output();
    let done = done.expect("a compiler that starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::rename(&fresh, &program).expect("the client in its place");
    program
}

/// Claims that nothing escaped: all that was not seen is what is named here.
fn is_whole(run: &Finished) {
    run.is_clean();
    assert_eq!(
        run.report["coverage"]["blind"].as_array().map(Vec::len),
        Some(0),
        "{:#}",
        run.report
    );
}

/// Python: `run` with everything that it takes, Popen, groups, pidfd, asyncio, shells.
#[test]
fn python_starts_mocked_programs() {
    let python = tools::python();

    let run = scene()
        .allow("subprocess:wc")
        .run([python.into_os_string(), client("subprocess_all.py").into()]);

    is_whole(&run);
    let wanted = "run: 0 'order-1\\norder-2\\n' ''\n\
        fail: 3 '' 'no such order\\n'\n\
        shell: 0 '2\\n' ''\n\
        input: 0 'added\\n' ''\n\
        cwd: 0 'in usr\\n' ''\n\
        env: 0 'a test\\n' ''\n\
        crash: -11 '' ''\n\
        no-path: 0 'order-1\\norder-2\\n' ''\n\
        output: b'order-1\\norder-2\\n'\n\
        call: 3\n\
        which: True\n\
        check: 3 b'no such order\\n'\n\
        not-found: 2 missing-tool\n\
        timeout: b'started\\n'\n\
        popen: started None True\n\
        pidfd: False\n\
        killed: True -15\n\
        system: 3\n\
        os.popen: 'order-1\\norder-2\\n'\n\
        posix_spawnp: 3\n\
        asyncio: (b'added\\n', None) 0\n\
        gather: {b'order-1\\norder-2\\n'}\n";
    run.prints(wanted);
}

/// Node: exec, execFile and spawn, at once and in turn.
#[test]
fn node_starts_mocked_programs() {
    let node = tools::needed("node", "nodejs");

    let run = scene().run([node.into_os_string(), client("subprocess_all.mjs").into()]);

    is_whole(&run);
    let wanted = r#"exec: "order-1\norder-2\n"
execFile: "order-1\norder-2\n"
execFileSync: "order-1\norder-2\n"
spawnSync: 3 "no such order\n"
spawn: "order-1\norder-2\n" 0 null
crash: "" null "SIGSEGV"
cwd: "in usr\n" 0 null
env: "a test\n" 0 null
not-found: "ENOENT"
stdin: "added\n" 0 null
kill: "started\n" null "SIGTERM"
"#;
    run.prints(wanted);
}

/// Java: ProcessBuilder, by way of its helper, and Runtime.
#[test]
fn java_starts_mocked_programs() {
    let java = tools::needed("java", "default-jdk-headless");

    let run = scene().run([java.into_os_string(), client("SubprocessAll.java").into()]);

    is_whole(&run);
    let wanted = "start: 0 order-1|order-2| \n\
        fail: 3  no such order|\n\
        crash: 139  \n\
        directory: 0 in usr| \n\
        environment: 0 a test| \n\
        stdin: 0 added| \n\
        runtime: 0 order-1|order-2| \n\
        not-found: true\n\
        alive: false true\n\
        destroyed: 143\n";
    run.prints(wanted);
}

/// Rust's std, which has three ways to start a program.
#[test]
fn rust_starts_mocked_programs() {
    let program =
        compiled("subprocess_all-rs", &["rustc", "--edition", "2021"], "subprocess_all.rs");

    let run = scene().run([program]);

    is_whole(&run);
    let wanted = r#"output: Some(0) None "order-1\norder-2\n" ""
fail: Some(3) None "" "no such order\n"
crash: None Some(11) "" ""
current_dir: Some(0) None "in usr\n" ""
env: Some(0) None "a test\n" ""
env_clear: Some(0) None "a test\n" ""
group: Some(0) None "order-1\norder-2\n" ""
not-found: NotFound
stdin: Ok("added\n")
try_wait: true
killed: Some(9)
exec: NotFound
order-1
order-2
"#;
    run.prints(wanted);
}

/// A shell script, which is a tool: it finds the command, and its pipes and exit codes are real.
#[test]
fn a_shell_script_runs_a_command_that_is_not_installed() {
    let script = "command -v orderctl >/dev/null && echo found\n\
        orderctl list | wc -l\n\
        echo two | orderctl add - | tr a-z A-Z\n\
        orderctl fail 2>&1 || echo \"failed with $?\"\n\
        (orderctl crash) 2>/dev/null; echo \"crashed with $?\"\n\
        missing-tool 2>/dev/null; echo \"missing with $?\"\n\
        orders=$(orderctl list); echo \"$orders\" | head -1\n\
        orderctl slow & sleep 0.3; kill $!; wait $!; echo \"killed with $?\"\n\
        cd /usr && orderctl here\n\
        STAGE=test orderctl stage\n\
        if ! type unknown-tool >/dev/null 2>&1; then echo unknown; fi\n";
    let wanted = "found\n2\nADDED\nno such order\nfailed with 3\ncrashed with 139\nmissing with 127\n\
        order-1\nstarted\nkilled with 143\nin usr\na test\nunknown\n";

    for shell in ["sh", "bash"] {
        let run = scene().file("deploy.sh", script).run([shell, "deploy.sh"]);

        is_whole(&run);
        run.prints(wanted);
    }
}

/// A script that calls a mocked command in a way that no mock answers does not pass for clean.
#[test]
fn a_shell_script_that_no_mock_answers_breaks_the_run() {
    let run = scene().run(["sh", "-c", "orderctl drop 2>/dev/null || true"]);

    run.is_broken();
    let call = &run.findings()[0]["call"]["words"];
    assert!(call.as_str().is_some_and(|words| words.contains("orderctl drop")), "{call}");
}

/// A recipe: make starts what is plain itself, and the rest by a shell.
#[test]
fn a_make_recipe_runs_a_command_that_is_not_installed() {
    let _ = tools::needed("make", "make");
    let recipe = "all: plain shell\nplain:\n\torderctl list\nshell:\n\techo two | orderctl add - && orderctl list | wc -l\n\
        broken:\n\torderctl fail\n";
    let run = |target| scene().file("Makefile", recipe).run(["make", "-s", target]);

    let (all, broken) = (run("all"), run("broken"));

    is_whole(&all);
    all.prints("order-1\norder-2\nadded\n2\n");
    broken.is_seen().fails_with(2).says("no such order").says("Error 3");
}

/// Mocks are used up in order, and one that never answered fails the run.
#[test]
fn mocks_answer_in_order_and_have_to() {
    let first = mock("{ argv = [\"orderctl\", \"next\"] }", "{ stdout = \"1\\n\" }");
    let second = mock("{ argv = [\"orderctl\", \"next\"] }", "{ stdout = \"2\\n\" }");
    let scene = || Scene::new().config(&format!("{first}{second}"));

    let both = scene().run(["sh", "-c", "orderctl next; orderctl next"]);
    let one = scene().run(["sh", "-c", "orderctl next"]);

    both.is_clean().prints("1\n2\n");
    one.prints("1\n").fails_with(60);
}

/// With other arguments a mocked name means the program behind it on PATH, under the rules.
#[test]
fn other_arguments_mean_the_installed_program() {
    let real = "#!/bin/sh\necho \"really $*\"\n";
    let scene = |guard: &str| {
        let scene = Scene::new().guard(guard).config(ORDERCTL).file("real/orderctl", real);
        make_executable(&scene.path("real/orderctl"));
        let path = std::env::var("PATH").expect("PATH");
        let path = format!("{}:{path}", scene.path("real").display());
        scene.variable("PATH", path)
    };
    let python = || tools::python().into_os_string();
    let start = "import subprocess; subprocess.run(['orderctl', 'drop']); subprocess.run(['orderctl', 'list'])";
    let command = || [python(), "-c".into(), start.into()];

    let words = ["sh", "-c", "orderctl drop; orderctl list"];
    let script = scene("error").allow("subprocess:orderctl").run(words);
    let held = scene("error").run(words);
    let allowed = scene("error").allow("subprocess:orderctl").run(command());
    let refused = scene("error").run(command());

    script.is_clean().prints("really drop\norder-1\norder-2\n");
    held.is_broken().prints("order-1\norder-2\n");
    allowed.is_clean().prints("really drop\norder-1\norder-2\n");
    refused.is_seen().says("PermissionError");
    assert_eq!(refused.findings().len(), 1, "{:#}", refused.report);
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("an own file");
}

/// What a mock waited for and did not get is given to the real program, if that may run.
#[test]
fn a_stand_in_becomes_the_real_program() {
    let mocks = mock("{ argv = [\"cat\"], stdin = \"mocked\" }", "{ stdout = \"played\\n\" }");
    let scene = || Scene::new().allow("subprocess:cat").config(&mocks);
    let words = "printf mocked | cat; printf other | cat; echo";

    let run = scene().run(["sh", "-c", words]);

    run.is_clean().prints("played\nother\n");
}

/// What no mock answers in a sandbox is refused, whether it is installed or not.
#[test]
fn an_unmocked_command_is_refused_in_a_sandbox() {
    let python = tools::python();
    let start = "import subprocess\n\
        for words in ['orderctl', 'list'], ['orderctl', 'drop'], ['true']:\n    \
        try: print(subprocess.run(words, capture_output=True).stdout)\n    \
        except OSError as error: print(error.strerror)\n";
    let config = format!("sandbox = \"run\"\n{ORDERCTL}");

    let run = Scene::new().config(&config).run([python.as_os_str(), "-c".as_ref(), start.as_ref()]);

    let missing = "No such file or directory";
    run.is_broken().prints(&format!("b'order-1\\norder-2\\n'\n{missing}\nPermission denied\n"));
}

/// A program whose starts are not seen finds the stand-in on PATH, and the mock answers all the same.
#[test]
fn a_static_program_starts_mocked_programs() {
    let starter = compiled("subprocess_start", &["cc", "-static"], "subprocess_start.c");
    let start = |what: &str| {
        let words: [OsString; 3] = [starter.clone().into(), "orderctl".into(), what.into()];
        scene().allow("subprocess:*").run(words)
    };

    let (list, fail, drop) = (start("list"), start("fail"), start("drop"));

    list.prints("order-1\norder-2\n").succeeds();
    fail.prints("").says("no such order").fails_with(3);
    drop.prints("").says("it is not there").fails_with(127);
}

/// A reader that has enough ends the writer by SIGPIPE, as with any other program.
#[test]
fn a_long_output_ends_with_its_reader() {
    let long = "x".repeat(1 << 20);
    let mocks = mock("{ argv = [\"orderctl\", \"dump\"] }", &format!("{{ stdout = \"{long}\" }}"));
    let scene = || Scene::new().config(&mocks.replace("reply", "times = \"any\"\nreply"));

    let cut = scene().run(["bash", "-c", "orderctl dump | head -c 3; echo \" ${PIPESTATUS[0]}\""]);
    let whole = scene().run(["sh", "-c", "orderctl dump | wc -c"]);

    cut.is_clean().prints("xxx 141\n");
    whole.is_clean().prints("1048576\n");
}

/// What a mock has to compare and is too long for that is not half compared.
#[test]
fn an_input_that_is_too_long_is_refused() {
    let run = scene().run(["sh", "-c", "head -c 9000000 /dev/zero | orderctl add -; echo $?"]);

    run.prints("126\n").says("standard input has more than");
}

/// Without mocks of programs PATH is as it was; with them it has one folder more.
#[test]
fn path_changes_only_while_a_mock_names_a_program() {
    let path = std::env::var("PATH").expect("PATH");
    let other = "[[mock]]\nsource = \"subprocess:run\"\nwhen = { argv = [\"/opt/x\"] }\nreply = {}\ntimes = \"any\"\n";

    let without = Scene::new().run(["sh", "-c", "echo $PATH"]);
    let by_path = Scene::new().config(other).run(["sh", "-c", "echo $PATH"]);
    let with = scene().run(["sh", "-c", "echo $PATH"]);

    without.prints(&format!("{path}\n"));
    by_path.prints(&format!("{path}\n"));
    assert!(with.stdout.ends_with(&format!("/bin:{path}\n")), "{}", with.stdout);
}

/// A mock that cannot be is told with its place before anything runs.
#[test]
fn a_mock_that_cannot_be_is_told() {
    for (when, reply, word) in [
        ("{ argv = [\"x\"] }", "{ returncode = 256 }", "256 is no exit code"),
        ("{ argv = [\"x\"] }", "{ signal = \"SIGNONE\" }", "is no signal that ends a process"),
        ("{ argv = [\"x\"] }", "{ returncode = 1, signal = \"SIGKILL\" }", "not by both"),
        ("{ argv = [\"x\"] }", "{ error = \"gone\" }", "is no such error"),
        ("{ argv = [\"x\"], stdin = \"a\" }", "{ error = \"not-found\" }", "decided before"),
        ("{ argv = [] }", "{}", "argv"),
    ] {
        let run = Scene::new().config(&mock(when, reply)).tell(["true"]);

        run.fails_with(2).says(word).says("bigfoot.toml");
    }
}
