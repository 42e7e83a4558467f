//! Who answers a statement: a mock, the session itself, the real server, or nobody.

use super::super::catalog;
use super::super::reply::{self, Failure, Outcome};
use super::super::said::Status;
use super::super::statement::{self, Command};
use super::super::{BEGIN, COMMIT, QUERY, ROLLBACK, SAVEPOINT, settings};
use super::Session;
use crate::fields::Fields;
use crate::mocks::Matcher;
use crate::plugins::conversation::{Answer, By, Desk, Fault, Reply};

/// What is to be done about a statement.
#[derive(Debug, Clone)]
pub(super) enum Effect {
    /// This comes of it; then the transaction stands like this.
    Outcome(Outcome, Option<Status>),
    /// It goes wrong.
    Fault(Fault, Outcome),
    /// The real server is asked; told under this number, if it is an interaction.
    Real(Option<u64>),
}

impl From<Failure> for Effect {
    fn from(failure: Failure) -> Self {
        Self::Outcome(Outcome::Failed(failure), None)
    }
}

fn done(tag: String, notices: Vec<String>) -> Outcome {
    Outcome::Done { table: None, tag: Some(tag), notices }
}

impl Session {
    /// Who answers a statement with these parameters, and what.
    pub(super) fn decide(&mut self, sql: &str, words: &[Vec<u8>], desk: &mut dyn Desk) -> Effect {
        let command = statement::command(sql);
        let ends = matches!(command, Command::Commit | Command::Rollback | Command::RollbackTo);
        if self.status == Status::Failed && !ends {
            return aborted().into();
        }
        match command {
            Command::Begin => self.transaction(BEGIN, command, sql, desk),
            Command::Commit => self.transaction(COMMIT, command, sql, desk),
            Command::Rollback => self.transaction(ROLLBACK, command, sql, desk),
            Command::Savepoint | Command::RollbackTo => {
                self.transaction(SAVEPOINT, command, sql, desk)
            }
            Command::Copy => self.copy(sql, desk),
            Command::TwoPhase => self.ask(sql, words, desk),
            Command::Plain => match self.hidden(sql, words, desk) {
                Some(effect) => effect,
                None => self.ask(sql, words, desk),
            },
        }
    }

    /// What is recorded of a statement.
    pub(super) fn fields(&self, sql: &str, words: Option<&[Vec<u8>]>) -> Fields {
        let fields = self.place.clone().with("sql", sql).with("normalised", sql);
        words.into_iter().fold(fields, |fields, words| fields.with("parameters", words.to_vec()))
    }

    fn ask(&mut self, sql: &str, words: &[Vec<u8>], desk: &mut dyn Desk) -> Effect {
        match desk.answer(QUERY, self.fields(sql, Some(words))) {
            Answer::Mocked(reply) => mocked(&reply, None),
            Answer::Refused(why) => refused(&why).into(),
            Answer::Real(number) => Effect::Real(Some(number)),
        }
    }

    /// A statement that is about the session only, unless a mock names it.
    fn hidden(&mut self, sql: &str, words: &[Vec<u8>], desk: &mut dyn Desk) -> Option<Effect> {
        let mut settings = self.settings.clone_for(sql);
        let (outcome, told) = match catalog::answer(sql, words) {
            Some(outcome) => (outcome, Vec::new()),
            None => settings.as_mut()?.answer(sql, self.process)?,
        };
        let foreseen = desk.foresee(QUERY, &self.fields(sql, Some(words)));
        let exact = |name| matches!(foreseen.when.get(name), Some(Matcher::Exact(_)));
        if foreseen.by != By::Nobody && (exact("sql") || exact("normalised")) {
            return None;
        }
        self.settings = settings.unwrap_or_else(|| self.settings.clone());
        match settings::deallocates(sql) {
            Some(None) => self.prepared.clear(),
            Some(Some(name)) => drop(self.prepared.remove(&name)),
            None => {}
        }
        if self.server.is_used() {
            return Some(Effect::Real(None));
        }
        self.server.remember(sql);
        self.told.extend(told);
        Some(Effect::Outcome(outcome, None))
    }

