//! The real server: what was let through is said there, and its answer passed on and told.

use std::collections::VecDeque;

use serde_json::{Map, Value as Json};

use super::super::datum::json;
use super::super::datum::{binary, text};
use super::super::frame::{self, Reader, is_binary};
use super::super::kind::Type;
use super::super::reply::Failure;
use super::super::said::{self, Status};
use super::super::statement::Command;
use super::{Portal, Session, Stage};
use crate::fields::Fields;
use crate::plugins::conversation::{Desk, Opening, Output, Upstream};

/// Longest message of a real server that is read, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 << 20;
/// Most bytes of rows that are told.
const TOLD_BYTES_MAX: usize = 1 << 20;
/// Most bytes of rows that wait until the client wants them.
const KEPT_BYTES_MAX: usize = 64 << 20;
/// Most settings that are said again to a server that is connected to later.
const SETTINGS_MAX: usize = 64;

/// The way to the real server.
#[derive(Debug)]
pub(super) struct Server {
    to: Upstream,
    state: State,
    /// The client's startup message.
    greeting: Vec<u8>,
    /// What it said and what is not whole yet.
    heard: Vec<u8>,
    job: Option<Job>,
    /// Settings of the session, and the transaction that is open, which it does not know yet.
    settings: Vec<String>,
    begun: Option<String>,
    /// What is said first.
    prelude: VecDeque<String>,
    /// What it told of itself while a client logged in.
    parameters: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Off,
    Starting,
    Prelude,
    Ready,
}

/// Something that it is asked.
#[derive(Debug)]
struct Job {
    number: Option<u64>,
    kind: Work,
    bytes: Vec<u8>,
    columns: Vec<(String, Option<Type>)>,
    formats: Vec<bool>,
    rows: Vec<Json>,
    rows_bytes: usize,
    tag: Option<String>,
    error: Option<Failure>,
}

/// Of what kind, and what its answer is for.
#[derive(Debug)]
enum Work {
    Query,
    /// A portal, by its name; how many rows are wanted at once.
    Execute(String, usize, VecDeque<Vec<u8>>),
    /// A prepared statement by its name, or a portal in these formats.
    Describe(Option<String>, Option<Vec<bool>>),
}

impl Server {
    pub(super) fn to(opening: &Opening) -> Self {
        let tls = opening.encrypted.then(|| (opening.host.clone(), Vec::new()));
        Self {
            to: Upstream { host: opening.host.clone(), port: opening.port, tls },
            state: State::Off,
            greeting: Vec::new(),
            heard: Vec::new(),
            job: None,
            settings: Vec::new(),
            begun: None,
            prelude: VecDeque::new(),
            parameters: Vec::new(),
        }
    }

    pub(super) fn greet_with(&mut self, greeting: Vec<u8>) {
        self.greeting = greeting;
    }

    pub(super) fn is_asked(&self) -> bool {
        self.job.is_some()
    }

    /// It is connected to: the session is one there, too.
    pub(super) fn is_used(&self) -> bool {
        self.state != State::Off
    }

    /// A setting that it has to know, if it is asked later.
    pub(super) fn remember(&mut self, sql: &str) {
        let sets = sql.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("set "));
        if sets && self.settings.len() < SETTINGS_MAX {
            self.settings.push(sql.to_owned());
        }
    }

    pub(super) fn remember_transaction(&mut self, command: Command, sql: &str) {
        match command {
            Command::Begin => self.begun = Some(sql.to_owned()),
            Command::Commit | Command::Rollback => self.begun = None,
            _ => {}
        }
    }

    /// Has something done there.
    fn ask(&mut self, job: Job, output: &mut Output) {
        match self.state {
            State::Ready => output.upstream.extend_from_slice(&job.bytes),
            _ => {
                self.state = State::Starting;
                self.heard.clear();
                output.connect = Some(self.to.clone());
                output.upstream.extend_from_slice(&self.greeting);
                self.prelude = self.settings.drain(..).chain(self.begun.take()).collect();
            }
        }
        self.job = Some(job);
    }

    /// The next message, if it is whole.
    fn next(&mut self) -> Result<Option<Vec<u8>>, frame::Wrong> {
        match frame::length(&self.heard, MESSAGE_BYTES_MAX)? {
            Some(length) if length <= self.heard.len() => {
                let rest = self.heard.split_off(length);
                Ok(Some(std::mem::replace(&mut self.heard, rest)))
            }
            _ => Ok(None),
        }
    }
}

