//! Connections that plugins read, each by its ticket.

use std::collections::{HashMap, VecDeque};

use bigfoot_ipc::page::TICKETS;

use super::{Asker, Details};
use crate::call::{Connect, Peer, Transport};
use crate::intake::process::Pid;
use crate::mocks::Step;

/// A connection that a plugin reads.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) asker: Asker,
    pub(super) connect: Connect,
    /// The server that was meant is the tree's own.
    pub(super) own: bool,
    pub(super) details: Details,
    pub(super) session: Option<Session>,
}

/// The session that a mock opened.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) mock: usize,
    pub(super) steps: VecDeque<Step>,
}

/// Connections that plugins read, by their tickets.
#[derive(Debug, Default)]
pub(super) struct Conversations {
    next: u32,
    pub(super) open: HashMap<u32, Conversation>,
    /// Interactions whose real answer is to be compared with what a mock says.
    pub(super) expected: HashMap<u64, usize>,
    /// Steps that were left over: the mock, and how many of its steps came to be.
    pub(super) left: Vec<Left>,
    /// The tickets of datagrams.
    datagrams: HashMap<Sender, u32>,
    /// Requests on connections that are not known: refused, and nothing else can be told of them.
    pub(super) lost: u64,
}

/// Who sends datagrams, and to whom: one test of a process, or one lineage of threads where the test
/// is not known.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Sender {
    process: (Pid, u64),
    test: Option<String>,
    lineage: u32,
    peer: Peer,
}

impl Sender {
    fn of(asker: &Asker, peer: &Peer) -> Self {
        let lineage = if asker.test.is_some() { 0 } else { asker.lineage };
        let process = (asker.pid, asker.started);
        Self { process, test: asker.test.clone(), lineage, peer: peer.clone() }
    }
}

/// Steps of a session that were left over.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) mock: usize,
    pub(super) steps: Vec<Step>,
    pub(super) test: Option<String>,
}

impl Conversations {
    /// A connection is handed to a plugin: its ticket. Datagrams of one sender to one address have one,
    /// however they are sent.
    pub(super) fn ticket(&mut self, asker: &Asker, connect: &Connect, own: bool) -> u32 {
        let key = Sender::of(asker, &connect.peer);
        if connect.transport != Transport::Datagram {
            return self.open(asker, connect, own);
        }
        if let Some(known) = self.datagrams.get(&key).filter(|it| self.open.contains_key(it)) {
            return *known;
        }
        let ticket = self.open(asker, connect, own);
        self.datagrams.insert(key, ticket);
        ticket
    }

    fn open(&mut self, asker: &Asker, connect: &Connect, own: bool) -> u32 {
        let ticket = self.free();
        let conversation = Conversation {
            asker: asker.clone(),
            connect: connect.clone(),
            own,
            details: Details::default(),
            session: None,
        };
        self.open.insert(ticket, conversation);
        ticket
    }

    /// The next number that no connection has. Where all have one, more than the system has descriptors
    /// for, the next in turn is given again.
    fn free(&mut self) -> u32 {
        let tickets = TICKETS as u32;
        for _ in 0..tickets {
            self.next = self.next % (tickets - 1) + 1;
            if !self.open.contains_key(&self.next) {
                break;
            }
        }
        self.next
    }

    /// A real answer will come for what was recorded, and a mock says what it should be.
    pub(super) fn expect(&mut self, recorded: u64, mock: usize) {
        if recorded != 0 {
            self.expected.insert(recorded, mock);
        }
    }
}