    /// COPY has messages of its own, which are not spoken here: whoever allows it is told so.
    fn copy(&mut self, sql: &str, desk: &mut dyn Desk) -> Effect {
        match desk.answer(QUERY, self.fields(sql, Some(&[]))) {
            Answer::Refused(why) => refused(&why).into(),
            answer => {
                if let Answer::Real(number) = answer {
                    desk.completed(number, Fields::new());
                }
                Failure::new(
                    "0A000",
                    "COPY is not spoken by bigfoot, neither in mocks nor passed through",
                )
                .into()
            }
        }
    }

    /// The parts of a transaction are interactions where a mock or a step names them.
    fn transaction(
        &mut self,
        source: &'static str,
        command: Command,
        sql: &str,
        desk: &mut dyn Desk,
    ) -> Effect {
        let (outcome, after) = self.transition(command, sql);
        if matches!(outcome, Outcome::Failed(_)) && !self.server.is_used() {
            return Effect::Outcome(outcome, None);
        }
        if desk.names(source) {
            return match desk.answer(source, self.place.clone().with("sql", sql)) {
                Answer::Mocked(reply) => mocked(&reply, Some((outcome, after))),
                Answer::Refused(why) => refused(&why).into(),
                Answer::Real(number) => Effect::Real(Some(number)),
            };
        }
        if self.server.is_used() {
            return Effect::Real(None);
        }
        self.server.remember_transaction(command, sql);
        Effect::Outcome(outcome, Some(after))
    }

    /// What a server says to it, and how the transaction stands then.
    fn transition(&self, command: Command, sql: &str) -> (Outcome, Status) {
        let tag = statement::tag(sql, None);
        let open = self.status != Status::Idle;
        let none = |_: &str| vec!["there is no transaction in progress".to_owned()];
        match command {
            Command::Begin if open => (
                done(tag, vec!["there is already a transaction in progress".to_owned()]),
                self.status,
            ),
            Command::Begin => (done(tag, Vec::new()), Status::Open),
            Command::Commit if self.status == Status::Failed => {
                (done("ROLLBACK".to_owned(), Vec::new()), Status::Idle)
            }
            Command::Commit | Command::Rollback => {
                (done(tag.clone(), if open { Vec::new() } else { none(&tag) }), Status::Idle)
            }
            Command::RollbackTo if open => (done("ROLLBACK".to_owned(), Vec::new()), Status::Open),
            _ if open => (done(tag, Vec::new()), self.status),
            _ => {
                let what =
                    if command == Command::RollbackTo { "ROLLBACK TO SAVEPOINT" } else { &tag };
                let why = format!("{what} can only be used in transaction blocks");
                (Outcome::Failed(Failure::new("25P01", &why)), self.status)
            }
        }
    }
}

/// What a mock answers; where it has no error, what was to come without it.
fn mocked(reply: &Reply, otherwise: Option<(Outcome, Status)>) -> Effect {
    let outcome = reply::outcome(&reply.fields).unwrap_or_else(|unfit| {
        Outcome::Failed(Failure::new("XX000", &format!("the mock's reply: {}", unfit.message)))
    });
    match (reply.fault, otherwise) {
        (Some(fault), _) => Effect::Fault(fault, outcome),
        (None, Some((otherwise, after))) if !matches!(outcome, Outcome::Failed(_)) => {
            Effect::Outcome(otherwise, Some(after))
        }
        _ => Effect::Outcome(outcome, None),
    }
}

fn refused(why: &str) -> Failure {
    Failure::new("42501", why)
}

/// What is answered to everything in a transaction that failed.
pub(super) fn aborted() -> Failure {
    let why = "current transaction is aborted, commands ignored until end of transaction block";
    Failure::new("25P02", why)
}
