//! Mocks and assertions, ready to paste.

use crate::fields::{Fields, Value};
use crate::plugins::Plugin;
use crate::plugins::card::Shape;

/// A mock that answers this.
#[must_use]
pub fn mock(plugin: &dyn Plugin, shape: &'static Shape, fields: &Fields) -> String {
    let when = plugin.paste(shape, fields);
    let when: Vec<String> =
        when.iter().map(|(name, it)| format!("{name} = {}", value(it))).collect();
    format!(
        "[[mock]]\nsource = \"{}\"\nwhen = {{ {} }}\nreply = {}\n",
        shape.source,
        when.join(", "),
        plugin.paste_reply(shape)
    )
}

/// The same, and that it answered is the assertion.
#[must_use]
pub fn assertion(plugin: &dyn Plugin, shape: &'static Shape, fields: &Fields) -> String {
    mock(plugin, shape, fields) + "assert = \"match\"\n"
}

/// A value as a configuration has it.
#[must_use]
pub fn value(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Json(document) => document.to_string(),
        Value::Words(words) => {
            let words: Vec<String> =
                words.iter().map(|word| format!("{:?}", String::from_utf8_lossy(word))).collect();
            format!("[{}]", words.join(", "))
        }
        Value::Pairs(pairs) => format!("{pairs:?}"),
        other => format!("{:?}", other.text().unwrap_or_default()),
    }
}
