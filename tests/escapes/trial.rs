//! A route is tried in four ways, as whoever runs the tests and, where that is root, as an ordinary user too:
//! natively, which proves the guest; with neither rule nor mock; with a rule that allows it; with a mock.

use std::ffi::OsString;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use bigfoot_tests::scene::{BROKEN, is_open};
use bigfoot_tests::{Finished, Scene};
use nix::unistd::Uid;

use crate::places::{Does, Place};
use crate::routes::{Layer, Mocked, Route, Unmocked};

/// The exit code of a coverage gap.
const GAP: i32 = 61;

/// EACCES, as guests print it.
const REFUSED: &str = "refused 13\n";

/// Debian's `nobody`.
const NOBODY: u32 = 65534;

/// Claims that what the table says of this route holds for each of these commands, in which `{host}`, `{port}`, `{path}`
/// and `{url}` stand for the place.
pub fn holds(route: &str, does: Does, commands: &[Vec<OsString>]) {
    let route = Route::named(route);
    let mut failed = 0;
    for user in users() {
        for command in commands {
            failed += Trial { route, does, command, user }.failures();
        }
    }
    assert_eq!(failed, 0, "of the ways of {}, as told above", route.name);
}

/// A command out of its words.
macro_rules! words {
    ($($word:expr),+ $(,)?) => { vec![$(std::ffi::OsString::from($word)),+] };
}
pub(crate) use words;

/// Who runs it: whoever runs the tests, and where that is root an ordinary user as well.
pub fn users() -> Vec<Option<u32>> {
    if Uid::effective().is_root() { vec![None, Some(NOBODY)] } else { vec![None] }
}

/// A scene of this user's.
pub fn scene(user: Option<u32>) -> Scene {
    let scene = Scene::new().variable("PATH", "/usr/local/bin:/usr/bin:/bin");
    match user {
        Some(user) => scene.user(user),
        None => scene,
    }
}

struct Trial<'a> {
    route: &'a Route,
    does: Does,
    command: &'a [OsString],
    user: Option<u32>,
}

