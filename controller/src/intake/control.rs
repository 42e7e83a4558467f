//! Connections that carry control: a command's, which says one word, and those of tests, which are kept.
//!
//! A word is read and checked here, so that the engine is told of no nonsense; what is wrong with it is
//! answered at once. A test waits for each answer before it says the next word.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bigfoot_ipc::control::{Control, MAGIC, Origin as Place, Outcome};
use bigfoot_ipc::frame::{self, LENGTH_BYTES};
use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::SendFlags;

use super::process::{self, Pid};
use super::{Connection, Intake, Job};
use crate::config::{Error, told};
use crate::engine::{Beginning, Moment, Word};
use crate::rules::Origin;

/// Longest name of a test, and of a file, in bytes.
const NAME_BYTES_MAX: usize = 4096;
/// How long a test may take to read an answer.
const READ_TIME_MAX: Duration = Duration::from_secs(10);

impl Intake {
    /// A connection of control has said a word. False once the run is over.
    pub(super) fn control(&mut self, number: u64) -> bool {
        let Some(connection) = self.connections.get_mut(&number) else {
            return true;
        };
        let body = connection.before_length() + LENGTH_BYTES;
        let control = frame::decode(connection.bytes.get(body..).unwrap_or_default());
        connection.bytes.clear();
        match control {
            Ok(Control::Verify { version }) if connection.test.is_none() => {
                self.verify(number, version)
            }
            Ok(control) => match connection.keep() {
                Ok(stream) => {
                    let pid = connection.pid;
                    self.say(number, pid, control, stream)
                }
                Err(_) => self.left(number), // no descriptor left: the test finds itself alone
            },
            Err(_) => self.left(number),
        }
    }

    fn verify(&mut self, number: u64, version: u16) -> bool {
        let Some(Connection { stream, .. }) = self.connections.remove(&number) else {
            return true;
        };
        let _ = epoll::delete(&self.poll, &stream); // it is the engine's from here on
        self.jobs.send(Job::Verify { version, stream }).is_ok()
    }

    fn say(&self, speaker: u64, pid: Pid, control: Control, stream: Arc<UnixStream>) -> bool {
        match word(pid, control) {
            Ok(word) => self.jobs.send(Job::Test { speaker, word: Box::new(word), stream }).is_ok(),
            Err(reason) => {
                answer(&stream, &Outcome::Refused { reason });
                true
            }
        }
    }

    /// A connection is over. False once the run is.
    pub(super) fn left(&mut self, number: u64) -> bool {
        let Some(Connection { stream, pid, test, .. }) = self.connections.remove(&number) else {
            return true;
        };
        let Some(kept) = test else {
            return true;
        };
        let _ = epoll::delete(&self.poll, &stream); // the engine may hold it a little longer
        let word = Box::new(Word::Gone(moment(pid)));
        self.jobs.send(Job::Test { speaker: number, word, stream: kept }).is_ok()
    }
}

impl Connection {
    /// Whether it carries control.
    pub(super) fn is_control(&self) -> bool {
        self.test.is_some() || self.bytes.starts_with(&MAGIC)
    }

    /// Bytes before the length of what is said next.
    pub(super) fn before_length(&self) -> usize {
        usize::from(self.test.is_none() && self.bytes.starts_with(&MAGIC)) * LENGTH_BYTES
    }

    /// It stays a test's; the way to answer it.
    fn keep(&mut self) -> io::Result<Arc<UnixStream>> {
        if let Some(kept) = &self.test {
            return Ok(kept.clone());
        }
        let kept = Arc::new(self.stream.try_clone()?);
        self.test = Some(kept.clone());
        Ok(kept)
    }
}

