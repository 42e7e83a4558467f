//! What a mock waits for.

use super::super::error::Error;
use super::super::schema::Reader;
use super::super::tree::Node;
use crate::mocks::{Matcher, When};
use crate::plugins::card::{FieldKind, Shape};

/// The field beside an address that takes its query over.
const QUERY: &str = "query";

impl Reader<'_> {
    pub(in crate::config) fn when(
        &self,
        node: &Node,
        shape: &'static Shape,
    ) -> Result<When, Error> {
        let Some(when) = node.entry("when") else {
            return Ok(When::default());
        };
        let has_query = when.node.entry(QUERY).is_some();
        let mut fields = Vec::new();
        for entry in self.entries(&when.node, "when")? {
            let Some(field) = shape.field(&entry.key) else {
                return Err(self.no_field(entry, "when", shape));
            };
            let matcher = self.pattern(field.name, field.kind, &entry.node)?;
            let is_base = has_query && field.kind == FieldKind::Url;
            let matcher = if is_base { self.base(&entry.node, matcher)? } else { matcher };
            fields.push((field.name, matcher));
        }
        Ok(When(fields))
    }

    /// An address whose query is a field of its own.
    fn base(&self, node: &Node, matcher: Matcher) -> Result<Matcher, Error> {
        let has_query = match &matcher {
            Matcher::Exact(value) => value.text().is_some_and(|text| text.contains('?')),
            Matcher::Glob(text, _) => text.contains('?'),
            _ => false,
        };
        if has_query {
            let wrong = "the query stands in the address and in `query`";
            let error = self.error(node, wrong, "has a query of its own");
            return Err(error.help("write it in one of them"));
        }
        Ok(Matcher::UrlBase(Box::new(matcher)))
    }
}
