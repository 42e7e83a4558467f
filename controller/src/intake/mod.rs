//! What arrives, and from whom: connections of guests become questions with the facts that the
//! engine needs, and go to its thread over a channel.
//!
//! One event loop reads; a guest that is slow to ask holds nobody up, and a test that keeps its
//! connection neither.

use std::collections::HashMap;
use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bigfoot_ipc::frame::{self, LENGTH_BYTES};
use crossbeam_channel::Sender;
use nix::sys::socket::sockopt;
use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::RecvFlags;

use crate::backstop::Held;
use crate::engine::{Asked, Asker, Said, Word};
use crate::fields::Fields;
use crate::jobs::Jobs;
use crate::plugins::conversation::{Answer, Foreseen, Wait};

pub mod control;
pub mod facts;
pub mod hosts;
pub mod looked;
pub mod process;
pub mod program;
pub mod provenance;
pub mod stands;
pub mod test_program;

use facts::Facts;
use process::Pid;
use stands::Stands;

/// How long a connection may take to send its question.
const QUESTION_TIME_MAX: Duration = Duration::from_secs(30);
/// How long to wait when no descriptor is left for another connection.
const FULL_PAUSE: Duration = Duration::from_millis(2);
/// Most processes that are remembered as the run's.
const MEMBERS_MAX: usize = 1 << 16;
/// Number of the listener among the polled.
const LISTENER: u64 = 0;

/// What goes to the engine's thread.
#[expect(clippy::large_enum_variant, reason = "nearly all jobs are of the large one")]
#[derive(Debug)]
pub enum Job {
    /// A guest's question.
    Ask {
        /// Who asks.
        asker: Asker,
        /// What.
        asked: Asked,
        /// Where the verdict goes.
        to: Waiting,
    },
    /// A command of ours wants to know how the run went.
    Verify {
        /// Its version.
        version: u16,
        /// Where the outcome goes.
        stream: UnixStream,
    },
    /// A word of a test.
    Test {
        /// Its connection.
        speaker: u64,
        /// The word.
        word: Box<Word>,
        /// Where the outcome goes.
        stream: Arc<UnixStream>,
    },
    /// Something on a connection that a plugin reads.
    Wire {
        /// Which connection.
        ticket: u32,
        /// What.
        wire: Wire,
    },
    /// The kernel backstop watches every process from now on.
    Watched {
        /// Programs of other users still gain their privileges.
        gains: bool,
    },
    /// A call was refused of which nobody can tell whose it is.
    Nobodys,
    /// The command has ended: its sandbox closes.
    Close,
    /// Something for the report.
    Note(String),
    /// The run is over.
    Stop,
}

/// Who waits for a verdict.
#[derive(Debug)]
pub enum Waiting {
    /// A hook, on its connection.
    Hook(UnixStream),
    /// The kernel, on behalf of a thread whose call it holds up.
    Kernel(Box<Held>),
}

impl From<UnixStream> for Waiting {
    fn from(stream: UnixStream) -> Self {
        Self::Hook(stream)
    }
}

impl From<Held> for Waiting {
    fn from(held: Held) -> Self {
        Self::Kernel(Box::new(held))
    }
}

/// Something on a connection that a plugin reads.
#[derive(Debug)]
pub enum Wire {
    /// A request wants an answer.
    Answer {
        /// Of what: a card's source.
        source: &'static str,
        /// What was asked.
        fields: Fields,
        /// Where the answer goes.
        reply: Sender<Answer>,
    },
    /// How bytes stand to what mocks wait for.
    Waits {
        /// Of what.
        source: &'static str,
        /// What has come so far.
        fields: Fields,
        /// Where the answer goes.
        reply: Sender<Wait>,
    },
    /// What would answer something of which not all is known yet.
    Foresee {
        /// Of what.
        source: &'static str,
        /// What is known.
        fields: Fields,
        /// Where the answer goes.
        reply: Sender<Foreseen>,
    },
    /// Whether a mock names this source.
    Names {
        /// Which.
        source: &'static str,
        /// Where the answer goes.
        reply: Sender<bool>,
    },
    /// Something is told that needs no answer.
    Said(Said),
}

/// A connection that has not asked yet, or that is a test's.
#[derive(Debug)]
struct Connection {
    stream: UnixStream,
    pid: Pid,
    bytes: Vec<u8>,
    since: Instant,
    /// The way to answer the test that keeps it.
    test: Option<Arc<UnixStream>>,
}

/// The event loop's state.
#[derive(Debug)]
pub struct Intake {
    listener: UnixListener,
    poll: std::os::fd::OwnedFd,
    connections: HashMap<u64, Connection>,
    /// Processes that are known to belong to the run, and when they started.
    members: HashMap<Pid, u64>,
    next: u64,
    facts: Arc<Mutex<Facts>>,
    root: Pid,
    jobs: Jobs,
    strangers: u64,
}

