//! The same as lines of a test in Rust.

use std::fmt::Write;

use crate::fields::{Fields, Value};
use crate::plugins::Plugin;
use crate::plugins::card::Shape;
use crate::report::redact::marked;

use super::{ANYTHING, VALUE_BYTES_MAX, hex, is_printable, size};

/// A mock that would have answered this, with an answer to fill in.
#[must_use]
pub fn mock(plugin: &dyn Plugin, shape: &'static Shape, fields: &Fields) -> String {
    let when = pasted(plugin, shape, fields);
    let text = |name: &str| of(&when, name);
    match shape.source {
        "http:request" => {
            let (method, url) = (text("method"), text("url"));
            let mut line = format!("bigfoot::http().mock_response({method}, {url})");
            for name in ["json", "body"] {
                if when.get(name).is_some() {
                    let _ = write!(line, ".when_{name}({})", text(name));
                }
            }
            line + ".status(200).json(\"{}\");"
        }
        "dns:lookup" => {
            format!("bigfoot::dns().mock_lookup({}).addresses([\"192.0.2.1\"]);", text("name"))
        }
        "subprocess:run" => {
            format!("bigfoot::subprocess().mock_run({}).stdout(\"\").returncode(0);", text("argv"))
        }
        "socket:exchange" => {
            let place = format!("({}, {})", text("host"), text("port"));
            let sent =
                when.get("bytes").map_or(String::new(), |_| format!(".sent({})", text("bytes")));
            format!("bigfoot::socket().mock_exchange({place}){sent}.reply(\"\");")
        }
        source => {
            let when = chained(&when, "when");
            format!("bigfoot::source({}).mock(){when};", literal(source))
        }
    }
}

/// That this was done.
#[must_use]
pub fn assertion(
    plugin: &dyn Plugin,
    shape: &'static Shape,
    fields: &Fields,
    reply: &Fields,
) -> String {
    let when = pasted(plugin, shape, fields);
    let text = |name: &str| of(&when, name);
    match shape.source {
        "http:request" => {
            let (method, url) = (text("method"), text("url"));
            let mut line = format!("bigfoot::http().assert_request({method}, {url})");
            for name in ["json", "body"] {
                if when.get(name).is_some() {
                    let _ = write!(line, ".{name}({})", text(name));
                }
            }
            match reply.number("status") {
                Some(status) => format!("{line}.assert_response({status});"),
                None => line + ";",
            }
        }
        "dns:lookup" => format!("bigfoot::dns().assert_lookup({});", text("name")),
        "subprocess:run" => format!("bigfoot::subprocess().assert_run({});", text("argv")),
        "socket:exchange" => {
            let (host, port, bytes) = (text("host"), text("port"), text("bytes"));
            format!("bigfoot::socket().assert_exchange(({host}, {port})).sent({bytes});")
        }
        "mock:call" => {
            let args = match fields.get("args") {
                Some(Value::Words(args)) => args.iter().map(|arg| bytes(arg)).collect(),
                _ => Vec::new(),
            };
            format!("{}.assert_call([{}]);", text("name").trim_matches('"'), args.join(", "))
        }
        source => {
            let fields = chained(&when, "field");
            format!("bigfoot::source({}).assert(){fields};", literal(source))
        }
    }
}

/// The fields that a line should name.
fn pasted(plugin: &dyn Plugin, shape: &'static Shape, fields: &Fields) -> Fields {
    let short = |(name, value): &(&'static str, Value)| {
        shape.key == Some(name) || size(value) <= VALUE_BYTES_MAX
    };
    let all = plugin.paste(shape, fields).into_iter().filter(short);
    all.fold(Fields::new(), |fields, (name, value)| fields.with(name, value))
}

fn chained(fields: &Fields, verb: &str) -> String {
    let one = |(name, value)| format!(".{verb}({}, {})", literal(name), pattern(name, value));
    fields.iter().map(one).collect()
}

fn of(fields: &Fields, name: &str) -> String {
    fields.get(name).map_or_else(|| "bigfoot::any()".to_owned(), |value| pattern(name, value))
}

/// A value, or what matches it without its secrets.
fn pattern(name: &str, value: &Value) -> String {
    let open = marked(name, value, ANYTHING);
    match (&open, value) {
        (Value::Number(number), _) => number.to_string(),
        (Value::Json(document), _) => literal(&document.to_string()),
        (Value::Words(words), _) => {
            let words: Vec<String> = words.iter().map(|word| bytes(word)).collect();
            format!("[{}]", words.join(", "))
        }
        (Value::Pairs(pairs), _) => {
            let pairs =
                pairs.iter().map(|(name, text)| format!("({}, {})", literal(name), literal(text)));
            format!("[{}]", pairs.collect::<Vec<_>>().join(", "))
        }
        (Value::Text(open), Value::Text(text)) if open == text && !text.contains('*') => {
            literal(text)
        }
        (Value::Text(open), _) => format!("bigfoot::glob({})", literal(open)),
        (Value::Bytes(open), Value::Bytes(own)) if open == own => bytes(own),
        (Value::Bytes(open), _) => format!("bigfoot::glob({})", bytes(open)),
    }
}

fn bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if is_printable(text) => literal(text),
        _ => format!("bigfoot::hex({})", literal(&hex(bytes))),
    }
}

/// A string as Rust writes it: raw where that reads better.
fn literal(text: &str) -> String {
    let plain = !text.contains(['\n', '\r', '\t']) && is_printable(text);
    if text.contains('"') && plain && !text.contains("\"#") {
        return format!("r#\"{text}\"#");
    }
    format!("\"{}\"", text.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::source;

    fn request(url: &str) -> Fields {
        let body = serde_json::json!({ "amount": 1999 });
        Fields::new().with("method", "POST").with("url", url).with("json", body)
    }

    /// A mock and an assertion are whole lines.
    #[test]
    fn lines_are_whole() {
        let (plugin, shape) = source("http:request").unwrap();
        let fields = request("https://pay.example/c");
        let reply = Fields::new().with("status", 201);

        assert_eq!(
            mock(plugin, shape, &fields),
            r##"bigfoot::http().mock_response("POST", "https://pay.example/c").when_json(r#"{"amount":1999}"#).status(200).json("{}");"##
        );
        assert_eq!(
            assertion(plugin, shape, &fields, &reply),
            r##"bigfoot::http().assert_request("POST", "https://pay.example/c").json(r#"{"amount":1999}"#).assert_response(201);"##
        );
        let (plugin, shape) = source("subprocess:run").unwrap();
        let argv = vec![b"git".to_vec(), vec![0xff]];
        assert_eq!(
            assertion(plugin, shape, &Fields::new().with("argv", argv), &Fields::new()),
            r#"bigfoot::subprocess().assert_run(["git", bigfoot::hex("ff")]);"#
        );
    }

    /// Secrets are left open.
    #[test]
    fn secrets_are_left_open() {
        let (plugin, shape) = source("http:request").unwrap();
        let line = mock(plugin, shape, &request("https://x/a?token=hunter2hunter2"));

        assert!(line.contains("bigfoot::glob(") && !line.contains("hunter2"), "{line}");
    }

    /// Strings are such as Rust reads them.
    #[test]
    fn strings_are_rusts() {
        assert_eq!(literal("a"), "\"a\"");
        assert_eq!(literal("a\n\"b\""), "\"a\\n\\\"b\\\"\"");
        assert_eq!(literal("{\"a\"}"), "r#\"{\"a\"}\"#");
        assert_eq!(literal("\"#"), "\"\\\"#\"");
    }
}
