//! One event loop: sockets that can be read or written, times that are over, and commands.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddrV4, TcpListener, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bigfoot_ipc::page::ticket_at;
use crossbeam_channel::{Receiver, Sender};
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::io::Errno;

use super::asking::Asking;
use super::connection::{Client, Connection};
use super::datagrams::Datagrams;
use super::stream::Stream;
use super::{Make, Pending, upstream};
use crate::engine::{Claim, Said};
use crate::jobs::Jobs;
use crate::plugins::conversation::Event;
use crate::report::Code;

/// Numbers of what is polled beside connections.
const LISTENER: u64 = 0;
const WAKER: u64 = 1;
const DATAGRAMS: u64 = 2;
/// First number of a connection; each has two, its client's and its real server's.
const FIRST: u64 = 16;

/// Most connections of one loop.
const CONNECTIONS_MAX: usize = 60_000;
/// How long datagrams may stay away before their conversation is over.
const QUIET: Duration = Duration::from_secs(60);
/// How long to wait when no descriptor is left for another connection.
const FULL_PAUSE: Duration = Duration::from_millis(2);
/// Bytes that are read at once.
const SPACE: usize = 64 << 10;

/// Wakes an event loop.
#[derive(Debug, Clone)]
pub(super) struct Waker(Arc<OwnedFd>);

impl Waker {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)))
    }

    pub(super) fn wake(&self) {
        let _ = rustix::io::write(&*self.0, &1_u64.to_ne_bytes()); // full means awake
    }
}

/// What a loop is told.
#[derive(Debug)]
pub(super) enum Command {
    /// A Unix socket at which one guest will call.
    Listen { listener: UnixListener, path: PathBuf, claim: Claim },
    /// A real server is there, or is not.
    Connected { number: u64, made: io::Result<Stream> },
    /// Say when what has arrived so far is answered.
    CaughtUp(Sender<()>),
    /// Say when all clients are gone.
    Drained(Sender<()>),
}

/// What a loop is made of.
pub(super) struct Parts {
    pub(super) listener: TcpListener,
    pub(super) datagrams: Option<UdpSocket>,
    pub(super) waker: Waker,
    pub(super) commands: (Sender<Command>, Receiver<Command>),
    pub(super) pending: Pending,
    pub(super) jobs: Jobs,
    pub(super) make: Arc<Make>,
}

/// A Unix socket at which one guest will call.
struct Door {
    listener: UnixListener,
    path: PathBuf,
    claim: Claim,
}

/// One event loop.
pub(super) struct Events {
    poll: OwnedFd,
    listener: TcpListener,
    datagrams: Option<Datagrams>,
    waker: Waker,
    commands: (Sender<Command>, Receiver<Command>),
    pending: Pending,
    make: Arc<Make>,
    asking: Asking,
    connections: HashMap<u64, Connection>,
    doors: HashMap<u64, Door>,
    /// Conversations by datagrams, by ticket and the client's address.
    peers: HashMap<(u32, SocketAddrV4), (u64, Instant)>,
    next: u64,
    caught_up: Vec<Sender<()>>,
    drained: Vec<Sender<()>>,
    space: Vec<u8>,
}

impl Events {
    pub(super) fn new(parts: Parts) -> io::Result<Self> {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let alone = EventFlags::IN | EventFlags::EXCLUSIVE;
        epoll::add(&poll, &parts.listener, EventData::new_u64(LISTENER), alone)?;
        epoll::add(&poll, &*parts.waker.0, EventData::new_u64(WAKER), EventFlags::IN)?;
        let datagrams = parts.datagrams.map(Datagrams::new).transpose()?;
        if let Some(datagrams) = &datagrams {
            epoll::add(&poll, datagrams, EventData::new_u64(DATAGRAMS), EventFlags::IN)?;
        }
        Ok(Self {
            poll,
            listener: parts.listener,
            datagrams,
            waker: parts.waker,
            commands: parts.commands,
            pending: parts.pending,
            make: parts.make,
            asking: Asking::new(parts.jobs),
            connections: HashMap::new(),
            doors: HashMap::new(),
            peers: HashMap::new(),
            next: FIRST,
            caught_up: Vec::new(),
            drained: Vec::new(),
            space: vec![0; SPACE],
        })
    }

    /// Serves for as long as the process lives.
    pub(super) fn serve(mut self) {
        let mut events = Vec::with_capacity(256);
        loop {
            events.clear();
            let wait = self.patience();
            let space = rustix::buffer::spare_capacity(&mut events);
            let polled = epoll::wait(&self.poll, space, wait.as_ref());
            if polled.is_err_and(|error| error != Errno::INTR) {
                return;
            }
            for event in &events {
                self.handle(event.data.u64(), event.flags);
            }
            self.wake_up();
            if events.is_empty() {
                self.caught_up.clear(); // dropping is the word
            }
            if self.connections.is_empty() {
                self.drained.clear();
            }
        }
    }

