//! Big programs start and work, with file rules and without.

use std::ffi::OsString;

use bigfoot_tests::scene::is_open;
use bigfoot_tests::tools::needed;
use bigfoot_tests::{Scene, guest, servers};

use crate::trial::{scene, users, words};

/// Each reads a file that it may read and one that a rule may deny, and starts itself once more.
const PYTHON: &str = r#"
import multiprocessing, subprocess, sys
def read(path):
    try: return open(path).read()
    except OSError as error: return 'refused %d' % error.errno
print(read('open.txt'), read('secret.txt'), flush=True)
print(subprocess.check_output([sys.executable, '-c', 'print("child")'], text=True), end='')
with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, -2]))
"#;

const NODE: &str = r#"
const fs = require('fs');
const read = (path) => { try { return fs.readFileSync(path, 'utf8') } catch (error) { return `refused ${-error.errno}` } };
console.log(read('open.txt'), read('secret.txt'));
console.log(require('child_process').execFileSync(process.execPath, ['-p', '"child"']).toString().trim());
setTimeout(() => fs.promises.readFile('open.txt').then((text) => console.log(text.toString())), 10);
"#;

const JAVA: &str = r#"
import java.nio.file.*;
public class Smoke {
    static String read(String path) throws Exception {
        try { return Files.readString(Path.of(path)); } catch (AccessDeniedException error) { return "refused 13"; }
    }
    public static void main(String[] words) throws Exception {
        System.out.println(read("open.txt") + " " + read("secret.txt"));
        Thread thread = new Thread(() -> System.out.println("thread"));
        thread.start();
        thread.join();
    }
}
"#;

const RUST: &str = r#"
fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| format!("refused {}", error.raw_os_error().unwrap()))
}
fn main() { println!("{} {}", read("open.txt"), read("secret.txt")); }
"#;

fn with_files(scene: Scene) -> Scene {
    scene
        .file("open.txt", "open")
        .file("secret.txt", "secret")
        .file("smoke.py", PYTHON)
        .file("smoke.js", NODE)
        .file("Smoke.java", JAVA)
        .file("Cargo.toml", "[package]\nname = \"smoke\"\nedition = \"2021\"\n")
        .file("src/main.rs", RUST)
}

/// Claims that a program works as without bigfoot, and with the one file refused where a rule denies it.
fn works(command: Vec<OsString>) {
    for user in users().into_iter().filter(|user| user.is_none() || is_open(command[0].as_ref())) {
        let native = with_files(scene(user)).native(&command);
        assert!(native.stdout.contains("open secret\n"), "{}\n{}", native.stdout, native.stderr);

        let without = with_files(scene(user)).guard("error").allow("subprocess:*").run(&command);
        without.is_clean().equals(&native);

        let scene = with_files(scene(user)).guard("error").allow("subprocess:*");
        let rule = format!("file:{}", scene.path("secret.txt").display());
        let with = scene.flag("--backstop").flag("files").deny(&rule).run(&command);
        with.is_broken();
        assert_eq!(with.stdout, native.stdout.replace("secret", "refused 13"), "{}", with.stderr);
        assert_eq!(with.calls(), 1, "{:#}", with.report);
    }
}

/// CPython, with processes of its own.
#[test]
fn python_works() {
    let _ = needed("python3", "python3");

    works(words!["/usr/bin/python3", "smoke.py"]);
}

/// Node, with its thread pool.
#[test]
fn node_works() {
    works(words![needed("node", "nodejs"), "smoke.js"]);
}

/// The JVM, compiler included.
#[test]
fn java_works() {
    works(words![needed("java", "default-jdk-headless"), "-Xshare:auto", "Smoke.java"]);
}

/// cargo, which builds a program and runs it.
#[test]
fn cargo_works() {
    works(words![needed("cargo", "rustup, or cargo"), "run", "--quiet", "--offline"]);
}

/// A test in Go, whose server is its own, is no call; one of somebody else is.
const GO: &str = r#"
package smoke

import ("io"; "net/http"; "net/http/httptest"; "os"; "testing")

func get(t *testing.T, url string) {
    answer, err := http.Get(url)
    if err != nil { t.Fatal(err) }
    body, _ := io.ReadAll(answer.Body)
    t.Log(string(body))
}

func TestOwn(t *testing.T) {
    server := httptest.NewServer(http.FileServer(http.Dir(".")))
    defer server.Close()
    get(t, server.URL)
}

func TestOther(t *testing.T) { get(t, os.Getenv("OTHER")) }
"#;

/// `go test`: what builds is no guest, and what is built is one.
#[test]
fn go_works() {
    let server = servers::http();
    let url = format!("http://{}/", server.address);
    let run = |name: &str| {
        let scene = scene(None).file("go.mod", "module smoke").file("smoke_test.go", GO);
        let scene = scene.variable("GOCACHE", guest::folder().join("go")).variable("OTHER", &url);
        let go = needed("go", "golang-go");
        scene.guard("error").run(words![go, "test", "-count=1", "-run", name, "."])
    };

    run("TestOwn").is_clean();
    let other = run("TestOther");

    other.fails_with(1);
    assert_eq!((other.calls(), server.callers()), (1, 0), "{:#}", other.report);
}
