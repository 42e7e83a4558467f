//! A connection: log-in, then messages that are answered in order.
//!
//! | file | holds |
//! |---|---|
//! | `login` | what comes before the first query |
//! | `decide` | who answers a statement, and what |
//! | `simple`, `extended` | the two kinds of queries |
//! | `fault` | answers that go wrong |
//! | `server` | the real server, where something is let through |

use std::collections::{HashMap, VecDeque};

use super::frame::{self, Bind, Message, Wrong};
use super::reply::{Column, Failure, Outcome};
use super::said::{self, Status};
use super::settings::Settings;
use super::{CLOSE, place};
use crate::fields::Fields;
use crate::plugins::conversation::{Conversation, Desk, End, Event, Malformed, Opening, Output};

mod decide;
mod extended;
mod fault;
mod login;
mod server;
mod simple;

use decide::Effect;
use fault::Drip;
use server::Server;

/// Most bytes at fault that are told.
const TOLD_BYTES_MAX: usize = 64;
/// Most bytes that a client may be ahead of its answers.
const AHEAD_BYTES_MAX: usize = frame::MESSAGE_BYTES_MAX + 5;

/// A connection.
#[derive(Debug)]
pub(super) struct Session {
    stage: Stage,
    /// Host, port, user and database.
    place: Fields,
    settings: Settings,
    /// The number by which another connection may cancel a query of this one.
    process: u32,
    status: Status,
    /// What the client said and nobody has answered yet, from `read` on.
    heard: Vec<u8>,
    read: usize,
    client_ended: bool,
    /// Statements of a simple query that are still to be done; ReadyForQuery comes behind them.
    queue: Option<VecDeque<String>>,
    /// An extended query failed: all is left out up to the next Sync.
    skipping: bool,
    prepared: HashMap<String, Prepared>,
    portals: HashMap<String, Portal>,
    /// Parameters that changed, to be told before the next ReadyForQuery.
    told: Vec<(String, String)>,
    drip: Option<Drip>,
    server: Server,
}

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before the client has logged in.
    Start,
    /// The client logs in to the real server, under this number.
    Passing(u64),
    /// Queries are answered.
    Ready,
    /// Nothing is answered any more.
    Silent,
    Over,
}

/// A prepared statement.
#[derive(Debug, Clone)]
struct Prepared {
    sql: String,
    /// The types of its parameters; 0 for one that is not known.
    types: Vec<u32>,
    /// The columns that it was said to have; None inside for no rows.
    columns: Option<Option<Vec<Column>>>,
}

/// A statement with its parameters.
#[derive(Debug)]
struct Portal {
    sql: String,
    types: Vec<u32>,
    bind: Bind,
    /// The parameters as they are recorded.
    words: Vec<Vec<u8>>,
    columns: Option<Option<Vec<Column>>>,
    /// Who answers, once that is known.
    effect: Option<Effect>,
    /// Rows that were given already.
    given: usize,
    /// Rows of a real server that are still to be given, and the tag behind them.
    kept: Option<(VecDeque<Vec<u8>>, Vec<u8>)>,
}

impl Conversation for Session {
    fn on(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        match event {
            Event::Opened | Event::UpstreamOpened => {}
            Event::Client(bytes) => self.hear(bytes, output),
            Event::ClientEnd => self.client_ended = true,
            Event::Upstream(bytes) => self.upstream(bytes, desk, output),
            Event::UpstreamEnd => self.lost("it closed the connection", desk, output),
            Event::UpstreamFailed(why) => self.lost(why, desk, output),
            Event::Wake => self.drip(output),
        }
        self.go_on(desk, output);
    }
}

impl Session {
    pub(super) fn new(opening: &Opening) -> Self {
        Self {
            stage: Stage::Start,
            place: place::fields(opening),
            settings: Settings::new("", ""),
            process: std::process::id(),
            status: Status::Idle,
            heard: Vec::new(),
            read: 0,
            client_ended: false,
            queue: None,
            skipping: false,
            prepared: HashMap::new(),
            portals: HashMap::new(),
            told: Vec::new(),
            drip: None,
            server: Server::to(opening),
        }
    }

    /// Does whatever can be done by now.
    fn go_on(&mut self, desk: &mut dyn Desk, output: &mut Output) {
        while output.end.is_none() && self.step(desk, output) {}
        self.heard.drain(..self.read);
        self.read = 0;
        if matches!(self.stage, Stage::Silent | Stage::Over) {
            self.heard.clear();
        }
        if self.heard.len() > AHEAD_BYTES_MAX {
            let heard = std::mem::take(&mut self.heard);
            self.wrong("is more than 16 MiB ahead of its answers", &heard, output);
        } else if self.client_ended && !self.is_busy() && output.end.is_none() {
            self.leave(output);
        }
    }

    /// The next thing that can be done; false if there is none.
    fn step(&mut self, desk: &mut dyn Desk, output: &mut Output) -> bool {
        if self.is_busy() {
            return false;
        }
        match self.stage {
            Stage::Start => self.begin(desk, output),
            Stage::Passing(_) => self.pass_on(output),
            Stage::Ready if self.queue.is_some() => {
                self.next_statement(desk, output);
                true
            }
            Stage::Ready => self.next_message(desk, output),
            Stage::Silent | Stage::Over => false,
        }
    }

