//! The way to real servers. A name server or a server may take its time: each connection is made in
//! a thread of its own, and handed over when it is there.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::stream::Stream;
use crate::plugins::conversation::Upstream;

/// How long a real server may take to accept.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(30);

/// Connects. `address` is what the guest asked for, where that is a real one.
pub(super) fn connect(
    upstream: &Upstream,
    address: Option<SocketAddr>,
    datagrams: bool,
) -> io::Result<Stream> {
    if upstream.port == 0 {
        return Stream::Unix(UnixStream::connect(&upstream.host)?).ready();
    }
    let addresses = match address {
        Some(address) => vec![address],
        None => (upstream.host.as_str(), upstream.port).to_socket_addrs()?.collect(),
    };
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match connect_to(address, datagrams) {
            Ok(stream) => return stream.ready(),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn connect_to(address: SocketAddr, datagrams: bool) -> io::Result<Stream> {
    if !datagrams {
        return TcpStream::connect_timeout(&address, CONNECT_TIME_MAX).map(Stream::Tcp);
    }
    let own: SocketAddr = match address {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0; 16], 0).into(),
    };
    let socket = UdpSocket::bind(own)?;
    socket.connect(address)?;
    Ok(Stream::Udp(socket))
}
