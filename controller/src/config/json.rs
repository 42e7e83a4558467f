//! JSON as a tree.

use jsonc_parser::ast::{self, ObjectProp};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::error::{Error, Source};
use super::tree::{Entry, Node, TOO_LARGE, Value};

/// JSON as it was standardised (RFC 8259), which is what npm reads.
const PLAIN: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads a text.
pub(super) fn parse(source: &Source) -> Result<Node, Error> {
    let wrong = |range: Range, reason: String| {
        source.error(range.start..range.end, "this is not valid JSON", reason)
    };
    let parsed = parse_to_ast(&source.text, &CollectOptions::default(), &PLAIN)
        .map_err(|error| wrong(error.range(), error.kind().to_string().to_lowercase()))?;
    match parsed.value {
        Some(value) => Ok(node(&value)),
        None => Err(wrong(Range::new(0, 0), "a value is missing".to_owned())),
    }
}

fn node(value: &ast::Value<'_>) -> Node {
    let range = value.range();
    let inner = match value {
        ast::Value::StringLit(text) => Value::Text(text.value.to_string()),
        ast::Value::BooleanLit(literal) => Value::Boolean(literal.value),
        ast::Value::Array(list) => Value::List(list.elements.iter().map(node).collect()),
        ast::Value::Object(object) => Value::Table(object.properties.iter().map(entry).collect()),
        ast::Value::NumberLit(literal) => number(literal.value),
        ast::Value::NullKeyword(_) => Value::Null,
    };
    Node { span: range.start..range.end, value: inner }
}

/// A number; one without point and exponent is whole.
fn number(text: &str) -> Value {
    let whole = !text.contains(['.', 'e', 'E']);
    match (text.parse(), text.parse()) {
        (Ok(number), _) => Value::Integer(number),
        (_, Ok(number)) if !whole => Value::Float(number),
        _ => Value::Other(TOO_LARGE),
    }
}

fn entry(property: &ObjectProp<'_>) -> Entry {
    let range = property.name.range();
    Entry {
        key: property.name.as_str().to_owned(),
        span: range.start..range.end,
        node: node(&property.value),
    }
}
