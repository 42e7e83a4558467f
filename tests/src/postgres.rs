//! A real PostgreSQL, Debian's, in a folder of its own: for what mocks are held against.

use std::ffi::OsStr;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::{User, geteuid};
use tempfile::TempDir;

/// Where Debian has the server's programs, which are not on PATH.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// Runs the server until it is told to end, and removes its folder, which nobody else is left to do.
const SERVE: &str = r#"trap 'kill -INT $server' TERM; "$0" "$@" & server=$!; wait $server; wait $server; rm -rf "$FOLDER""#;
/// How long it may take to start.
const START_MAX: Duration = Duration::from_secs(60);
/// The database `app` of the user `app`.
const TABLES: &str = "CREATE TABLE users (id int4 PRIMARY KEY, name text); \
                      INSERT INTO users VALUES (42, 'Ada'), (43, 'Grace')";

/// The port of the server, which ends with the test program.
///
/// # Panics
///
/// Where the package is missing, or the server does not start.
pub fn port() -> u16 {
    static PORT: OnceLock<u16> = OnceLock::new();
    *PORT.get_or_init(|| {
        let (tell, told) = std::sync::mpsc::channel();
        // The server is told when the thread that started it ends: this one does not before the program.
        thread::spawn(move || {
            let folder = folder();
            let (port, mut server) = start(folder.path());
            let _ = tell.send(port); // who asked is there: it waits
            server.wait()
        });
        told.recv().expect("a PostgreSQL server")
    })
}

/// A folder that the server may write to: it does not run as root.
fn folder() -> TempDir {
    let folder =
        tempfile::Builder::new().prefix("postgres-").tempdir().expect("a temporary folder");
    if geteuid().is_root() {
        let user = User::from_name("postgres")
            .ok()
            .flatten()
            .expect("the user postgres: scripts/install.sh");
        chown(folder.path(), Some(user.uid.as_raw()), Some(user.gid.as_raw()))
            .expect("a folder of postgres'");
    }
    folder
}

fn start(folder: &Path) -> (u16, Child) {
    let data = folder.join("data");
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
    let made = program("initdb")
        .args(["-A", "trust", "-U", "app", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-D"])
        .arg(&data)
        .output()
        .expect("initdb");
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    let log = fs::File::create(folder.join("log")).expect("a log");
    let server = program("sh")
        .args(["-c", SERVE])
        .arg(Path::new(PROGRAMS).join("postgres"))
        .arg("-D")
        .arg(&data)
        .args([OsStr::new("-k"), folder.as_os_str()])
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
        .env("FOLDER", folder)
        .stdout(log.try_clone().expect("a log"))
        .stderr(log)
        .spawn()
        .expect("postgres");
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            begun.elapsed() < START_MAX,
            "{}",
            fs::read_to_string(folder.join("log")).unwrap_or_default()
        );
        thread::sleep(Duration::from_millis(50));
    }
    query(port, "postgres", "CREATE DATABASE app");
    query(port, "app", TABLES);
    (port, server)
}

/// One of the server's programs, or the shell, as a user that it accepts; it ends with the thread that starts it.
fn program(name: &str) -> Command {
    let own = Path::new(PROGRAMS);
    assert!(own.exists(), "{PROGRAMS} is missing: run scripts/install.sh");
    let program = if name == "sh" { name.into() } else { own.join(name) };
    let mut command = Command::new(crate::tools::needed("setpriv", "util-linux"));
    command.args(["--pdeathsig", "TERM"]).stdin(Stdio::null());
    if geteuid().is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.arg(program).current_dir("/");
    command
}

fn query(port: u16, database: &str, sql: &str) {
    let psql = crate::tools::needed("psql", "postgresql-client");
    let words = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", "app"];
    let begun = Instant::now();
    loop {
        let mut psql = Command::new(&psql);
        let output =
            psql.args(words).args(["-p", &port.to_string(), "-d", database, "-c", sql]).output();
        let output = output.expect("psql");
        if output.status.success() {
            return;
        }
        // It may still be starting up.
        assert!(begun.elapsed() < START_MAX, "{}", String::from_utf8_lossy(&output.stderr));
        thread::sleep(Duration::from_millis(50));
    }
}
