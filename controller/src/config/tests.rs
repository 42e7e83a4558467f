//! Tests of configurations as a whole: which one is found, what it means, what is said of a wrong one.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;

use super::error::Source;
use super::find::Found;
use super::{Config, Error, Flags, load, schema};
use crate::call::{Call, Connect, Open, Peer, Transport};
use crate::plugins;
use crate::rules::{Decision, Level, Place, Rule};

/// A directory that goes away with the test.
struct Project(PathBuf);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "bigfoot-config-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let project = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(project.0.join("sub/deep")).expect("a directory");
        for (file, text) in files {
            fs::write(project.0.join(file), text).expect("a file");
        }
        project
    }

    fn load(&self, flags: &Flags, environment: &[(&str, &str)]) -> Result<Config, Error> {
        self.load_in("", flags, environment)
    }

    fn load_in(
        &self,
        below: &str,
        flags: &Flags,
        environment: &[(&str, &str)],
    ) -> Result<Config, Error> {
        let value = |name: &str| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        load(&self.0.join(below), flags, &value)
    }

    fn wrong(&self) -> String {
        self.load(&Flags::default(), &[]).expect_err("a wrong configuration").to_string()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // what is left of a test in the temporary directory does no harm
    }
}

fn texts(config: &Config) -> Vec<String> {
    let rules = config.policy.frames().iter().flat_map(|frame| frame.rules());
    rules.map(|rule: &Rule| format!("{} {}", rule.text(), rule.origin())).collect()
}

fn toml(text: &str) -> Project {
    Project::new(&[("bigfoot.toml", text)])
}

fn redis() -> Call {
    let peer = Peer::Internet("1.2.3.4:6379".parse().expect("an address"));
    Call::Connect(Connect { transport: Transport::Stream, peer, names: Vec::new() })
}

const WHOLE: &str = r#"sandbox = "none"
guard = { default = "error", dns = "warn", file = false }

[firewall]
allow = ["http://*.example.com", "subprocess:/usr/bin/git"]
deny = ["http://*.production.internal"]
restrict = ["http:*",
  "subprocess:*"]

[firewall.per-test-allow]
"tests/integration/*" = ["postgres://localhost/*"]

[run]
tools = ["bazel"]
"#;

/// Everything that a file may say arrives, with its line.
#[test]
fn a_whole_file_is_read() {
    let project = toml(WHOLE);
    let config = project.load(&Flags::default(), &[]).expect("a configuration");

    assert_eq!(
        texts(&config),
        [
            "http://*.example.com bigfoot.toml:5",
            "subprocess:/usr/bin/git bigfoot.toml:5",
            "http://*.production.internal bigfoot.toml:6",
            "http:* bigfoot.toml:7",
            "subprocess:* bigfoot.toml:8",
            "postgres://localhost/* bigfoot.toml:11",
        ]
    );
    assert_eq!(config.tools, ["bazel"]);
    assert_eq!(config.source, Some(project.0.join("bigfoot.toml")));
    assert_eq!(
        (config.project.as_path(), config.guard_origin.as_deref()),
        (project.0.as_path(), Some("bigfoot.toml:2"))
    );
    assert_eq!(config.policy.frames()[0].origin().to_string(), "bigfoot.toml:7");
    let levels = config.policy.levels();
    assert_eq!(
        (levels.of("http"), levels.of("dns"), levels.of("file")),
        (Level::Error, Level::Warn, Level::Off)
    );
}

/// A run is as without us only if nothing at all is asked of it; what is asked reaches the engine.
#[test]
fn a_sandbox_or_a_mock_is_something_to_do() {
    let example = plugins::cards().find_map(|card| card.mocks.first());
    let mock = format!("guard = \"off\"\n{}", example.unwrap_or(&""));
    for (text, off, mocks, sandbox) in [
        ("guard = \"off\"", true, 0, false),
        ("guard = \"off\"\nsandbox = \"run\"", false, 0, true),
        (&mock, example.is_none(), usize::from(example.is_some()), false),
        ("", false, 0, false),
    ] {
        let config = toml(text).load(&Flags::default(), &[]).expect(text);
        let setup = config.setup();
        assert_eq!(
            (config.is_off(), setup.mocks.len(), setup.sandbox, setup.require_response),
            (off, mocks, sandbox, true),
            "{text}"
        );
    }
}

