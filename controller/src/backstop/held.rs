//! A call that waits for its verdict, and what is done about it.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::IoSlice;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;

use bigfoot_ipc::guest::{Transport, Verdict};
use nix::libc;
use rustix::io::Errno;
use rustix::net::addr::SocketAddrArg;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketAddrAny, SocketAddrUnix, SocketType, sockopt,
};

use super::behalf::{self, Behalf};
use super::memory::Memory;
use super::process::{NoDescriptor, Process};
use super::sys::{Listener, Notification};
use super::trapped::{Receive, Send, Trapped};
use super::{Backstop, answering, is_narrow, transport_of};
use crate::shared::View;

/// Most bytes that are sent or received on a guest's behalf: a datagram's, or as many of a stream's.
const BYTES_MAX: u64 = 64 << 10;

/// A call that waits for its verdict.
#[derive(Debug)]
pub struct Held {
    listener: Arc<Listener>,
    folder: PathBuf,
    view: Arc<View>,
    told: Notification,
    /// The call.
    pub(super) trapped: Trapped,
    /// A duplicate of the guest's socket, where it is about one and we may have it.
    socket: Option<OwnedFd>,
    /// The guest has no such descriptor.
    absent: bool,
    answered: Cell<bool>,
}

/// What could not be done, in words for the report.
pub type Weakness = &'static str;

impl Held {
    pub(super) fn new(
        backstop: &Backstop,
        told: &Notification,
        process: &Process,
        trapped: Trapped,
    ) -> Self {
        // Of which socket socketcall(2) is, a private process does not let us read.
        let unread = trapped.is_unknown() && trapped.socket() == Some(-1);
        let number = trapped.socket().filter(|_| !unread);
        let found = number.map(|number| process.descriptor(told.thread, number));
        let absent = found.as_ref().is_some_and(|it| matches!(it, Err(NoDescriptor::Absent)));
        Self {
            listener: backstop.listener.clone(),
            folder: backstop.folder.clone(),
            view: backstop.view.clone(),
            told: *told,
            trapped,
            socket: found.and_then(Result::ok),
            absent,
            answered: Cell::new(false),
        }
    }

    /// Kind of the socket. One that we may not look at is taken for the kind that its call is made of.
    pub(super) fn transport(&self) -> Transport {
        match (&self.socket, &self.trapped) {
            (Some(socket), _) => transport_of(sockopt::socket_type(socket).ok()),
            (None, Trapped::Connect { .. }) => Transport::Stream,
            (None, _) => Transport::Datagram,
        }
    }

    /// Has a call fail that the kernel refuses for its socket's sake; false if it does not. It is not let
    /// through: another thread might put another socket there meanwhile.
    pub(super) fn is_refused(&self) -> bool {
        let refused = match (&self.socket, &self.trapped) {
            (None, _) => self.absent.then_some(libc::EBADF),
            (Some(socket), Trapped::Send(send)) if send.before == 0 => refused(socket, true),
            (Some(socket), _) => refused(socket, false),
        };
        if let Some(errno) = refused {
            self.fail(errno);
        }
        refused.is_some()
    }

    /// Lets it through.
    pub(super) fn pass(&self) {
        self.listener.pass(self.told.id);
        self.answered.set(true);
    }

    /// Has it fail.
    pub(super) fn fail(&self, errno: i32) {
        self.listener.fail(self.told.id, errno);
        self.answered.set(true);
    }

    fn give(&self, value: usize) {
        self.listener.give(self.told.id, i64::try_from(value).unwrap_or(i64::MAX));
        self.answered.set(true);
    }

    /// Carries a verdict out; what could not be done, if something could not. What has to wait does so
    /// in a thread of its own.
    pub fn settle(self, verdict: &Verdict) -> Option<Weakness> {
        match (&self.trapped, verdict) {
            (Trapped::Send(send), Verdict::Allow) if send.alone => return self.send_alone(),
            (_, Verdict::Allow | Verdict::Start { .. }) => self.pass(),
            (_, Verdict::Deny { errno }) => self.fail(*errno),
            (
                Trapped::Connect { to, .. } | Trapped::Send(Send { to, .. }),
                Verdict::Redirect { to: at },
            ) => {
                let wide = to.is_wide();
                return match to.in_its_form(*at) {
                    Some(at) => self.reach(Ok(at.into()), wide),
                    None => self.impossible("a socket of one family cannot be led to another"),
                };
            }
            (Trapped::Connect { .. }, Verdict::Unix { number }) => {
                let at = SocketAddrUnix::new(answering(&self.folder, *number));
                return self.reach(at.map(|at| at.as_any()), false);
            }
            (Trapped::Open(open), Verdict::File { number }) => {
                let close = open.flags & libc::O_CLOEXEC != 0;
                return self.give_file(&answering(&self.folder, *number), close);
            }
            (Trapped::Exec(_), Verdict::StandIn { .. }) => {
                return self
                    .impossible("nothing can stand in for a program that is started without libc");
            }
            _ => self.fail(libc::EPROTO),
        }
        None
    }

