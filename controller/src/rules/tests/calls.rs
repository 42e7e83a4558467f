//! What rules of files, programs and libraries match.

use super::*;

/// Reading may be allowed without writing; denying one denies what does both.
#[test]
fn files_have_two_uses() {
    let (read, write, both) = (open("/etc/x", "r"), open("/etc/x", "w"), open("/etc/x", "rw"));
    check(
        "file:/etc/*",
        &[read.clone(), write.clone(), both.clone()],
        &[open("/etc/a/b", "r"), open("/etc", "r")],
    );
    check(
        "file+r:/etc/**",
        &[read.clone(), open("/etc/a/b", "r"), open("/etc/x", "")],
        &[write.clone(), both.clone()],
    );
    check("file+w:*", std::slice::from_ref(&write), &[read.clone(), both.clone()]);
    assert!(rule("file+w:/etc/*").forbids(&both) && rule("file+r:/etc/*").forbids(&both));
    assert!(!rule("file+w:/etc/*").forbids(&read) && !rule("file+r:/etc/*").forbids(&write));
}

/// Paths may be written as people write them.
#[test]
fn paths_start_somewhere() {
    check("file:data/*.csv", &[open("/project/data/a.csv", "r")], &[open("/data/a.csv", "r")]);
    check("file:./data/../x", &[open("/project/x", "r")], &[]);
    check("file:../x", &[open("/x", "r")], &[]);
    check(
        "file:~/.cache/**",
        &[open("/home/ada/.cache/a/b", "w")],
        &[open("/home/ada/.cache", "w")],
    );
    check("file:///etc/hostname", &[open("/etc/hostname", "r")], &[]);
    check(
        "file:/a/{b,c}/[0-9]",
        &[open("/a/b/1", "r"), open("/a/c/2", "r")],
        &[open("/a/d/1", "r")],
    );
    check("unix:run/*.sock", &[unix("/project/run/x.sock")], &[unix("@run/x.sock")]);
    check("unix:@/tmp/dbus-*", &[unix("@/tmp/dbus-a/b")], &[unix("/tmp/dbus-a")]);
    check("unix:*", &[unix("/x"), unix("@x")], &[connect("1.2.3.4:80", &[])]);
}

/// A program is meant by its name wherever it is, or by its path; then by its arguments.
#[test]
fn programs_and_their_arguments() {
    check(
        "subprocess:git",
        &[exec("/usr/bin/git", &[]), exec("git", &["push"])],
        &[exec("/usr/bin/git-lfs", &[])],
    );
    check(
        "subprocess:/usr/bin/git",
        &[exec("/usr/bin/git", &["x"])],
        &[exec("/usr/local/bin/git", &[])],
    );
    check("subprocess:/usr/*/git", &[exec("/usr/bin/git", &[])], &[exec("/usr/a/b/git", &[])]);
    check("subprocess:python3*", &[exec("/usr/bin/python3.12", &[])], &[]);
    check(
        "subprocess:git push *",
        &[exec("/usr/bin/git", &["push", "a/b", "c"])],
        &[exec("/usr/bin/git", &["push"]), exec("/usr/bin/git", &["pull"])],
    );
    check(
        "subprocess:git push",
        &[exec("/usr/bin/git", &["push"])],
        &[exec("/usr/bin/git", &["push", "-f"])],
    );
    check("subprocess:scripts/x.sh", &[exec("/project/scripts/x.sh", &[])], &[]);
}

/// Libraries likewise.
#[test]
fn libraries() {
    check(
        "native:lib*.so",
        &[load("libfoo.so"), load("/usr/lib/libfoo.so")],
        &[load("libfoo.so.1")],
    );
    check("native:/usr/lib/**", &[load("/usr/lib/a/libfoo.so.1")], &[load("libfoo.so.1")]);
}
