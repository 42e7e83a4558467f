//! Where redirected connections arrive: event loops that move bytes between guests, conversations and
//! real servers. A conversation waits for nobody but the engine, so a slow client holds nobody up.
//!
//! | module | job |
//! |---|---|
//! | `events` | one event loop |
//! | `connection` | one client, and what its conversation wants done |
//! | `stream` | sockets of either family |
//! | `datagrams` | the one socket that all redirected datagrams come to |
//! | `upstream` | the way to real servers |
//! | `asking` | how a conversation asks the engine |

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};

use crate::engine::Claim;
use crate::jobs::Jobs;
use crate::plugins::conversation::Conversation;

mod asking;
mod connection;
mod datagrams;
mod events;
mod stream;
mod upstream;

use events::{Command, Events, Waker};

/// Makes the conversation of a claimed connection.
pub type Make = dyn Fn(&Claim) -> Option<Box<dyn Conversation>> + Send + Sync;

/// Event loops of a run.
const LOOPS: usize = 2;
/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;
/// How often a port is looked for that is free for streams and datagrams.
const PORT_TRIES_MAX: usize = 50;

/// Connections that a guest was sent here with, by their tickets.
#[derive(Debug, Clone, Default)]
struct Pending(Arc<Mutex<HashMap<u32, Claim>>>);

impl Pending {
    fn put(&self, claim: Claim) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(claim.ticket, claim);
    }

    fn take(&self, ticket: u32) -> Option<Claim> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket)
    }

    /// The same for datagrams, of which more may come.
    fn get(&self, ticket: u32) -> Option<Claim> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&ticket).cloned()
    }
}

/// The event loops, and the way to them.
#[derive(Debug)]
pub struct Responder {
    port: u16,
    directory: PathBuf,
    pending: Pending,
    loops: Vec<(Sender<Command>, Waker)>,
}

impl Responder {
    /// Listens on loopback, and starts the event loops.
    ///
    /// # Errors
    ///
    /// No port, descriptor or thread is left.
    pub fn start(directory: PathBuf, jobs: &Jobs, make: Arc<Make>) -> io::Result<Self> {
        let (listener, datagrams) = sockets()?;
        let port = listener.local_addr()?.port();
        let pending = Pending::default();
        let mut datagrams = Some(datagrams);
        let mut loops = Vec::new();
        for number in 0..LOOPS {
            let (commands, received) = crossbeam_channel::unbounded();
            let waker = Waker::new()?;
            let events = Events::new(events::Parts {
                listener: listener.try_clone()?,
                datagrams: datagrams.take(),
                waker: waker.clone(),
                commands: (commands.clone(), received),
                pending: pending.clone(),
                jobs: jobs.clone(),
                make: make.clone(),
            })?;
            let name = format!("responder-{number}");
            thread::Builder::new().name(name).spawn(move || events.serve())?;
            loops.push((commands, waker));
        }
        Ok(Self { port, directory, pending, loops })
    }

    /// The port that redirected connections go to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A guest is about to be sent here. Called before it is told.
    ///
    /// # Errors
    ///
    /// There is no socket for it in the run's folder.
    pub fn expect(&self, claim: Claim) -> io::Result<()> {
        if claim.opening.address.is_some() {
            self.pending.put(claim);
            return Ok(());
        }
        let name = bigfoot_ipc::answering(claim.ticket);
        let path = self.directory.join(String::from_utf8_lossy(&name).as_ref());
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666))?;
        listener.set_nonblocking(true)?;
        self.send(Command::Listen { listener, path, claim });
        Ok(())
    }

    fn send(&self, command: Command) {
        if let Some((commands, waker)) = self.loops.first() {
            let _ = commands.send(command); // it serves until the run is over
            waker.wake();
        }
    }

    /// Waits until what has arrived so far is answered.
    pub fn catch_up(&self, patience: Duration) {
        self.wait(patience, Command::CaughtUp);
    }

    /// Waits until all clients are gone.
    pub fn drain(&self, patience: Duration) {
        self.wait(patience, Command::Drained);
    }

    fn wait(&self, patience: Duration, command: fn(Sender<()>) -> Command) {
        let (done, heard) = bounded(LOOPS);
        for (commands, waker) in &self.loops {
            let _ = commands.send(command(done.clone()));
            waker.wake();
        }
        drop(done);
        let until = std::time::Instant::now() + patience;
        while heard.recv_deadline(until).is_ok() {}
    }
}

/// Listens for streams and datagrams at one port of every address on loopback.
fn sockets() -> io::Result<(TcpListener, UdpSocket)> {
    let mut last = io::ErrorKind::AddrInUse.into();
    for _ in 0..PORT_TRIES_MAX {
        let listener = listen()?;
        let address = listener.local_addr()?;
        match UdpSocket::bind(address) {
            Ok(datagrams) => {
                only_loopback(&datagrams);
                datagrams.set_nonblocking(true)?;
                return Ok((listener, datagrams));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    only_loopback(&listener);
    rustix::net::listen(&listener, BACKLOG)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Nothing from another machine arrives here. Where the kernel does not do so (before 5.7), it is
/// closed when it is accepted: it has no ticket.
fn only_loopback(socket: &impl std::os::fd::AsFd) {
    let name = std::ffi::OsString::from("lo");
    let _ = nix::sys::socket::setsockopt(socket, nix::sys::socket::sockopt::BindToDevice, &name);
}