    fn impossible(&self, why: Weakness) -> Option<Weakness> {
        self.fail(libc::EACCES);
        Some(why)
    }

    /// Sends the first of several messages to different places, and nothing else: the guest calls
    /// again for the others, which are then asked about.
    fn send_alone(self) -> Option<Weakness> {
        let to = match &self.trapped {
            Trapped::Send(send) => behalf::own(send.to.peer()),
            _ => Err(Errno::PROTO),
        };
        self.reach(to, false)
    }

    /// Makes the guest's call on its socket, to this address, and has it come back with what that gave.
    fn reach(self, to: Result<SocketAddrAny, Errno>, wide: bool) -> Option<Weakness> {
        let message = match &self.trapped {
            Trapped::Send(send) if send.ancillary || send.before > 0 => {
                return self.impossible(
                    "a message that carries more than bytes was sent without libc and could not be sent on its behalf",
                );
            }
            Trapped::Send(send) => self.message(send).map(Some),
            _ => Ok(None),
        };
        let Some(socket) = &self.socket else {
            return self.impossible(
                "a guest's socket could not be had (pidfd_getfd), so that a mocked connection was refused",
            );
        };
        match to.and_then(|to| Ok(Behalf { to, wide, message: message? })) {
            Err(error) => self.fail(error.raw_os_error()),
            Ok(call) => match call.start(socket) {
                Some(done) => self.done(done),
                None => self.finish(call),
            },
        }
        None
    }

    /// The bytes that the guest sends, and how.
    fn message(&self, send: &Send) -> Result<(Vec<u8>, SendFlags), Errno> {
        let mut memory = Memory::of(self.told.thread, is_narrow(&self.told));
        let bytes = gathered(&mut memory, &send.pieces).ok_or(Errno::FAULT)?;
        let flags = SendFlags::from_bits_retain(send.flags.cast_unsigned()) | SendFlags::NOSIGNAL;
        Ok((bytes, flags))
    }

    /// Makes a call that has to wait. Where there is no thread to be had, it fails, as what is dropped.
    fn finish(self, call: Behalf) {
        let work = move || {
            if let Some(socket) = &self.socket {
                self.done(call.finish(socket));
            }
        };
        let _ = std::thread::Builder::new().name("on-behalf".into()).spawn(work);
    }

    /// Tells what a call on the guest's behalf gave.
    fn done(&self, done: Result<usize, Errno>) {
        let done = done.and_then(|value| match &self.trapped {
            Trapped::Send(Send { length_at: Some(at), .. }) => {
                let sent = u32::try_from(value).unwrap_or(u32::MAX);
                if self.write(*at, &sent.to_ne_bytes()) { Ok(1) } else { Err(Errno::FAULT) }
            }
            _ => Ok(value),
        });
        match done {
            Ok(value) => self.give(value),
            Err(error) => self.fail(error.raw_os_error()),
        }
    }

    fn give_file(&self, path: &std::path::Path, close_on_exec: bool) -> Option<Weakness> {
        let file: Option<File> = OpenOptions::new().read(true).open(path).ok();
        let given = file
            .is_some_and(|file| self.listener.give_file(self.told.id, file.as_fd(), close_on_exec));
        self.answered.set(given);
        if given { None } else { self.impossible("a file could not be given to a guest") }
    }

    /// Answers the receipt of a datagram; false if this is none. Its sender is told as the guest knows
    /// it. What has not come yet is waited for by the guest itself, which then hears our own address.
    pub(super) fn receives(&self) -> bool {
        let Trapped::Receive(receive) = &self.trapped else {
            return false;
        };
        if self.received(receive).is_none() {
            self.pass();
        }
        true
    }

