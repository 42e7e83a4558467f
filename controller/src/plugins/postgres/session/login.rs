//! What comes before the first query: encryption is declined, and everybody may log in.

use super::super::CONNECT;
use super::super::frame::{self, First};
use super::super::reply::{self, Failure, Outcome};
use super::super::said;
use super::super::settings::Settings;
use super::{Session, Stage, fault};
use crate::fields::{Fields, Value};
use crate::plugins::conversation::{Answer, Desk, End, Output};

/// Options of the protocol itself begin like this.
const PROTOCOL_OPTION: &str = "_pq_.";

impl Session {
    /// Reads a message before the log-in, or that itself; false if none is whole.
    pub(super) fn begin(&mut self, desk: &mut dyn Desk, output: &mut Output) -> bool {
        let length = match frame::first_length(self.rest()) {
            Ok(Some(length)) if length <= self.rest().len() => length,
            Ok(_) => return false,
            Err(wrong) => {
                let rest = self.rest().to_vec();
                self.wrong(wrong, &rest, output);
                return false;
            }
        };
        let bytes = self.rest().get(..length).unwrap_or_default().to_vec();
        self.read += length;
        match frame::first(&bytes) {
            Ok(First::Tls | First::Gss) => output.client.push(b'N'),
            Ok(First::Cancel) => self.over(End::Close, output), // that query was answered already
            Ok(First::Startup(minor, pairs)) => self.log_in(minor, &pairs, bytes, desk, output),
            Ok(First::Version(code)) => {
                let (major, minor) = (code >> 16, code & 0xffff);
                let why = format!(
                    "unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.0"
                );
                self.tell(&Failure::fatal("0A000", &why), output);
            }
            Err(wrong) => self.wrong(wrong, &bytes, output),
        }
        true
    }

    fn log_in(
        &mut self,
        minor: u16,
        pairs: &[(String, String)],
        bytes: Vec<u8>,
        desk: &mut dyn Desk,
        output: &mut Output,
    ) {
        let value = |name: &str| {
            pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        let Some(user) = value("user").filter(|user| !user.is_empty()) else {
            let why = "no PostgreSQL user name specified in startup packet";
            return self.tell(&Failure::fatal("28000", why), output);
        };
        let database = value("database").filter(|name| !name.is_empty()).unwrap_or(user);
        if value("replication").is_some_and(|value| !matches!(value, "false" | "off" | "no" | "0"))
        {
            let why = "replication is not spoken by bigfoot";
            return self.tell(&Failure::fatal("0A000", why), output);
        }
        self.place.set("user", user);
        self.place.set("database", database);
        self.settings = Settings::new(user, database);
        self.server.greet_with(bytes);
        for (name, value) in pairs.iter().filter(|(name, _)| !name.starts_with(PROTOCOL_OPTION)) {
            // A client that wants another encoding is told UTF8, and converts.
            if !matches!(
                name.as_str(),
                "user" | "database" | "options" | "replication" | "client_encoding"
            ) {
                self.settings.set(name, value);
            }
        }
        let options: Vec<&str> = pairs
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| name.starts_with(PROTOCOL_OPTION))
            .collect();
        self.admit(minor, &options, desk, output);
    }

    /// Whether the client may log in, where a mock or a step speaks of that.
    fn admit(&mut self, minor: u16, options: &[&str], desk: &mut dyn Desk, output: &mut Output) {
        if !desk.names(CONNECT) {
            return self.welcome(minor, options, output);
        }
        match desk.answer(CONNECT, self.place.clone()) {
            Answer::Real(number) => self.log_in_there(number, output),
            Answer::Refused(why) => self.tell(&Failure::fatal("28000", &why), output),
            Answer::Mocked(reply) => {
                if let Some(fault) = reply.fault {
                    let mut bytes = Vec::new();
                    said::put_welcome(&mut bytes);
                    return fault::apply(self, fault, bytes, output);
                }
                match reply::outcome(&reply.fields) {
                    Ok(Outcome::Failed(failure)) => {
                        self.tell(&failure.ends(), output); // nobody is logged in
                    }
                    _ => {
                        self.state(&reply.fields);
                        self.welcome(minor, options, output);
                    }
                }
            }
        }
    }

    /// What a mock says that the server tells of itself.
    fn state(&mut self, reply: &Fields) {
        if let Some(Value::Pairs(pairs)) = reply.get("parameters") {
            for (name, value) in pairs {
                self.settings.set(name, value);
            }
        }
    }

    fn welcome(&mut self, minor: u16, options: &[&str], output: &mut Output) {
        self.stage = Stage::Ready;
        if minor > 0 || !options.is_empty() {
            said::put_version(&mut output.client, options);
        }
        said::put_welcome(&mut output.client);
        for (name, value) in self.settings.reported() {
            said::put_parameter(&mut output.client, name, value);
        }
        said::put_key(&mut output.client, self.process, self.process);
        self.ready(output);
    }
}
