//! Mocks that cannot be: told when the configuration is read.

use serde_json::Value as Json;

use super::form::{ANY, Form};
use super::frame::Version;
use super::session::UNRULED;
use super::shapes::CONNECT_SOURCE;
use super::{table, value};
use crate::fields::{Fields, Value};
use crate::mocks::{Act, Matcher, Mock, When};
use crate::plugins::Unfit;
use crate::plugins::card::Shape;
use crate::rules::{host, word};

/// Whether this mock, or a step of one, can ever match and be answered by.
pub(super) fn mock(shape: &'static Shape, mock: &Mock) -> Result<(), Unfit> {
    place(&mock.when)?;
    if shape.source == CONNECT_SOURCE {
        return Ok(());
    }
    let command = Command::of(shape, &mock.when);
    command.arguments(&mock.when)?;
    match &mock.act {
        Act::Replies(replies) => replies.iter().try_for_each(|reply| command.answer(reply, true)),
        Act::Fault(_, reply) => command.answer(reply, !reply.is_empty()),
        Act::Real(reply) => command.answer(reply, false),
    }
}

/// Whether a rule can speak of this command.
pub(super) fn rule(name: &str) -> Result<(), Unfit> {
    if UNRULED.contains(&name) {
        let message = format!("rules do not speak of {name}, which no client can do without");
        return Err(unfit(
            "command",
            message,
            "leave it out: what follows it is held to the rules",
        ));
    }
    let names = table::COMMANDS.iter().map(|command| command.name);
    match word::nearest(name, names).filter(|_| table::command(name).is_none()) {
        Some(near) => {
            let help = format!("did you mean `{near}`?");
            Err(unfit("command", format!("`{name}` is no command of Redis"), &help))
        }
        None => Ok(()), // a module may have it
    }
}

fn unfit(key: &'static str, message: String, help: &str) -> Unfit {
    let help = (!help.is_empty()).then(|| help.to_owned());
    Unfit { key, message, help }
}

fn place(when: &When) -> Result<(), Unfit> {
    let [host, port, path] = ["host", "port", "path"].map(|name| when.get(name));
    if path.is_some() && (host.is_some() || port.is_some()) {
        let message = "a Unix socket has a path and neither host nor port".to_owned();
        return Err(unfit("path", message, "write two mocks"));
    }
    if let Some(Matcher::Exact(value)) = path
        && !value.text().is_some_and(|path| path.starts_with('/'))
    {
        let message = "this path is not absolute, so it never matches".to_owned();
        return Err(unfit("path", message, "write the absolute path of the socket"));
    }
    if let Some(Matcher::Exact(value)) = port
        && !value.number().is_some_and(|port| (1..=65_535).contains(&port))
    {
        let shown = value.text().unwrap_or_default().into_owned();
        return Err(unfit(
            "port",
            format!("`{shown}` is no port"),
            "ports are numbers from 1 to 65535",
        ));
    }
    host.and_then(Matcher::only).and_then(Value::text).map_or(Ok(()), |text| named(&text))
}

fn named(text: &str) -> Result<(), Unfit> {
    if text.contains('/') {
        let help = "write a name or an address; a Unix socket has a `path`, a database is `db`";
        return Err(unfit("host", format!("`{text}` is no host"), help));
    }
    let normal = host::normal(text);
    if normal.eq_ignore_ascii_case(text) && (!text.contains(':') || text.matches(':').count() > 1) {
        return Ok(());
    }
    match text.rsplit_once(':') {
        Some((name, port)) if normal.parse::<std::net::IpAddr>().is_err() => {
            let help = format!("write `host = \"{name}\", port = {port}`");
            Err(unfit("host", format!("`{text}` has a port in it, which no host has"), &help))
        }
        _ => {
            let message = format!("`{text}` is not how this host is told, so it never matches");
            Err(unfit("host", message, &format!("write `{normal}`")))
        }
    }
}

/// The command that a mock is of, and what it answers with the words that are known.
struct Command {
    name: &'static str,
    command: Option<&'static table::Command>,
    /// More words may follow than those that are known.
    open: bool,
    words: Vec<Vec<u8>>,
}

