//! A question to the controller, and its verdict.
//!
//! Each question has a connection of its own: no descriptor stays in the guest for it to close,
//! renumber or inherit, and nothing needs care after fork, in threads or in signal handlers.

use bigfoot_ipc::frame::{self, LENGTH_BYTES, MESSAGE_BYTES_MAX, VERDICT_BYTES_MAX};
use bigfoot_ipc::guest::{Asker, Call, Request, Verdict};
use bigfoot_ipc::page::Inside;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, retry_on_intr};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::hooks::test_name;
use crate::inside::Stay;
use crate::scratch::Pages;
use crate::{inside, shared, start, thread};

/// What most questions fit into, in bytes; small, since a signal handler may stand on 16 KiB.
const QUESTION_BYTES: usize = 1024;

/// A call that could not be decided.
const REFUSED: Verdict = Verdict::Deny { errno: libc::EACCES };

/// Asks what shall happen to a call. Without an answer it is refused; outside a run it is real.
#[inline(never)]
pub(crate) fn decide(call: Call<'_>) -> Verdict {
    if !start::in_a_run() {
        return Verdict::Allow;
    }
    inside::forget_left();
    let mut test = [0; test_name::TEST_BYTES_MAX];
    let asker = Asker {
        version: bigfoot_ipc::VERSION,
        thread: thread::id(),
        lineage: thread::lineage(),
        registers: thread::registers(),
        test: test_name::current(&mut test),
        in_lookup: thread::in_lookup(),
    };
    ask(&Request { asker, call }).unwrap_or_else(unasked)
}

/// What becomes of a call that could not be asked about. With the guard off the run has nothing
/// against it; else it is refused, and the run is told that it was.
#[cold]
fn unasked() -> Verdict {
    if start::is_off() {
        return Verdict::Allow;
    }
    shared::unasked();
    REFUSED
}

fn ask(request: &Request<'_>) -> Option<Verdict> {
    let mut small = [0; QUESTION_BYTES];
    if let Some(used) = frame::encode_into(request, &mut small) {
        return exchange(small.get(..used)?);
    }
    let mut pages = Pages::of(LENGTH_BYTES + MESSAGE_BYTES_MAX)?;
    let used = frame::encode_into(request, pages.bytes())?;
    exchange(pages.bytes().get(..used)?)
}

fn exchange(question: &[u8]) -> Option<Verdict> {
    let _own = Stay::enter(Inside::Own);
    let socket = connected()?;
    send(socket.as_fd(), question)?;

    let mut head = [0; LENGTH_BYTES];
    receive(socket.as_fd(), &mut head)?;
    let length = frame::length(head).ok()?;
    let mut body = [0; VERDICT_BYTES_MAX];
    let body = body.get_mut(..length)?;
    receive(socket.as_fd(), body)?;
    frame::decode(body).ok()
}

fn connected() -> Option<OwnedFd> {
    let socket = match socket() {
        Err(Errno::MFILE) => with_room(socket).ok()?,
        socket => socket.ok()?,
    };
    let address = rustix::net::SocketAddrUnix::new(start::socket_path()?).ok()?;
    retry_on_intr(|| rustix::net::connect(&socket, &address)).ok()?;
    Some(socket)
}

fn socket() -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC;
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}

/// How many descriptors beyond the guest's limit a question may take.
const ROOM: u64 = 16;

/// Makes a descriptor while the guest's limit is a little higher, if it may be raised: a guest that
/// has used up its own is still served.
fn with_room(make: impl FnOnce() -> Result<OwnedFd, Errno>) -> Result<OwnedFd, Errno> {
    let before = getrlimit(Resource::Nofile);
    let raised = before.current.map(|limit| limit.saturating_add(ROOM));
    setrlimit(Resource::Nofile, Rlimit { current: raised, ..before })?;
    let made = make();
    setrlimit(Resource::Nofile, before)?;
    made
}

fn send(socket: BorrowedFd<'_>, mut bytes: &[u8]) -> Option<()> {
    while !bytes.is_empty() {
        let sent = retry_on_intr(|| rustix::net::send(socket, bytes, SendFlags::NOSIGNAL)).ok()?;
        bytes = bytes.get(sent..)?;
    }
    Some(())
}

fn receive(socket: BorrowedFd<'_>, mut space: &mut [u8]) -> Option<()> {
    while !space.is_empty() {
        match rustix::net::recv(socket, &mut *space, RecvFlags::empty()) {
            Ok((0, _)) => return None, // the controller is gone
            Ok((got, _)) => space = space.get_mut(got..)?,
            Err(Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    Some(())
}
