//! `pytest`, alone, with workers, and with asyncio; and Python behind a version manager's shim.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use bigfoot_tests::{Scene, tools};

use crate::is_no_alarm;

const TESTS: &str = r#"
import asyncio, http.server, multiprocessing, os, socket, subprocess, sys, tempfile, threading, urllib.request
import pytest

def test_a_file_is_written(tmp_path):
    (tmp_path / "a").write_text("x")
    assert (tmp_path / "a").read_text() == "x"
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"x")

def test_a_server_is_called():
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/") as answer:
        assert answer.status == 200
    server.shutdown()

def test_a_server_is_called_as_localhost():
    server = socket.create_server(("localhost", 0))
    socket.create_connection(("localhost", server.getsockname()[1])).close()
    server.close()

def test_a_socketpair_talks():
    a, b = socket.socketpair()
    a.sendall(b"x")
    assert b.recv(1) == b"x"

def test_the_interpreter_starts_itself():
    assert subprocess.run([sys.executable, "-c", "pass"]).returncode == 0

def double(n):
    return n * 2

@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_work(method):
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(double, [1, 2, 3]) == [2, 4, 6]

@pytest.mark.asyncio
async def test_asyncio_serves_and_calls():
    async def serve(reader, writer):
        writer.write(await reader.readline())
        writer.close()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello\n")
    assert await reader.readline() == b"hello\n"
    writer.close()
    server.close()

@pytest.mark.asyncio
async def test_asyncio_starts_its_interpreter():
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "print(1)", stdout=subprocess.PIPE)
    assert (await child.communicate())[0] == b"1\n"

@pytest.mark.asyncio
async def test_asyncio_runs_threads():
    assert await asyncio.get_running_loop().run_in_executor(None, double, 4) == 8
"#;

fn suite() -> Scene {
    Scene::new().file("test_tiny.py", TESTS)
}

fn pytest(more: &[&str]) {
    let python = tools::python();
    let python = python.to_string_lossy();
    let mut command = vec![python.as_ref(), "-m", "pytest", "-q", "-p", "no:cacheprovider"];
    command.extend(more);

    is_no_alarm(suite(), &command);
}

/// One process: files, loopback servers, workers, asyncio.
#[test]
fn pytest_raises_no_alarm() {
    pytest(&[]);
}

/// Workers by execnet, over pipes.
#[test]
fn pytest_with_workers_raises_no_alarm() {
    pytest(&["-n", "2"]);
}

/// As `pytest`, by its own script with a `#!` line.
#[test]
fn pytest_by_its_script_raises_no_alarm() {
    let script = tools::python().with_file_name("pytest");

    is_no_alarm(suite(), &[&script.to_string_lossy(), "-q", "-p", "no:cacheprovider"]);
}

/// A shell script in front of the interpreter looks around, then becomes it.
#[test]
fn a_version_managers_shim_raises_no_alarm() {
    let python = tools::needed("python3", "python3");
    let manager = format!(
        "#!/usr/bin/env bash\nset -e\n[ \"$1\" = exec ] && shift\nroot=$(cd \"$(dirname \"$0\")\" && pwd)\n\
         version=$(cat \"$root/version\" 2>/dev/null || echo system)\nexport MANAGER_VERSION=$version\n\
         shift\nexec {} \"$@\"\n",
        python.display()
    );
    let scene = Scene::new()
        .file("shims/python3", "#!/usr/bin/env bash\nexec \"$(dirname \"$0\")/../bin/manager\" exec python3 \"$@\"\n")
        .file("bin/manager", manager)
        .file("bin/version", "3\n")
        .file("test_tiny.py", "import unittest, socket\nclass T(unittest.TestCase):\n    def test(self):\n        s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())\n");
    for script in ["shims/python3", "bin/manager"] {
        fs::set_permissions(scene.path(script), fs::Permissions::from_mode(0o755))
            .expect("an executable script");
    }
    let path =
        format!("{}:{}", scene.path("shims").display(), std::env::var("PATH").unwrap_or_default());

    is_no_alarm(
        scene.variable("PATH", path),
        &["python3", "-W", "ignore", "-m", "unittest", "-q", "test_tiny"],
    );
}

/// A test that polls until a server of its own is up calls nobody else meanwhile.
#[test]
fn waiting_for_an_own_server_raises_no_alarm() {
    let program = "import socket, subprocess, sys, time\n\
        free = socket.socket()\n\
        free.bind(('127.0.0.1', 0))\n\
        port = free.getsockname()[1]\n\
        free.close()\n\
        serve = f'import socket, time; time.sleep(0.5); socket.create_server((\"127.0.0.1\", {port})).accept()'\n\
        server = subprocess.Popen([sys.executable, '-c', serve])\n\
        while True:\n\
        \x20   try:\n\
        \x20       socket.create_connection(('127.0.0.1', port)).close()\n\
        \x20       break\n\
        \x20   except ConnectionRefusedError:\n\
        \x20       time.sleep(0.05)\n\
        server.wait()\n";

    is_no_alarm(Scene::new(), &["python3", "-c", program]);
}

/// A datagram server of the tree's answers a client of the tree's, connected or not.
#[test]
fn an_answered_datagram_raises_no_alarm() {
    let program = "import socket\n\
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
        server.bind(('127.0.0.1', 0))\n\
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
        client.connect(server.getsockname())\n\
        client.send(b'ping')\n\
        word, sender = server.recvfrom(10)\n\
        server.sendto(b'pong', sender)\n\
        assert client.recv(10) == b'pong'\n";

    is_no_alarm(Scene::new(), &["python3", "-c", program]);
}
