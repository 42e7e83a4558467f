//! What mocks of programs may say, what they wait for, and what is played.

use std::sync::Arc;

use super::answer::*;
use super::*;
use crate::mocks::{Act, Times};
use crate::plugins::PLUGINS;
use crate::rules::Origin;

fn shape() -> &'static Shape {
    CARD.shape(SOURCE).unwrap()
}

fn exact(text: &str) -> Matcher {
    Matcher::Exact(text.into())
}

fn argv(words: &[&str]) -> (&'static str, Matcher) {
    let words = words.iter().map(|word| exact(word)).collect();
    ("argv", Matcher::Words { words, rest: false })
}

fn mock(when: Vec<(&'static str, Matcher)>, reply: Fields) -> Mock {
    Mock {
        plugin: PLUGINS.iter().copied().find(|it| it.card().name == "subprocess").unwrap(),
        shape: shape(),
        when: When(when),
        act: Act::Replies(vec![Arc::new(reply)]),
        times: Times::ONCE,
        test: None,
        asserts: true,
        steps: Vec::new(),
        origin: Origin::Flag("--mock"),
    }
}

fn unfit(when: Vec<(&'static str, Matcher)>, reply: Fields) -> (&'static str, String) {
    let unfit = Subprocess.check(shape(), &mock(when, reply)).unwrap_err();
    (unfit.key, unfit.message)
}

fn words(words: &[&str]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.as_bytes().to_vec()).collect()
}

fn start(program: &str, arguments: &[&str]) -> Fields {
    fields_of(Path::new(program), &words(arguments), Some(Path::new("/project")))
}

/// Each way to end a process is told from what none can do.
#[test]
fn a_reply_that_no_process_can_give_is_unfit() {
    let reply = |name, value: Value| unfit(vec![argv(&["git"])], Fields::new().with(name, value));

    assert_eq!(reply("returncode", 256.into()).0, "returncode");
    assert_eq!(reply("returncode", (-1).into()).0, "returncode");
    assert_eq!(reply("signal", "SIGNONE".into()).0, "signal");
    assert_eq!(reply("signal", "SIGSTOP".into()).0, "signal", "it ends nothing");
    assert_eq!(reply("signal", 0.into()).0, "signal");
    assert_eq!(reply("delay_ms", (-1).into()).0, "delay_ms");
    assert_eq!(reply("error", "oops".into()).0, "error");
    assert_eq!(reply("stdout", vec![b'x'; 8 << 20].into()).0, "stdout");
}

/// Answers that exclude each other are told by the one that is too much.
#[test]
fn answers_that_exclude_each_other_are_unfit() {
    let both = Fields::new().with("returncode", 1).with("signal", "KILL");
    assert_eq!(unfit(vec![argv(&["git"])], both).0, "signal");

    let failed = Fields::new().with("error", "not-found").with("stdout", "x");
    assert_eq!(unfit(vec![argv(&["git"])], failed).0, "stdout");

    let failed = Fields::new().with("error", "not-found");
    let (key, message) = unfit(vec![argv(&["git"]), ("stdin", exact("x"))], failed);
    assert_eq!(key, "stdin");
    assert!(message.contains("decided before"), "{message}");
}

/// What no command line can be.
#[test]
fn a_command_that_cannot_be_is_unfit() {
    assert_eq!(unfit(vec![argv(&[])], Fields::new()).0, "argv");
    assert_eq!(unfit(vec![argv(&["git", "a\0b"])], Fields::new()).0, "argv");
    assert_eq!(unfit(vec![argv(&["/usr/bin/"])], Fields::new()).0, "argv");
    assert_eq!(unfit(vec![argv(&[""])], Fields::new()).0, "argv");
}

/// Everything that a reply may say is played as it says.
#[test]
fn a_reply_is_played_as_it_says() {
    let reply = Fields::new().with("stdout", "out").with("stderr", "err").with("delay_ms", 7);
    assert!(Subprocess.check(shape(), &mock(vec![argv(&["git"])], reply.clone())).is_ok());

    let played = Played::of(&reply.clone().with("returncode", 3));
    let part = played.part();
    assert_eq!((part.output, part.error), (&b"out"[..], &b"err"[..]));
    assert_eq!((part.delay_ms, part.code, part.signal), (7, 3, 0));

    for name in ["SIGTERM", "term", "15"] {
        let reply = Fields::new().with("signal", name);
        assert!(Subprocess.check(shape(), &mock(vec![argv(&["git"])], reply.clone())).is_ok());
        assert_eq!(Played::of(&reply).part().signal, 15, "{name}");
    }
    assert_eq!(failure(&Fields::new().with("error", "not-found")), Some(nix::libc::ENOENT));
    assert_eq!(failure(&Fields::new().with("error", "permission")), Some(nix::libc::EACCES));
    assert_eq!(failure(&reply), None);
}

/// A bare name stands for any path of that name; a path for the file, however it was found.
#[test]
fn a_command_is_known_by_its_name_and_by_its_path() {
    let known = |program: &str, arguments: &[&str], wanted: &[&str]| {
        let fits = mock(vec![argv(wanted)], Fields::new());
        namings(&start(program, arguments)).iter().any(|fields| may_answer(&fits, fields, false))
    };

    assert!(known("/usr/bin/git", &["git", "push"], &["git", "push"]));
    assert!(known("/usr/bin/git", &["/usr/bin/git", "push"], &["git", "push"]));
    assert!(known("/usr/bin/git", &["git", "push"], &["/usr/bin/git", "push"]));
    assert!(known("/opt/bin/g", &["git"], &["g"]), "the name that it was given is another");
    assert!(known("./build.sh", &["./build.sh"], &["./build.sh"]));
    assert!(!known("/usr/bin/git", &["git", "push"], &["git", "pull"]));
    assert!(!known("/usr/bin/git", &["git"], &["/opt/bin/git"]));
    assert!(!known("/usr/bin/git", &["git", "push"], &["git"]));
}

/// Mocks are found by the program's name at once.
#[test]
fn the_key_is_the_name_of_the_program() {
    let when = |words: &[&str]| When(vec![argv(words)]);

    for fields in namings(&start("/usr/bin/git", &["/usr/bin/git", "push"])) {
        assert_eq!(Subprocess.key(shape(), &fields).as_deref(), Some("git"));
    }
    assert_eq!(Subprocess.mock_key(shape(), &when(&["git"])).as_deref(), Some("git"));
    assert_eq!(Subprocess.mock_key(shape(), &when(&["/opt/git"])).as_deref(), Some("git"));
    assert_eq!(Subprocess.mock_key(shape(), &When::default()), None);
}

/// What only the running process can tell is waited for; where a process is made for the program, its
/// directory too, unless the mock decides the start itself.
#[test]
fn what_only_the_process_can_tell_is_waited_for() {
    let plain = mock(vec![argv(&["git"])], Fields::new());
    let stdin = mock(vec![argv(&["git"]), ("stdin", exact("in"))], Fields::new());
    let cwd = || vec![argv(&["git"]), ("cwd", exact("/elsewhere"))];
    let inside = mock(cwd(), Fields::new());
    let missing = mock(cwd(), Fields::new().with("error", "not-found"));
    let fields = start("/usr/bin/git", &["git"]);

    assert!(!late(&plain, true) && late(&stdin, false) && !late(&inside, false));
    assert!(late(&inside, true) && !late(&missing, true));
    assert!(may_answer(&stdin, &fields, false) && reads(&stdin) && !reads(&plain));
    assert!(may_answer(&inside, &fields, true) && !may_answer(&inside, &fields, false));
    assert!(!may_answer(&missing, &fields, true));
}

/// Of a process's variables only those are recorded that a mock names.
#[test]
fn secrets_of_the_environment_are_not_recorded() {
    let pairs = vec![("STAGE".to_owned(), exact("test"))];
    let mocks = [mock(vec![("env", Matcher::Pairs(pairs))], Fields::new())];
    let told = Told {
        environment: words(&["TOKEN=secret", "STAGE=test"]),
        input: Some(b"in".to_vec()),
        cwd: Some("/there".into()),
        ..Told::default()
    };

    let fields = completed(&start("/bin/git", &["git"]), &told, &variables(mocks.iter()));

    let chosen = Value::Pairs(vec![("STAGE".to_owned(), "test".to_owned())]);
    assert_eq!(fields.get("env"), Some(&chosen));
    assert_eq!(fields.text("stdin").as_deref(), Some("in"));
    assert_eq!(fields.text("cwd").as_deref(), Some("/there"));
}

/// Names stand on PATH; paths do not, nor what is no name of a file.
#[test]
fn only_bare_names_stand_on_path() {
    let mocks = [
        mock(vec![argv(&["kubectl", "get"])], Fields::new()),
        mock(vec![argv(&["kubectl", "apply"])], Fields::new()),
        mock(vec![argv(&["/usr/bin/git"])], Fields::new()),
        mock(vec![argv(&[".."])], Fields::new()),
        mock(vec![("program", exact("/bin/x"))], Fields::new()),
    ];

    assert_eq!(Vec::from_iter(names(mocks.iter())), ["kubectl"]);
}

/// A report shows what could be typed.
#[test]
fn a_command_is_worded_as_for_a_shell() {
    let fields = start("/bin/sh", &["sh", "-c", "echo 'it is'", "", "a=b"]);

    assert_eq!(Subprocess.words(shape(), &fields), r"sh -c 'echo '\''it is'\''' '' a=b");
}