    fn received(&self, receive: &Receive) -> Option<()> {
        let socket = self.socket.as_ref()?;
        if sockopt::socket_type(socket).ok()? != SocketType::DGRAM {
            return None;
        }
        let peek = RecvFlags::PEEK | RecvFlags::DONTWAIT | RecvFlags::TRUNC;
        let mut bytes = vec![0; BYTES_MAX as usize];
        let (_, length, from) = rustix::net::recvfrom(socket, &mut bytes[..], peek).ok()?;
        let from = SocketAddr::try_from(from?).ok()?;
        let meant = self.view.meant(from)?;
        bytes.truncate(length.min(receive.into.1 as usize));
        let name = sockaddr(meant, from.is_ipv6());
        let mut memory = Memory::of(self.told.thread, is_narrow(&self.told));
        let room = memory.bytes(receive.sender.1, 4).ok()?;
        let room = u32::from_ne_bytes(*room.first_chunk()?) as usize;
        let written = self.write(receive.into.0, &bytes)
            && self.write(receive.sender.0, &name[..name.len().min(room)])
            && self.write(receive.sender.1, &(name.len() as u32).to_ne_bytes());
        if !written {
            return None;
        }
        if receive.flags & libc::MSG_PEEK == 0 {
            let _ = rustix::net::recv(socket, &mut [0; 1][..], RecvFlags::DONTWAIT); // it was there
        }
        let whole = receive.flags & libc::MSG_TRUNC != 0; // of what did not all fit
        self.give(if whole { length } else { bytes.len() });
        Some(())
    }

    /// Writes what the call was asked to write.
    fn write(&self, at: u64, bytes: &[u8]) -> bool {
        let to =
            nix::sys::uio::RemoteIoVec { base: usize::try_from(at).unwrap_or(0), len: bytes.len() };
        let thread = nix::unistd::Pid::from_raw(self.told.thread.cast_signed());
        let written = nix::sys::uio::process_vm_writev(thread, &[IoSlice::new(bytes)], &[to]);
        bytes.is_empty() || written == Ok(bytes.len())
    }
}

/// What the kernel says to a call on this descriptor, perhaps with an address to send to, whatever else
/// is asked.
fn refused(socket: &OwnedFd, sends: bool) -> Option<i32> {
    match sockopt::socket_type(socket) {
        Err(error @ (Errno::NOTSOCK | Errno::BADF)) => Some(error.raw_os_error()),
        Ok(SocketType::STREAM) if sends => {
            let unix = sockopt::socket_domain(socket) == Ok(AddressFamily::UNIX);
            let connected = || rustix::net::getpeername(socket).is_ok();
            unix.then(|| if connected() { libc::EISCONN } else { libc::EOPNOTSUPP })
        }
        _ => None,
    }
}

/// A guest that nobody answers waits for ever: what is forgotten is refused.
impl Drop for Held {
    fn drop(&mut self) {
        if !self.answered.get() {
            self.fail(libc::EACCES);
        }
    }
}

/// The bytes of a message; at most as many as a datagram has.
fn gathered(memory: &mut Memory, pieces: &[(u64, u64)]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for (at, count) in pieces {
        let left = BYTES_MAX - bytes.len() as u64;
        bytes.extend(memory.bytes(*at, (*count).min(left) as usize).ok()?);
    }
    Some(bytes)
}

/// An address as the kernel writes it for a socket of this family (ip(7), ipv6(7)).
fn sockaddr(address: SocketAddr, wide: bool) -> Vec<u8> {
    let port = address.port().to_be_bytes();
    match (address.ip(), wide) {
        (IpAddr::V4(ip), false) => {
            let family = (libc::AF_INET as u16).to_ne_bytes();
            [&family[..], &port, &ip.octets(), &[0; 8]].concat()
        }
        (ip, _) => {
            let family = (libc::AF_INET6 as u16).to_ne_bytes();
            let octets = match ip {
                IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
                IpAddr::V6(ip) => ip.octets(),
            };
            [&family[..], &port, &[0; 4], &octets, &[0; 4]].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would say, before anything is asked about.
    #[test]
    fn a_socket_that_takes_no_call_is_told_of() {
        let (stream, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        let unconnected = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None);
        let datagram = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let file = File::open("/dev/null").unwrap();

        assert_eq!(refused(&file.into(), false), Some(libc::ENOTSOCK));
        assert_eq!(refused(&datagram.into(), true), None);
        assert_eq!(refused(&unconnected.unwrap(), true), Some(libc::EOPNOTSUPP));
        let stream = stream.into();
        assert_eq!(refused(&stream, true), Some(libc::EISCONN));
        assert_eq!(refused(&stream, false), None);
    }
}
