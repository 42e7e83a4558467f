//! The one socket that all redirected datagrams come to: each tells by its destination which ticket
//! it was sent with (ip(7), `IP_PKTINFO`), and is answered from there.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, sendmsg, setsockopt,
    sockopt,
};

/// Largest datagram, in bytes (RFC 768).
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// The socket.
#[derive(Debug)]
pub(super) struct Datagrams(UdpSocket);

/// One datagram.
#[derive(Debug)]
pub(super) struct Datagram {
    pub(super) from: SocketAddrV4,
    pub(super) to: Ipv4Addr,
    pub(super) bytes: Vec<u8>,
}

impl Datagrams {
    pub(super) fn new(socket: UdpSocket) -> io::Result<Self> {
        setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
        Ok(Self(socket))
    }

    /// The next one; None if none waits.
    pub(super) fn receive(&self) -> Option<Datagram> {
        let mut bytes = vec![0; DATAGRAM_BYTES_MAX];
        let mut space = nix::cmsg_space!(nix::libc::in_pktinfo);
        let mut parts = [IoSliceMut::new(&mut bytes)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let message =
            recvmsg::<SockaddrIn>(self.0.as_raw_fd(), &mut parts, Some(&mut space), flags).ok()?;
        let from = SocketAddrV4::from(message.address?);
        let to = message.cmsgs().ok()?.find_map(|control| match control {
            ControlMessageOwned::Ipv4PacketInfo(info) => {
                Some(Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr)))
            }
            _ => None,
        })?;
        let length = message.bytes;
        bytes.truncate(length);
        Some(Datagram { from, to, bytes })
    }

    /// Answers one; what cannot be sent is lost, as datagrams are.
    pub(super) fn send(&self, from: Ipv4Addr, to: SocketAddrV4, bytes: &[u8]) {
        let info = nix::libc::in_pktinfo {
            ipi_ifindex: 0,
            ipi_spec_dst: nix::libc::in_addr { s_addr: u32::from(from).to_be() },
            ipi_addr: nix::libc::in_addr { s_addr: 0 },
        };
        let control = [ControlMessage::Ipv4PacketInfo(&info)];
        let parts = [IoSlice::new(bytes)];
        let to = SockaddrIn::from(to);
        let flags = MsgFlags::MSG_DONTWAIT;
        let _ = sendmsg(self.0.as_raw_fd(), &parts, &control, flags, Some(&to));
    }
}

impl AsFd for Datagrams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
