//! TOML as a tree.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Error, Source};
use super::tree::{Entry, Node, TOO_LARGE, Value};

/// Reads a text.
pub(super) fn parse(source: &Source) -> Result<Node, Error> {
    match DeTable::parse(&source.text) {
        Ok(table) => Ok(Node { span: table.span(), value: Value::Table(entries(table.get_ref())) }),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            Err(source.error(span, "this is not valid TOML", message))
        }
    }
}

fn entries(table: &DeTable<'_>) -> Vec<Entry> {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        Entry { key: name.to_string(), span: key.span(), node: node(value) }
    };
    table.iter().map(entry).collect()
}

fn node(value: &Spanned<DeValue<'_>>) -> Node {
    let inner = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Array(list) => Value::List(list.iter().map(node).collect()),
        DeValue::Table(table) => Value::Table(entries(table)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Value::Other(TOO_LARGE), Value::Integer),
        DeValue::Float(number) => {
            number.as_str().parse().map_or(Value::Other("no number"), Value::Float)
        }
        DeValue::Datetime(date) => Value::Date(date.to_string()),
    };
    Node { span: value.span(), value: inner }
}
