//! Whose a loopback server is: verified with the kernel when a call to it is made, never by port or
//! from memory alone, since the port may meanwhile be another's.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use bigfoot_ipc::guest::Transport;
use rustix::net::netlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::process::{self, Pid};

/// Most sockets remembered; older ones are then looked for among the tree's descriptors.
const SOCKETS_MAX: usize = 1 << 20;

/// Numbers of linux/sock_diag.h and linux/inet_diag.h.
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST: u16 = 1;
const REQUEST_BYTES: usize = 72;
/// Where a reply holds the socket's cookie and its inode (`struct inet_diag_msg` behind a header).
const COOKIE_AT: usize = 16 + 44;
const INODE_AT: usize = 16 + 68;

/// The sockets that the tree serves on.
#[derive(Debug)]
pub struct Provenance {
    root: Pid,
    cookies: HashSet<u64>,
    inodes: HashSet<u64>,
    /// Sockets that were looked for among the tree's descriptors, and not found.
    foreign: RefCell<HashSet<u64>>,
    diagnosis: Option<OwnedFd>,
}

impl Provenance {
    /// For the tree below `root`.
    #[must_use]
    pub fn new(root: Pid) -> Self {
        let socket = rustix::net::socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            Some(netlink::SOCK_DIAG),
        );
        let (cookies, inodes) = (HashSet::new(), HashSet::new());
        Self { root, cookies, inodes, foreign: RefCell::default(), diagnosis: socket.ok() }
    }

    /// A process of the tree serves on this socket.
    pub fn serves(&mut self, cookie: u64, inode: u64) {
        if self.cookies.len() < SOCKETS_MAX {
            self.cookies.insert(cookie);
            self.inodes.insert(inode);
        }
    }

    /// Whether the server at this address is the tree's own.
    #[must_use]
    pub fn owns(&self, transport: Transport, address: SocketAddr) -> bool {
        if !is_local(address.ip()) {
            return false;
        }
        match self.server(transport, address) {
            Some((cookie, inode)) => self.cookies.contains(&cookie) || self.holds(inode),
            None if transport == Transport::Datagram => self.owns_connected(address.port()),
            None => false,
        }
    }

    /// Whether this is an address of loopback, and nobody serves there.
    #[must_use]
    pub fn is_vacant(&self, transport: Transport, address: SocketAddr) -> bool {
        transport == Transport::Stream
            && address.ip().to_canonical().is_loopback()
            && self.server(transport, address).is_none()
    }

    /// Whether a datagram socket of the tree's has this port. One that is connected is found by its
    /// peer's address only, so the kernel's table is read (proc(5), /proc/net/udp).
    fn owns_connected(&self, port: u16) -> bool {
        let tables = ["/proc/net/udp", "/proc/net/udp6"]
            .map(|path| fs::read_to_string(path).unwrap_or_default());
        let lines = tables.iter().flat_map(|table| table.lines().skip(1));
        let mut inodes = lines.filter_map(|line| bound_socket(line, port));
        inodes.any(|inode| self.inodes.contains(&inode) || self.holds(inode))
    }

    /// Cookie and inode of the socket that serves at an address, from the kernel (sock_diag(7)).
    fn server(&self, transport: Transport, address: SocketAddr) -> Option<(u64, u64)> {
        let socket = self.diagnosis.as_ref()?.as_fd();
        let request = request(transport, address)?;
        rustix::net::send(socket, &request, SendFlags::empty()).ok()?;
        let mut reply = [0; 4096];
        let (_, length) = rustix::net::recv(socket, &mut reply, RecvFlags::empty()).ok()?;
        let reply = reply.get(..length)?;
        let kind = u16::from_le_bytes(reply.get(4..6)?.try_into().ok()?);
        if kind != SOCK_DIAG_BY_FAMILY {
            return None; // nobody serves there
        }
        let cookie = u64::from_le_bytes(reply.get(COOKIE_AT..COOKIE_AT + 8)?.try_into().ok()?);
        let inode = u32::from_le_bytes(reply.get(INODE_AT..INODE_AT + 4)?.try_into().ok()?);
        Some((cookie, u64::from(inode)))
    }

    /// Whether a process of the tree holds a socket that no hook told of: a static program's. That is
    /// looked for once, since it means a walk through all descriptors.
    fn holds(&self, inode: u64) -> bool {
        if inode == 0 || self.foreign.borrow().contains(&inode) {
            return false;
        }
        let found = self.is_held(inode);
        if !found && self.foreign.borrow().len() < SOCKETS_MAX {
            self.foreign.borrow_mut().insert(inode);
        }
        found
    }

    fn is_held(&self, inode: u64) -> bool {
        let wanted = format!("socket:[{inode}]");
        let Ok(processes) = fs::read_dir("/proc") else {
            return false;
        };
        let pids =
            processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<Pid>().ok());
        pids.filter(|pid| *pid != self.root)
            .any(|pid| has(pid, &wanted) && process::is_below(pid, self.root))
    }

    /// Whether the server on this socket of the file system, or in the abstract name space (then
    /// `name` starts with `@`), is the tree's own.
    #[must_use]
    pub fn owns_unix(&self, name: &[u8]) -> bool {
        let Ok(table) = fs::read("/proc/net/unix") else {
            return false;
        };
        table.split(|byte| *byte == b'\n').filter_map(named_socket).any(|(inode, path)| {
            path == name && (self.inodes.contains(&inode) || self.holds(inode))
        })
    }
}

