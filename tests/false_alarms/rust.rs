//! `cargo test` and `cargo nextest run`.

use bigfoot_tests::{Scene, tools};

use crate::is_no_alarm;

const MANIFEST: &str =
    "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n";

const LIBRARY: &str = r#"//! A tiny crate.

/// Adds.
///
/// ```
/// assert_eq!(tiny::add(2, 2), 4);
/// ```
///
/// ```compile_fail
/// tiny::add("2", 2);
/// ```
pub fn add(a: u32, b: u32) -> u32 {
    a + b
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::thread;

    #[test]
    fn threads_add() {
        let sums: Vec<_> = (0..8).map(|n| thread::spawn(move || super::add(n, n))).collect();
        assert_eq!(sums.into_iter().map(|sum| sum.join().unwrap()).sum::<u32>(), 56);
    }

    #[test]
    fn a_server_answers_its_own_test() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let served = thread::spawn(move || server.accept().unwrap().0.write_all(b"hello").unwrap());
        let mut text = String::new();
        TcpStream::connect(address).unwrap().read_to_string(&mut text).unwrap();
        served.join().unwrap();
        assert_eq!(text, "hello");
    }

    #[test]
    fn a_server_is_called_by_the_name_localhost() {
        let server = TcpListener::bind("localhost:0").unwrap();
        TcpStream::connect(("localhost", server.local_addr().unwrap().port())).unwrap();
    }

    #[test]
    fn datagrams_go_around() {
        let (a, b) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        a.send_to(b"x", b.local_addr().unwrap()).unwrap();
        assert_eq!(b.recv(&mut [0; 8]).unwrap(), 1);
    }

    #[test]
    fn files_come_and_go() {
        let path = std::env::temp_dir().join(format!("tiny-{}", std::process::id()));
        std::fs::write(&path, "x").unwrap();
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    #[should_panic]
    fn panics_are_caught() {
        panic!("as it should");
    }
}
"#;

const INTEGRATION: &str = r#"
#[test]
fn it_adds_from_outside() {
    assert_eq!(tiny::add(1, 1), 2);
}

#[test]
fn the_test_program_starts_itself() {
    let output = std::process::Command::new(std::env::current_exe().unwrap()).arg("--list").output().unwrap();
    assert!(output.status.success());
}
"#;

fn crate_of_tests() -> Scene {
    Scene::new()
        .file("Cargo.toml", MANIFEST)
        .file("src/lib.rs", LIBRARY)
        .file("tests/outside.rs", INTEGRATION)
}

/// Threads, doctests, a loopback server that its own test calls, and compiling it all.
#[test]
fn cargo_test_raises_no_alarm() {
    let guest = is_no_alarm(crate_of_tests(), &["cargo", "test", "--offline"]);

    assert!(guest.stdout.contains("test result: ok. 6 passed"), "{}", guest.stdout);
    assert!(guest.stdout.contains("src/lib.rs - add"), "{}", guest.stdout);
}

/// From a clean tree, so that rustc, cc and ld run under bigfoot too.
#[test]
fn compiling_raises_no_alarm() {
    let guest = crate_of_tests().guard("error").run(["cargo", "test", "--offline"]);

    guest.is_clean();
}

/// nextest runs each test in a process of its own.
#[test]
fn cargo_nextest_raises_no_alarm() {
    let _ = tools::needed("cargo-nextest", "cargo-nextest of cargo");

    is_no_alarm(crate_of_tests(), &["cargo", "nextest", "run", "--offline"]);
}
