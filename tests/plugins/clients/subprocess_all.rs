//! Starts mocked programs with std, and says what came of each.

use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};

fn orderctl(what: &str) -> Command {
    let mut command = Command::new("orderctl");
    command.arg(what);
    command
}

fn say(name: &str, command: &mut Command) {
    match command.output() {
        Err(error) => println!("{name}: {:?}", error.kind()),
        Ok(output) => println!(
            "{name}: {:?} {:?} {:?} {:?}",
            output.status.code(),
            output.status.signal(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

fn main() {
    say("output", &mut orderctl("list"));
    say("fail", &mut orderctl("fail"));
    say("crash", &mut orderctl("crash"));
    say("current_dir", orderctl("here").current_dir("/usr"));
    say("env", orderctl("stage").env("STAGE", "test"));
    say("env_clear", orderctl("stage").env_clear().env("STAGE", "test"));
    say("group", orderctl("list").process_group(0));
    say("not-found", &mut Command::new("missing-tool"));
    let mut adding = orderctl("add");
    adding.arg("-").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut adding = adding.spawn().unwrap();
    adding.stdin.take().unwrap().write_all(b"two\n").unwrap();
    println!("stdin: {:?}", String::from_utf8(adding.wait_with_output().unwrap().stdout));
    let mut slow = orderctl("slow").stdout(Stdio::null()).spawn().unwrap();
    println!("try_wait: {:?}", slow.try_wait().unwrap().is_none());
    slow.kill().unwrap();
    println!("killed: {:?}", slow.wait().unwrap().signal());
    println!("exec: {:?}", Command::new("missing-tool").exec().kind());
    let _ = orderctl("list").exec();
}
