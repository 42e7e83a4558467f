//! C arguments as values. Nothing here allocates; what is not understood is None.
#![expect(unsafe_code, reason = "reads what a guest's pointers point to")]

use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::{MaybeUninit, offset_of};
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use bigfoot_ipc::guest::{Peer, Transport};
use libc::{
    sa_family_t, sockaddr, sockaddr_in, sockaddr_in6, sockaddr_storage, sockaddr_un, socklen_t,
};

use crate::{gate, thread};

/// Sets errno(3).
pub(crate) fn set_errno(errno: c_int) {
    // SAFETY: errno's address is valid in every thread.
    unsafe { *libc::__errno_location() = errno }
}

/// errno(3).
pub(crate) fn errno() -> c_int {
    // SAFETY: errno's address is valid in every thread.
    unsafe { *libc::__errno_location() }
}

/// Keeps errno as it is while this lives.
pub(crate) struct KeepErrno(c_int);

impl KeepErrno {
    /// Takes note of it.
    pub(crate) fn new() -> Self {
        Self(errno())
    }
}

impl Drop for KeepErrno {
    fn drop(&mut self) {
        set_errno(self.0);
    }
}

/// The bytes of a C string, without its zero byte; None for a null pointer.
///
/// # Safety
///
/// `text` is null or points to a C string that outlives the result.
pub(crate) unsafe fn text<'a>(text: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: this function's contract.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// Whether the kernel can read a byte here. What it cannot read is left to it, which answers EFAULT
/// where we would die. What lies just above our own frame is the caller's stack, and is there.
#[inline]
pub(crate) fn is_readable(at: *const c_void) -> bool {
    const CALLERS_BYTES: usize = 64 << 10;
    let above = (at as usize).wrapping_sub(thread::stack_pointer());
    above < CALLERS_BYTES || gate::can_read(at)
}

/// The peer that a socket address names; None for AF_UNSPEC and for what is no address.
///
/// # Safety
///
/// `address` is null or points to `length` readable bytes that outlive the result.
pub(crate) unsafe fn peer<'a>(address: *const sockaddr, length: socklen_t) -> Option<Peer<'a>> {
    let length = length as usize;
    if length < size_of::<sa_family_t>() || !is_readable_throughout(address.cast(), length) {
        return None;
    }
    // SAFETY: at least the family is there.
    let family = unsafe { address.cast::<sa_family_t>().read_unaligned() };
    match c_int::from(family) {
        libc::AF_UNSPEC => None,
        libc::AF_INET if length >= size_of::<sockaddr_in>() => {
            // SAFETY: as many bytes as the structure has.
            let address = unsafe { address.cast::<sockaddr_in>().read_unaligned() };
            Some(Peer::Internet(internet4(&address)))
        }
        libc::AF_INET6 if length >= size_of::<sockaddr_in6>() - 4 => {
            let mut whole = MaybeUninit::<sockaddr_in6>::zeroed();
            let bytes = length.min(size_of::<sockaddr_in6>());
            // SAFETY: copies no more than both have; the structure is valid for all bytes.
            let address = unsafe {
                whole.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(address.cast(), bytes);
                whole.assume_init()
            };
            Some(Peer::Internet(internet6(&address)))
        }
        libc::AF_INET | libc::AF_INET6 => None, // too short: the kernel says EINVAL
        // SAFETY: `length` bytes are readable.
        libc::AF_UNIX => Some(Peer::Unix(unsafe { unix(address, length) })),
        _ => Some(Peer::Other(family)),
    }
}

/// Whether both ends of some bytes can be read; more than a page is no address.
fn is_readable_throughout(at: *const u8, length: usize) -> bool {
    const ADDRESS_BYTES_MAX: usize = 4096;
    const PAGE_BYTES: usize = 4096; // the least that there is
    let last = at.wrapping_add(length - 1);
    let one_page = at as usize / PAGE_BYTES == last as usize / PAGE_BYTES;
    length <= ADDRESS_BYTES_MAX && is_readable(at.cast()) && (one_page || is_readable(last.cast()))
}

fn internet4(address: &sockaddr_in) -> SocketAddr {
    let host = Ipv4Addr::from(address.sin_addr.s_addr.to_ne_bytes());
    SocketAddr::V4(SocketAddrV4::new(host, u16::from_be(address.sin_port)))
}

fn internet6(address: &sockaddr_in6) -> SocketAddr {
    let host = Ipv6Addr::from(address.sin6_addr.s6_addr);
    SocketAddr::V6(SocketAddrV6::new(
        host,
        u16::from_be(address.sin6_port),
        0,
        address.sin6_scope_id,
    ))
}

/// # Safety
///
/// `address` points to `length` readable bytes that outlive the result, at least a family's.
unsafe fn unix<'a>(address: *const sockaddr, length: usize) -> &'a [u8] {
    let skip = size_of::<sa_family_t>();
    // SAFETY: this function's contract.
    let name =
        unsafe { core::slice::from_raw_parts(address.cast::<u8>().add(skip), length - skip) };
    match name {
        [0, ..] => name, // abstract: all of it, zero bytes too
        _ => name.split(|byte| *byte == 0).next().unwrap_or(name),
    }
}

/// A socket address in C's form.
pub(crate) struct Address {
    storage: sockaddr_storage,
    length: socklen_t,
}