impl Trial<'_> {
    /// Tries every way, so that one fault hides no other, and counts those that fail.
    fn failures(&self) -> usize {
        let ways = [
            Some(Self::works_natively as fn(&Self)),
            self.unmocked(),
            self.allowed(),
            self.mocked(),
        ];
        let fails = |way: &fn(&Self)| catch_unwind(AssertUnwindSafe(|| way(self))).is_err();
        ways.iter().flatten().filter(|way| fails(way)).count()
    }

    fn unmocked(&self) -> Option<fn(&Self)> {
        match self.route.unmocked {
            Unmocked::Refused => Some(Self::is_refused),
            Unmocked::Blind => Some(Self::is_counted_blind),
            Unmocked::Missed => Some(Self::is_missed),
            Unmocked::Explained => None,
        }
    }

    /// What is not refused needs no rule.
    fn allowed(&self) -> Option<fn(&Self)> {
        (self.route.unmocked == Unmocked::Refused).then_some(Self::is_allowed)
    }

    fn mocked(&self) -> Option<fn(&Self)> {
        match self.route.mocked {
            Mocked::Answered => Some(Self::is_answered),
            Mocked::Refused => Some(Self::is_not_played),
            Mocked::Missed => Some(Self::is_not_answered),
            Mocked::Never => None,
        }
    }

    fn works_natively(&self) {
        let scene = scene(self.user);
        let place = Place::new(self.does, scene.folder());

        let native = scene.native(self.words(&scene, |word| place.really(word)));

        assert_eq!(native.stdout, place.real_words(), "natively, {self}: {}", native.stderr);
    }

    /// One call, one finding, which names the place and the layer; and nobody has been reached.
    fn is_refused(&self) {
        let scene = self.guarded();
        let place = Place::new(self.does, scene.folder());
        let scene = if self.does == Does::Read { scene.deny(&place.rule()) } else { scene };

        let told = scene.run(self.words(&scene, |word| place.really(word)));

        self.says(&told, "refused", BROKEN, REFUSED);
        let findings = told.findings();
        assert!(findings.len() == 1 && told.calls() == 1, "{self}: {:#}", told.report);
        assert!(place.is_told_by(&findings[0]), "{self}: {:#}", findings[0]);
        if let Some(layer) = self.route.layer.word() {
            assert_eq!(findings[0]["layer"], layer, "{self}: {:#}", findings[0]);
        }
        assert_eq!(place.callers(), 0, "{self}");
    }

    /// It gets through, and bigfoot says that it could not see.
    fn is_counted_blind(&self) {
        let scene = self.guarded().flag("--require-coverage");
        let place = Place::new(self.does, scene.folder());

        let told = scene.run(self.words(&scene, |word| place.really(word)));

        self.says(&told, "blind", GAP, place.real_words());
        assert_eq!(told.report["coverage"]["complete"], false, "{self}: {:#}", told.report);
    }

    /// It gets through, and bigfoot says nothing: when that changes, so must the table.
    fn is_missed(&self) {
        let scene = self.guarded();
        let place = Place::new(self.does, scene.folder());

        let told = scene.run(self.words(&scene, |word| place.really(word)));

        self.says(&told, "missed", 0, place.real_words());
    }

    /// What a rule allows works as without bigfoot, and is no finding.
    fn is_allowed(&self) {
        let scene = self.guarded();
        let place = Place::new(self.does, scene.folder());
        let scene = scene.allow(&place.rule());

        let told = scene.run(self.words(&scene, |word| place.really(word)));

        self.says(&told, "allowed", 0, place.real_words());
        assert!(told.findings().is_empty(), "{self}: {:#}", told.report);
    }

    /// The mock answers once, nobody else does, and the mock counts as used.
    fn is_answered(&self) {
        let told = self.beside_a_mock(|told, place| {
            self.says(told, "mocked", 0, place.mocked_words());
        });
        assert!(told.findings().is_empty(), "{self}: {:#}", told.report);
    }

    /// The mock cannot be played here: the call is refused, and the report says why.
    fn is_not_played(&self) {
        let told = self.beside_a_mock(|told, _| {
            assert_eq!(told.stdout, REFUSED, "mocked, {self}: {:#}", told.report);
        });
        assert_eq!(told.findings().len(), 1, "{self}: {:#}", told.report);
        assert_eq!(told.findings()[0]["refused"], true, "{self}: {:#}", told.report);
    }

    fn is_not_answered(&self) {
        self.beside_a_mock(|told, place| {
            assert_ne!(told.stdout, place.mocked_words(), "{self} is mocked now: tell the table");
        });
    }

    fn beside_a_mock(&self, claim: impl FnOnce(&Finished, &Place)) -> Finished {
        let scene = self.guarded();
        let place = Place::new(self.does, scene.folder());
        let scene = scene.config(&place.mock());

        let told = scene.run(self.words(&scene, |word| place.mocked(word)));

        claim(&told, &place);
        assert_eq!(place.callers(), 0, "{self}");
        told
    }

    /// A scene under the strictest guard. Where the route is about connections or files, programs may start.
    fn guarded(&self) -> Scene {
        let scene = scene(self.user).guard("error");
        match self.does {
            Does::Start => scene,
            Does::Read => scene.allow("subprocess:*").flag("--backstop").flag("files"),
            _ => scene.allow("subprocess:*"),
        }
    }

    fn words(&self, scene: &Scene, put: impl Fn(&str) -> String) -> Vec<OsString> {
        let put = |word: &OsString| put(&word.to_string_lossy());
        self.command.iter().map(|word| self.reachable(scene, put(word)).into()).collect()
    }

    /// A path that this user may use: programs below somebody's home are copied into the scene.
    fn reachable(&self, scene: &Scene, word: String) -> String {
        let path = Path::new(&word);
        if self.user.is_none() || !path.is_absolute() || !path.is_file() || is_open(path) {
            return word;
        }
        let copy: PathBuf = scene.path(&path.file_name().unwrap_or_default().to_string_lossy());
        fs::copy(path, &copy).expect("a copy of the guest");
        copy.to_string_lossy().into_owned()
    }

    fn says(&self, told: &Finished, way: &str, code: i32, stdout: &str) {
        let by_loader = told.stderr.contains("bigfoot");
        assert!(!by_loader, "{way}, {self}: nobody asked for this: {}", told.stderr);
        assert!(
            told.code == Some(code) && told.stdout == stdout,
            "{way}, {self}: {:?}, not {code}; printed {:?}, not {stdout:?}\nstderr: {}\n{:#}",
            told.code,
            told.stdout,
            told.stderr,
            told.report
        );
    }
}

impl std::fmt::Display for Trial<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let who = if self.user.is_some() { "as nobody" } else { "as oneself" };
        write!(out, "{}, {who}: {:?}", self.route.name, self.command)
    }
}

/// The layer that a route's table row names, for findings.
impl Layer {
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Preload => Some("preload"),
            Self::Backstop => Some("backstop"),
            Self::Nobody => None,
        }
    }
}
