//! Sessions: what a mock that opens one says comes next on its connection.

use std::collections::VecDeque;

use super::mocked::{Deed, Settled, further_on, reply_of};
use super::tickets::{Left, Session};
use super::{Asker, Engine};
use crate::fields::Fields;
use crate::mocks::{Matcher, Step, StepMock};
use crate::report::{Code, differ, paste};
use crate::timeline::How;

impl Engine {
    /// A mock that opens a session says what comes next on its connection.
    pub(super) fn bind(&mut self, ticket: u32, number: usize) {
        let steps: VecDeque<Step> = self.mocks.mock(number).steps.iter().cloned().collect();
        if let Some(conversation) = self.conversations.open.get_mut(&ticket)
            && !steps.is_empty()
        {
            conversation.session = Some(Session { mock: number, steps });
        }
    }

    /// In a session the next step answers; what is none of it is told as such.
    pub(super) fn by_step(&mut self, ticket: u32, asker: &Asker, deed: &Deed) -> Option<Settled> {
        let conversation = self.conversations.open.get_mut(&ticket)?;
        let session = conversation.session.as_mut()?;
        let step = session.steps.front()?;
        let Some(at) = step.mocks().iter().position(|step| step.is(deed)) else {
            let waited = step.mocks().first().cloned()?;
            return Some(self.unlike_step(asker, deed.clone(), &waited));
        };
        let mock = session.mock;
        let taken = session.take(at)?;
        let asserts = self.mocks.mock(mock).asserts;
        let recorded = self.record(asker, deed.clone(), How::Mocked(taken.origin.clone()), asserts);
        let reply = reply_of(&taken.act, 0);
        self.replied(recorded, &reply);
        Some(Settled::Mocked(reply, recorded))
    }

    fn unlike_step(&mut self, asker: &Asker, deed: Deed, waited: &StepMock) -> Settled {
        let settled = self.refused(asker, deed.clone(), Code::Mismatch, None);
        let mut lines = vec![format!("{} waits for {}", waited.origin, waited.shape.source)];
        if waited.shape.source == deed.shape.source {
            lines = differ::lines(&waited.origin.to_string(), &waited.differences(&deed.fields));
        }
        if let Settled::Refused(_, Some(number)) = settled {
            self.findings.stands_in_session(number);
            self.findings.add_part(number, ("step", lines));
        }
        settled
    }

    /// A connection is over: steps that did not come are left over.
    pub(super) fn conversation_ended(&mut self, ticket: u32) {
        let test = self.asker_of(ticket).and_then(|asker| asker.test);
        let conversation = self.conversations.open.remove(&ticket);
        let Some(session) = conversation.and_then(|conversation| conversation.session) else {
            return;
        };
        if !session.steps.is_empty() {
            let steps = session.steps.into_iter().collect();
            self.conversations.left.push(Left { mock: session.mock, steps, test });
        }
    }

    /// The same of the sessions that mocks of one test opened.
    pub(super) fn left_over_of(&mut self, test: u32) -> Vec<Left> {
        let own = |mock: usize| self.mocks.owner(mock) == Some(test);
        let open = self.conversations.open.iter();
        let open = open.filter(|(_, it)| it.session.as_ref().is_some_and(|it| own(it.mock)));
        let open: Vec<u32> = open.map(|(ticket, _)| *ticket).collect();
        for ticket in open {
            self.conversation_ended(ticket);
        }
        let left = std::mem::take(&mut self.conversations.left);
        let of_test = |left: &Left| self.mocks.owner(left.mock) == Some(test);
        let (own, others) = left.into_iter().partition(of_test);
        self.conversations.left = others;
        own
    }

    /// What was left over, that of connections which are still open too.
    pub(super) fn left_over(&mut self) -> Vec<Left> {
        let open: Vec<u32> = self.conversations.open.keys().copied().collect();
        for ticket in open {
            self.conversation_ended(ticket);
        }
        std::mem::take(&mut self.conversations.left)
    }
}

impl Session {
    /// Takes one of the next steps.
    fn take(&mut self, at: usize) -> Option<StepMock> {
        match self.steps.front_mut()? {
            Step::AnyOrder(steps) if steps.len() > 1 => Some(steps.remove(at)),
            _ => self.steps.pop_front()?.mocks().get(at).cloned(),
        }
    }
}

impl StepMock {
    /// Whether this is what it waits for.
    fn is(&self, deed: &Deed) -> bool {
        self.shape.source == deed.shape.source && self.when.has(self.shape, &deed.fields)
    }

    /// What it waits for and what came, of the fields that differ.
    fn differences(&self, fields: &Fields) -> Vec<(&'static str, String, String)> {
        let pair = |(name, matcher): (&'static str, &Matcher)| {
            let actual = fields.get(name).map_or_else(|| "nothing".to_owned(), paste::value);
            (name, matcher.words(), further_on(&matcher.words(), actual))
        };
        self.when.differing(self.shape, fields).into_iter().map(pair).collect()
    }
}
