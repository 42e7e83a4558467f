//! Sockets of either family, as one.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use nix::libc::linger;
use nix::sys::socket::{setsockopt, sockopt};

/// A connected socket that does not block.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    /// A datagram socket with one peer: each write is a message, and each read.
    Udp(UdpSocket),
}

impl Stream {
    /// Makes it one that does not block.
    pub(super) fn ready(self) -> io::Result<Self> {
        match &self {
            Self::Tcp(stream) => {
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?;
            }
            Self::Unix(stream) => stream.set_nonblocking(true)?,
            Self::Udp(socket) => socket.set_nonblocking(true)?,
        }
        Ok(self)
    }

    /// Nothing more is sent.
    pub(super) fn end(&self) {
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write), // the other side may be gone
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
            Self::Udp(_) => Ok(()),
        };
    }

    /// It is to end with a reset when it is dropped (socket(7), `SO_LINGER`).
    pub(super) fn reset(&self) {
        if let Self::Tcp(stream) = self {
            let at_once = linger { l_onoff: 1, l_linger: 0 };
            let _ = setsockopt(stream, sockopt::Linger, &at_once); // else it is closed
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            Self::Unix(stream) => stream.as_fd(),
            Self::Udp(socket) => socket.as_fd(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(space),
            Self::Unix(stream) => stream.read(space),
            Self::Udp(socket) => socket.recv(space),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
            Self::Udp(socket) => socket.send(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