impl Job {
    fn new(number: Option<u64>, kind: Work, bytes: Vec<u8>) -> Self {
        Self {
            number,
            kind,
            bytes,
            columns: Vec::new(),
            formats: Vec::new(),
            rows: Vec::new(),
            rows_bytes: 0,
            tag: None,
            error: None,
        }
    }

    fn note_columns(&mut self, message: &[u8]) {
        self.columns = columns(message).unwrap_or_default();
    }

    fn note_row(&mut self, message: &[u8]) {
        self.rows_bytes = self.rows_bytes.saturating_add(message.len());
        if self.rows_bytes <= TOLD_BYTES_MAX {
            self.rows.extend(row(message, &self.columns, &self.formats));
        }
    }

    /// What it answered, in the words of a mock's reply.
    fn reply(self) -> Fields {
        let mut fields = Fields::new();
        if let Some(failure) = self.error {
            return fields.with("error", failure.document());
        }
        if !self.columns.is_empty() {
            let column = |(name, kind): &(String, Option<Type>)| {
                let kind = kind.map_or(Json::Null, |kind| kind.to_string().into());
                Json::Object(Map::from_iter([
                    ("name".into(), name.as_str().into()),
                    ("type".into(), kind),
                ]))
            };
            fields.set("rows", Json::Array(self.rows));
            fields.set("columns", self.columns.iter().map(column).collect::<Json>());
        }
        self.tag.into_iter().fold(fields, |fields, tag| fields.with("tag", tag))
    }
}

/// Names and types of a RowDescription.
fn columns(message: &[u8]) -> Option<Vec<(String, Option<Type>)>> {
    let mut reader = Reader(message.get(5..)?);
    let count = reader.short()?;
    let column = |_| {
        let name = reader.string()?;
        reader.take(6)?;
        let kind = Type::numbered(reader.number()?);
        reader.take(8)?;
        Some((name, kind))
    };
    (0..count).map(column).collect()
}

/// A DataRow: as a table, or as a list where names are not different.
fn row(message: &[u8], columns: &[(String, Option<Type>)], formats: &[bool]) -> Option<Json> {
    let mut reader = Reader(message.get(5..)?);
    let count = usize::from(reader.short()?);
    let (mut table, mut list) = (Map::new(), Vec::new());
    for (at, (name, kind)) in columns.iter().enumerate().take(count) {
        let value =
            reader.value()?.map_or(Json::Null, |bytes| plain(bytes, *kind, is_binary(formats, at)));
        table.insert(name.clone(), value.clone());
        list.push(value);
    }
    Some(if table.len() == list.len() { Json::Object(table) } else { Json::Array(list) })
}

fn plain(bytes: &[u8], kind: Option<Type>, binary: bool) -> Json {
    let characters = || String::from_utf8_lossy(bytes).into_owned();
    let read = kind.and_then(|kind| {
        let datum =
            if binary { binary::read(kind, bytes) } else { text::read(kind, &characters()) };
        datum.map(|datum| json::plain_value(&datum, kind))
    });
    match read {
        Some(value) => value,
        None if binary => Json::Object(Map::from_iter([("hex".into(), text::hex(bytes).into())])),
        None => characters().into(),
    }
}

