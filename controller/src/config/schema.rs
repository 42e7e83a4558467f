//! What the keys of a configuration mean.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};

use super::File;
use super::error::{Error, Source};
use super::find::Found;
use super::tree::{Entry, Node, Value};
use crate::plugins::{self, Kind, Plugin};
use crate::rules::{Level, Levels, Origin, Place, word};

const KEYS: &[&str] = &["sandbox", "guard", "firewall", "run", "http", "mock"];
const RUN_KEYS: &[&str] = &["tools"];
const HTTP_KEYS: &[&str] = &["require_response"];

/// Keys of the Python original, and what is said about them.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    (
        "guard_allow",
        "`guard_allow` is `firewall.allow` here",
        "write `allow = [\"http:*\"]` in the table `firewall`",
    ),
    (
        "enabled_plugins",
        "all protocols are known always",
        "remove it; write `guard = { default = \"off\", http = \"warn\" }` to guard some only",
    ),
    (
        "disabled_plugins",
        "all protocols are known always",
        "remove it; write `guard = { default = \"warn\", http = \"off\" }` to leave some unguarded",
    ),
];

/// Reads the parts of a configuration.
pub(super) struct Reader<'a> {
    /// The text that they are in.
    pub source: &'a Source,
    /// Where its paths start.
    pub place: &'a Place,
    /// The protocols that mocks may be of.
    pub plugins: &'a [&'static dyn Plugin],
    /// Bytes of the files that mocks answer with, so far.
    pub files_size: Cell<u64>,
    /// Where the lines of the text end.
    line_ends: Vec<usize>,
}

/// Reads a configuration.
pub(super) fn read(found: &Found, place: &Place) -> Result<File, Error> {
    Reader::new(&found.source, place, plugins::PLUGINS).root(&found.table)
}

impl<'a> Reader<'a> {
    /// Of a text whose mocks are of these protocols.
    pub(super) fn new(
        source: &'a Source,
        place: &'a Place,
        plugins: &'a [&'static dyn Plugin],
    ) -> Self {
        let line_ends = source.text.match_indices('\n').map(|(at, _)| at).collect();
        Self { source, place, plugins, files_size: Cell::new(0), line_ends }
    }
}