/// Nothing is a configuration too.
#[test]
fn without_a_file_the_defaults_hold() {
    let config = Project::new(&[]).load(&Flags::default(), &[]).expect("the defaults");
    assert_eq!(
        (config.source, config.guard_origin, config.policy.level(&redis())),
        (None, None, Level::Warn)
    );
    assert!(toml("").load(&Flags::default(), &[]).is_ok());
}

/// The same table may stand in each language's own file; what says nothing does not count.
#[test]
fn other_files_hold_it_in_their_tables() {
    for (file, text) in [
        (
            "pyproject.toml",
            "[tool.bigfoot]\nguard = \"error\"\n[tool.bigfoot.firewall]\nallow = [\"dns:x\"]",
        ),
        (
            "Cargo.toml",
            "[package]\nname = \"x\"\n[package.metadata.bigfoot]\nguard = \"error\"\nfirewall.allow = [\"dns:x\"]",
        ),
        (
            "Cargo.toml",
            "[workspace.metadata.bigfoot]\nguard = \"error\"\n[workspace.metadata.bigfoot.firewall]\nallow = [\"dns:x\"]",
        ),
        (
            "package.json",
            "{\"name\": \"x\", \"bigfoot\": {\"guard\": \"error\",\n\n\"firewall\": {\"allow\": [\"dns:x\"]}}}",
        ),
    ] {
        let project = Project::new(&[
            ("sub/package.json", "{}"),
            ("sub/Cargo.toml", "[package]\nname = \"bigfoot\""),
            (file, text),
        ]);
        let config = project.load_in("sub/deep", &Flags::default(), &[]).expect(file);
        assert_eq!(config.source, Some(project.0.join(file)));
        assert_eq!(config.policy.level(&redis()), Level::Error, "{file}");
        assert_eq!(texts(&config).len(), 1, "{file}");
    }
}

/// The nearest one wins, whole.
#[test]
fn the_nearest_level_wins() {
    let project = Project::new(&[
        ("bigfoot.toml", "guard = \"error\""),
        ("sub/pyproject.toml", "[tool.bigfoot]\nguard = false"),
    ]);
    let config = project.load_in("sub/deep", &Flags::default(), &[]).expect("a configuration");
    assert_eq!(config.policy.level(&redis()), Level::Off);
}

/// Nobody could tell which of two holds.
#[test]
fn two_at_one_level_are_an_error() {
    let project = Project::new(&[("bigfoot.toml", ""), ("package.json", "{\"bigfoot\": {}}")]);
    assert_eq!(
        project.wrong(),
        "error: there are two configurations: `bigfoot.toml` and `package.json`\n |\n = help: keep one of them, or name one with `--config`"
    );
    let both = Project::new(&[(
        "Cargo.toml",
        "[workspace.metadata.bigfoot]\n[package.metadata.bigfoot]\n",
    )]);
    assert!(both.wrong().contains("there are two configurations in one file"));
}

/// Flags before environment before file; the rules of all are frames.
#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let project = toml("guard = \"off\"\n[firewall]\ndeny = [\"redis:*\"]");
    let level = |flags: &Flags, environment: &[(&str, &str)]| {
        project.load(flags, environment).expect("a configuration").policy.level(&redis())
    };
    let error = Flags { guard: Some("strict".into()), ..Flags::default() };
    assert_eq!(level(&Flags::default(), &[]), Level::Off);
    assert_eq!(level(&Flags::default(), &[("BIGFOOT_GUARD", "warn")]), Level::Warn);
    assert_eq!(level(&error, &[("BIGFOOT_GUARD", "warn")]), Level::Error);

    let flags = Flags { deny: vec!["redis://1.2.3.4".into()], ..Flags::default() };
    let variables = [("BIGFOOT_ALLOW", "dns:x, redis:*")];
    let inner = project.load(&Flags::default(), &variables).expect("a configuration");
    assert!(
        matches!(inner.policy.speak(&redis(), None), Decision::Allowed { rule } if rule.origin().to_string() == "BIGFOOT_ALLOW")
    );
    let innermost = project.load(&flags, &variables).expect("a configuration");
    assert!(
        matches!(innermost.policy.speak(&redis(), None), Decision::Denied { rule } if rule.origin().to_string() == "--deny")
    );
}