impl Address {
    /// Writes `to` as it is.
    pub(crate) fn new(to: SocketAddr) -> Self {
        // SAFETY: all zeroes is a valid sockaddr_storage.
        let mut storage: sockaddr_storage = unsafe { core::mem::zeroed() };
        let at = (&raw mut storage).cast::<c_void>();
        let length = match to {
            SocketAddr::V4(to) => {
                // SAFETY: the storage is large enough for, and aligned as, every address.
                let place = unsafe { &mut *at.cast::<sockaddr_in>() };
                place.sin_family = libc::AF_INET as sa_family_t;
                place.sin_port = to.port().to_be();
                place.sin_addr.s_addr = u32::from_ne_bytes(to.ip().octets());
                size_of::<sockaddr_in>()
            }
            SocketAddr::V6(to) => {
                // SAFETY: as above.
                let place = unsafe { &mut *at.cast::<sockaddr_in6>() };
                place.sin6_family = libc::AF_INET6 as sa_family_t;
                place.sin6_port = to.port().to_be();
                place.sin6_addr.s6_addr = to.ip().octets();
                place.sin6_scope_id = to.scope_id();
                size_of::<sockaddr_in6>()
            }
        };
        Self { storage, length: length as socklen_t }
    }

    /// The Unix socket of this path; None if it is too long for one.
    pub(crate) fn unix(path: &CStr) -> Option<Self> {
        // SAFETY: all zeroes is a valid sockaddr_storage.
        let mut storage: sockaddr_storage = unsafe { core::mem::zeroed() };
        // SAFETY: the storage is large enough for, and aligned as, every address.
        let place = unsafe { &mut *(&raw mut storage).cast::<sockaddr_un>() };
        place.sun_family = libc::AF_UNIX as sa_family_t;
        let path = path.to_bytes_with_nul();
        for (to, from) in place.sun_path.get_mut(..path.len())?.iter_mut().zip(path) {
            *to = from.cast_signed();
        }
        let length = offset_of!(sockaddr_un, sun_path) + path.len();
        Some(Self { storage, length: length as socklen_t })
    }

    /// Pointer for libc.
    pub(crate) fn as_ptr(&self) -> *const sockaddr {
        (&raw const self.storage).cast()
    }

    /// Length for libc.
    pub(crate) fn len(&self) -> socklen_t {
        self.length
    }
}

/// What kind of socket a descriptor is; Other where it is none.
pub(crate) fn transport(socket: c_int) -> Transport {
    if socket < 0 {
        return Transport::Other;
    }
    // SAFETY: only used for one question to the kernel, which says EBADF if it is closed.
    let socket = unsafe { rustix::fd::BorrowedFd::borrow_raw(socket) };
    match rustix::net::sockopt::socket_type(socket) {
        Ok(rustix::net::SocketType::STREAM) => Transport::Stream,
        Ok(rustix::net::SocketType::DGRAM) => Transport::Datagram,
        _ => Transport::Other,
    }
}

/// Lets a socket for IPv6 carry IPv4 too, by v4-mapped addresses (ipv6(7), `IPV6_V6ONLY`). One that is
/// bound already stays as it is; the kernel says so when it is used.
pub(crate) fn admit_mapped(socket: c_int) {
    use rustix::net::sockopt;
    if socket < 0 {
        return;
    }
    // SAFETY: only used for two questions to the kernel, which says EBADF if it is closed.
    let socket = unsafe { rustix::fd::BorrowedFd::borrow_raw(socket) };
    if sockopt::ipv6_v6only(socket) == Ok(true) {
        let _ = sockopt::set_ipv6_v6only(socket, false);
    }
}

/// The kernel's cookie of a socket and its inode; None where the descriptor is no socket.
pub(crate) fn identity(socket: c_int) -> Option<(u64, u64)> {
    if socket < 0 {
        return None;
    }
    // SAFETY: only used for two questions to the kernel, which says EBADF if it is closed.
    let socket = unsafe { rustix::fd::BorrowedFd::borrow_raw(socket) };
    let cookie = rustix::net::sockopt::socket_cookie(socket).ok()?;
    let inode = rustix::fs::fstat(socket).ok()?.st_ino;
    Some((cookie, inode))
}

/// The words of an argument vector, end to end, each with its zero byte.
///
/// # Safety
///
/// `vector` is null or points to C strings, ended by a null pointer.
pub(crate) unsafe fn words_length(vector: *const *const c_char) -> usize {
    let mut bytes = 0;
    // SAFETY: this function's contract.
    unsafe { each(vector, |word| bytes += word.to_bytes_with_nul().len()) };
    bytes
}

/// Writes the words into `buffer`, which is as long as [`words_length`] told; the part used.
///
/// # Safety
///
/// As for [`words_length`].
pub(crate) unsafe fn words(vector: *const *const c_char, buffer: &mut [u8]) -> &[u8] {
    let mut used = 0;
    // SAFETY: this function's contract.
    unsafe {
        each(vector, |word| {
            let word = word.to_bytes_with_nul();
            if let Some(place) = buffer.get_mut(used..used + word.len()) {
                place.copy_from_slice(word);
                used += word.len();
            }
        });
    }
    buffer.get(..used).unwrap_or(&[])
}

/// # Safety
///
/// As for [`words_length`].
pub(crate) unsafe fn each<'a>(vector: *const *const c_char, mut visit: impl FnMut(&'a CStr)) {
    if vector.is_null() {
        return;
    }
    let mut at = vector;
    loop {
        // SAFETY: the vector ends in a null pointer, which ends this loop.
        let word = unsafe { at.read() };
        if word.is_null() {
            return;
        }
        // SAFETY: every other pointer is a C string's.
        visit(unsafe { CStr::from_ptr(word) });
        // SAFETY: the null pointer is still ahead.
        at = unsafe { at.add(1) };
    }
}