impl Command {
    fn of(shape: &'static Shape, when: &When) -> Self {
        let name = shape.source.split_once(':').map_or("", |(_, name)| name);
        let mut words = vec![name.as_bytes().to_vec()];
        let open = match when.get("args") {
            Some(Matcher::Words { words: given, rest }) => {
                words.extend(given.iter().map(|word| {
                    word.only()
                        .and_then(Value::bytes)
                        .map(|bytes| bytes.into_owned())
                        .unwrap_or_default()
                }));
                *rest || given.iter().any(|word| word.only().is_none())
            }
            _ => true,
        };
        Self { name, command: table::command(name), open, words }
    }

    /// A server refuses requests with too few or too many words before anything is asked.
    fn arguments(&self, when: &When) -> Result<(), Unfit> {
        let all = matches!(when.get("args"), Some(Matcher::Words { rest: false, .. }));
        if let Some(command) = self.command.filter(|_| all)
            && !command.takes(self.words.len())
        {
            let message = format!("{} never comes with so many arguments", self.name);
            let help =
                "all that follows the command is meant, its key too; `\"...\"` stands for more";
            return Err(unfit("args", message, help));
        }
        if let Some(Matcher::Words { words, rest: _ }) = when.get("args")
            && let Some(key) = when.get("key").and_then(Matcher::only).and_then(Value::bytes)
            && let Some(command) = self.command
            && words.iter().all(|word| word.only().is_some())
            && command.key(&self.words).is_some_and(|own| own.as_slice() != key.as_ref())
        {
            let message = "the key in `args` is another one than `key`".to_owned();
            return Err(unfit("key", message, "write it in one of them"));
        }
        Ok(())
    }

    /// The answer can be given. `whole` if it is one, and not what a real answer is compared with.
    fn answer(&self, reply: &Fields, whole: bool) -> Result<(), Unfit> {
        let (given, error) = (reply.get("value"), reply.text("error"));
        if given.is_some() && error.is_some() {
            return Err(unfit(
                "error",
                "an answer is a value or an error, and not both".to_owned(),
                "",
            ));
        }
        if let Some(error) = error {
            return code(&error);
        }
        if let Some(Value::Json(messages)) = reply.get("messages") {
            return published(messages);
        }
        if !whole {
            return Ok(());
        }
        match given {
            Some(Value::Json(value)) => self.value(value),
            _ if self.forms().iter().any(|form| value::absent(*form).is_some()) => Ok(()),
            _ => {
                let message = format!("{} answers a number, and none is given", self.name);
                Err(unfit("reply", message, "write `reply = { value = 1 }`"))
            }
        }
    }

    /// The forms that the answer may have.
    fn forms(&self) -> Vec<Form> {
        match self.command {
            None => vec![ANY],
            Some(command) if self.open => command.forms().collect(),
            Some(command) => vec![command.form(&self.words)],
        }
    }

    fn value(&self, given: &Json) -> Result<(), Unfit> {
        if self.name == "EXEC" && !given.is_null() {
            let message =
                "what EXEC answers is what the commands in the transaction answer".to_owned();
            let help = "write a mock for each of them; leave `value` out";
            return Err(unfit("value", message, help));
        }
        let versions = [Version::Two, Version::Three];
        let mut odd = None;
        for form in self.forms() {
            let put = |version| value::put(&mut Vec::new(), form, given, version);
            match versions.into_iter().try_for_each(put) {
                Ok(()) => return Ok(()),
                Err(words) => odd = odd.or(Some(words)),
            }
        }
        let message = format!("{} {}", self.name, odd.unwrap_or_default());
        Err(unfit("value", message, ""))
    }
}

/// An error begins with a code, and is one line.
fn code(error: &str) -> Result<(), Unfit> {
    let code = error.split(' ').next().unwrap_or_default();
    let is_code = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if error.contains(['\r', '\n']) {
        return Err(unfit("error", "an error is one line".to_owned(), ""));
    }
    if code.is_empty() || !code.chars().all(is_code) {
        let message = format!("`{error}` begins with no code of an error");
        return Err(unfit("error", message, &format!("write `ERR {error}`")));
    }
    Ok(())
}

fn published(messages: &Json) -> Result<(), Unfit> {
    let fits = |message: &Json| {
        let data = message.get("data").unwrap_or(message);
        let channel = message.get("channel");
        value::bytes(data).is_some()
            && channel.is_none_or(|channel| value::bytes(channel).is_some())
    };
    if messages.as_array().is_some_and(|all| all.iter().all(fits)) {
        return Ok(());
    }
    let help = "write `messages = [\"payload\", { channel = \"news\", data = \"payload\" }]`";
    Err(unfit("messages", "these are no messages".to_owned(), help))
}
