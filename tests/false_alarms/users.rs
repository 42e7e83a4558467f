//! A suite that starts as root and goes on as somebody else.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use bigfoot_tests::{Finished, Scene, servers, tools};
use nix::unistd::Uid;

use crate::is_no_alarm;

const SUITE: &str = r#"
import os, socket, subprocess, sys
port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
if sys.argv[1] == 'drop' and os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
server = socket.create_server(('127.0.0.1', 0))
socket.create_connection(server.getsockname()).close()
if os.fork() == 0:
    socket.create_connection(server.getsockname()).close()
    os._exit(0)
os.wait()
subprocess.run([sys.executable, '-c', 'import socket; s = socket.create_server(("127.0.0.1", 0)); socket.create_connection(s.getsockname())'], check=True)
if port:
    try:
        socket.create_connection(('127.0.0.1', port))
    except OSError:
        pass
print('as', 'root' if os.getuid() == 0 else 'a user')
"#;

/// The suite in a folder that everybody may read. Only root can become somebody else: other users stay who they are.
fn scene() -> Scene {
    let scene = Scene::new().file("suite.py", SUITE);
    fs::set_permissions(scene.folder(), fs::Permissions::from_mode(0o755))
        .expect("a readable folder");
    scene
}

fn speaks_as_a_user(guest: &Finished) {
    guest.prints("as a user\n");
}

/// Debian's own, since a user's may lie where nobody else can read it.
fn python() -> &'static str {
    let _ = tools::needed("python3", "python3");
    if fs::exists("/usr/bin/python3").unwrap_or(false) { "/usr/bin/python3" } else { "python3" }
}

/// By setuid(2), in the suite itself.
#[test]
fn a_suite_that_drops_its_rights_raises_no_alarm() {
    speaks_as_a_user(&is_no_alarm(scene(), &[python(), "suite.py", "drop"]));
}

/// By a wrapper in front of the suite.
#[test]
fn a_suite_behind_setpriv_raises_no_alarm() {
    let _ = tools::needed("setpriv", "util-linux");
    let command: &[&str] = if Uid::effective().is_root() {
        &[
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            python(),
            "suite.py",
            "stay",
        ]
    } else {
        &["setpriv", "--no-new-privs", python(), "suite.py", "stay"]
    };

    speaks_as_a_user(&is_no_alarm(scene(), command));
}

/// Whoever it has become, it is a guest still.
#[test]
fn a_suite_that_dropped_its_rights_is_still_guarded() {
    let server = servers::plain();

    let guest = scene().guard("error").run([python(), "suite.py", "drop", &server.port()]);

    guest.is_broken();
    speaks_as_a_user(&guest);
    assert_eq!(server.callers(), 0);
    assert_eq!(guest.calls(), 1, "{:#}", guest.report);
}
