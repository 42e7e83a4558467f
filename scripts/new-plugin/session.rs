//! A connection: one line after the other is answered, in order.

use super::{GET, frame};
use crate::fields::Fields;
use crate::plugins::conversation::{
    Answer, Conversation, Desk, End, Event, Malformed, Opening, Output, Upstream,
};

/// Most bytes that wait for an answer to the line before them.
const AHEAD_BYTES_MAX: usize = 1 << 20;
/// Most bytes at fault that are told.
const TOLD_BYTES_MAX: usize = 64;

/// A connection.
#[derive(Debug)]
pub(super) struct Session {
    place: Fields,
    upstream: Upstream,
    connected: bool,
    /// What the client said and nobody has answered yet.
    heard: Vec<u8>,
    client_ended: bool,
    /// What the real server was asked, and what it has said so far.
    asked: Option<(u64, Vec<u8>)>,
}

impl Conversation for Session {
    fn on(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        match event {
            Event::Client(bytes) => self.heard.extend_from_slice(bytes),
            Event::ClientEnd => self.client_ended = true,
            Event::Upstream(bytes) => self.upstream(bytes, desk, output),
            Event::UpstreamEnd => self.lost("the real server closed the connection", output),
            Event::UpstreamFailed(why) => self.lost(why, output),
            Event::Opened | Event::UpstreamOpened | Event::Wake => {}
        }
        while output.end.is_none() && self.asked.is_none() && self.line(desk, output) {}
        self.bound(output);
    }
}

impl Session {
    pub(super) fn new(opening: &Opening) -> Self {
        let (host, port) = (opening.host.clone(), opening.port);
        let tls = opening.encrypted.then(|| (host.clone(), Vec::new()));
        Self {
            place: Fields::new().with("host", host.as_str()).with("port", i64::from(port)),
            upstream: Upstream { host, port, tls },
            connected: false,
            heard: Vec::new(),
            client_ended: false,
            asked: None,
        }
    }

    /// Answers the next line; false if none is whole.
    fn line(&mut self, desk: &mut dyn Desk, output: &mut Output) -> bool {
        let Some(length) = frame::first(&self.heard) else {
            return false;
        };
        let rest = self.heard.split_off(length);
        let line = std::mem::replace(&mut self.heard, rest);
        match frame::get(&line).filter(|_| length <= frame::LINE_BYTES_MAX) {
            Some(key) => self.get(key, &line, desk, output),
            None => {
                malformed(output, "sent a line that is no command", &line);
                frame::put_error(&mut output.client, "this is no command");
            }
        }
        true
    }

    fn get(&mut self, key: &str, line: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        match desk.answer(GET, self.place.clone().with("key", key)) {
            Answer::Mocked(reply) => match reply.fields.bytes("value") {
                Some(value) => frame::put_value(&mut output.client, &value),
                None => frame::put_none(&mut output.client),
            },
            Answer::Refused(why) => frame::put_error(&mut output.client, &why),
            Answer::Real(number) => {
                self.asked = Some((number, Vec::new()));
                if !self.connected {
                    self.connected = true;
                    output.connect = Some(self.upstream.clone());
                }
                output.upstream.extend_from_slice(line);
            }
        }
    }

    /// A real server's line goes to the client as it is; one that nobody waits for is dropped.
    fn upstream(&mut self, bytes: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        let Some((number, mut said)) = self.asked.take() else {
            return;
        };
        said.extend_from_slice(bytes);
        match frame::first(&said) {
            Some(length) => {
                said.truncate(length);
                let reply = frame::value(&said).map(|value| value.to_vec());
                let reply = reply.map(|value| Fields::new().with("value", value));
                desk.completed(number, reply.unwrap_or_default());
                output.client.extend(said);
            }
            None if said.len() > frame::LINE_BYTES_MAX => {
                self.asked = Some((number, Vec::new()));
                self.lost("the real server sent a line without an end", output);
            }
            None => self.asked = Some((number, said)),
        }
    }

    /// The real server says no more: who waits is told so.
    fn lost(&mut self, why: &str, output: &mut Output) {
        self.connected = false;
        if self.asked.take().is_some() {
            frame::put_error(&mut output.client, why);
            output.end = Some(End::Close);
        }
    }

    /// What is left waits for more, within bounds, or for nothing.
    fn bound(&mut self, output: &mut Output) {
        let bytes_max = if self.asked.is_some() { AHEAD_BYTES_MAX } else { frame::LINE_BYTES_MAX };
        if self.heard.len() > bytes_max {
            malformed(output, &format!("sent more than {bytes_max} bytes ahead"), &self.heard);
            output.end = Some(End::Reset);
        } else if self.client_ended && self.asked.is_none() {
            if !self.heard.is_empty() {
                malformed(output, "ended within a line", &self.heard);
            }
            output.end.get_or_insert(End::Close);
        }
    }
}

fn malformed(output: &mut Output, reason: &str, bytes: &[u8]) {
    let bytes = bytes.iter().take(TOLD_BYTES_MAX).copied().collect();
    output.malformed = Some(Malformed { reason: reason.to_owned(), bytes });
}