/// A named file is read by its name, from wherever it is.
#[test]
fn a_configuration_can_be_named() {
    let project = Project::new(&[
        ("bigfoot.toml", "oops"),
        ("sub/ci.toml", "guard = \"error\""),
        ("sub/pyproject.toml", ""),
    ]);
    let named =
        |file: &str| project.load(&Flags { config: Some(file.into()), ..Flags::default() }, &[]);

    let config = named("sub/ci.toml").expect("a configuration");
    assert_eq!(
        (config.policy.level(&redis()), config.project),
        (Level::Error, project.0.join("sub"))
    );
    assert_eq!(named("none.toml").expect_err("no file").message(), "there is no file `none.toml`");
    assert_eq!(named("sub").expect_err("a directory").message(), "`sub` is not a file");
    assert_eq!(
        named("sub/pyproject.toml").expect_err("no table").message(),
        "`sub/pyproject.toml` holds no configuration"
    );
    let variable = project.load(&Flags::default(), &[("BIGFOOT_CONFIG", "sub/ci.toml")]);
    assert!(variable.is_ok());
}

/// Paths in a file start where the file is; those of a flag where the command runs.
#[test]
fn relative_paths_start_at_the_configuration() {
    let project = toml("[firewall]\nallow = [\"file:data/*\"]");
    let flags = Flags { deny: vec!["file:data/*".into()], ..Flags::default() };
    let config = project.load_in("sub", &flags, &[]).expect("a configuration");
    let open =
        |path: &str| Call::Open(Open { path: project.0.join(path), read: true, write: false });
    assert!(matches!(config.policy.speak(&open("data/x"), None), Decision::Allowed { .. }));
    assert!(matches!(config.policy.speak(&open("sub/data/x"), None), Decision::Denied { .. }));
}

/// An error shows the place, marks it, and says what to write.
#[test]
fn errors_show_the_place() {
    for (text, expected) in [
        (
            "[firewall]\nalow = [\"http:*\"]\n",
            "error: unknown key `alow`\n --> bigfoot.toml:2:1\n  |\n2 | alow = [\"http:*\"]\n  | ^^^^ not a key of firewall\n  |\n  = help: did you mean `allow`?",
        ),
        (
            "[firewall]\nallow = [\"dns:x\", \"htpp:*\"]\n",
            "error: unknown protocol `htpp`\n --> bigfoot.toml:2:20\n  |\n2 | allow = [\"dns:x\", \"htpp:*\"]\n  |                    ^^^^ not a protocol\n  |\n  = help: did you mean `http`?",
        ),
        (
            "guard = true",
            "error: true is no guard level\n --> bigfoot.toml:1:9\n  |\n1 | guard = true\n  |         ^^^^ not a level\n  |\n  = help: write \"off\", \"warn\" or \"error\" (\"strict\" means \"error\", false means \"off\")",
        ),
        (
            "[firewall]\nallow = \"http:*\"",
            "error: `allow` takes a list of rules\n --> bigfoot.toml:2:9\n  |\n2 | allow = \"http:*\"\n  |         ^^^^^^^^ a string stands here\n  |\n  = help: write it in brackets: `[\"http://localhost:8080\"]`",
        ),
        (
            "[firewall]\ndeny = [\"amqp://a.example/users/*\"]",
            "error: this version sees host and port of amqp calls only, and no paths\n --> bigfoot.toml:2:26\n  |\n2 | deny = [\"amqp://a.example/users/*\"]\n  |                          ^^^^^^^^ cannot be seen\n  |\n  = help: write `amqp://a.example`",
        ),
    ] {
        assert_eq!(toml(text).wrong(), expected);
    }
}

