//! What a mock answers.

use std::fs::File;
use std::io::{ErrorKind, Read};

use super::super::error::Error;
use super::super::schema::Reader;
use super::super::tree::{Node, Value};
use super::VALUE_SIZE_MAX;
use super::pattern::{plain, takes};
use crate::fields::{self, Fields};
use crate::plugins::card::{Field, FieldKind, Shape};

/// Most bytes that the files of all mocks may have.
const FILES_SIZE_MAX: u64 = 256 << 20;

impl Reader<'_> {
    pub(in crate::config) fn reply(
        &self,
        node: &Node,
        shape: &'static Shape,
    ) -> Result<Fields, Error> {
        let mut fields = Fields::new();
        for entry in self.entries(node, "reply")? {
            let Some(field) = shape.reply_field(&entry.key) else {
                return Err(self.no_field(entry, "reply", shape));
            };
            if entry.node.span.len() > VALUE_SIZE_MAX {
                return Err(self.too_large(&entry.node));
            }
            fields.set(field.name, self.reply_value(field, &entry.node)?);
        }
        Ok(fields)
    }

    pub(in crate::config) fn reply_value(
        &self,
        field: &Field,
        node: &Node,
    ) -> Result<fields::Value, Error> {
        let wrong = || self.wrong_type(node, field.name, takes(field.kind));
        Ok(match (field.kind, &node.value) {
            (FieldKind::Json, _) => self.document(node)?.into(),
            (FieldKind::Number, Value::Integer(number)) => (*number).into(),
            (FieldKind::Path, Value::Text(name)) => self.file(node, name)?.into(),
            (FieldKind::Words, Value::List(items)) => {
                let word = |item: &Node| self.word(field.name, item);
                items.iter().map(word).collect::<Result<Vec<_>, _>>()?.into()
            }
            (FieldKind::Words, _) => {
                return Err(wrong().help(format!("write it in brackets: `{} = [..]`", field.name)));
            }
            (FieldKind::Pairs | FieldKind::Headers, _) => self.pairs(field.name, node)?.into(),
            (FieldKind::Bytes, Value::Table(_)) => self.word(field.name, node)?.into(),
            (
                FieldKind::Text
                | FieldKind::Word
                | FieldKind::Url
                | FieldKind::Sql
                | FieldKind::NormalSql
                | FieldKind::Bytes,
                Value::Text(text),
            ) => text.clone().into(),
            _ => return Err(wrong()),
        })
    }

    /// Characters, or bytes by their digits.
    fn word(&self, name: &str, node: &Node) -> Result<Vec<u8>, Error> {
        match &node.value {
            Value::Text(text) => Ok(text.clone().into_bytes()),
            Value::Table(_) => match self.entries(node, name)? {
                [only] if only.key == "hex" => self.hex(&only.node),
                _ => Err(self
                    .error(node, format!("`{name}` takes a string or hex"), "neither")
                    .help("write `{ hex = \"00ff\" }`")),
            },
            _ => plain(node)
                .map(String::into_bytes)
                .ok_or_else(|| self.wrong_type(node, name, takes(FieldKind::Bytes))),
        }
    }

    /// Names with values; a list is a name that is there more than once.
    fn pairs(&self, name: &str, node: &Node) -> Result<Vec<(String, String)>, Error> {
        let mut pairs = Vec::new();
        for entry in self.entries(node, name)? {
            let items = match &entry.node.value {
                Value::List(items) => items.as_slice(),
                _ => std::slice::from_ref(&entry.node),
            };
            for item in items {
                let text = plain(item)
                    .map_or_else(|| self.text(item, &entry.key).map(str::to_owned), Ok)?;
                pairs.push((entry.key.clone(), text));
            }
        }
        Ok(pairs)
    }

    /// The bytes of a file; its name starts where the configuration is.
    fn file(&self, node: &Node, name: &str) -> Result<Vec<u8>, Error> {
        let path = self.place.directory.join(name);
        let failed = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => self
                .error(node, format!("there is no file `{name}`"), "missing")
                .help(format!("its name starts at {}", self.place.directory.display())),
            _ => self.error(node, format!("failed to read `{name}`: {error}"), "cannot be read"),
        };
        if !path.metadata().map_err(failed)?.is_file() {
            return Err(self.error(node, format!("`{name}` is not a file"), "not a file"));
        }
        let mut bytes = Vec::new();
        let file = File::open(&path).map_err(failed)?;
        file.take(VALUE_SIZE_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() > VALUE_SIZE_MAX {
            return Err(self.too_large(node));
        }
        self.files_size.set(self.files_size.get() + bytes.len() as u64);
        if self.files_size.get() > FILES_SIZE_MAX {
            let wrong = "the files of all mocks are larger than 256 MiB";
            return Err(self.error(node, wrong, "too large with this one"));
        }
        Ok(bytes)
    }

    fn too_large(&self, node: &Node) -> Error {
        self.error(node, "a value of a reply is larger than 16 MiB", "too large")
    }
}
