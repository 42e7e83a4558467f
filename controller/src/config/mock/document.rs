//! Values of a configuration as JSON.

use serde_json::{Map, Number, Value as Json};

use super::super::error::Error;
use super::super::schema::Reader;
use super::super::tree::{Node, Value};

impl Reader<'_> {
    pub(super) fn document(&self, node: &Node) -> Result<Json, Error> {
        Ok(match &node.value {
            Value::Text(text) => Json::String(text.clone()),
            Value::Boolean(value) => Json::Bool(*value),
            Value::Integer(number) => Json::Number((*number).into()),
            Value::Float(number) => {
                Number::from_f64(*number).map(Json::Number).ok_or_else(|| {
                    self.error(node, "JSON has no such number", "not a number of JSON")
                })?
            }
            Value::Date(date) => Json::String(date.clone()),
            Value::Null => Json::Null,
            Value::List(items) => {
                Json::Array(items.iter().map(|item| self.document(item)).collect::<Result<_, _>>()?)
            }
            Value::Table(_) => Json::Object(self.members(node)?),
            Value::Other(name) => {
                return Err(self.error(node, "JSON cannot carry this here", *name));
            }
        })
    }

    fn members(&self, node: &Node) -> Result<Map<String, Json>, Error> {
        let entries = self.entries(node, "json")?.iter();
        entries.map(|entry| Ok((entry.key.clone(), self.document(&entry.node)?))).collect()
    }
}