/// The fields of an ErrorResponse.
fn failure(message: &[u8]) -> Failure {
    let mut reader = Reader(message.get(5..).unwrap_or_default());
    let mut letters = Vec::new();
    while let Some([letter]) = reader.array::<1>().filter(|letter| *letter != [0]) {
        letters.extend(reader.string().map(|text| (letter, text)));
    }
    Failure::of(letters)
}

impl Session {
    /// The client logs in to the real server itself.
    pub(super) fn log_in_there(&mut self, number: u64, output: &mut Output) {
        self.stage = Stage::Passing(number);
        self.server.state = State::Starting;
        output.connect = Some(self.server.to.clone());
        output.upstream.extend_from_slice(&self.server.greeting);
    }

    /// What the client says while it logs in goes to the real server.
    pub(super) fn pass_on(&mut self, output: &mut Output) -> bool {
        output.upstream.extend_from_slice(self.heard.get(self.read..).unwrap_or_default());
        self.read = self.heard.len();
        false
    }

    pub(super) fn pass_query(&mut self, number: Option<u64>, sql: &str, output: &mut Output) {
        // One that failed here ends there, too.
        let ends = super::super::statement::command(sql) == Command::Commit;
        let sql = if ends && self.status == Status::Failed { "ROLLBACK" } else { sql };
        let mut bytes = Vec::new();
        said::put_query(&mut bytes, sql);
        self.server.ask(Job::new(number, Work::Query, bytes), output);
    }

    /// Asks for a description; told under a number only if it comes to nothing.
    pub(super) fn pass_description(
        &mut self,
        number: Option<u64>,
        formats: Option<Vec<bool>>,
        name: Option<String>,
        sql: &str,
        types: &[u32],
        output: &mut Output,
    ) {
        let mut bytes = Vec::new();
        said::put_parse(&mut bytes, sql, types);
        said::put_describe(&mut bytes);
        said::put_bare(&mut bytes, b'S');
        self.server.ask(Job::new(number, Work::Describe(name, formats), bytes), output);
    }

    pub(super) fn execute_there(
        &mut self,
        portal: &mut Portal,
        name: &str,
        number: Option<u64>,
        rows_max: usize,
        output: &mut Output,
    ) {
        if portal.kept.is_some() {
            return give_kept(portal, rows_max, output);
        }
        let mut bytes = Vec::new();
        said::put_parse(&mut bytes, &portal.sql, &portal.types);
        said::put_bind(&mut bytes, &portal.bind);
        said::put(&mut bytes, b'D', |out| out.extend(*b"P\0"));
        said::put_execute(&mut bytes);
        said::put_bare(&mut bytes, b'S');
        let work = Work::Execute(name.to_owned(), rows_max, VecDeque::new());
        let formats = portal.bind.results.clone();
        self.server.ask(Job { formats, ..Job::new(number, work, bytes) }, output);
    }

    /// The real server said something.
    pub(super) fn upstream(&mut self, bytes: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        if self.stage == Stage::Over {
            return;
        }
        self.server.heard.extend_from_slice(bytes);
        loop {
            match self.server.next() {
                Ok(Some(message)) if output.end.is_none() => {
                    self.server_said(message, desk, output)
                }
                Ok(_) => return,
                Err(_) => return self.lost("it sent what cannot be read", desk, output),
            }
        }
    }

    fn server_said(&mut self, message: Vec<u8>, desk: &mut dyn Desk, output: &mut Output) {
        if let Stage::Passing(number) = self.stage {
            return self.logging_in(number, &message, desk, output);
        }
        match (self.server.state, message.first()) {
            (State::Starting, Some(b'R')) if message.get(5..9) != Some(&[0; 4]) => {
                let why = "it wants a password, and the client logged in here: \
                           let postgres:connect pass through as well";
                self.lost(why, desk, output);
            }
            (State::Starting | State::Prelude, Some(b'E')) => {
                let failure = failure(&message);
                self.lost(&failure.message, desk, output);
            }
            (State::Starting | State::Prelude, Some(b'Z')) => self.prepared_there(output),
            (State::Ready, Some(b'S' | b'N' | b'A')) => output.client.extend(message),
            (State::Ready, Some(b'Z')) => self.done_there(&message, desk, output),
            (State::Ready, Some(_)) => self.answered(message, desk, output),
            _ => {}
        }
    }

