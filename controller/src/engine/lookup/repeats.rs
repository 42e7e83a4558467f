//! Questions to a name server that belong to an earlier one: the other family of the same look-up,
//! and those that a client sends again since it heard nothing.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::fields::Fields;
use crate::intake::process::Pid;
use crate::plugins::conversation::Reply;
use crate::plugins::dns;

/// Most names whose questions are remembered; with one more, all are forgotten.
const NAMES_MAX: usize = 4096;
/// How long after one family's question the other's still belongs to it.
const HALVES_APART_MAX: Duration = Duration::from_secs(5);
/// Most questions for one name.
const QUESTIONS_MAX: usize = 64;
/// How often a question that heard nothing may be sent again, in both families together: resolvers
/// try three or four times.
const REPEATS_MAX: u8 = 16;

/// Questions that a mock answered, by process and name, oldest first.
#[derive(Debug, Default)]
pub(in crate::engine) struct Repeats(HashMap<(Pid, String), VecDeque<Answered>>);

/// A question that a mock answered.
#[derive(Debug)]
struct Answered {
    kind: String,
    mock: usize,
    reply: Reply,
    /// The other family has not been asked for yet.
    halved: bool,
    since: Instant,
    repeats: u8,
}

impl Repeats {
    /// A mock answered this question.
    pub(in crate::engine) fn answered(
        &mut self,
        pid: Pid,
        fields: &Fields,
        mock: usize,
        reply: &Reply,
    ) {
        let Some((key, kind)) = question(pid, fields) else {
            return;
        };
        if self.0.len() >= NAMES_MAX && !self.0.contains_key(&key) {
            self.0.clear();
        }
        let questions = self.0.entry(key).or_default();
        if questions.len() >= QUESTIONS_MAX {
            questions.pop_front();
        }
        let halved = dns::is_of_addresses(fields);
        let (reply, since) = (reply.clone(), Instant::now());
        questions.push_back(Answered { kind, mock, reply, halved, since, repeats: 0 });
    }

    /// What the mock that answered for one family says for the other; once.
    pub(in crate::engine) fn other_half(
        &mut self,
        pid: Pid,
        fields: &Fields,
        fits: impl Fn(usize) -> bool,
    ) -> Option<Reply> {
        let (key, kind) = question(pid, fields)?;
        let other = |it: &&mut Answered| {
            it.halved && it.since.elapsed() < HALVES_APART_MAX && it.kind != kind && fits(it.mock)
        };
        let answered = self.0.get_mut(&key)?.iter_mut().find(other)?;
        answered.halved = false;
        Some(answered.reply.clone())
    }

    /// What a mock says to a question that is sent again since it heard nothing: nothing.
    pub(in crate::engine) fn silence(
        &mut self,
        pid: Pid,
        fields: &Fields,
        fits: impl Fn(usize) -> bool,
    ) -> Option<Reply> {
        let (key, _) = question(pid, fields)?;
        let silent = |it: &&mut Answered| {
            it.repeats < REPEATS_MAX && fits(it.mock) && dns::is_silent(&it.reply)
        };
        let answered = self.0.get_mut(&key)?.iter_mut().find(silent)?;
        answered.repeats += 1;
        Some(answered.reply.clone())
    }
}

fn question(pid: Pid, fields: &Fields) -> Option<((Pid, String), String)> {
    let (name, kind) = (fields.text("name")?, fields.text("type")?);
    Some(((pid, name.into_owned()), kind.into_owned()))
}
