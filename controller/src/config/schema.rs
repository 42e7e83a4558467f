//! What the keys of a configuration mean.

use std::collections::BTreeMap;

use super::File;
use super::error::{Error, Source};
use super::find::Found;
use super::tree::{Entry, Node, Value};
use crate::plugins::{self, Kind};
use crate::rules::{Level, Levels, Origin, Place, word};

const KEYS: &[&str] = &["sandbox", "guard", "firewall", "run"];
const RUN_KEYS: &[&str] = &["tools"];

/// Keys of the Python original and of later versions, and what is said about them.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    (
        "mock",
        "this version has no mocks yet",
        "remove it; what the tests call for real belongs into `firewall.allow`",
    ),
    ("http", "this version has no mocks yet, and so no settings of them", "remove it"),
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
}

/// Reads a configuration.
pub(super) fn read(found: &Found, place: &Place) -> Result<File, Error> {
    Reader { source: &found.source, place }.root(&found.table)
}

impl Reader<'_> {
    fn root(&self, table: &Node) -> Result<File, Error> {
        let mut file = File::default();
        for entry in self.entries(table, "the configuration")? {
            match entry.key.as_str() {
                "sandbox" => self.sandbox(&entry.node)?,
                "guard" => {
                    file.guard = Some((self.guard(&entry.node)?, self.origin(entry).to_string()))
                }
                "firewall" => file.frames = self.firewall(entry)?,
                "run" => file.tools = self.run(&entry.node)?,
                _ => return Err(self.unknown(entry, KEYS, "the configuration")),
            }
        }
        Ok(file)
    }

    fn sandbox(&self, node: &Node) -> Result<(), Error> {
        match self.text(node, "sandbox")? {
            "none" => Ok(()),
            "run" => Err(self
                .error(node, "this version has no sandboxes yet", "not yet")
                .help("write `\"none\"`, or leave it out")),
            other => Err(self
                .error(node, format!("`{other}` is no kind of sandbox"), "not a sandbox")
                .help("write `\"none\"`, or leave it out")),
        }
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
        let shown = self
            .source
            .text
            .get(node.span.clone())
            .unwrap_or_default()
            .lines()
            .next()
            .unwrap_or_default();
        let error = || self.error(node, format!("{shown} is no guard level"), "not a level");
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
        Origin::File(self.source.name.clone(), self.source.line(entry.span.start))
    }

    pub(super) fn error(
        &self,
        node: &Node,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Error {
        self.source.error(node.span.clone(), message, label)
    }

    pub(super) fn entries<'n>(&self, node: &'n Node, name: &str) -> Result<&'n [Entry], Error> {
        let Value::Table(entries) = &node.value else {
            return Err(self.wrong_type(node, name, "a table"));
        };
        let twice = |at: usize| entries[..at].iter().any(|before| before.key == entries[at].key);
        match (0..entries.len()).find(|at| twice(*at)) {
            Some(at) => Err(self.source.error(
                entries[at].span.clone(),
                format!("`{}` is there twice", entries[at].key),
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
