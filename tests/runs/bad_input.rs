//! Wrong input: each has its own clear error, and exit code 2.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use bigfoot_tests::{Scene, guest, servers, tools};

/// Claims that a configuration is refused with these words and its file's name, and that nothing was run.
fn is_refused(config: &str, words: &[&str]) {
    let scene = Scene::new().config(config);

    let refused = scene.tell(["touch", "was-run"]);

    refused.fails_with(2).prints("").says("bigfoot.toml");
    for word in words {
        refused.says(word);
    }
    assert!(!scene.path("was-run").exists());
    scene.bigfoot(["check"]).fails_with(2);
}

/// Claims that a rule is refused with these words, on the command line and in a file.
fn rule_is_refused(rule: &str, words: &[&str]) {
    for flag in ["--allow", "--deny", "--restrict"] {
        let refused = Scene::new().flag(flag).flag(rule).tell(["true"]);
        refused.fails_with(2);
        words.iter().for_each(|word| {
            refused.says(word);
        });
    }
    is_refused(&format!("[firewall]\nallow = ['{rule}']\n"), words);
}

/// An unknown key is named, with its line and the nearest known one.
#[test]
fn an_unknown_key_is_refused() {
    is_refused("gaurd = \"warn\"\n", &["gaurd", "guard", "1"]);
    is_refused("[firewall]\nalow = []\n", &["alow", "allow", "2"]);
    is_refused("[guard]\ndefault = \"error\"\nhtpp = \"warn\"\n", &["htpp", "http"]);
}

/// A value of the wrong type says which is wanted.
#[test]
fn a_wrong_type_is_refused() {
    is_refused("guard = 3\n", &["guard"]);
    is_refused("[firewall]\nallow = \"http:*\"\n", &["allow"]);
    is_refused("[firewall]\nallow = [1]\n", &["allow"]);
    is_refused("guard = \"eror\"\n", &["eror", "error"]);
}

/// A text that is no TOML says where.
#[test]
fn broken_toml_is_refused() {
    is_refused("guard = \n", &["1"]);
}

/// A glob that does not compile.
#[test]
fn a_bad_glob_is_refused() {
    rule_is_refused("file:/a/[b", &["["]);
}

/// A network that is none.
#[test]
fn a_bad_network_is_refused() {
    rule_is_refused("socket://10.0.0.0/33", &["33"]);
    rule_is_refused("http://300.1.2.3", &["300.1.2.3"]);
    rule_is_refused("socket://[::1/129]", &["129"]);
}

/// A regular expression that does not compile, or would explode.
#[test]
fn a_bad_regular_expression_is_refused() {
    rule_is_refused("http://~(a", &["(a"]);
    rule_is_refused("http://~((a{1000}){1000}){1000}", &["~"]);
}

/// A rule that can never match.
#[test]
fn a_rule_that_never_matches_is_refused() {
    rule_is_refused("htpp://example.com", &["htpp", "http"]);
    rule_is_refused("http", &["http"]);
    rule_is_refused("socket://127.0.0.1:70000", &["70000"]);
    rule_is_refused("socket://127.0.0.1:20-10", &["20-10"]);
}

/// A rule about what this version cannot see is an error, never a wider rule.
#[test]
fn a_rule_on_an_unseen_field_is_refused() {
    rule_is_refused("redis://example.com/path", &["path"]);
    rule_is_refused("redis:GET", &["GET"]);
    rule_is_refused("aws:s3", &["aws"]);
}

/// Two configurations at one level are both named.
#[test]
fn two_configurations_are_refused() {
    let scene = Scene::new()
        .config("guard = \"warn\"\n")
        .file("pyproject.toml", "[tool.bigfoot]\nguard = \"off\"\n");

    scene.tell(["true"]).fails_with(2).says("bigfoot.toml").says("pyproject.toml");
}

/// A file that is no UTF-8.
#[test]
fn a_configuration_in_another_encoding_is_refused() {
    let scene = Scene::new().file("bigfoot.toml", b"guard = \"\xff\xfe\"\n");

    scene.tell(["true"]).fails_with(2).says("UTF-8").says("bigfoot.toml");
}

/// A configuration file that is missing, or a folder.
#[test]
fn a_missing_configuration_is_refused() {
    Scene::new()
        .flag("--config")
        .flag("no-such.toml")
        .tell(["true"])
        .fails_with(2)
        .says("no-such.toml");
    Scene::new().flag("--config").flag("/").tell(["true"]).fails_with(2);
}