impl Reader<'_> {
    pub(super) fn root(&self, table: &Node) -> Result<File, Error> {
        let mut file = File::default();
        for entry in self.entries(table, "the configuration")? {
            match entry.key.as_str() {
                "sandbox" => file.sandbox = self.sandbox(&entry.node)?,
                "guard" => {
                    file.guard = Some((self.guard(&entry.node)?, self.origin(entry).to_string()))
                }
                "firewall" => file.frames = self.firewall(entry)?,
                "run" => file.tools = self.run(&entry.node)?,
                "http" => self.http(&entry.node, &mut file)?,
                "mock" => file.mocks = self.mocks(entry)?,
                _ => return Err(self.unknown(entry, KEYS, "the configuration")),
            }
        }
        Ok(file)
    }

    fn sandbox(&self, node: &Node) -> Result<bool, Error> {
        match self.text(node, "sandbox")? {
            "none" => Ok(false),
            "run" => Ok(true),
            other => Err(self
                .error(node, format!("`{other}` is no kind of sandbox"), "not a sandbox")
                .help("write `\"run\"` to make the whole run one sandbox, or `\"none\"`")),
        }
    }

    fn http(&self, node: &Node, file: &mut File) -> Result<(), Error> {
        for entry in self.entries(node, "http")? {
            match entry.key.as_str() {
                "require_response" => {
                    file.require_response = self.boolean(&entry.node, "require_response")?;
                }
                _ => return Err(self.unknown(entry, HTTP_KEYS, "`http`")),
            }
        }
        Ok(())
    }

    fn guard(&self, node: &Node) -> Result<Levels, Error> {
        let Value::Table(_) = &node.value else {
            return self.level(node).map(|level| Levels::new(level, BTreeMap::new()));
        };
        let (mut default, mut set) = (Levels::default().default_level(), BTreeMap::new());
        for entry in self.entries(node, "guard")? {
            let level = self.level(&entry.node)?;
            match plugins::named(&entry.key) {
                _ if entry.key == "default" => default = level,
                Some(card) if card.kind != Kind::Layered => drop(set.insert(card.name, level)),
                _ => return Err(self.protocol(entry)),
            }
        }
        Ok(Levels::new(default, set))
    }

    fn protocol(&self, entry: &Entry) -> Error {
        let names =
            plugins::cards().filter(|card| card.kind != Kind::Layered).map(|card| card.name);
        let names: Vec<&str> = names.chain(["default"]).collect();
        if entry.key == "websocket" {
            return self
                .source
                .error(
                    entry.span.clone(),
                    "this version does not tell WebSocket from HTTP",
                    "never used",
                )
                .help("write `http`");
        }
        let alias = plugins::with_scheme(&entry.key).map(|(card, _)| card.name);
        let near = alias.or_else(|| word::nearest(&entry.key, names.iter().copied()));
        let error = self.source.error(
            entry.span.clone(),
            format!("unknown protocol `{}`", entry.key),
            "not a protocol",
        );
        error.help(near.map_or_else(
            || format!("the protocols are {}", names.join(", ")),
            |near| format!("did you mean `{near}`?"),
        ))
    }

    fn level(&self, node: &Node) -> Result<Level, Error> {
        let level = match &node.value {
            Value::Text(text) => Level::of(text),
            Value::Boolean(false) => Some(Level::Off),
            _ => None,
        };
        let error =
            || self.error(node, format!("{} is no guard level", self.shown(node)), "not a level");
        level.ok_or_else(|| error().help("write \"off\", \"warn\" or \"error\" (\"strict\" means \"error\", false means \"off\")"))
    }

    fn run(&self, node: &Node) -> Result<Vec<String>, Error> {
        let mut tools = Vec::new();
        for entry in self.entries(node, "run")? {
            if entry.key != "tools" {
                return Err(self.unknown(entry, RUN_KEYS, "`run`"));
            }
            for item in self.list(&entry.node, "tools", "names", "[\"bazel\"]")? {
                tools.push(self.tool(item)?);
            }
        }
        Ok(tools)
    }

    fn tool(&self, node: &Node) -> Result<String, Error> {
        match self.text(node, "tools")? {
            "" => {
                Err(self.error(node, "the name of a tool is empty", "a program's name is missing"))
            }
            name if name.contains('/') => Err(self
                .error(node, "a tool is named without its directory", "no `/` here")
                .help(format!("write `{}`", name.rsplit('/').next().unwrap_or_default()))),
            name => Ok(name.to_owned()),
        }
    }

    pub(super) fn origin(&self, entry: &Entry) -> Origin {
        self.origin_at(entry.span.start)
    }

    /// Where a byte of the text stands.
    pub(super) fn origin_at(&self, byte: usize) -> Origin {
        let line = self.line_ends.partition_point(|end| *end < byte) + 1;
        Origin::File(self.source.name.clone(), line)
    }

    pub(super) fn error(
        &self,
        node: &Node,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Error {
        self.source.error(node.span.clone(), message, label)
    }

    /// A value as it is written, or its first line.
    pub(super) fn shown(&self, node: &Node) -> &str {
        let text = self.source.text.get(node.span.clone()).unwrap_or_default();
        text.lines().next().unwrap_or_default()
    }

    pub(super) fn entries<'n>(&self, node: &'n Node, name: &str) -> Result<&'n [Entry], Error> {
        let Value::Table(entries) = &node.value else {
            return Err(self.wrong_type(node, name, "a table"));
        };
        let mut seen = HashSet::with_capacity(entries.len());
        match entries.iter().find(|entry| !seen.insert(entry.key.as_str())) {
            Some(entry) => Err(self.source.error(
                entry.span.clone(),
                format!("`{}` is there twice", entry.key),
                "the second",
            )),
            None => Ok(entries),
        }
    }

    pub(super) fn list<'n>(
        &self,
        node: &'n Node,
        name: &str,
        of: &str,
        example: &str,
    ) -> Result<&'n [Node], Error> {
        match &node.value {
            Value::List(items) => Ok(items),
            _ => Err(self
                .wrong_type(node, name, &format!("a list of {of}"))
                .help(format!("write it in brackets: `{example}`"))),
        }
    }

    pub(super) fn text<'n>(&self, node: &'n Node, name: &str) -> Result<&'n str, Error> {
        match &node.value {
            Value::Text(text) => Ok(text),
            _ => Err(self.wrong_type(node, name, "a string")),
        }
    }

    pub(super) fn boolean(&self, node: &Node, name: &str) -> Result<bool, Error> {
        match &node.value {
            Value::Boolean(value) => Ok(*value),
            _ => Err(self.wrong_type(node, name, "true or false")),
        }
    }

    pub(super) fn wrong_type(&self, node: &Node, name: &str, wanted: &str) -> Error {
        self.error(node, format!("`{name}` takes {wanted}"), format!("{} stands here", node.kind()))
    }

    pub(super) fn unknown(&self, entry: &Entry, keys: &[&str], table: &str) -> Error {
        let key = entry.key.as_str();
        if let Some((_, message, help)) = ELSEWHERE.iter().find(|(name, ..)| *name == key) {
            return self
                .source
                .error(entry.span.clone(), *message, "not a key of this version")
                .help(*help);
        }
        let error = self.source.error(
            entry.span.clone(),
            format!("unknown key `{key}`"),
            format!("not a key of {}", table.trim_matches('`')),
        );
        match word::nearest(key, keys.iter().copied()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("the keys of {table} are {}", keys.join(", "))),
        }
    }
}