    /// Whoever logs in there hears all of it.
    fn logging_in(
        &mut self,
        number: u64,
        message: &[u8],
        desk: &mut dyn Desk,
        output: &mut Output,
    ) {
        output.client.extend_from_slice(message);
        let mut reader = Reader(message.get(5..).unwrap_or_default());
        match message.first() {
            Some(b'S') => {
                let pair = reader.string().zip(reader.string());
                self.server.parameters.extend(pair.filter(|_| self.server.parameters.len() < 64));
            }
            Some(b'E') => {
                desk.completed(number, Fields::new().with("error", failure(message).document()));
                self.over(crate::plugins::conversation::End::Close, output);
            }
            Some(b'Z') => {
                let parameters = std::mem::take(&mut self.server.parameters);
                for (name, value) in &parameters {
                    self.settings.set(name, value);
                }
                desk.completed(number, Fields::new().with("parameters", parameters));
                (self.stage, self.server.state) = (Stage::Ready, State::Ready);
            }
            _ => {}
        }
    }

    /// It is ready for the next thing that it has to know, or for what it is asked.
    fn prepared_there(&mut self, output: &mut Output) {
        if let Some(sql) = self.server.prelude.pop_front() {
            self.server.state = State::Prelude;
            return said::put_query(&mut output.upstream, &sql);
        }
        self.server.state = State::Ready;
        if let Some(job) = &self.server.job {
            output.upstream.extend_from_slice(&job.bytes);
        }
    }

    /// A part of an answer.
    fn answered(&mut self, message: Vec<u8>, desk: &mut dyn Desk, output: &mut Output) {
        let Some(job) = &mut self.server.job else {
            return;
        };
        let kind = message.first().copied().unwrap_or_default();
        match (kind, &mut job.kind) {
            (b'T', Work::Query) => {
                job.rows.clear();
                job.note_columns(&message);
            }
            (b'T', Work::Execute(..)) => return job.note_columns(&message),
            (b'T' | b'n', Work::Describe(name, formats)) => {
                let known =
                    (kind == b'T').then(|| with_formats(message.clone(), formats.as_deref()));
                if let Some(prepared) = name.as_ref().and_then(|name| self.prepared.get_mut(name)) {
                    prepared.columns = None; // the real server knows them itself
                }
                return output.client.extend(known.unwrap_or(message));
            }
            (b't', Work::Describe(name, _)) => {
                let types = types(&message).unwrap_or_default();
                match name.as_ref().and_then(|name| self.prepared.get_mut(name)) {
                    Some(prepared) => prepared.types = types,
                    None => return, // of a portal nobody asked for them
                }
            }
            (b'D', Work::Execute(_, limit, kept)) if *limit > 0 => {
                kept.push_back(message.clone());
                job.note_row(&message);
                if job.rows_bytes > KEPT_BYTES_MAX {
                    self.lost(
                        "its rows are more than 64 MiB, and the client wants them in parts",
                        desk,
                        output,
                    );
                }
                return;
            }
            (b'D', _) => job.note_row(&message),
            (b'C', work) => {
                job.tag = Reader(message.get(5..).unwrap_or_default()).string();
                if let Work::Execute(name, limit, kept) = work
                    && *limit > 0
                {
                    let (limit, kept) = (*limit, std::mem::take(kept));
                    if let Some(portal) = self.portals.get_mut(name.as_str()) {
                        portal.kept = Some((kept, message));
                        give_kept(portal, limit, output);
                    }
                    return;
                }
            }
            (b'E', _) => job.error = Some(failure(&message)),
            (b'G' | b'W', _) => {
                said::put(&mut output.upstream, b'f', |out| {
                    said::string(out, "not spoken by bigfoot")
                });
                return;
            }
            (b'I', _) => {}
            _ => return, // ParseComplete and the like: the client has ours
        }
        output.client.extend(message);
    }