/// No command at all, and unknown flags.
#[test]
fn a_missing_command_is_refused() {
    Scene::new().bigfoot(["run"]).fails_with(2);
    Scene::new().bigfoot(["run", "--"]).fails_with(2);
    Scene::new()
        .bigfoot(["run", "--no-such-flag", "--", "true"])
        .fails_with(2)
        .says("--no-such-flag");
    Scene::new().guard("loud").tell(["true"]).fails_with(2).says("loud");
    Scene::new().flag("--format").flag("xlm").tell(["true"]).fails_with(2).says("xlm");
}

/// A report that cannot be written is told before anything runs.
#[test]
fn an_unwritable_output_is_refused() {
    let scene = Scene::new().flag("--output").flag("/no/such/folder/report.json");

    scene.tell(["touch", "was-run"]).fails_with(2).says("/no/such/folder");
    assert!(!scene.path("was-run").exists());
}

/// Arguments that are no UTF-8 pass through.
#[test]
fn arguments_of_any_bytes_pass_through() {
    let odd = OsStr::from_bytes(b"a\xff\xfeb");
    let command = [guest("echo").into_os_string(), odd.to_owned()];
    let native = Scene::new().native(&command);

    Scene::new().guard("error").run(&command).is_clean().equals(&native);
}

/// A preload library that is missing, or for another machine.
#[test]
fn a_wrong_preload_library_is_refused() {
    let scene = Scene::new().file("other.so", other_machine());

    let missing = Scene::new().variable("BIGFOOT_PRELOAD", "/no/such/library.so").tell(["true"]);
    missing.fails_with(2).says("/no/such/library.so");

    let other = scene.path("other.so");
    scene.variable("BIGFOOT_PRELOAD", &other).tell(["true"]).fails_with(2).says("other.so");
}

/// The head of a 64-bit library for aarch64, or for x86-64 where this machine is one.
fn other_machine() -> Vec<u8> {
    let machine: u8 = if cfg!(target_arch = "aarch64") { 62 } else { 183 };
    let mut head = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0".to_vec();
    head.extend([machine, 0, 1, 0, 0, 0]);
    head.resize(4096, 0);
    head
}

/// A temporary folder that cannot be written.
#[test]
fn an_unwritable_temporary_folder_is_told_or_avoided() {
    let told = Scene::new()
        .variable("TMPDIR", "/no/such/folder")
        .without_variable("XDG_RUNTIME_DIR")
        .tell(["true"]);

    assert!(
        told.code == Some(0) || (told.code == Some(2) && told.stderr.contains("/no/such/folder")),
        "{told:?}"
    );
}

/// A temporary folder whose name is longer than a Unix socket's address.
#[test]
fn a_long_temporary_folder_is_told_or_avoided() {
    let long = "x".repeat(120);
    let scene = Scene::new().file(&format!("{long}/keep"), "");
    let folder = scene.path(&long);
    let server = servers::plain();
    let program =
        format!("import socket; socket.socket().connect_ex(('127.0.0.1', {}))", server.port());

    let told = scene
        .guard("error")
        .variable("TMPDIR", folder)
        .without_variable("XDG_RUNTIME_DIR")
        .run(["python3", "-c", &program]);

    assert!(
        told.code == Some(60) || (told.code == Some(2) && told.stderr.contains(&long)),
        "{told:?}"
    );
    assert_eq!(server.callers(), 0);
}

/// A limit of 32 descriptors is enough for bigfoot and its guests.
#[test]
fn few_descriptors_are_enough() {
    let server = servers::plain();
    let call = format!("{} tcp {}", guest("connect").display(), server.port());
    let line = format!(
        "ulimit -n 32; exec {} run --guard error -- sh -c '{call}'",
        bigfoot_tests::scene::bigfoot().display()
    );

    let told = Scene::new().native(["sh", "-c", &line]);

    told.fails_with(60).prints("tcp: -1 EACCES\n");
}

/// A user's own preloaded library that does not exist is the loader's to complain about, as ever.
#[test]
fn a_users_broken_preload_is_left_to_the_loader() {
    let scene = || Scene::new().variable("LD_PRELOAD", "/no/such/own.so");
    let native = scene().native(["true"]);

    let guest = scene().guard("off").run(["true"]);

    guest.succeeds().says("/no/such/own.so");
    assert!(native.stderr.contains("/no/such/own.so"));
}

/// A command that may not be executed, and one in a folder that may not be entered.
#[test]
fn a_forbidden_command_is_told() {
    let scene = Scene::new().file("script.sh", "#!/no/such/interpreter\n");
    fs::set_permissions(scene.path("script.sh"), fs::Permissions::from_mode(0o755))
        .expect("an executable script");
    let native = scene.native(["env", "./script.sh"]);

    scene.tell(["./script.sh"]).fails_with(native.code.unwrap_or_default());
    let _ = tools::needed("getent", "libc-bin");
}
