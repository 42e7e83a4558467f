//! Asks the name server that a verdict names, in the DNS's own form (RFC 1035), in libc's place. What
//! is no address, and so no part of a verdict, comes this way.

use core::ffi::c_int;
use core::net::{IpAddr, SocketAddr};
use core::ptr::null;
use core::time::Duration;

use bigfoot_ipc::page::Inside;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, IoSlice, retry_on_intr};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendFlags, SocketFlags, SocketType,
};

use super::look_up::{NO_DATA, NO_RECOVERY, TRY_AGAIN};
use crate::inside::Stay;

mod answer;
mod question;

pub(super) use answer::{Name, h_errno};
pub(super) use question::Question;

/// Bytes of a header.
const HEADER_BYTES: usize = 12;
/// Type of a record that names an address.
const PTR: u16 = 12;
/// What we say beside a question that has nothing beside it: datagrams of any length are taken (RFC 6891).
const ANY_LENGTH: [u8; 11] = [0, 0, 41, 0xff, 0xff, 0, 0, 0, 0, 0, 0];
/// Most datagrams that are read before the right one.
const OTHERS_MAX: usize = 16;

unsafe extern "C" {
    fn __res_state() -> *const c_int;
}

/// How long a resolver waits for an answer, all tries together.
///
/// # Safety
///
/// `state` is null, for the thread's own, or a `struct __res_state`, which begins with seconds and tries.
pub(super) unsafe fn patience(state: *const c_int) -> Duration {
    const SECONDS: u64 = 10; // RES_TIMEOUT, twice
    const SECONDS_MAX: u64 = 60;
    // SAFETY: every thread has one (resolver(3)).
    let state = if state.is_null() { unsafe { __res_state() } } else { state };
    // SAFETY: this function's contract, or libc's own.
    let [seconds, tries] = unsafe { state.cast::<[c_int; 2]>().read() };
    let whole = u64::try_from(seconds.saturating_mul(tries)).unwrap_or(0);
    Duration::from_secs(if whole == 0 { SECONDS } else { whole.min(SECONDS_MAX) })
}

/// Sends a question and waits this long for its answer. The answer's length, which may be more than
/// there was room for: then the rest is lost, and the answer marked as cut.
pub(super) fn ask(
    server: SocketAddr,
    question: &[u8],
    answer: &mut [u8],
    patience: Duration,
) -> Option<usize> {
    let (header, rest) = question.split_first_chunk::<HEADER_BYTES>()?;
    let _own = Stay::enter(Inside::Own);
    let socket = connected(server, patience)?;
    let plain = header.get(10..) == Some(&[0, 0]);
    let mut header = *header;
    if plain {
        header[11] = 1;
    }
    let more: &[u8] = if plain { &ANY_LENGTH } else { &[] };
    send(socket.as_fd(), &[IoSlice::new(&header), IoSlice::new(rest), IoSlice::new(more)])?;
    let length = receive(socket.as_fd(), [header[0], header[1]], answer)?;
    if length > answer.len() {
        *answer.get_mut(2)? |= 2; // cut
        return Some(length);
    }
    let answer = answer.get_mut(..length)?;
    Some(if plain { answer::without_extension(answer) } else { length })
}

fn connected(server: SocketAddr, patience: Duration) -> Option<OwnedFd> {
    let family = if server.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket =
        rustix::net::socket_with(family, SocketType::DGRAM, SocketFlags::CLOEXEC, None).ok()?;
    rustix::net::connect(&socket, &server).ok()?;
    set_socket_timeout(&socket, Timeout::Recv, Some(patience)).ok()?;
    Some(socket)
}

fn send(socket: BorrowedFd<'_>, parts: &[IoSlice<'_>]) -> Option<()> {
    let mut nothing = SendAncillaryBuffer::default();
    retry_on_intr(|| rustix::net::sendmsg(socket, parts, &mut nothing, SendFlags::NOSIGNAL))
        .ok()?;
    Some(())
}

fn receive(socket: BorrowedFd<'_>, number: [u8; 2], answer: &mut [u8]) -> Option<usize> {
    let mut others = 0;
    while others < OTHERS_MAX {
        match rustix::net::recv(socket, &mut *answer, RecvFlags::TRUNC) {
            Ok((_, length)) if length >= HEADER_BYTES && answer.starts_with(&number) => {
                return Some(length);
            }
            Ok(_) => others += 1,
            Err(Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    None
}

/// Asks for the name of an address.
///
/// # Errors
///
/// h_errno.
pub(super) fn name_of(address: IpAddr, server: SocketAddr) -> Result<Name, c_int> {
    let mut space = [0; 1024];
    // SAFETY: the thread's own.
    let patience = unsafe { patience(null()) };
    let question = Question::of_address(address).ok_or(NO_RECOVERY)?;
    let length = ask(server, question.bytes(), &mut space, patience).ok_or(TRY_AGAIN)?;
    let heard = space.get(..length).ok_or(NO_RECOVERY)?;
    match h_errno(heard) {
        Some(h_errno) => Err(h_errno),
        None => Name::pointed(heard).ok_or(NO_DATA),
    }
}