/// Each kind of mistake has its own words.
#[test]
fn every_mistake_has_its_words() {
    for (text, message, help) in [
        ("guard = \"on\"", "\"on\" is no guard level", "write \"off\""),
        ("guard = 3", "3 is no guard level", "write \"off\""),
        ("guard = { htttp = \"warn\" }", "unknown protocol `htttp`", "did you mean `http`?"),
        (
            "guard = { postgresql = \"warn\" }",
            "unknown protocol `postgresql`",
            "did you mean `postgres`?",
        ),
        ("guard = { http = \"loud\" }", "\"loud\" is no guard level", "write"),
        (
            "guard = { websocket = \"off\" }",
            "this version does not tell WebSocket from HTTP",
            "write `http`",
        ),
        ("sandbox = \"x\"", "`x` is no kind of sandbox", "write `\"run\"`"),
        ("sandbox = 1", "`sandbox` takes a string", ""),
        ("firewall = []", "`firewall` takes a table", ""),
        ("[firewall]\nallow = [1]", "`allow` takes a string", ""),
        (
            "[firewall.http]\nallow = [\"x\"]",
            "rules name their protocol themselves, and have no table of it",
            "http://localhost:8080",
        ),
        (
            "[firewall.per-file-allow]",
            "`per-file-allow` is `per-test-allow` here",
            "write `per-test-allow`",
        ),
        ("[firewall.per-test-allow]\n\"a[\" = []", "this glob is not valid", ""),
        ("guard_allow = []", "`guard_allow` is `firewall.allow` here", "write `allow"),
        ("enabled_plugins = []", "all protocols are known always", "guard = {"),
        ("disabled_plugins = []", "all protocols are known always", "guard = {"),
        (
            "[http]\nrequire = true",
            "unknown key `require`",
            "the keys of `http` are require_response",
        ),
        ("[[mock]]\nsource = \"x:y\"", "unknown source `x:y`", "it has"),
        ("quard = \"off\"", "unknown key `quard`", "did you mean `guard`?"),
        (
            "colour = 1",
            "unknown key `colour`",
            "the keys of the configuration are sandbox, guard, firewall, run, http, mock",
        ),
        ("[run]\ntool = []", "unknown key `tool`", "did you mean `tools`?"),
        ("\"a\\nb\" = 1", "unknown key `a\\nb`", "the keys of the configuration"),
        ("[run]\ntools = [\"a/b\"]", "a tool is named without its directory", "write `b`"),
        ("guard = ", "this is not valid TOML", ""),
        ("guard = 1\nguard = 2", "this is not valid TOML", ""),
    ] {
        let error = toml(text).load(&Flags::default(), &[]).expect_err(text);
        assert_eq!(error.message(), message, "{text}");
        let shown = error.to_string();
        assert!(shown.contains(help) && shown.contains(" --> bigfoot.toml:"), "{shown}");
    }
}

/// A package.json knows its places too.
#[test]
fn json_has_places() {
    let json = |text: &str| Project::new(&[("package.json", text)]).wrong();
    assert_eq!(
        json("{\n  \"bigfoot\": { \"gard\": \"off\" }\n}"),
        "error: unknown key `gard`\n --> package.json:2:16\n  |\n2 |   \"bigfoot\": { \"gard\": \"off\" }\n  |                ^^^^^^ not a key of the configuration\n  |\n  = help: did you mean `guard`?"
    );
    assert!(
        json("{\"bigfoot\": {\"guard\": \"off\", \"guard\": \"warn\"}}")
            .contains("`guard` is there twice")
    );
    assert!(json("{\"bigfoot\": {},}").contains("this is not valid JSON"));
    assert!(
        json(&format!("{{\"bigfoot\": {}{}}}", "[".repeat(5000), "]".repeat(5000)))
            .contains("this is not valid JSON")
    );
}

/// Keys within keys are as deep as brackets, and neither may exhaust the stack.
#[test]
fn nesting_is_bounded() {
    let (open, close, keys) = ("[".repeat(100_000), "]".repeat(100_000), "a.".repeat(100_000));
    for text in [format!("a = {open}{close}"), format!("{keys}a = 1"), format!("[{keys}a]\nb = 1")]
    {
        assert!(toml(&text).wrong().contains("this is not valid TOML"));
    }
}

