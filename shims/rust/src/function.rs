//! Functions and objects of the test's own, under the same three rules.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use bigfoot_ipc::control::{Control, Outcome};

use crate::assertion::Assertion;
use crate::json::{self, Table};
use crate::pattern::Pattern;
use crate::test::{Test, current, origin};

const SOURCE: &str = "mock:call";

/// A function whose answers are prepared: each call takes the next one that fits, is recorded, and has
/// to be asserted. [`mock!`](crate::mock!) makes one of each method of a trait.
pub struct Function<R> {
    name: String,
    test: Test,
    answers: Mutex<HashMap<u64, VecDeque<Answer<R>>>>,
    real: Option<Real<R>>,
}

type Real<R> = Box<dyn Fn() -> R + Send + Sync>;
type Act<R> = Box<dyn FnOnce(&[String]) -> R + Send>;

enum Answer<R> {
    Value(R),
    Act(Act<R>),
}

impl<R> fmt::Debug for Function<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Function {}", self.name)
    }
}

/// An answer that is being prepared.
#[derive(Debug)]
pub struct Calling<'a, R> {
    function: &'a Function<R>,
    table: Table,
    at: &'static Location<'static>,
}

/// A function of this name, whose answers are prepared.
///
/// # Panics
///
/// If this thread works for no test.
#[must_use]
#[track_caller]
pub fn function<R>(name: &str) -> Function<R> {
    Function { name: name.to_owned(), test: current(), answers: Mutex::default(), real: None }
}

/// A function of this name that really does `real`, unless an answer is prepared; its calls are
/// recorded, and have to be asserted.
///
/// # Panics
///
/// As [`function`]; and in an open sandbox.
#[must_use]
#[track_caller]
pub fn spy<R>(name: &str, real: impl Fn() -> R + Send + Sync + 'static) -> Function<R> {
    let spied = Function { real: Some(Box::new(real)), ..function(name) };
    let mut calling = spied.on();
    calling.table.set("pass_through", "true");
    calling.register();
    drop(calling);
    spied
}

impl<R> Function<R> {
    /// The next call returns this.
    #[track_caller]
    pub fn returns(&self, value: R) {
        self.on().returns(value);
    }

    /// The next call does this with its arguments, as `{:?}` shows them.
    #[track_caller]
    pub fn calls(&self, act: impl FnOnce(&[String]) -> R + Send + 'static) {
        self.on().calls(act);
    }

    /// An answer for calls with these arguments only, as `{:?}` shows them: `[r#""eur""#, "1999"]`.
    #[track_caller]
    pub fn with<P: Into<Pattern>>(&self, args: impl IntoIterator<Item = P>) -> Calling<'_, R> {
        let mut calling = self.on();
        let args = json::list(args.into_iter().map(|pattern| pattern.into().0));
        calling.table.set("when", format!("{{\"name\":{},\"args\":{args}}}", exact(&self.name)));
        calling
    }

    #[track_caller]
    fn on(&self) -> Calling<'_, R> {
        let mut table = Table::default();
        table.set("source", json::string(SOURCE));
        table.set("when", format!("{{\"name\":{}}}", exact(&self.name)));
        Calling { function: self, table, at: Location::caller() }
    }

    /// Calls it: what the code under test does. The arguments are as `{:?}` shows them.
    ///
    /// # Panics
    ///
    /// If no answer is prepared, or no sandbox is open.
    #[track_caller]
    pub fn call(&self, args: &[String]) -> R {
        let at = Location::caller();
        let mut fields = Table::default();
        fields.set("name", json::string(&self.name));
        fields.set("args", json::list(args.iter().map(|arg| json::string(arg))));
        let word =
            Control::Call { source: SOURCE.to_owned(), fields: fields.text(), origin: origin(at) };
        let mock = match self.test.say(&word, at) {
            Outcome::Answered { mock, .. } => mock,
            _ => None,
        };
        self.answer(mock, args)
            .unwrap_or_else(|| crate::test::fail(at, &format!("{}: its answer is gone", self.name)))
    }

    fn answer(&self, mock: Option<u64>, args: &[String]) -> Option<R> {
        let Some(mock) = mock else {
            return self.real.as_ref().map(|real| real());
        };
        let answer = {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.get_mut(&mock)?.pop_front()?
        };
        Some(match answer {
            Answer::Value(value) => value,
            Answer::Act(act) => act(args),
        })
    }

    /// That it was called with these arguments, as `{:?}` shows them.
    #[track_caller]
    pub fn assert_call<P: Into<Pattern>>(&self, args: impl IntoIterator<Item = P>) {
        let args = json::list(args.into_iter().map(|pattern| pattern.into().0));
        let assertion = Assertion::new(SOURCE).field("name", self.name.as_str());
        drop(assertion.field_json("args", args));
    }
}

impl<R> Calling<'_, R> {
    /// The call returns this.
    pub fn returns(self, value: R) {
        self.answer(Answer::Value(value));
    }

    /// The call does this with its arguments, as `{:?}` shows them.
    pub fn calls(self, act: impl FnOnce(&[String]) -> R + Send + 'static) {
        self.answer(Answer::Act(Box::new(act)));
    }

    /// It need not be called.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.table.set("required", "false");
        self
    }

    fn answer(self, answer: Answer<R>) {
        let mock = self.register();
        let mut answers = self.function.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.entry(mock).or_default().push_back(answer);
    }

    fn register(&self) -> u64 {
        let word = Control::Mock { mock: self.table.text(), origin: origin(self.at) };
        match self.function.test.say(&word, self.at) {
            Outcome::Mocked { mock } => mock,
            _ => 0,
        }
    }
}

fn exact(text: &str) -> String {
    Pattern::from(text).0
}

/// An object of a trait, each of whose methods is a [`Function`] of its name.
///
/// ```
/// trait Mailer {
///     fn send(&self, to: &str, urgent: bool) -> Result<u64, String>;
///     fn flush(&self);
/// }
///
/// bigfoot::mock! {
///     /// Sends nothing.
///     struct MockMailer: Mailer {
///         fn send(&self, to: &str, urgent: bool) -> Result<u64, String>;
///         fn flush(&self);
///     }
/// }
/// # fn test() {
/// let mailer = MockMailer::new();
/// mailer.send.returns(Ok(7)); // the function `MockMailer::send`
/// mailer.flush.returns(());
/// # }
/// ```
#[macro_export]
macro_rules! mock {
    (
        $(#[$about:meta])*
        $vis:vis struct $name:ident: $trait:path {
            $(fn $method:ident(&self $(, $arg:ident: $type:ty)* $(,)?) $(-> $returns:ty)?;)*
        }
    ) => {
        $(#[$about])*
        $vis struct $name {
            $(
                /// The method of this name.
                pub $method: $crate::Function<$crate::mock!(@returns $($returns)?)>,
            )*
        }

        impl $name {
            /// One whose answers are prepared.
            #[track_caller]
            $vis fn new() -> Self {
                Self {
                    $($method: $crate::function(concat!(stringify!($name), "::", stringify!($method))),)*
                }
            }
        }

        impl $trait for $name {
            $(
                fn $method(&self $(, $arg: $type)*) $(-> $returns)? {
                    self.$method.call(&[$(::std::format!("{:?}", $arg)),*])
                }
            )*
        }
    };
    (@returns) => { () };
    (@returns $returns:ty) => { $returns };
}
