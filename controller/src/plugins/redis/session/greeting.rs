//! What clients say to a server about themselves: it is answered without a mock, and is no interaction
//! unless a mock or a step names it. Once there is a real server, it hears what it has to know.

use serde_json::{Value as Json, json};

use super::{Said, Session};
use crate::plugins::conversation::{Answer, Desk};
use crate::plugins::redis::asked::{Asked, Client};
use crate::plugins::redis::form::{ANY, BULK, Form, INTEGER, LIST, MAP, STATUS, VERBATIM};
use crate::plugins::redis::frame::Version;
use crate::plugins::redis::value;

/// What a server says of itself.
const RELEASE: &str = "7.4.0";
/// What clients ask of a server before they take it for ready.
const ABOUT: &str = "# Server\r\nredis_version:7.4.0\r\nredis_mode:standalone\r\n\r\n\
    # Persistence\r\nloading:0\r\n\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n";
/// The connection's number among those of the server.
const ID: i64 = 1;

/// Settings that clients ask for.
const SETTINGS: &[(&str, &str)] = &[
    ("appendonly", "no"),
    ("databases", "16"),
    ("maxmemory", "0"),
    ("maxmemory-policy", "noeviction"),
    ("proto-max-bulk-len", "536870912"),
    ("save", ""),
    ("timeout", "0"),
];

/// What rules do not speak of, since no client could do without it.
pub(in crate::plugins::redis) const UNRULED: &[&str] = &[
    "AUTH",
    "COMMAND",
    "DISCARD",
    "EXEC",
    "HELLO",
    "MULTI",
    "PING",
    "PUNSUBSCRIBE",
    "QUIT",
    "RESET",
    "SELECT",
    "SUNSUBSCRIBE",
    "UNSUBSCRIBE",
    "UNWATCH",
    "WATCH",
];

/// An answer in words and values; an error is its own.
type Greeted = Result<(Form, Json), String>;

impl Session {
    /// The answer to what belongs to the greeting; None if a request is none of it.
    pub(super) fn greet(&mut self, asked: &Asked, desk: &mut dyn Desk) -> Option<Said> {
        let always = is_always(asked);
        if !(always || self.is_mocked && is_asked_of_mocks(asked)) {
            return None;
        }
        if self.is_mocked && desk.names(asked.source()) {
            let fields = asked.fields(&self.place, &self.client);
            match desk.answer(asked.source(), fields) {
                Answer::Mocked(reply) if reply.fault.is_some() || !reply.fields.is_empty() => {
                    return Some(self.mocked(asked, &reply));
                }
                Answer::Mocked(_) => {}
                Answer::Real(number) => return Some(Said::Real(Some(number))),
                Answer::Refused(why) => {
                    return Some(Said::error(&format!("ERR bigfoot: {why}")));
                }
            }
        }
        let greeted = greeted(asked, &mut self.client);
        if greeted.is_ok() && is_kept(asked) {
            self.real.keep(asked);
        }
        if asked.name == "RESET" {
            self.reset();
        }
        let goes_on = always && asked.name != "QUIT" && greeted.is_ok();
        if goes_on && (!self.is_mocked || self.real.is_connected()) {
            return Some(Said::Real(None));
        }
        Some(self.told(asked, greeted))
    }

    fn told(&self, asked: &Asked, greeted: Greeted) -> Said {
        let mut bytes = Vec::new();
        match greeted {
            Err(error) => return Said::error(&error),
            Ok((form, value)) => {
                let _ = value::put(&mut bytes, form, &value, self.client.version); // ours all fit
            }
        }
        if asked.name == "QUIT" { Said::Last(bytes) } else { Said::Bytes(bytes) }
    }

    fn reset(&mut self) {
        self.queue = None;
        self.channels.clear();
        self.real.forget();
    }
}

/// Whether it is answered so wherever the connection is read.
fn is_always(asked: &Asked) -> bool {
    match asked.name.as_str() {
        "HELLO" | "AUTH" | "SELECT" | "PING" | "COMMAND" | "QUIT" | "RESET" | "WATCH"
        | "UNWATCH" => true,
        "CLIENT" => {
            const OTHERS: &[&str] = &["KILL", "LIST", "PAUSE", "UNPAUSE", "UNBLOCK", "REPLY"];
            !OTHERS.iter().any(|other| asked.begins(other))
        }
        _ => false,
    }
}

/// Whether it is answered so where mocks answer.
fn is_asked_of_mocks(asked: &Asked) -> bool {
    asked.name == "INFO" || asked.name == "CONFIG" && asked.begins("GET")
}

/// Whether a real server that is connected to later has to hear it.
fn is_kept(asked: &Asked) -> bool {
    match asked.name.as_str() {
        "HELLO" | "AUTH" | "SELECT" | "WATCH" => true,
        "CLIENT" => ["SETNAME", "SETINFO", "TRACKING", "NO-EVICT", "NO-TOUCH", "CACHING"]
            .iter()
            .any(|word| asked.begins(word)),
        _ => false,
    }
}

