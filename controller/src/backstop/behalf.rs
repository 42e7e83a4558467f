//! A call that is made on a guest's socket, on the guest's behalf. Who makes it may wait, where the guest
//! would have waited; the desk, which all guests share, may not.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use bigfoot_ipc::guest::Peer;
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::Errno;
use rustix::net::addr::SocketAddrArg;
use rustix::net::sockopt::{self, Timeout};
use rustix::net::{SendFlags, SocketAddrAny, SocketAddrUnix, SocketType};

/// How long a connection may take before its guest waits for it by itself.
const CONNECT_MAX: Duration = Duration::from_millis(20);

/// A call on a guest's socket.
#[derive(Debug)]
pub(super) struct Behalf {
    /// To whom.
    pub to: SocketAddrAny,
    /// A socket that may be for IPv6 alone is led to an IPv4 address.
    pub wide: bool,
    /// What is sent, and how. A connection is made where there is none.
    pub message: Option<(Vec<u8>, SendFlags)>,
}

impl Behalf {
    /// Makes the call. None if it would have to wait: then [`Behalf::finish`] does.
    pub(super) fn start(&self, socket: &OwnedFd) -> Option<Result<usize, Errno>> {
        if self.wide {
            let _ = sockopt::set_ipv6_v6only(socket, false); // else the kernel says so
        }
        let waits = fcntl_getfl(socket).is_ok_and(|flags| !flags.contains(OFlags::NONBLOCK));
        match &self.message {
            _ if !waits => Some(self.finish(socket)),
            None => self.connect_soon(socket),
            Some((_, flags)) if flags.contains(SendFlags::DONTWAIT) => Some(self.finish(socket)),
            // A stream would take a part of it, where the guest waits for the whole.
            Some(_) if sockopt::socket_type(socket) == Ok(SocketType::STREAM) => None,
            Some((bytes, flags)) => {
                let sent =
                    rustix::net::sendto(socket, bytes, *flags | SendFlags::DONTWAIT, &self.to);
                Some(sent).filter(|sent| *sent != Err(Errno::AGAIN))
            }
        }
    }

    /// Makes the call, however long that takes.
    pub(super) fn finish(&self, socket: &OwnedFd) -> Result<usize, Errno> {
        match &self.message {
            None => rustix::net::connect(socket, &self.to).map(|()| 0),
            Some((bytes, flags)) => rustix::net::sendto(socket, bytes, *flags, &self.to),
        }
    }

    /// The socket's own limit holds for connections too (socket(7), `SO_SNDTIMEO`). One that has begun
    /// is waited for by asking for it again.
    fn connect_soon(&self, socket: &OwnedFd) -> Option<Result<usize, Errno>> {
        let own = sockopt::socket_timeout(socket, Timeout::Send).ok().flatten();
        if own.is_some_and(|own| own <= CONNECT_MAX) {
            return Some(self.finish(socket));
        }
        let limited = sockopt::set_socket_timeout(socket, Timeout::Send, Some(CONNECT_MAX));
        let done = self.finish(socket);
        if limited.is_ok() {
            let _ = sockopt::set_socket_timeout(socket, Timeout::Send, own); // as it was
        }
        Some(done).filter(|done| !matches!(done, Err(Errno::AGAIN | Errno::INPROGRESS)))
    }
}

/// An address as it is called.
pub(super) fn internet(at: SocketAddr) -> SocketAddrAny {
    at.into()
}

/// An address of a guest's own. None where it is of another family.
pub(super) fn own(peer: Option<Peer<'_>>) -> Result<SocketAddrAny, Errno> {
    match peer {
        Some(Peer::Internet(at)) => Ok(internet(at)),
        Some(Peer::Unix([0, name @ ..])) => Ok(SocketAddrUnix::new_abstract_name(name)?.as_any()),
        Some(Peer::Unix(path)) => Ok(SocketAddrUnix::new(path)?.as_any()),
        _ => Err(Errno::AFNOSUPPORT),
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::time::Instant;

    use rustix::net::{AddressFamily, bind, listen, socket};

    use super::*;

    fn unix(kind: SocketType) -> OwnedFd {
        socket(AddressFamily::UNIX, kind, None).unwrap()
    }

    fn named(name: &str) -> SocketAddrAny {
        let name = format!("bigfoot-behalf-{name}-{}", std::process::id());
        SocketAddrUnix::new_abstract_name(name.as_bytes()).unwrap().as_any()
    }

    /// A datagram that nobody reads would hold up whoever sends it: all guests.
    #[test]
    fn a_full_receiver_is_not_waited_for() {
        let (receiver, sender) = (unix(SocketType::DGRAM), unix(SocketType::DGRAM));
        let to = named("datagram");
        bind(&receiver, &to).unwrap();
        let send = Behalf { to, wide: false, message: Some((vec![1], SendFlags::empty())) };

        let sent = (0..100_000).take_while(|_| send.start(&sender) == Some(Ok(1))).count();
        assert!(sent > 0);
        assert_eq!(send.start(&sender), None);
        let flags = SendFlags::DONTWAIT;
        let eager = Behalf { to: named("datagram"), wide: false, message: Some((vec![1], flags)) };
        assert_eq!(eager.start(&sender), Some(Err(Errno::AGAIN)));
    }

    /// A connection that nobody accepts is waited for aside; the socket's own limit stays as it was.
    #[test]
    fn a_full_backlog_is_not_waited_for() {
        let listener = unix(SocketType::STREAM);
        let to = named("stream");
        bind(&listener, &to).unwrap();
        listen(&listener, 0).unwrap();
        let connect = Behalf { to, wide: false, message: None };
        let first = unix(SocketType::STREAM);
        assert_eq!(connect.start(&first), Some(Ok(0)));

        let (second, own) = (unix(SocketType::STREAM), Some(Duration::from_secs(7)));
        sockopt::set_socket_timeout(second.as_fd(), Timeout::Send, own).unwrap();
        let before = Instant::now();
        assert_eq!(connect.start(&second), None);
        assert!(before.elapsed() < Duration::from_secs(5));
        assert_eq!(sockopt::socket_timeout(&second, Timeout::Send), Ok(own));
    }
}