impl Intake {
    /// Listens for guests below `root`.
    ///
    /// # Errors
    ///
    /// No descriptor is left.
    pub fn new(listener: UnixListener, root: Pid, jobs: Jobs) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&poll, &listener, epoll::EventData::new_u64(LISTENER), epoll::EventFlags::IN)?;
        let mut facts = Facts::new(root);
        facts.stands(Stands::beside(&listener));
        if let Some(path) = listener.local_addr()?.as_pathname() {
            facts.listens(path.to_owned());
        }
        facts.serves(&listener)?; // a command of ours may be a guest too
        Ok(Self {
            listener,
            poll,
            connections: HashMap::new(),
            members: HashMap::new(),
            next: 1,
            facts: Arc::new(Mutex::new(facts)),
            root,
            jobs,
            strangers: 0,
        })
    }

    /// What the machine says of calls, for whoever else is asked of them.
    #[must_use]
    pub fn facts(&self) -> Arc<Mutex<Facts>> {
        self.facts.clone()
    }

    /// Serves until the engine's thread is gone.
    pub fn serve(mut self) {
        let mut events = Vec::with_capacity(64);
        let wait = rustix::event::Timespec { tv_sec: 5, tv_nsec: 0 };
        loop {
            events.clear();
            let polled =
                epoll::wait(&self.poll, rustix::buffer::spare_capacity(&mut events), Some(&wait));
            if polled.is_err_and(|error| error != Errno::INTR) {
                return;
            }
            for event in &events {
                let alive = match event.data.u64() {
                    LISTENER => self.accept(),
                    number => self.read(number),
                };
                if !alive {
                    return;
                }
            }
            self.connections.retain(|_, connection| {
                connection.test.is_some() || connection.since.elapsed() < QUESTION_TIME_MAX
            });
        }
    }

    /// Takes every connection that waits. False once the run is over.
    fn accept(&mut self) -> bool {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => {
                    if !self.admit(stream) {
                        return false;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    std::thread::sleep(FULL_PAUSE); // no descriptor left: others are being answered
                    return true;
                }
            }
        }
    }

    fn admit(&mut self, stream: UnixStream) -> bool {
        let Ok(peer) = nix::sys::socket::getsockopt(&stream, sockopt::PeerCredentials) else {
            return true;
        };
        let pid = peer.pid().cast_unsigned(); // zero for a process that is in no namespace of ours
        if !self.is_member(pid) {
            return self.refuse(pid);
        }
        let number = self.next;
        self.next += 1;
        let data = epoll::EventData::new_u64(number);
        let flags = epoll::EventFlags::IN | epoll::EventFlags::RDHUP;
        if epoll::add(&self.poll, &stream, data, flags).is_ok() {
            let (bytes, since) = (Vec::new(), Instant::now());
            let connection = Connection { stream, pid, bytes, since, test: None };
            self.connections.insert(number, connection);
            return self.read(number); // the question is often there by now
        }
        true
    }

    /// Whether a process belongs to the run. It does so for as long as it lives, so that its ancestors
    /// are followed once.
    fn is_member(&mut self, pid: Pid) -> bool {
        let started = process::stat(pid).map(|stat| stat.started);
        if started.is_some() && self.members.get(&pid) == started.as_ref() {
            return true;
        }
        let member = process::is_below(pid, self.root);
        if let (true, Some(started)) = (member, started) {
            if self.members.len() >= MEMBERS_MAX {
                self.members.clear(); // each is found again when it asks again
            }
            self.members.insert(pid, started);
        }
        member
    }

    /// A process outside the run's tree is not served, whoever it belongs to.
    /// One that is gone may have been of the tree, and waits for no answer.
    fn refuse(&mut self, pid: Pid) -> bool {
        let Some(name) = process::command(pid) else {
            return true;
        };
        self.strangers += 1;
        if self.strangers > 1 {
            return true;
        }
        let note = format!("a process outside the run asked and was refused: {pid} ({name})");
        self.jobs.send(Job::Note(note)).is_ok()
    }

    /// Reads what a connection has sent. False once the run is over.
    fn read(&mut self, number: u64) -> bool {
        let Some(connection) = self.connections.get_mut(&number) else {
            return true;
        };
        match connection.fill() {
            Ok(false) => true,
            Ok(true) if connection.is_control() => self.control(number),
            Ok(true) => match self.connections.remove(&number) {
                Some(connection) => self.hand_on(connection),
                None => true,
            },
            Err(_) => self.left(number), // it went away: there is nobody to answer
        }
    }

    fn hand_on(&mut self, connection: Connection) -> bool {
        let Connection { stream, pid, bytes, .. } = connection;
        // It is the engine's from here on.
        if epoll::delete(&self.poll, &stream).is_err() {
            return true;
        }
        let body = bytes.get(LENGTH_BYTES..).unwrap_or_default();
        let job = {
            let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
            facts.job(pid, body, stream)
        };
        match job {
            Some(job) => self.jobs.send(job).is_ok(),
            None => true, // answered already, or nonsense: the guest finds its connection closed
        }
    }
}

impl Connection {
    /// Reads; true once the whole question is there.
    fn fill(&mut self) -> io::Result<bool> {
        loop {
            let missing = self.missing()?;
            if missing == 0 {
                return Ok(true);
            }
            let from = self.bytes.len();
            let space = missing.min(64 << 10);
            self.bytes.resize(from + space, 0);
            let flags = RecvFlags::DONTWAIT;
            let read = rustix::net::recv(&self.stream, &mut self.bytes[from..], flags);
            let read = read.map(|(bytes, _)| bytes);
            self.bytes.truncate(from + read.unwrap_or(0));
            match read {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) | Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// How many bytes are still to come, as far as is known.
    fn missing(&self) -> io::Result<usize> {
        let control = self.before_length();
        let head = self.bytes.get(control..control + LENGTH_BYTES);
        let Some(head) = head.and_then(|head| <[u8; LENGTH_BYTES]>::try_from(head).ok()) else {
            return Ok(control + LENGTH_BYTES - self.bytes.len());
        };
        let length = frame::length(head).map_err(io::Error::other)?;
        Ok((control + LENGTH_BYTES + length).saturating_sub(self.bytes.len()))
    }
}

#[cfg(test)]
mod tests;
