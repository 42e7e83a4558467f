//! What a mock does: it answers, it fails, or it lets the real call through.

use std::sync::Arc;

use super::super::error::Error;
use super::super::schema::Reader;
use super::super::tree::{Entry, Node, Value};
use super::source::listed;
use crate::fields::Fields;
use crate::mocks::Act;
use crate::plugins::card::{FaultKind, Shape};
use crate::plugins::conversation::Fault;
use crate::rules::word;

/// Longest time that a fault may take between two bytes.
const DELAY_MS_MAX: u64 = 86_400_000;
const FAULT_KEYS: &[&str] = &["kind", "after", "delay_ms"];

/// Whether the real call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Real {
    /// No.
    Never,
    /// Yes, however often.
    PassThrough,
    /// Yes, and it has to happen.
    Spy,
}

impl Reader<'_> {
    pub(super) fn real(&self, node: &Node) -> Result<Real, Error> {
        let set = |name| {
            let entry = node.entry(name);
            entry.map_or(Ok(false), |entry: &Entry| self.boolean(&entry.node, name))
        };
        match (set("pass_through")?, set("spy")?) {
            (false, false) => Ok(Real::Never),
            (true, false) => Ok(Real::PassThrough),
            (false, true) => Ok(Real::Spy),
            (true, true) => {
                let entry = node.entry("spy").map_or(&node.span, |entry| &entry.span);
                let wrong = "a mock is a spy or passes through, and not both";
                Err(self.source.error(entry.clone(), wrong, "the second").help(
                    "a spy has to see its call; what passes through may happen any number of times",
                ))
            }
        }
    }

    pub(super) fn act(&self, node: &Node, shape: &'static Shape, real: Real) -> Result<Act, Error> {
        let mut replies = self.replies(node, shape)?;
        let fault = node.entry("fault");
        let alone = real != Real::Never || fault.is_some();
        if let (Some(reply), true, true) = (node.entry("reply"), alone, replies.len() > 1) {
            return Err(self.source.error(
                reply.span.clone(),
                "there is one call here, and so one reply",
                "several replies",
            ));
        }
        match fault {
            None if real == Real::Never => Ok(Act::Replies(replies)),
            None => Ok(Act::Real(replies.pop().unwrap_or_default())),
            Some(entry) => {
                let fault = self.fault(node, entry, shape, real)?;
                Ok(Act::Fault(fault, replies.pop().unwrap_or_default()))
            }
        }
    }

    /// One or several, in order; a mock without any gives an answer without fields.
    fn replies(&self, node: &Node, shape: &'static Shape) -> Result<Vec<Arc<Fields>>, Error> {
        let Some(entry) = node.entry("reply") else {
            return Ok(vec![Arc::default()]);
        };
        let nodes = match &entry.node.value {
            Value::List(nodes) if nodes.is_empty() => {
                return Err(self.error(&entry.node, "there is no reply in this list", "empty"));
            }
            Value::List(nodes) => nodes.as_slice(),
            _ => std::slice::from_ref(&entry.node),
        };
        nodes.iter().map(|node| self.reply(node, shape).map(Arc::new)).collect()
    }

    fn fault(&self, mock: &Node, entry: &Entry, shape: &Shape, real: Real) -> Result<Fault, Error> {
        if real != Real::Never {
            let wrong = "a real call cannot be made to fail";
            return Err(self.source.error(entry.span.clone(), wrong, "not with a real call"));
        }
        let entries = self.entries(&entry.node, "fault")?;
        if let Some(entry) = entries.iter().find(|entry| !FAULT_KEYS.contains(&entry.key.as_str()))
        {
            return Err(self.unknown(entry, FAULT_KEYS, "`fault`"));
        }
        let Some(kind) = entry.node.entry("kind") else {
            let error = self.error(&entry.node, "this fault has no kind", "what goes wrong?");
            return Err(error.help(kinds(shape)));
        };
        let kind = self.fault_kind(&kind.node, shape)?;
        let after = self.count(&entry.node, "after", u64::MAX)?;
        let delay_ms = self.count(&entry.node, "delay_ms", DELAY_MS_MAX)?;
        if matches!(kind, FaultKind::Refuse | FaultKind::Timeout) {
            let idle = mock.entry("reply").or_else(|| entry.node.entry("after"));
            if let Some(idle) = idle {
                return Err(self.source.error(
                    idle.span.clone(),
                    format!("nothing is answered where the fault is `{}`", kind.name()),
                    "never sent",
                ));
            }
        }
        Ok(Fault { kind, after, delay_ms })
    }

    fn fault_kind(&self, node: &Node, shape: &Shape) -> Result<FaultKind, Error> {
        let text = self.text(node, "kind")?;
        if let Some(kind) = shape.faults.iter().find(|kind| kind.name() == text) {
            return Ok(*kind);
        }
        let known = FaultKind::ALL.iter().any(|kind| kind.name() == text);
        let wrong = if known {
            format!("{} has no fault `{text}`", shape.source)
        } else {
            format!("unknown fault `{text}`")
        };
        let near = word::nearest(text, shape.faults.iter().map(|kind| kind.name()));
        let help = near.map_or_else(|| kinds(shape), |near| format!("did you mean `{near}`?"));
        Err(self.error(node, wrong, "not a fault of it").help(help))
    }

    fn count(&self, table: &Node, name: &str, max: u64) -> Result<u64, Error> {
        let Some(entry) = table.entry(name) else {
            return Ok(0);
        };
        match &entry.node.value {
            Value::Integer(number) => {
                u64::try_from(*number).ok().filter(|number| *number <= max).ok_or_else(|| {
                    let most = if max == u64::MAX { String::new() } else { format!(" to {max}") };
                    let wrong = format!("`{name}` takes a number from 0{most}");
                    self.error(&entry.node, wrong, "out of range")
                })
            }
            _ => Err(self.wrong_type(&entry.node, name, "a whole number")),
        }
    }
}

fn kinds(shape: &Shape) -> String {
    match shape.faults {
        [] => format!("{} has no faults", shape.source),
        faults => {
            format!("{} has {}", shape.source, listed(faults.iter().map(|kind| kind.name())))
        }
    }
}
