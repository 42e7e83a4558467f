//! What follows in a session that a mock opens.

use super::super::error::Error;
use super::super::schema::Reader;
use super::super::tree::{Entry, Node, Value};
use super::act::Real;
use super::source::{About, listed};
use crate::mocks::{Mock, Step, StepMock, Times};

const KEYS: &[&str] = &["source", "when", "reply", "fault"];

impl Reader<'_> {
    pub(super) fn steps(&self, node: &Node, about: About, real: Real) -> Result<Vec<Step>, Error> {
        let Some(entry) = node.entry("steps") else {
            return Ok(Vec::new());
        };
        if real != Real::Never {
            let wrong = "a real call has no steps";
            return Err(self.source.error(entry.span.clone(), wrong, "not with a real call"));
        }
        if !about.shape.opens {
            return Err(self.no_session(entry, about));
        }
        let nodes = self.list(&entry.node, "steps", "tables", "[{ source = \"..\" }]")?;
        nodes.iter().map(|node| self.step(node, about)).collect()
    }

    fn no_session(&self, entry: &Entry, about: About) -> Error {
        let source = about.shape.source;
        let error = self.source.error(
            entry.span.clone(),
            format!("{source} opens no session, and so has no steps"),
            "no session",
        );
        let opening = about.plugin.card().interactions.iter().filter(|shape| shape.opens);
        let opening = listed(opening.map(|shape| shape.source));
        if opening.is_empty() {
            return error.help("write a mock for each call");
        }
        error.help(format!("a session is opened by {opening}"))
    }

    fn step(&self, node: &Node, about: About) -> Result<Step, Error> {
        let Some(group) = node.entry("any_order") else {
            return self.step_mock(node, about).map(Step::One);
        };
        let other = self.entries(node, "step")?.iter().find(|entry| entry.key != "any_order");
        if let Some(entry) = other {
            let wrong = format!("`{}` stands beside `any_order`", entry.key);
            let error = self.source.error(entry.span.clone(), wrong, "belongs into a step");
            return Err(error.help("write a step of its own for it"));
        }
        let nodes = self.list(&group.node, "any_order", "steps", "[{ source = \"..\" }]")?;
        if nodes.is_empty() {
            return Err(self.error(&group.node, "there is no step in this group", "empty"));
        }
        let steps = nodes.iter().map(|node| self.step_mock(node, about));
        steps.collect::<Result<_, _>>().map(Step::AnyOrder)
    }

    fn step_mock(&self, node: &Node, session: About) -> Result<StepMock, Error> {
        let about = self.about(node, "step", KEYS)?;
        self.in_session(node, about, session)?;
        if let Some(Entry { node: Node { value: Value::List(replies), .. }, span, .. }) =
            node.entry("reply")
            && replies.len() > 1
        {
            let error = self.source.error(span.clone(), "a step has one reply", "several replies");
            return Err(error.help("write a step for each"));
        }
        let mock = Mock {
            plugin: about.plugin,
            shape: about.shape,
            when: self.when(node, about.shape)?,
            act: self.act(node, about.shape, Real::Never)?,
            times: Times::ONCE,
            test: None,
            asserts: false,
            steps: Vec::new(),
            origin: self.origin_at(node.span.start),
        };
        self.fits(node, &mock)?;
        let Mock { shape, when, act, origin, .. } = mock;
        Ok(StepMock { shape, when, act, origin })
    }

    fn in_session(&self, node: &Node, about: About, session: About) -> Result<(), Error> {
        let (own, other) = (session.shape.protocol(), about.shape.source);
        let place = node.entry("source").map_or(node, |entry| &entry.node);
        if about.plugin.card().name != session.plugin.card().name {
            let wrong = format!("{other} is no step of a session of {own}");
            return Err(self.error(place, wrong, "of another protocol"));
        }
        if about.shape.opens {
            let wrong = format!("{other} opens a session, and is no step of one");
            return Err(self.error(place, wrong, "opens another session"));
        }
        Ok(())
    }
}