    /// How long to wait at most.
    fn patience(&self) -> Option<Timespec> {
        if !self.caught_up.is_empty() {
            return Some(Timespec { tv_sec: 0, tv_nsec: 0 });
        }
        let quiet = self.peers.values().map(|(_, seen)| *seen + QUIET).min();
        let next = self.connections.values().filter_map(Connection::next).chain(quiet).min()?;
        let left = next.saturating_duration_since(Instant::now());
        let nanos = i64::from(left.subsec_nanos());
        Some(Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: nanos })
    }

    fn handle(&mut self, number: u64, flags: EventFlags) {
        match number {
            LISTENER => self.accept(),
            WAKER => self.obey(),
            DATAGRAMS => self.receive(),
            number if self.doors.contains_key(&number) => self.open_door(number),
            number => self.moved(number, flags),
        }
    }

    fn obey(&mut self) {
        let _ = rustix::io::read(&*self.waker.0, &mut [0_u8; 8]);
        while let Ok(command) = self.commands.1.try_recv() {
            match command {
                Command::Listen { listener, path, claim } => self.listen(listener, path, claim),
                Command::Connected { number, made } => self.connected(number, made),
                Command::CaughtUp(done) => self.caught_up.push(done),
                Command::Drained(done) => self.drained.push(done),
            }
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 2;
        self.next
    }

    fn accept(&mut self) {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => return thread::sleep(FULL_PAUSE), // no descriptor is left: others are answered
            };
            let ticket = match stream.local_addr().map(|address| address.ip()) {
                Ok(IpAddr::V4(address)) => ticket_at(address),
                _ => None,
            };
            // One without a ticket was not sent here, and is closed.
            if let Some(claim) = ticket.and_then(|ticket| self.pending.take(ticket))
                && let Ok(stream) = Stream::Tcp(stream).ready()
            {
                self.welcome(claim, Client::Stream(stream));
            }
        }
    }

    fn listen(&mut self, listener: UnixListener, path: PathBuf, claim: Claim) {
        let number = self.number();
        let data = EventData::new_u64(number);
        if epoll::add(&self.poll, &listener, data, EventFlags::IN).is_ok() {
            self.doors.insert(number, Door { listener, path, claim });
        }
    }

    fn open_door(&mut self, number: u64) {
        let Some(door) = self.doors.remove(&number) else {
            return;
        };
        let accepted = door.listener.accept();
        let _ = std::fs::remove_file(&door.path); // one guest, one call
        if let Ok((stream, _)) = accepted
            && let Ok(stream) = Stream::Unix(stream).ready()
        {
            self.welcome(door.claim, Client::Stream(stream));
        }
    }

    /// A client is there: its conversation begins.
    fn welcome(&mut self, claim: Claim, client: Client) -> Option<u64> {
        let full = self.connections.len() >= CONNECTIONS_MAX;
        let Some(conversation) = (!full).then(|| (self.make)(&claim)).flatten() else {
            self.turn_away(&claim, full);
            return None;
        };
        let number = self.number();
        if let Client::Stream(stream) = &client {
            let data = EventData::new_u64(number);
            epoll::add(&self.poll, stream, data, EventFlags::IN).ok()?;
        }
        let mut connection = Connection::new(claim, client, conversation);
        connection.on(Event::Opened, &mut self.asking);
        self.connections.insert(number, connection);
        self.settle(number);
        Some(number)
    }

    /// A client that cannot be answered is closed, and told of.
    fn turn_away(&mut self, claim: &Claim, full: bool) {
        let name = claim.plugin.card().name;
        let reason = match full {
            true => "came when 60,000 others were being answered".to_owned(),
            false => format!("opened a connection of a kind that {name} does not speak on"),
        };
        self.asking.ticket = claim.ticket;
        let (code, bytes) = (Code::Malformed, Vec::new());
        self.asking.tell(Said::Wrong { code, reason, bytes, certain: true });
        self.asking.tell(Said::Ended);
    }

    /// A socket of a connection can be read or written.
    fn moved(&mut self, number: u64, flags: EventFlags) {
        let upstream = !number.is_multiple_of(2);
        let own = number & !1;
        let Some(connection) = self.connections.get_mut(&own) else {
            return;
        };
        if flags.contains(EventFlags::OUT) {
            connection.send();
        }
        if !upstream && flags.intersects(EventFlags::HUP | EventFlags::ERR) {
            connection.hung_up();
        }
        if flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
            if upstream {
                connection.read_upstream(&mut self.asking, &mut self.space);
            } else {
                connection.read_client(&mut self.asking, &mut self.space);
            }
        }
        self.settle(own);
    }

    fn connected(&mut self, number: u64, made: io::Result<Stream>) {
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        if let Ok(stream) = &made {
            let data = EventData::new_u64(number + 1);
            let _ = epoll::add(&self.poll, stream, data, EventFlags::IN);
        }
        connection.connected(made, &mut self.asking);
        self.settle(number);
    }

    /// Does what a connection's conversation left to do.
    fn settle(&mut self, number: u64) {
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        if let Some((wanted, address)) = connection.wanted.take() {
            let datagrams = matches!(connection.client, Client::Datagrams(_));
            let address = address.filter(|address| {
                connection.claim.real
                    && wanted.host == connection.claim.opening.host
                    && address.port() == wanted.port
            });
            let (commands, waker) = (self.commands.0.clone(), self.waker.clone());
            let connect = move || {
                let made = upstream::connect(&wanted, address, datagrams);
                let _ = commands.send(Command::Connected { number, made });
                waker.wake();
            };
            if let Err(error) = thread::Builder::new().spawn(connect) {
                let _ = self.commands.0.send(Command::Connected { number, made: Err(error) });
                self.waker.wake();
            }
        }
        if let Client::Datagrams(messages) = &mut connection.client
            && let Some(peer) = connection.claim.peer
            && let Some(datagrams) = &self.datagrams
        {
            let from = bigfoot_ipc::page::ticket_address(connection.claim.ticket);
            for message in messages.drain(..) {
                datagrams.send(from, peer, &message);
            }
        }
        if connection.over {
            self.end(number);
            return;
        }
        let [client, upstream] = connection.interests();
        if let Client::Stream(stream) = &connection.client {
            modify(&self.poll, stream.as_fd(), number, client);
        }
        if let Some(stream) = &connection.upstream {
            modify(&self.poll, stream.as_fd(), number + 1, upstream);
        }
    }

    /// A connection is over. Of a client that sends datagrams more may come: that one is over with the run.
    fn end(&mut self, number: u64) {
        if let Some(connection) = self.connections.remove(&number)
            && matches!(connection.client, Client::Stream(_))
        {
            self.asking.ticket = connection.claim.ticket;
            self.asking.tell(Said::Ended);
        }
    }

    fn receive(&mut self) {
        while let Some(datagram) = self.datagrams.as_ref().and_then(Datagrams::receive) {
            let Some(ticket) = ticket_at(datagram.to) else {
                continue;
            };
            let Some(number) = self.peer(ticket, datagram.from) else {
                continue;
            };
            if let Some(connection) = self.connections.get_mut(&number) {
                connection.on(Event::Client(&datagram.bytes), &mut self.asking);
            }
            self.settle(number);
        }
    }

    /// The conversation with a client that sends datagrams.
    fn peer(&mut self, ticket: u32, from: SocketAddrV4) -> Option<u64> {
        if let Some((number, seen)) = self.peers.get_mut(&(ticket, from))
            && self.connections.contains_key(number)
        {
            *seen = Instant::now();
            return Some(*number);
        }
        let claim = Claim { peer: Some(from), ..self.pending.get(ticket)? };
        let number = self.welcome(claim, Client::Datagrams(Default::default()))?;
        self.peers.insert((ticket, from), (number, Instant::now()));
        Some(number)
    }

    fn wake_up(&mut self) {
        let now = Instant::now();
        let due = self.connections.iter().filter(|(_, connection)| connection.is_due(now));
        let due: Vec<u64> = due.map(|(number, _)| *number).collect();
        for number in due {
            if let Some(connection) = self.connections.get_mut(&number) {
                connection.wake(now, &mut self.asking);
            }
            self.settle(number);
        }
        self.forget_quiet(now);
    }

    fn forget_quiet(&mut self, now: Instant) {
        let ended = !self.drained.is_empty();
        let quiet = self.peers.iter().filter(|(_, (_, seen))| ended || *seen + QUIET <= now);
        let quiet: Vec<_> = quiet.map(|(peer, (number, _))| (*peer, *number)).collect();
        for (peer, number) in quiet {
            self.peers.remove(&peer);
            self.end(number);
        }
    }
}

fn modify(poll: &OwnedFd, socket: BorrowedFd<'_>, number: u64, (read, write): (bool, bool)) {
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::IN, read);
    flags.set(EventFlags::OUT, write);
    let _ = epoll::modify(poll, socket, EventData::new_u64(number), flags);
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    /// The first numbers are not connections'.
    #[test]
    fn numbers_of_connections_are_even_and_beyond_the_fixed_ones() {
        assert!(FIRST > DATAGRAMS && FIRST.is_multiple_of(2));
        assert_eq!(ticket_at(Ipv4Addr::new(127, 64, 0, 1)), Some(1));
    }
}
