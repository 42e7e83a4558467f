//! What was done: what all builders of assertions share. It is held against what was recorded where its
//! statement ends.

use std::panic::{self, AssertUnwindSafe, Location};

use bigfoot_ipc::control::{Control, Outcome};

use crate::json::{self, Table};
use crate::pattern::{Judge, Kind, Matcher};
use crate::test::{Test, current, fail, origin};

/// An assertion that is being put together. It is made when this goes out of scope, which is at the end
/// of its statement.
pub struct Assertion {
    test: Test,
    at: &'static Location<'static>,
    source: String,
    fields: Table,
    reply: Table,
    judges: Vec<(String, Judge)>,
}

impl std::fmt::Debug for Assertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Assertion of {} {}", self.source, self.fields.text())
    }
}

impl Assertion {
    #[track_caller]
    pub(crate) fn new(source: &str) -> Self {
        Self {
            test: current(),
            at: Location::caller(),
            source: source.to_owned(),
            fields: Table::default(),
            reply: Table::default(),
            judges: Vec::new(),
        }
    }

    /// A field was like this.
    #[must_use]
    pub fn field(mut self, name: &str, matcher: impl Into<Matcher>) -> Self {
        self.say(name, matcher.into());
        self
    }

    /// The same, written as JSON: lists, tables, parts of documents.
    #[must_use]
    pub fn field_json(mut self, name: &str, json: impl std::fmt::Display) -> Self {
        self.fields.set(name, json.to_string());
        self
    }

    /// The answer had this in it, written as JSON.
    #[must_use]
    pub fn answered_json(mut self, name: &str, json: impl std::fmt::Display) -> Self {
        self.reply.set(name, json.to_string());
        self
    }

    pub(crate) fn say(&mut self, name: &str, matcher: Matcher) {
        match matcher.0 {
            Kind::Pattern(pattern) => self.fields.set(name, pattern.0),
            Kind::Judge(judge) => self.judges.push((name.to_owned(), judge)),
        }
    }

    pub(crate) fn say_json(&mut self, name: &str, json: String) {
        self.fields.set(name, json);
    }

    pub(crate) fn say_in(&mut self, field: &str, name: &str, json: &str) {
        self.fields.set_in(field, name, json);
    }

    pub(crate) fn answered(&mut self, name: &str, json: String) {
        self.reply.set(name, json);
    }

    fn make(&self) {
        let mut outcome = self.test.say(
            &Control::Assert {
                source: self.source.clone(),
                fields: self.fields.text(),
                reply: self.reply.text(),
                judged: self.judges.iter().map(|(name, _)| name.clone()).collect(),
                origin: origin(self.at),
            },
            self.at,
        );
        while let Outcome::Judge { fields, .. } = outcome {
            let judged = self.judged(&fields);
            let word = Control::Judged { holds: judged == Ok(true) };
            outcome = match judged {
                Ok(_) => self.test.say(&word, self.at),
                Err(name) => {
                    self.test.say_only(&word); // the controller waits for it
                    fail(self.at, &format!("the predicate for `{name}` panicked"))
                }
            };
        }
    }

    /// Whether the test finds the fields as it wants them; the name of the one whose look panicked.
    fn judged(&self, fields: &str) -> Result<bool, &str> {
        for (name, judge) in &self.judges {
            let value = json::member(fields, name).unwrap_or_default();
            match panic::catch_unwind(AssertUnwindSafe(|| judge(&value))) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(_) => return Err(name),
            }
        }
        Ok(true)
    }
}

impl Drop for Assertion {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.make();
        }
    }
}
