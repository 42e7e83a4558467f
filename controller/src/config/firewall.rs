//! What the table `firewall` means: the rules.

use super::error::Error;
use super::schema::Reader;
use super::tree::{Entry, Node};
use crate::plugins;
use crate::rules::{Fault, Frame, Rule, TestGlob};

const FIREWALL_KEYS: &[&str] = &["allow", "deny", "restrict", "per-test-allow"];

impl Reader<'_> {
    pub(super) fn firewall(&self, firewall: &Entry) -> Result<Vec<Frame>, Error> {
        let mut frame =
            Frame::new(self.origin(firewall.node.entry("restrict").unwrap_or(firewall)));
        let mut tests = Vec::new();
        for entry in self.entries(&firewall.node, "firewall")? {
            match entry.key.as_str() {
                "allow" => frame.allow = self.rules(&entry.node, "allow")?,
                "deny" => frame.deny = self.rules(&entry.node, "deny")?,
                "restrict" => frame.restrict = self.rules(&entry.node, "restrict")?,
                "per-test-allow" => tests = self.tests(&entry.node)?,
                "per-file-allow" | "per_file_allow" => return Err(self.per_file(entry)),
                name if plugins::named(name).is_some() || name == "boto3" || name == "file_io" => {
                    return Err(self.section(entry));
                }
                _ => return Err(self.unknown(entry, FIREWALL_KEYS, "`firewall`")),
            }
        }
        Ok(std::iter::once(frame).chain(tests).collect())
    }

    fn per_file(&self, entry: &Entry) -> Error {
        self.source
            .error(entry.span.clone(), format!("`{}` is `per-test-allow` here", entry.key), "another name")
            .help("write `per-test-allow`; its globs are compared with a test's name and with its file as the runner names it")
    }

    fn section(&self, entry: &Entry) -> Error {
        let name = entry.key.as_str();
        let example = match plugins::named(name).and_then(|card| card.examples.first()) {
            Some(example) => example,
            None if name == "file_io" => "file:/etc/hostname",
            None => "https://*.amazonaws.com",
        };
        self.source
            .error(
                entry.span.clone(),
                "rules name their protocol themselves, and have no table of it",
                "no such table",
            )
            .help(format!("write `allow = [\"{example}\"]` in the table `firewall`"))
    }

    fn tests(&self, node: &Node) -> Result<Vec<Frame>, Error> {
        let frame = |entry: &Entry| {
            let glob = TestGlob::parse(&entry.key);
            let wrong =
                |fault: Fault| self.source.error(entry.span.clone(), fault.message, fault.label);
            let mut frame = Frame::new(self.origin(entry));
            frame.test = Some(glob.map_err(wrong)?);
            frame.allow = self.rules(&entry.node, &entry.key)?;
            Ok(frame)
        };
        self.entries(node, "per-test-allow")?.iter().map(frame).collect()
    }

    fn rules(&self, node: &Node, name: &str) -> Result<Vec<Rule>, Error> {
        self.list(node, name, "rules", "[\"http://localhost:8080\"]")?
            .iter()
            .map(|item| self.rule(item, name))
            .collect()
    }

    fn rule(&self, node: &Node, name: &str) -> Result<Rule, Error> {
        let text = self.text(node, name)?;
        Rule::parse(text, self.origin_at(node.span.start), self.place).map_err(|fault| {
            match node.characters(&self.source.text) {
                Some(start) => self.source.fault(start, &fault),
                None => self.source.fault(0, &Fault { span: node.span.clone(), ..fault }),
            }
        })
    }
}
