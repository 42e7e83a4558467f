//! A test: what it says, and how it ends.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::fs;
use std::panic::{self, AssertUnwindSafe, Location};
use std::sync::Arc;

use bigfoot_ipc::VERSION;
use bigfoot_ipc::control::{Control, Origin, Outcome, Violation};

use crate::client::Client;

thread_local! {
    /// The tests that this thread works for, the innermost last.
    static TESTS: RefCell<Vec<Test>> = const { RefCell::new(Vec::new()) };
}

/// A test that speaks to bigfoot. To be had by [`current`], and taken into threads that work for it.
#[derive(Clone)]
pub struct Test(Arc<Client>);

impl fmt::Debug for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Test")
    }
}

/// As long as this lives, the thread works for the test.
#[derive(Debug)]
pub struct Entered {
    test: Test,
    thread: u32,
}

/// What a test may return.
pub trait TestResult {
    /// Whether the test has failed by that.
    fn failed(&self) -> bool;
}

impl TestResult for () {
    fn failed(&self) -> bool {
        false
    }
}

impl<T, E> TestResult for Result<T, E> {
    fn failed(&self) -> bool {
        self.is_err()
    }
}

/// The test that this thread works for.
///
/// # Panics
///
/// If it works for none: it is no `#[bigfoot::test]`'s own thread, and has not [entered](Test::enter)
/// one.
#[must_use]
#[track_caller]
pub fn current() -> Test {
    let current = TESTS.with_borrow(|tests| tests.last().cloned());
    match current {
        Some(test) => test,
        None => fail(
            Location::caller(),
            "this thread works for no test\n  mend     make the test a #[bigfoot::test]; in a thread of your own, take `bigfoot::current()` into it and `enter` it there",
        ),
    }
}

impl Test {
    fn begin(name: &str, at: &Location<'_>) -> Result<Self, String> {
        let directory =
            bigfoot_start::directory().ok_or_else(|| bigfoot_start::NO_RUN.to_owned())?;
        let client = Client::connect(directory).map_err(gone)?;
        let hello = Control::Hello {
            version: VERSION,
            language: "rust".to_owned(),
            thread: thread().unwrap_or_default(),
            test: name.to_owned(),
            origin: origin(at),
        };
        match client.say(&hello).map_err(gone)? {
            Outcome::Welcome { .. } => Ok(Self(Arc::new(client))),
            Outcome::Refused { reason } => Err(reason),
            _ => Err("the controller answered something else".to_owned()),
        }
    }

    /// What this thread does belongs to the test from now on, whoever made the thread: for threads of
    /// pools that several tests share. A thread that the test made belongs to it anyway, and needs this
    /// only to prepare and assert.
    ///
    /// # Panics
    ///
    /// If the test has ended.
    #[must_use]
    #[track_caller]
    pub fn enter(&self) -> Entered {
        let thread = thread().unwrap_or_default();
        self.say(&Control::Enter { thread }, Location::caller());
        TESTS.with_borrow_mut(|tests| tests.push(self.clone()));
        Entered { test: self.clone(), thread }
    }

    /// Says a word. What is refused or violated fails the thread, as of `at`.
    pub(crate) fn say(&self, word: &Control, at: &Location<'_>) -> Outcome {
        match self.0.say(word) {
            Ok(Outcome::Refused { reason }) => fail(at, &reason),
            Ok(Outcome::Violated { violation }) => fail(at, violation.text.trim_end()),
            Ok(outcome) => outcome,
            Err(error) => fail(at, &gone(error)),
        }
    }

    /// Says a word, whatever is heard.
    pub(crate) fn say_only(&self, word: &Control) {
        let _ = self.0.say(word); // what has failed first is told
    }

    /// The same as [`Self::say`] where nobody may be failed: on the way out of a block.
    pub(crate) fn say_at_end(&self, word: &Control, at: &Location<'_>) {
        if std::thread::panicking() {
            self.say_only(word);
        } else {
            self.say(word, at);
        }
    }

