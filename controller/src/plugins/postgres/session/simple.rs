//! Simple queries: statements in one text, done one by one.

use super::super::reply::{Failure, Outcome};
use super::super::{said, statement};
use super::decide::Effect;
use super::{Session, fault};
use crate::mocks::sql;
use crate::plugins::conversation::{Desk, Output};

/// Most statements of one text.
const STATEMENTS_MAX: usize = 100_000;

impl Session {
    pub(super) fn query(&mut self, text: &str, output: &mut Output) {
        self.prepared.remove("");
        self.portals.remove("");
        if text.bytes().filter(|byte| *byte == b';').count() > STATEMENTS_MAX {
            let why = format!("more than {STATEMENTS_MAX} statements in one query");
            self.tell(&Failure::new("54000", &why), output);
            return self.ready(output);
        }
        let statements = sql::statements(text);
        if statements.is_empty() {
            said::put_bare(&mut output.client, b'I');
        }
        self.queue = Some(statements.into_iter().map(str::to_owned).collect());
    }

    /// The next statement; behind the last one, ReadyForQuery.
    pub(super) fn next_statement(&mut self, desk: &mut dyn Desk, output: &mut Output) {
        let Some(sql) = self.queue.as_mut().and_then(|queue| queue.pop_front()) else {
            self.queue = None;
            return self.ready(output);
        };
        match self.decide(&sql, &[], desk) {
            Effect::Real(number) => self.pass_query(number, &sql, output),
            Effect::Outcome(outcome, after) => {
                let failed = self.say(&sql, &outcome, output);
                if failed && let Some(queue) = &mut self.queue {
                    queue.clear();
                }
                self.status = after.filter(|_| !failed).unwrap_or(self.status);
            }
            Effect::Fault(fault, outcome) => {
                let mut answer = Output::default();
                if self.say(&sql, &outcome, &mut answer)
                    && let Some(queue) = &mut self.queue
                {
                    queue.clear();
                }
                fault::apply(self, fault, answer.client, output);
            }
        }
    }

    /// Rows and all that belongs to them, in text; whether it failed.
    fn say(&mut self, sql: &str, outcome: &Outcome, output: &mut Output) -> bool {
        self.put_notices(outcome, output);
        if let Outcome::Done { table, .. } = outcome {
            match table {
                Some(table) => {
                    said::put_columns(&mut output.client, &table.columns, |_| false);
                    fault::put_rows(&table.columns, &table.rows, &[], output);
                }
                None if statement::gives_rows(sql) => {
                    said::put_columns(&mut output.client, &[], |_| false)
                }
                None => {}
            }
        }
        self.put_done(sql, outcome, output)
    }

    pub(super) fn put_notices(&self, outcome: &Outcome, output: &mut Output) {
        if let Outcome::Done { notices, .. } = outcome {
            for notice in notices {
                let (severity, code) = match notice.as_str() {
                    "there is no transaction in progress" => ("WARNING", "25P01"),
                    "there is already a transaction in progress" => ("WARNING", "25001"),
                    _ => ("NOTICE", "00000"),
                };
                said::put_notice(&mut output.client, severity, code, notice);
            }
        }
    }
}
