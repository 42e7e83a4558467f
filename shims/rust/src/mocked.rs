//! A prepared answer: what all builders of mocks share. It is registered where its statement ends.

use std::panic::Location;

use bigfoot_ipc::control::Control;

use crate::json::{self, Table};
use crate::pattern::Pattern;
use crate::test::{Test, current, origin};

/// A prepared answer that is being put together. It is registered when this goes out of scope, which is
/// at the end of its statement.
#[derive(Debug)]
pub struct Mock {
    test: Test,
    at: &'static Location<'static>,
    table: Table,
    when: Table,
    reply: Table,
}

impl Mock {
    #[track_caller]
    pub(crate) fn new(source: &str) -> Self {
        let mut table = Table::default();
        table.set("source", json::string(source));
        let (when, reply) = (Table::default(), Table::default());
        Self { test: current(), at: Location::caller(), table, when, reply }
    }

    /// It waits for this in a field.
    #[must_use]
    pub fn when(mut self, field: &str, pattern: impl Into<Pattern>) -> Self {
        self.expect(field, pattern.into().0);
        self
    }

    /// The same, written as JSON: lists, tables, documents.
    #[must_use]
    pub fn when_json(mut self, field: &str, json: impl std::fmt::Display) -> Self {
        self.expect(field, json.to_string());
        self
    }

    /// It answers with this, written as JSON.
    #[must_use]
    pub fn reply_json(mut self, field: &str, json: impl std::fmt::Display) -> Self {
        self.reply.set(field, json.to_string());
        self
    }

    /// It answers with these characters.
    #[must_use]
    pub fn reply(mut self, field: &str, text: impl AsRef<[u8]>) -> Self {
        self.reply.set(field, json::bytes(text.as_ref()));
        self
    }

    /// It answers so often, no less and no more; once if nothing is said.
    pub fn times(mut self, times: u64) -> Self {
        self.table.set("times", times.to_string());
        self
    }

    /// It answers as often as it is asked, which may be never.
    pub fn any_times(mut self) -> Self {
        self.table.set("times", "\"any\"");
        self
    }

    /// It need not be used.
    pub fn optional(mut self) -> Self {
        self.table.set("required", "false");
        self
    }

    /// It fails like this: a kind of fault of `bigfoot plugins`, such as `refuse` or `timeout`.
    #[must_use]
    pub fn fault(mut self, kind: &str) -> Self {
        self.table.set("fault", format!("{{\"kind\":{}}}", json::string(kind)));
        self
    }

    pub(crate) fn expect(&mut self, field: &str, json: String) {
        if json != crate::any().0 {
            self.when.set(field, json); // a field that is not named may be anything
        }
    }

    pub(crate) fn expect_in(&mut self, field: &str, name: &str, json: &str) {
        self.when.set_in(field, name, json);
    }

    pub(crate) fn answer(&mut self, field: &str, json: String) {
        self.reply.set(field, json);
    }

    pub(crate) fn answer_in(&mut self, field: &str, name: &str, json: &str) {
        self.reply.set_in(field, name, json);
    }

    pub(crate) fn option(&mut self, name: &str, json: &str) {
        self.table.set(name, json);
    }

    /// The words that register it.
    fn word(&mut self) -> Control {
        if !self.when.is_empty() {
            self.table.set("when", self.when.text());
        }
        if !self.reply.is_empty() {
            self.table.set("reply", self.reply.text());
        }
        Control::Mock { mock: self.table.text(), origin: origin(self.at) }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let word = self.word();
            self.test.say(&word, self.at);
        }
    }
}