fn greeted(asked: &Asked, client: &mut Client) -> Greeted {
    let arguments = asked.arguments();
    let text = |at: usize| arguments.get(at).map(|word| String::from_utf8_lossy(word).into_owned());
    Ok(match asked.name.as_str() {
        "HELLO" => hello(asked, client)?,
        "AUTH" => {
            client.user = if arguments.len() > 1 { text(0) } else { None };
            (STATUS, json!("OK"))
        }
        "SELECT" => {
            let db = text(0).and_then(|text| text.parse::<i64>().ok());
            let db = db.ok_or("ERR value is not an integer or out of range")?;
            client.db = if db < 0 { Err("ERR DB index is out of range")? } else { db };
            (STATUS, json!("OK"))
        }
        "PING" => match text(0) {
            Some(text) => (BULK, json!(text)),
            None => (STATUS, json!("PONG")),
        },
        "COMMAND" => commands(asked),
        "CLIENT" => return of_client(asked, client),
        "RESET" => {
            *client = Client::default();
            (STATUS, json!("RESET"))
        }
        "INFO" => (VERBATIM, json!(ABOUT)),
        "CONFIG" => (MAP, settings(asked)),
        _ => (STATUS, json!("OK")),
    })
}

/// HELLO [version [AUTH user password] [SETNAME name]].
fn hello(asked: &Asked, client: &mut Client) -> Result<(Form, Json), &'static str> {
    let mut words = asked.arguments().iter();
    let version = match words.next().map(Vec::as_slice) {
        None => client.version,
        Some(b"2") => Version::Two,
        Some(b"3") => Version::Three,
        Some(word) if word.iter().all(u8::is_ascii_digit) => {
            return Err("NOPROTO unsupported protocol version");
        }
        Some(_) => return Err("ERR Protocol version is not an integer or out of range"),
    };
    while let Some(word) = words.next() {
        match word.to_ascii_uppercase().as_slice() {
            b"AUTH" => {
                let user = words.next().ok_or("ERR Syntax error in HELLO option 'auth'")?;
                words.next().ok_or("ERR Syntax error in HELLO option 'auth'")?;
                client.user = Some(String::from_utf8_lossy(user).into_owned());
            }
            b"SETNAME" => {
                let name = words.next().ok_or("ERR Syntax error in HELLO option 'setname'")?;
                client.name.clone_from(name);
            }
            _ => return Err("ERR Syntax error in HELLO"),
        }
    }
    client.version = version;
    let about = json!({
        "server": "redis", "version": RELEASE, "proto": version.or(3, 2), "id": ID,
        "mode": "standalone", "role": "master", "modules": [],
    });
    Ok((Form::Map(&ANY), about))
}

fn commands(asked: &Asked) -> (Form, Json) {
    if asked.begins("COUNT") {
        return (INTEGER, json!(crate::plugins::redis::table::COMMANDS.len()));
    }
    let empty = if asked.begins("DOCS") { Form::Map(&ANY) } else { LIST };
    (empty, json!([]))
}

fn of_client(asked: &Asked, client: &mut Client) -> Greeted {
    let first = asked.arguments().first().map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    let second = asked.arguments().get(1);
    Ok(match first.as_slice() {
        b"ID" => (INTEGER, json!(ID)),
        b"GETNAME" if client.name.is_empty() => (BULK, Json::Null),
        b"GETNAME" => (BULK, json!({ "hex": hex(&client.name) })),
        b"GETREDIR" => (INTEGER, json!(-1)),
        b"INFO" => {
            (VERBATIM, json!(format!("id={ID} db={} resp={}", client.db, client.version.or(3, 2))))
        }
        b"TRACKINGINFO" => {
            (Form::Map(&ANY), json!({ "flags": ["off"], "redirect": -1, "prefixes": [] }))
        }
        b"SETNAME" => {
            let name =
                second.ok_or("ERR wrong number of arguments for 'client|setname' command")?;
            client.name.clone_from(name);
            (STATUS, json!("OK"))
        }
        b"SETINFO" | b"TRACKING" | b"NO-EVICT" | b"NO-TOUCH" | b"CACHING" => (STATUS, json!("OK")),
        other => {
            let other = String::from_utf8_lossy(other).into_owned();
            return Err(format!("ERR unknown subcommand '{other}'. Try CLIENT HELP."));
        }
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn settings(asked: &Asked) -> Json {
    let wanted = |name: &str| {
        asked
            .arguments()
            .iter()
            .skip(1)
            .any(|word| word == b"*" || word.eq_ignore_ascii_case(name.as_bytes()))
    };
    let known = SETTINGS.iter().filter(|(name, _)| wanted(name));
    known
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