/// Answers a test, and waits for nobody: what does not fit into its socket is sent aside. One that has
/// gone away needs no answer, and one that does not read its answers is cut off.
pub fn answer(stream: &Arc<UnixStream>, outcome: &Outcome) {
    let long = || frame::encode(&Outcome::Refused { reason: "the answer is too long".to_owned() });
    let Ok(bytes) = frame::encode(outcome).or_else(|_| long()) else {
        return;
    };
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    let sent = match rustix::net::send(stream, &bytes, flags) {
        Ok(sent) => sent,
        Err(Errno::AGAIN | Errno::INTR) => 0,
        Err(_) => return,
    };
    if sent < bytes.len() {
        let stream = stream.clone();
        let rest = move || send_rest(&stream, bytes.get(sent..).unwrap_or_default());
        let _ = std::thread::Builder::new().name("answer".into()).spawn(rest);
    }
}

fn send_rest(mut stream: &UnixStream, rest: &[u8]) {
    let sent = stream.set_write_timeout(Some(READ_TIME_MAX)).and_then(|()| stream.write_all(rest));
    if sent.is_err() {
        let _ = stream.shutdown(Shutdown::Both); // half an answer is none
    }
}

/// A word as the engine takes it.
fn word(pid: Pid, control: Control) -> Result<Word, String> {
    let at = || process::directory(pid).unwrap_or_default();
    let wrong = |error: Error| error.to_string();
    Ok(match control {
        Control::Verify { .. } => return Err("a test says `Check`, and no `Verify`".to_owned()),
        Control::Hello { version, language, thread, test, origin } => {
            same_version(version)?;
            let origin = origin_of(origin);
            Word::Begin(Beginning { pid, thread, name: cut(test), origin, language })
        }
        Control::Mock { mock, origin } => {
            Word::Mock(Box::new(told::mock(&mock, origin_of(origin), &at()).map_err(wrong)?))
        }
        Control::Rules { allow, deny, restrict, origin } => {
            let rules = [allow.as_slice(), &deny, &restrict];
            Word::Rules(told::rules(rules, &origin_of(origin), &at()).map_err(wrong)?)
        }
        Control::Lift { rules } => Word::Lift(rules),
        Control::Open { .. } => Word::Open(moment(pid)),
        Control::Close { sandbox } => Word::Close(sandbox, moment(pid)),
        Control::AnyOrder { on } => Word::AnyOrder(on),
        Control::Assert { source, fields, reply, judged, origin } => {
            let said = (source.as_str(), fields.as_str(), reply.as_str());
            let expected = told::expected(said, &judged, origin_of(origin), &at());
            Word::Assert(Box::new(expected.map_err(wrong)?))
        }
        Control::Judged { holds } => Word::Judged(holds),
        Control::Call { source, fields, origin } => {
            called(&source, &fields, origin_of(origin), at())?
        }
        Control::Returned { interaction, reply } => {
            Word::Returned(interaction, told::returned(&reply).map_err(wrong)?)
        }
        Control::Enter { thread } => Word::Enter(thread),
        Control::Leave { thread } => Word::Leave(thread),
        Control::Check => Word::Check(moment(pid)),
    })
}

fn called(source: &str, fields: &str, origin: Origin, at: PathBuf) -> Result<Word, String> {
    let done = told::done(source, fields, &origin, &at).map_err(|error| error.to_string())?;
    Ok(Word::Call(Box::new(done), origin))
}

fn same_version(version: u16) -> Result<(), String> {
    let own = bigfoot_ipc::VERSION;
    if version == own {
        return Ok(());
    }
    Err(format!(
        "the test's shim is of version {version} and `bigfoot` of version {own}; install the `bigfoot` that belongs to the shim"
    ))
}

fn origin_of(place: Place) -> Origin {
    Origin::File(cut(place.file), place.line as usize)
}

fn cut(mut text: String) -> String {
    let end = (0..=NAME_BYTES_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.truncate(end.unwrap_or_default());
    text
}

/// What is known of a process now.
fn moment(pid: Pid) -> Moment {
    let entries = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    let threads: HashSet<u32> = entries.filter_map(number).collect();
    Moment { threads, ticks: ticks() }
}

/// Clock ticks since the machine started, as /proc/PID/stat counts them.
fn ticks() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let per_second = rustix::param::clock_ticks_per_second();
    let (seconds, nanos) = (now.tv_sec.cast_unsigned(), now.tv_nsec.cast_unsigned());
    seconds * per_second + nanos * per_second / 1_000_000_000
}