/// Inode of the socket in a line of /proc/net/udp, if its own port is this:
/// `sl local_address rem_address st queues timer retransmits uid timeout inode ...`.
fn bound_socket(line: &str, port: u16) -> Option<u64> {
    let mut words = line.split_ascii_whitespace();
    let (_, own) = words.nth(1)?.rsplit_once(':')?;
    (u16::from_str_radix(own, 16).ok()? == port).then(|| words.nth(7)?.parse().ok())?
}

/// Inode and name in a line of /proc/net/unix: `Num: RefCount Protocol Flags Type St Inode Path`,
/// one blank between them and more before an inode. A zero byte in a name is written as `@`.
fn named_socket(line: &[u8]) -> Option<(u64, &[u8])> {
    let mut words = line.splitn(7, |byte| *byte == b' ');
    let (inode, name) = {
        let rest = words.nth(6)?.trim_ascii_start();
        rest.split_at(rest.iter().position(|byte| *byte == b' ')?)
    };
    Some((std::str::from_utf8(inode).ok()?.parse().ok()?, name.get(1..)?))
}

fn has(pid: Pid, wanted: &str) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    files
        .flatten()
        .any(|file| fs::read_link(file.path()).is_ok_and(|link| link == Path::new(wanted)))
}

/// Whether an address can only be this machine's own.
fn is_local(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified() || is_own(address)
}

/// Whether the machine has this address: only then can a socket be bound to it.
fn is_own(address: IpAddr) -> bool {
    std::net::UdpSocket::bind((address, 0)).is_ok()
}