    /// Something is under way that the next message has to wait for.
    fn is_busy(&self) -> bool {
        self.drip.is_some() || self.server.is_asked()
    }

    fn hear(&mut self, bytes: &[u8], _: &mut Output) {
        if !matches!(self.stage, Stage::Silent | Stage::Over) {
            self.heard.extend_from_slice(bytes);
        }
    }

    fn rest(&self) -> &[u8] {
        self.heard.get(self.read..).unwrap_or_default()
    }

    fn next_message(&mut self, desk: &mut dyn Desk, output: &mut Output) -> bool {
        let length = match frame::length(self.rest(), frame::MESSAGE_BYTES_MAX) {
            Ok(Some(length)) if length <= self.rest().len() => length,
            Ok(_) => return false,
            Err(wrong) => {
                let rest = self.rest().to_vec();
                self.wrong(wrong, &rest, output);
                return false;
            }
        };
        let bytes = self.rest().get(..length).unwrap_or_default();
        let message = frame::message(bytes).map_err(|wrong| (wrong, bytes.to_vec()));
        self.read += length;
        match message {
            Ok(message) => self.message(message, desk, output),
            Err((wrong, bytes)) => self.wrong(wrong, &bytes, output),
        }
        true
    }

    fn message(&mut self, message: Message, desk: &mut dyn Desk, output: &mut Output) {
        match message {
            Message::Terminate => {
                if desk.names(CLOSE) {
                    desk.answer(CLOSE, self.place.clone()); // nobody hears an answer
                }
                self.over(End::Close, output);
            }
            Message::Sync => self.sync(output),
            _ if self.skipping => {}
            Message::Query(text) => self.query(&text, output),
            Message::Parse { name, sql, types } => self.parse(name, &sql, types, output),
            Message::Bind(bind) => self.bind(bind, output),
            Message::Describe(target) => self.describe(target, desk, output),
            Message::Execute { portal, rows_max } => self.execute(portal, rows_max, desk, output),
            Message::Close(target) => self.close(&target, output),
            Message::Flush | Message::Password | Message::Copy => {} // nothing waits for it
            Message::Call => {
                let why = "calls of functions by their number are not spoken by bigfoot";
                said::put_error(&mut output.client, &Failure::new("0A000", why));
                self.fail();
                self.ready(output);
            }
        }
    }

    /// ReadyForQuery, behind what has to be told before it.
    fn ready(&mut self, output: &mut Output) {
        for (name, value) in std::mem::take(&mut self.told) {
            said::put_parameter(&mut output.client, &name, &value);
        }
        if self.status == Status::Idle {
            self.portals.clear(); // they end with their transaction
        }
        said::put_ready(&mut output.client, self.status);
    }

    /// A statement failed: so does the transaction that it is part of.
    fn fail(&mut self) {
        if self.status == Status::Open {
            self.status = Status::Failed;
        }
    }

    /// Tells an error; a fatal one ends the connection.
    fn tell(&mut self, failure: &Failure, output: &mut Output) {
        said::put_error(&mut output.client, failure);
        self.fail();
        if failure.severity != "ERROR" {
            self.over(End::Close, output);
        }
    }

    /// The client is off its protocol.
    fn wrong(&mut self, wrong: Wrong, bytes: &[u8], output: &mut Output) {
        let told = bytes.iter().take(TOLD_BYTES_MAX).copied().collect();
        output.malformed = Some(Malformed { reason: wrong.to_owned(), bytes: told });
        if self.stage != Stage::Over {
            let failure = Failure::fatal("08P01", &format!("the client {wrong}"));
            said::put_error(&mut output.client, &failure);
        }
        self.over(End::Close, output);
    }

    fn over(&mut self, end: End, output: &mut Output) {
        self.stage = Stage::Over;
        self.heard.clear();
        self.read = 0;
        (self.queue, self.drip) = (None, None);
        output.end = Some(end);
    }

    /// The client sends no more, and all that it said was answered.
    fn leave(&mut self, output: &mut Output) {
        if !self.heard.is_empty() && self.stage != Stage::Over {
            let heard = std::mem::take(&mut self.heard);
            let bytes = heard.into_iter().take(TOLD_BYTES_MAX).collect();
            output.malformed =
                Some(Malformed { reason: "ended within a message".to_owned(), bytes });
        }
        self.over(End::Close, output);
    }

    /// Writes what comes of a statement, without a description of its rows; whether it failed.
    fn put_done(&mut self, sql: &str, outcome: &Outcome, output: &mut Output) -> bool {
        match outcome {
            Outcome::Failed(failure) => {
                self.tell(failure, output);
                true
            }
            Outcome::Done { table, tag, .. } => {
                let rows = table.as_ref().map(|table| table.rows.len());
                let tag = tag.clone().unwrap_or_else(|| super::statement::tag(sql, rows));
                said::put_complete(&mut output.client, &tag);
                false
            }
        }
    }
}