    /// ReadyForQuery: all of an answer was there.
    fn done_there(&mut self, message: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        let Some(job) = self.server.job.take() else {
            return;
        };
        let failed = job.error.is_some();
        let fatal = job.error.as_ref().is_some_and(|error| error.severity != "ERROR");
        if failed {
            self.fail();
            match (&mut self.queue, &job.kind) {
                (Some(queue), Work::Query) => queue.clear(),
                _ => self.skipping = true,
            }
        }
        let ends = matches!(job.tag.as_deref(), Some("COMMIT" | "ROLLBACK"));
        self.status = match message.get(5) {
            Some(b'T') => Status::Open,
            Some(b'E') => Status::Failed,
            _ if ends || self.status == Status::Idle => Status::Idle,
            _ => self.status, // a transaction that only a mock knows of
        };
        let described = matches!(job.kind, Work::Describe(..)) && !failed;
        if let Some(number) = job.number.filter(|_| !described) {
            let is_part = matches!(
                job.tag.as_deref(),
                Some("BEGIN" | "COMMIT" | "ROLLBACK" | "SAVEPOINT" | "RELEASE")
            );
            let reply = job.reply();
            desk.completed(number, if is_part { Fields::new() } else { reply });
        }
        if fatal {
            self.over(crate::plugins::conversation::End::Close, output);
        }
    }

    /// The real server is gone, or is of no use: who waits for it is told so.
    pub(super) fn lost(&mut self, why: &str, desk: &mut dyn Desk, output: &mut Output) {
        let asked = match self.stage {
            Stage::Passing(number) => Some(Some(number)),
            _ => self.server.job.take().map(|job| job.number),
        };
        let was_used = self.server.is_used();
        self.server.state = State::Off;
        self.server.heard.clear();
        if let Some(number) = asked {
            number.into_iter().for_each(|number| desk.completed(number, Fields::new()));
            output.end_upstream = true;
            let why = format!("the real server: {why}");
            self.tell(&Failure::fatal("08006", &why), output);
        } else if was_used && self.stage == Stage::Ready {
            let why = format!("terminating connection: the real server is gone: {why}");
            self.tell(&Failure::fatal("57P01", &why), output);
        }
    }
}

/// A RowDescription with the formats of a portal.
fn with_formats(mut message: Vec<u8>, formats: Option<&[bool]>) -> Vec<u8> {
    let (Some(formats), Some(columns)) = (formats, columns(&message)) else {
        return message;
    };
    let mut at = 7;
    for (number, (name, _)) in columns.iter().enumerate() {
        at += name.len() + 1 + 18;
        if let Some(place) = message.get_mut(at - 2..at) {
            place.copy_from_slice(&u16::from(is_binary(formats, number)).to_be_bytes());
        }
    }
    message
}

/// The types of a ParameterDescription.
fn types(message: &[u8]) -> Option<Vec<u32>> {
    let mut reader = Reader(message.get(5..)?);
    let count = reader.short()?;
    (0..count).map(|_| reader.number()).collect()
}

/// Gives rows that were kept, no more than are wanted.
fn give_kept(portal: &mut Portal, rows_max: usize, output: &mut Output) {
    let Some((rows, tag)) = &mut portal.kept else {
        return;
    };
    let limit = if rows_max == 0 { rows.len() } else { rows_max };
    let mut given = 0;
    while given < limit
        && let Some(row) = rows.pop_front()
    {
        output.client.extend(row);
        given += 1;
    }
    if rows_max > 0 && given == limit {
        said::put_bare(&mut output.client, b's');
    } else {
        output.client.extend_from_slice(tag);
    }
}
