//! `tests/symbols.toml`, read.

use toml::{Table as Toml, Value};

/// All of it.
pub struct Table {
    /// Files of libc's.
    pub libraries: Vec<String>,
    /// Functions that may reach outside a process.
    pub families: Vec<Family>,
    /// All the others.
    pub baseline: Vec<String>,
}

/// Functions of one kind.
pub struct Family {
    /// Parts of the names that put a function here.
    pub words: Vec<String>,
    /// Those that the preload library defines.
    pub hooked: Vec<String>,
    /// Those that it does not, for a reason each.
    pub not: Vec<String>,
}

impl Table {
    /// Reads the file.
    pub fn read() -> Self {
        let table: Toml = include_str!("../symbols.toml").parse().expect("symbols.toml");
        Self {
            libraries: list(&table["libraries"]),
            families: table["families"]
                .as_table()
                .expect("families")
                .values()
                .map(family)
                .collect(),
            baseline: names(&table["baseline"]["names"]),
        }
    }

    /// Every name in it.
    pub fn entries(&self) -> impl Iterator<Item = &String> {
        let families =
            self.families.iter().flat_map(|family| family.hooked.iter().chain(&family.not));
        families.chain(&self.baseline)
    }
}

fn family(entry: &Value) -> Family {
    let reasons = entry.get("not").and_then(Value::as_array).into_iter().flatten();
    Family {
        words: list(&entry["words"]),
        hooked: names(&entry["hooked"]),
        not: reasons.flat_map(not_hooked).collect(),
    }
}

fn not_hooked(entry: &Value) -> Vec<String> {
    let reason = entry["reason"].as_str().expect("a reason");
    assert!(!reason.is_empty(), "no reason for {}", entry["names"]);
    names(&entry["names"])
}

fn list(value: &Value) -> Vec<String> {
    let words = value.as_array().expect("a list").iter();
    words.map(|word| word.as_str().expect("a text").to_owned()).collect()
}

fn names(value: &Value) -> Vec<String> {
    value.as_str().expect("names").split_whitespace().map(str::to_owned).collect()
}