/// `struct nlmsghdr` and `struct inet_diag_req_v2`.
fn request(transport: Transport, address: SocketAddr) -> Option<[u8; REQUEST_BYTES]> {
    let protocol = match transport {
        Transport::Stream => nix::libc::IPPROTO_TCP,
        Transport::Datagram => nix::libc::IPPROTO_UDP,
        Transport::Other => return None,
    };
    let target = match address.ip().to_canonical() {
        ip if ip.is_unspecified() && ip.is_ipv4() => IpAddr::from([127, 0, 0, 1]),
        ip if ip.is_unspecified() => IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let mut bytes = [0; REQUEST_BYTES];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(0, &(REQUEST_BYTES as u32).to_le_bytes());
    put(4, &SOCK_DIAG_BY_FAMILY.to_le_bytes());
    put(6, &NLM_F_REQUEST.to_le_bytes());
    let family = if target.is_ipv4() { nix::libc::AF_INET } else { nix::libc::AF_INET6 };
    put(16, &[family as u8, protocol as u8]);
    put(20, &u32::MAX.to_le_bytes()); // any state
    // For TCP the server is the source; for UDP the kernel has the two ends the other way round.
    let (port_at, address_at) = if transport == Transport::Stream { (24, 28) } else { (26, 44) };
    put(port_at, &address.port().to_be_bytes());
    match target {
        IpAddr::V4(ip) => put(address_at, &ip.octets()),
        IpAddr::V6(ip) => put(address_at, &ip.octets()),
    }
    put(64, &[0xff; 8]); // no cookie
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use super::*;

    /// A server is known by the socket that the kernel names, in both families and transports.
    #[test]
    fn the_kernel_tells_who_serves() {
        let mut provenance = Provenance::new(std::process::id());
        let stream = TcpListener::bind("127.0.0.1:0").unwrap();
        let datagram = UdpSocket::bind("127.0.0.1:0").unwrap();

        let cookie = |socket: std::os::fd::BorrowedFd<'_>| {
            rustix::net::sockopt::socket_cookie(socket).unwrap()
        };
        let at = stream.local_addr().unwrap();
        assert_eq!(provenance.server(Transport::Stream, at).unwrap().0, cookie(stream.as_fd()));
        let udp = datagram.local_addr().unwrap();
        assert_eq!(
            provenance.server(Transport::Datagram, udp).unwrap().0,
            cookie(datagram.as_fd())
        );

        assert!(!provenance.owns(Transport::Stream, at), "not told yet, and not a child's");
        provenance.serves(cookie(stream.as_fd()), 0);
        assert!(provenance.owns(Transport::Stream, at));
    }

    /// A server in the file system or the abstract name space is known by its name, blanks and all.
    #[test]
    fn a_unix_server_is_known_by_its_name() {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::{SocketAddr, UnixListener};
        let mut provenance = Provenance::new(u32::MAX);
        let path = std::env::temp_dir().join(format!("big foot {}", std::process::id()));
        let filed = UnixListener::bind(&path).unwrap();
        let name = format!("big\0foot {}", std::process::id());
        let abstracted = SocketAddr::from_abstract_name(&name).unwrap();
        let abstracted = UnixListener::bind_addr(&abstracted).unwrap();
        let shown = format!("@{}", name.replace('\0', "@"));

        let names = [path.as_os_str().as_encoded_bytes(), shown.as_bytes()];
        assert_eq!(names.map(|name| provenance.owns_unix(name)), [false, false], "not told yet");
        for listener in [&filed, &abstracted] {
            provenance.serves(0, rustix::fs::fstat(listener).unwrap().st_ino);
        }
        assert_eq!(names.map(|name| provenance.owns_unix(name)), [true, true]);
        fs::remove_file(&path).unwrap();
        assert!(!provenance.owns_unix(b"") && !provenance.owns_unix(b"@"));
    }

    /// A client that is connected has a port too, at which it is answered.
    #[test]
    fn a_connected_datagram_socket_is_found() {
        let mut provenance = Provenance::new(std::process::id());
        let (server, client) =
            (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        client.connect(server.local_addr().unwrap()).unwrap();
        let at = client.local_addr().unwrap();

        assert!(!provenance.owns(Transport::Datagram, at), "not told yet, and not a child's");
        provenance.serves(0, rustix::fs::fstat(&client).unwrap().st_ino);
        assert!(provenance.owns(Transport::Datagram, at));
    }

    /// Nobody serves at a port that was given back.
    #[test]
    fn a_closed_port_is_nobodys() {
        let provenance = Provenance::new(std::process::id());
        let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();

        // A program that another test starts has the socket too, until it is that program.
        let freed = || provenance.server(Transport::Stream, at).is_none();
        for _ in 0..5000 {
            if freed() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        panic!("somebody serves at {at}");
    }
}