/// A rule whose text is escaped is marked as a whole, since its characters stand elsewhere.
#[test]
fn escaped_rules_are_marked_whole() {
    let shown = toml("[firewall]\nallow = [\"htpp\\u003a*\"]").wrong();
    assert!(
        shown.contains("2 | allow = [\"htpp\\u003a*\"]\n  |          ^^^^^^^^^^^^^ not a protocol"),
        "{shown}"
    );
}

/// What cannot be read says where it cannot.
#[test]
fn files_that_cannot_be_read() {
    let project = Project::new(&[]);
    fs::write(project.0.join("bigfoot.toml"), b"guard = \"off\"\n# \xff\n").expect("a file");
    assert!(
        project.wrong().starts_with("error: `bigfoot.toml` is not UTF-8: byte 16, in line 2"),
        "{}",
        project.wrong()
    );
    let large = fs::File::create(project.0.join("bigfoot.toml")).expect("a file");
    large.set_len((64 << 20) + 1).expect("a sparse file");
    assert_eq!(project.wrong(), "error: `bigfoot.toml` is larger than 64 MiB");
    fs::remove_file(project.0.join("bigfoot.toml")).expect("the file");
    fs::create_dir(project.0.join("bigfoot.toml")).expect("a directory");
    assert_eq!(project.wrong(), "error: `bigfoot.toml` is not a file");
}

/// Files of other tools are their own affair while they say nothing of us.
#[test]
fn broken_files_of_others_do_not_matter() {
    let project = Project::new(&[("pyproject.toml", "oops"), ("package.json", "{")]);
    fs::write(project.0.join("Cargo.toml"), b"\xff").expect("a file");
    assert!(project.load(&Flags::default(), &[]).is_ok());
}

/// Flags and variables are shown as texts of their own.
#[test]
fn errors_outside_of_files_show_their_text() {
    let project = Project::new(&[]);
    let flags = Flags { allow: vec!["htpp:*".into()], ..Flags::default() };
    assert_eq!(
        project.load(&flags, &[]).expect_err("no rule").to_string(),
        "error: unknown protocol `htpp`\n --> --allow:1:1\n  |\n1 | htpp:*\n  | ^^^^ not a protocol\n  |\n  = help: did you mean `http`?"
    );
    let variable = project
        .load(&Flags::default(), &[("BIGFOOT_DENY", "dns:x\nhttp")])
        .expect_err("no rule")
        .to_string();
    assert!(variable.contains(" --> BIGFOOT_DENY:2:1\n"), "{variable}");
    let guard = Flags { guard: Some("loud".into()), ..Flags::default() };
    assert_eq!(
        project.load(&guard, &[]).expect_err("no level").message(),
        "`loud` is no guard level"
    );
}

/// Colours are for terminals, and said only when asked for.
#[test]
fn colours_are_asked_for() {
    let error = toml("guard = true").load(&Flags::default(), &[]).expect_err("no level");
    assert!(error.coloured().contains('\x1b') && !error.to_string().contains('\x1b'));
}

/// The directory need not exist.
#[test]
fn a_missing_directory_is_no_panic() {
    assert!(load(Path::new("/nonexistent/x"), &Flags::default(), &|_| None).is_ok());
}

fn any_file() -> impl Strategy<Value = String> {
    let line = "(guard|allow|firewall|\\[firewall\\]|\\[run\\]|tools|\"é\"|x)?( ?= ?)?(\"[a-z:/*é\\\\]{0,8}\"|\\[\"http:\\*\"\\]|true|1|\\{ a = 1 \\})?";
    prop::collection::vec(line, 0..4).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A file comes from anywhere; the worst that it may do is to be refused, in words.
    #[test]
    fn reading_a_file_never_panics(text in prop_oneof![any_file(), any::<String>()]) {
        let source = Source { name: "bigfoot.toml".into(), text };
        for parse in [super::toml::parse, super::json::parse] {
            let read = parse(&source).and_then(|table| {
                let found = Found { path: "/x/bigfoot.toml".into(), source: source.clone(), table };
                schema::read(&found, &Place::at("/x"))
            });
            if let Err(error) = read {
                prop_assert!(error.to_string().starts_with("error: "));
            }
        }
    }
}
