//! open(2), fopen(3), opendir(3), mkstemp(3) and their families.

use bigfoot_tests::{Scene, guest};

use crate::{is_transparent, words};

/// Calls that open one file, and what each says when it is refused.
const REFUSED: &[(&str, &str)] = &[
    ("open", "-1 EACCES"),
    ("open64", "-1 EACCES"),
    ("openat", "-1 EACCES"),
    ("openat64", "-1 EACCES"),
    ("open-raw", "-1 EACCES"),
    ("openat-raw", "-1 EACCES"),
    ("openat2-raw", "-1 EACCES"),
    ("__open_2", "-1 EACCES"),
    ("__open64_2", "-1 EACCES"),
    ("__openat_2", "-1 EACCES"),
    ("__openat64_2", "-1 EACCES"),
    ("create-mode", "-1 EACCES"),
    ("creat", "-1 EACCES"),
    ("creat64", "-1 EACCES"),
    ("fopen", "NULL EACCES"),
    ("fopen64", "NULL EACCES"),
    ("freopen", "NULL EACCES"),
    ("freopen64", "NULL EACCES"),
    ("opendir", "NULL EACCES"),
    ("scandir", "-1 EACCES"),
    ("scandir64", "-1 EACCES"),
    ("scandirat", "-1 EACCES"),
    ("mkstemp", "-1 EACCES"),
    ("mkstemp64", "-1 EACCES"),
    ("mkostemp", "-1 EACCES"),
    ("mkostemp64", "-1 EACCES"),
    ("mkstemps", "-1 EACCES"),
    ("mkstemps64", "-1 EACCES"),
    ("mkostemps", "-1 EACCES"),
    ("mkostemps64", "-1 EACCES"),
];

fn scene() -> Scene {
    Scene::new().file("data/there", "text\n").file("data/sub/one", "")
}

fn folder(scene: &Scene) -> String {
    scene.path("data").to_string_lossy().into_owned()
}

fn names() -> String {
    REFUSED.iter().map(|(case, _)| *case).collect::<Vec<_>>().join(",")
}

/// With the guard off, descriptors, contents, permission bits and errno are libc's own.
#[test]
fn a_guest_opens_as_without_bigfoot() {
    is_transparent(scene, &words([&guest("open"), &"all", &"data"]));
}

/// Files have no guard level of their own: `error` says nothing of them.
#[test]
fn files_are_free_where_no_rule_names_them() {
    let native = scene().native(words([&guest("open"), &"all", &"data"]));

    let guest = scene().guard("error").run(words([&guest("open"), &"all", &"data"]));

    guest.is_clean().prints(&native.stdout);
}

/// A rule that denies a folder refuses every call that opens something there.
#[test]
fn a_denied_folder_is_closed_to_every_call() {
    let scene = scene();
    let rule = format!("file:{}/**", folder(&scene));
    let command = words([&guest("open"), &names(), &folder(&scene)]);

    let guest = scene.guard("off").deny(&rule).run(command);

    guest.is_broken();
    for (case, result) in REFUSED {
        assert_eq!(guest.line(&format!("{case}: ")), *result, "{case} in {}", guest.stdout);
    }
}

/// Relative paths, with dots in them, are the files that they lead to.
#[test]
fn a_denied_file_is_known_by_any_path() {
    let scene = scene();
    let rule = format!("file:{}/there", folder(&scene));
    let command = words([&guest("open"), &"openat-folder,relative", &folder(&scene)]);

    let guest = scene.deny(&rule).run(command);

    guest.is_broken();
    crate::each_says(&guest.stdout, "openat-folder,relative", "-1 EACCES");
}

/// A rule about writing says nothing of reading.
#[test]
fn a_file_may_be_read_where_writing_is_denied() {
    let scene = scene();
    let rule = format!("file+w:{}/**", folder(&scene));
    let command = words([&guest("open"), &"open,fopen,creat,mkstemp", &folder(&scene)]);

    let guest = scene.deny(&rule).run(command);

    guest.is_broken();
    crate::each_says(&guest.stdout, "open", "3");
    crate::each_says(&guest.stdout, "creat,mkstemp", "-1 EACCES");
}

/// With a guard level for files, what no rule allows is refused.
#[test]
fn a_guarded_guest_opens_only_what_is_allowed() {
    let scene = scene().config("guard = { default = \"off\", file = \"error\" }\n");
    let rule = format!("file:{}/there", folder(&scene));
    let command = words([&guest("open"), &"open,opendir", &folder(&scene)]);

    let guest = scene.allow(&rule).run(command);

    guest.is_broken();
    crate::each_says(&guest.stdout, "open", "3");
    assert_eq!(guest.line("opendir: "), "NULL EACCES");
}

/// A level of `warn` for files opens and reports.
#[test]
fn a_warned_guest_opens_and_is_reported() {
    let scene = scene().config("guard = { default = \"off\", file = \"warn\" }\n");
    let command = words([&guest("open"), &"open,fopen", &folder(&scene)]);

    let guest = scene.run(command);

    guest.is_warned();
    crate::each_says(&guest.stdout, "open", "3");
}

/// Calls that open a file of root certificates for reading.
const ROOTS: &str = "open,open64,openat,openat64,open-raw,openat-raw,__open_2,__open64_2,__openat_2,\
    __openat64_2,fopen,fopen64,freopen,freopen64,openat-folder,relative";

/// A mock that is answered over TLS, so that the run has an authority of its own.
const AUTHORITY: &str = "[[mock]]\nsource = \"http:request\"\ntimes = \"any\"\n\
    when = { url = \"https://api.example/\" }\n";

fn roots() -> Scene {
    let one = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
    Scene::new().file("data/certifi/cacert.pem", one).file("data/other.pem", one)
}

/// Without mocks of TLS a file of root certificates is a file like any other.
#[test]
fn a_guest_opens_its_roots_as_without_bigfoot() {
    is_transparent(roots, &words([&guest("roots"), &"all", &"data"]));
}

/// In a run with an authority of its own, such a file has one more certificate, by whatever call it is
/// opened and read; what is written, or is another file, stays what it is.
#[test]
fn a_guest_opens_its_roots_with_the_runs_among_them() {
    let command = words([&guest("roots"), &"all", &"data"]);
    let native = roots().native(&command);

    let guest = roots().config(AUTHORITY).guard("error").run(&command);

    guest.is_clean();
    for (case, was) in native.stdout.lines().filter_map(|line| line.split_once(": ")) {
        let more = ROOTS.split(',').any(|name| name == case);
        let is = if more { was.replace("1, whole", "2, whole") } else { was.to_owned() };
        crate::each_says(&guest.stdout, case, &is);
    }
}

/// Where files are guarded, the run's own are no calls to be judged.
#[test]
fn a_guarded_guest_opens_its_roots() {
    let levels = "guard = { default = \"off\", file = \"error\" }\n";
    let scene = roots().config(&format!("{levels}{AUTHORITY}"));
    let rule = format!("file:{}/certifi/*", folder(&scene));
    let command = words([&guest("roots"), &"open,fopen,other", &folder(&scene)]);

    let guest = scene.allow(&rule).run(command);

    guest.is_broken();
    crate::each_says(&guest.stdout, "open,fopen", "2, whole, flags 8000");
    crate::each_says(&guest.stdout, "other", "-1 EACCES");
}
