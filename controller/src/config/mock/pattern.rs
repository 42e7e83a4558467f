//! One pattern of a mock: a value, a glob, a regular expression, or a part of something larger.

use serde_json::{Map, Value as Json};
use serde_json_path::JsonPath;

use super::super::error::Error;
use super::super::schema::Reader;
use super::super::tree::{Entry, Node, Value};
use crate::mocks::url::Url;
use crate::mocks::{Matcher, sql};
use crate::plugins::card::FieldKind;

const FORMS: &[&str] = &["exact", "glob", "regex"];
const BYTE_FORMS: &[&str] = &["exact", "glob", "regex", "hex"];
/// As the last word of a list: more may follow.
const REST: &str = "...";

impl Reader<'_> {
    pub(super) fn pattern(
        &self,
        name: &str,
        kind: FieldKind,
        node: &Node,
    ) -> Result<Matcher, Error> {
        match kind {
            FieldKind::Words => self.word_patterns(name, node),
            FieldKind::Pairs | FieldKind::Headers => self.pair_patterns(name, node),
            FieldKind::Json => self.document_pattern(node),
            _ => self.one(name, kind, node),
        }
    }

    fn one(&self, name: &str, kind: FieldKind, node: &Node) -> Result<Matcher, Error> {
        match &node.value {
            Value::Integer(number) if kind == FieldKind::Number => {
                Ok(Matcher::Exact((*number).into()))
            }
            Value::Text(text) if text.starts_with('~') => self.regex(kind, node, 1),
            Value::Text(text) if text.contains('*') && !is_sql(kind) => self.glob(name, kind, node),
            Value::Text(_) => self.exact(name, kind, node),
            Value::Table(_) => self.explicit(name, kind, node),
            _ => Err(self.wrong_type(node, name, takes(kind))),
        }
    }

    /// `{ exact = "a*b" }` and the like.
    fn explicit(&self, name: &str, kind: FieldKind, node: &Node) -> Result<Matcher, Error> {
        let forms = if kind == FieldKind::Bytes { BYTE_FORMS } else { FORMS };
        let entries = self.entries(node, name)?;
        if let Some(entry) = entries.iter().find(|entry| !forms.contains(&entry.key.as_str())) {
            return Err(self.unknown(entry, forms, &format!("`{name}`")));
        }
        let [Entry { key, node: inner, .. }] = entries else {
            let error = self.error(node, format!("`{name}` takes one pattern"), "not one");
            return Err(error.help(format!("write one of {}", forms.join(", "))));
        };
        match key.as_str() {
            "exact" => self.exact(name, kind, inner),
            "glob" => self.glob(name, kind, inner),
            "regex" => self.regex(kind, inner, 0),
            _ => self.hex(inner).map(|bytes| Matcher::Exact(bytes.into())),
        }
    }

    fn exact(&self, name: &str, kind: FieldKind, node: &Node) -> Result<Matcher, Error> {
        match (kind, &node.value) {
            (FieldKind::Number, Value::Integer(number)) => Ok(Matcher::Exact((*number).into())),
            (FieldKind::Number, _) => Err(self.wrong_type(node, name, takes(kind))),
            (FieldKind::Sql | FieldKind::NormalSql, Value::Text(text))
                if sql::normal(text).is_empty() =>
            {
                Err(self.error(node, format!("`{name}` has no statement in it"), "matches nothing"))
            }
            (FieldKind::Word, Value::Text(text)) if text.trim().is_empty() => {
                Err(self.error(node, format!("`{name}` is empty"), "matches nothing"))
            }
            (FieldKind::Url, Value::Text(text)) => match Url::parse(text) {
                Some(url) => Ok(Matcher::Exact(url.to_string().into())),
                None => Err(self.no_url(node, text)),
            },
            _ => Ok(Matcher::Exact(self.text(node, name)?.into())),
        }
    }

    fn glob(&self, name: &str, kind: FieldKind, node: &Node) -> Result<Matcher, Error> {
        let text = self.text(node, name)?;
        if kind == FieldKind::Url && !text.starts_with('*') && !text.contains("://") {
            return Err(self.no_url(node, text));
        }
        Ok(Matcher::glob(kind, text))
    }

    fn no_url(&self, node: &Node, text: &str) -> Error {
        let error =
            self.error(node, format!("`{text}` is no address of the web"), "matches nothing");
        match text.split_once("://") {
            Some((_, rest)) if rest.split('/').next().is_some_and(|host| host.contains('@')) => {
                error.help("leave the user out; `headers = { authorization = .. }` speaks of it")
            }
            Some(_) => error.help("an address has a scheme, a host and perhaps a port"),
            None => error.help(format!("write `https://{}`", text.trim_start_matches('/'))),
        }
    }

    /// A regular expression, after so many characters that only say so.
    fn regex(&self, kind: FieldKind, node: &Node, skipped: usize) -> Result<Matcher, Error> {
        let text = self.text(node, "regex")?;
        Matcher::regex(kind, text.get(skipped..).unwrap_or_default()).map_err(|fault| {
            let error = self.error(node, fault.message, fault.label);
            fault.help.into_iter().fold(error, Error::help)
        })
    }

    fn word_patterns(&self, name: &str, node: &Node) -> Result<Matcher, Error> {
        let mut items = self.list(node, name, "strings", "[\"git\", \"push\", \"...\"]")?;
        let mut rest = false;
        if let Some((Node { value: Value::Text(last), .. }, before)) = items.split_last()
            && last == REST
        {
            (items, rest) = (before, true);
        }
        let early = |item: &&Node| matches!(&item.value, Value::Text(text) if text == REST);
        if let Some(item) = items.iter().find(early) {
            return Err(self
                .error(item, "more words may follow at the end only", "not the last one")
                .help("write `\"*\"` for any one word, `{ exact = \"...\" }` for three dots"));
        }
        let words = items.iter().map(|item| self.element(name, item)).collect::<Result<_, _>>()?;
        Ok(Matcher::Words { words, rest })
    }

    fn pair_patterns(&self, name: &str, node: &Node) -> Result<Matcher, Error> {
        let mut pairs = Vec::new();
        for entry in self.entries(node, name)? {
            let items = match &entry.node.value {
                Value::List(items) => items.as_slice(), // each of them has to be there
                _ => std::slice::from_ref(&entry.node),
            };
            for item in items {
                pairs.push((entry.key.clone(), self.element(&entry.key, item)?));
            }
        }
        Ok(Matcher::Pairs(pairs))
    }

    /// A pattern in a list or a table of them; numbers are meant as they are written.
    fn element(&self, name: &str, node: &Node) -> Result<Matcher, Error> {
        match plain(node) {
            Some(text) => Ok(Matcher::Exact(text.into())),
            None => self.one(name, FieldKind::Bytes, node),
        }
    }

    /// What has to be in a document: members, and JSONPaths with what they find.
    fn document_pattern(&self, node: &Node) -> Result<Matcher, Error> {
        let Value::Table(_) = &node.value else {
            return self.document(node).map(Matcher::Subset);
        };
        let (mut part, mut paths) = (Map::new(), Vec::new());
        for entry in self.entries(node, "json")? {
            let value = self.document(&entry.node)?;
            if entry.key.starts_with('$') {
                paths.push((self.path(entry)?, value));
            } else {
                part.insert(entry.key.clone(), value);
            }
        }
        Ok(match (paths.is_empty(), part.is_empty()) {
            (true, _) => Matcher::Subset(Json::Object(part)),
            (false, true) => Matcher::Paths(paths),
            (false, false) => {
                Matcher::All(vec![Matcher::Subset(Json::Object(part)), Matcher::Paths(paths)])
            }
        })
    }

    fn path(&self, entry: &Entry) -> Result<JsonPath, Error> {
        JsonPath::parse(&entry.key).map_err(|error| {
            let message = format!("`{}` is no JSONPath", entry.key);
            self.source
                .error(entry.span.clone(), message, error.message())
                .help("a path is written as in RFC 9535: `$.items[0].id`")
        })
    }

    /// Bytes that are written as digits.
    pub(super) fn hex(&self, node: &Node) -> Result<Vec<u8>, Error> {
        let text = self.text(node, "hex")?;
        let digits: Option<Vec<u32>> =
            text.chars().filter(|c| *c != ' ').map(|c| c.to_digit(16)).collect();
        let byte = |pair: &[u32]| match pair {
            [high, low] => u8::try_from(high << 4 | low).ok(),
            _ => None,
        };
        let bytes = digits.and_then(|digits| digits.chunks(2).map(byte).collect());
        bytes.ok_or_else(|| {
            self.error(node, "this is no hex", "not pairs of hexadecimal digits")
                .help("write two digits for each byte: `{ hex = \"00ff\" }`")
        })
    }
}

/// Numbers and truth values, as characters.
pub(super) fn plain(node: &Node) -> Option<String> {
    match &node.value {
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}

/// What a field of this kind takes.
pub(super) fn takes(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Number => "a whole number",
        FieldKind::Bytes => "a string, or `{ hex = \"..\" }`",
        FieldKind::Words => "a list of strings",
        FieldKind::Pairs | FieldKind::Headers => "a table of names and values",
        FieldKind::Path => "the name of a file",
        FieldKind::Text
        | FieldKind::Word
        | FieldKind::Url
        | FieldKind::Sql
        | FieldKind::NormalSql
        | FieldKind::Json => "a string",
    }
}

/// Whether stars stand for themselves: in SQL they mostly do.
fn is_sql(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Sql | FieldKind::NormalSql)
}