    fn check(&self) -> Result<Vec<Violation>, String> {
        match self.0.say(&Control::Check).map_err(gone)? {
            Outcome::Checked { violations } => Ok(violations),
            Outcome::Refused { reason } => Err(reason),
            _ => Err("the controller answered something else".to_owned()),
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        TESTS.with_borrow_mut(|tests| drop(tests.pop()));
        let _ = self.test.0.say(&Control::Leave { thread: self.thread }); // the test may have ended
    }
}

/// Verifies the test now, in place of its end: nothing can be prepared or asserted behind that.
///
/// # Panics
///
/// If one of the three rules was broken, or the test was verified already.
#[track_caller]
pub fn verify() {
    let at = Location::caller();
    match current().check() {
        Ok(violations) if violations.is_empty() => {}
        Ok(violations) => fail(at, &told(&violations)),
        Err(reason) => fail(at, &reason),
    }
    VERIFIED.set(true);
}

thread_local! {
    /// The test on this thread was verified by hand.
    static VERIFIED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Runs a test: what `#[bigfoot::test]` makes of a function, for those who make their tests otherwise.
/// `module` and `name` are the test's.
///
/// # Panics
///
/// As the test does; and if it passes, but broke one of the three rules.
#[track_caller]
pub fn run<R: TestResult>(module: &str, name: &str, body: impl FnOnce() -> R) -> R {
    let at = Location::caller();
    let path = module.split_once("::").map(|(_, path)| format!("{path}::")).unwrap_or_default();
    let test = match Test::begin(&format!("{path}{name}"), at) {
        Ok(test) => test,
        Err(reason) => fail(at, &reason),
    };
    VERIFIED.set(false);
    TESTS.with_borrow_mut(|tests| tests.push(test.clone()));
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    TESTS.with_borrow_mut(|tests| drop(tests.pop()));
    let broken = if VERIFIED.replace(false) { Ok(Vec::new()) } else { test.check() };
    ended(at, result, broken)
}

/// The end of a test: what failed first is told, and what was broken beside it.
fn ended<R: TestResult>(
    at: &Location<'_>,
    result: Result<R, Box<dyn Any + Send>>,
    broken: Result<Vec<Violation>, String>,
) -> R {
    let words = match &broken {
        Ok(violations) if violations.is_empty() => None,
        Ok(violations) => Some(told(violations)),
        Err(reason) => Some(format!("the test could not be verified: {reason}")),
    };
    match (result, words) {
        (Ok(result), None) => result,
        (Ok(result), Some(_)) if result.failed() => {
            eprintln!("{}", beside(&broken));
            result
        }
        (Ok(_), Some(words)) => fail(at, &words),
        (Err(panic), words) => {
            if words.is_some() {
                eprintln!("{}", beside(&broken));
            }
            panic::resume_unwind(panic)
        }
    }
}

/// What was broken beside a failure: what may come of that is said in a line.
fn beside(broken: &Result<Vec<Violation>, String>) -> String {
    let violations = match broken {
        Ok(violations) => violations,
        Err(reason) => return format!("the test could not be verified: {reason}"),
    };
    let mut words = String::from("beside that:");
    for violation in violations {
        if CONSEQUENCES.contains(&violation.name.as_str()) {
            words.push_str(&format!("\nnote[{}]: {}", violation.code, violation.about));
        } else {
            words.push_str(&format!("\n\n{}", violation.text.trim_end()));
        }
    }
    words
}

/// What may come of a test that failed before it was done.
const CONSEQUENCES: [&str; 2] = ["UnassertedInteractions", "UnusedMocks"];

fn told(violations: &[Violation]) -> String {
    let promises = if violations.len() == 1 { "promise is" } else { "promises are" };
    let mut words = format!("{} {promises} broken", violations.len());
    for violation in violations {
        words.push_str("\n\n");
        words.push_str(violation.text.trim_end());
    }
    words
}

/// Fails this thread, with no place but the test's own.
pub(crate) fn fail(at: &Location<'_>, words: &str) -> ! {
    let words = format!("{}:{}: {words}", at.file(), at.line());
    eprintln!("\n{words}\n");
    panic::resume_unwind(Box::new(words))
}

fn gone(error: std::io::Error) -> String {
    format!("the controller of this run does not answer: {error}; see what `bigfoot run` says")
}

/// Where something stands.
pub(crate) fn origin(at: &Location<'_>) -> Origin {
    Origin { file: at.file().to_owned(), line: at.line() }
}

/// The number of this thread (gettid(2)), by proc(5).
fn thread() -> Option<u32> {
    fs::read_link("/proc/thread-self").ok()?.file_name()?.to_str()?.parse().ok()
}
