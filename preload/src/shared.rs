//! The memory shared with the controller: its policy, read; and the ring of hellos, written.
#![expect(unsafe_code, reason = "files of the run's, mapped")]

use core::ffi::CStr;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

use bigfoot_ipc::known::{Known, Rings};
use bigfoot_ipc::page::{
    HELLO_SLOTS, Hellos, INSIDE_SLOTS, INSIDE_TRIES, MAGIC, Policy, Tickets, ask, ticket_at,
};
use rustix::fs::{Mode, OFlags};
use rustix::mm::{MapFlags, ProtFlags, mmap};

use crate::{gate, inside};

#[unsafe(link_section = ".data.start")] // crate::start says why
static POLICY: AtomicPtr<Policy> = AtomicPtr::new(null_mut());
#[unsafe(link_section = ".data.start")] // crate::start says why
static HELLOS: AtomicPtr<Hellos> = AtomicPtr::new(null_mut());
static TICKETS: AtomicPtr<Tickets> = AtomicPtr::new(null_mut());
static KNOWN_FILE: AtomicPtr<Known> = AtomicPtr::new(null_mut());
static RINGS_FILE: AtomicPtr<Rings> = AtomicPtr::new(null_mut());

/// Maps the files; false if one cannot be. That of the tickets only in a run that has any.
pub(crate) fn attach(policy: &CStr, hellos: &CStr, tickets: &CStr) -> bool {
    let read = map::<Policy>(policy, OFlags::RDONLY, ProtFlags::READ);
    let write = map::<Hellos>(hellos, OFlags::RDWR, ProtFlags::READ | ProtFlags::WRITE);
    let (Some(read), Some(write)) = (read, write) else {
        return false;
    };
    // Both were made by one controller, whole, before it started anything.
    // SAFETY: mapped just now, whole, and stays so.
    let known = unsafe { (*read).magic.load(Ordering::Relaxed) == MAGIC };
    if known {
        HELLOS.store(write, Ordering::Relaxed);
        // SAFETY: likewise.
        gate::watch(unsafe { (*read).backstop.load(Ordering::Relaxed) });
        POLICY.store(read, Ordering::Release);
    }
    known && (responder().is_none() || map_tickets(tickets))
}

fn map_tickets(path: &CStr) -> bool {
    let tickets = map::<Tickets>(path, OFlags::RDONLY, ProtFlags::READ);
    TICKETS.store(tickets.unwrap_or(null_mut()), Ordering::Release);
    tickets.is_some()
}

/// Maps what this process may decide by itself. Where there is nothing, it asks.
pub(crate) fn attach_known(known: &CStr, rings: &CStr) -> Option<()> {
    let read = map::<Known>(known, OFlags::RDONLY, ProtFlags::READ)?;
    let write = map::<Rings>(rings, OFlags::RDWR, ProtFlags::READ | ProtFlags::WRITE)?;
    // SAFETY: both were mapped just now, whole, and stay so.
    let magic = unsafe {
        (*read).magic.load(Ordering::Relaxed) == MAGIC
            && (*write).magic.load(Ordering::Relaxed) == MAGIC
    };
    if magic {
        RINGS_FILE.store(write, Ordering::Release);
        KNOWN_FILE.store(read, Ordering::Release);
    }
    Some(())
}

/// What this process may decide by itself, once it is mapped.
#[inline]
pub(crate) fn known() -> Option<(&'static Known, &'static Rings)> {
    // SAFETY: null, or mapped by `attach_known` for as long as the process lives.
    let known = unsafe { KNOWN_FILE.load(Ordering::Acquire).as_ref() }?;
    // SAFETY: likewise, and stored before the other.
    let rings = unsafe { RINGS_FILE.load(Ordering::Relaxed).as_ref() }?;
    Some((known, rings))
}

/// What the run's policy says, where there is one.
fn policy() -> Option<&'static Policy> {
    let policy = POLICY.load(Ordering::Acquire);
    // SAFETY: null, or mapped by `attach` for as long as the process lives.
    unsafe { policy.as_ref() }
}

/// The port at which redirected connections are answered, in a run that has any.
#[inline]
pub(crate) fn responder() -> Option<u16> {
    let port = policy()?.responder.load(Ordering::Relaxed);
    u16::try_from(port).ok().filter(|port| *port != 0)
}

/// Whether files of root certificates are opened by way of the controller.
#[inline]
pub(crate) fn has_authority() -> bool {
    policy().is_some_and(|policy| policy.authority.load(Ordering::Relaxed) != 0)
}

/// To whom a redirected connection was meant, of which this is the peer. None if it is another's.
pub(crate) fn meant(peer: SocketAddr) -> Option<SocketAddr> {
    let IpAddr::V4(address) = peer.ip().to_canonical() else {
        return None;
    };
    if responder() != Some(peer.port()) {
        return None;
    }
    // SAFETY: null, or mapped by `attach` for as long as the process lives.
    let tickets = unsafe { TICKETS.load(Ordering::Acquire).as_ref() }?;
    let slot = tickets.slots.get(ticket_at(address)? as usize)?;
    let port = slot.port.load(Ordering::Acquire);
    let high = u128::from(slot.high.load(Ordering::Relaxed));
    let low = u128::from(slot.low.load(Ordering::Relaxed));
    let wide = Ipv6Addr::from(high << 64 | low);
    (port >> 16 == 1).then(|| match wide.to_ipv4_mapped() {
        Some(address) => SocketAddr::new(Ipv4Addr::into(address), port as u16),
        None => SocketAddr::new(wide.into(), port as u16),
    })
}

fn map<T>(path: &CStr, open: OFlags, protection: ProtFlags) -> Option<*mut T> {
    let file = rustix::fs::open(path, open | OFlags::CLOEXEC, Mode::empty()).ok()?;
    // SAFETY: a mapping at an address of the kernel's choice; it outlives the descriptor.
    let start = unsafe { mmap(null_mut(), size_of::<T>(), protection, MapFlags::SHARED, &file, 0) };
    start.ok().map(|start| start.cast())
}

/// Whether calls of this kind are asked about: a bit of [`ask`]. True where the run's policy cannot
/// be read, since what cannot be asked must be refused.
#[inline]
pub(crate) fn asks(kind: u32) -> bool {
    let policy = POLICY.load(Ordering::Acquire);
    if policy.is_null() {
        return crate::start::in_a_run();
    }
    // SAFETY: mapped by `attach` for as long as the process lives.
    let bits = unsafe { (*policy).ask.load(Ordering::Relaxed) };
    bits & kind & ask::EVERYTHING != 0
}

/// Counts a call that was refused because it could not be asked about.
pub(crate) fn unasked() {
    let hellos = HELLOS.load(Ordering::Relaxed);
    if !hellos.is_null() {
        // SAFETY: mapped by `attach` for as long as the process lives.
        unsafe { (*hellos).unasked.fetch_add(1, Ordering::Relaxed) };
    }
}

/// Where the word of a thread may stand that is inside a decided call.
pub(crate) fn places(thread: u32) -> impl Iterator<Item = &'static AtomicU64> {
    // SAFETY: null, or mapped by `attach` for as long as the process lives.
    let hellos = unsafe { HELLOS.load(Ordering::Relaxed).as_ref() };
    let places = (0..INSIDE_TRIES).map(move |more| (thread as usize + more) % INSIDE_SLOTS);
    places.filter_map(move |place| hellos?.inside.get(place))
}

/// The process that this memory was last told of: after a fork, the parent, even if it has ended.
#[unsafe(link_section = ".data.start")] // crate::start says why
static TOLD: AtomicU32 = AtomicU32::new(0);

/// Says hello: this process, its parent, and the start that its environment named (zero for a fork).
pub(crate) fn hello(start: u64) {
    let own = rustix::process::getpid().as_raw_nonzero().get().cast_unsigned();
    let parent = match TOLD.swap(own, Ordering::Relaxed) {
        0 => rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get().cast_unsigned()),
        forked => forked,
    };
    let hellos = HELLOS.load(Ordering::Relaxed);
    if hellos.is_null() {
        return;
    }
    if gate::watches(u32::MAX) {
        inside::forget(own); // the main thread's number, which another may have had
    }
    // SAFETY: mapped by `attach` for as long as the process lives.
    let hellos = unsafe { &*hellos };
    let index = hellos.claimed.fetch_add(1, Ordering::AcqRel);
    let Some(slot) = hellos.slots.get((index % HELLO_SLOTS as u64) as usize) else {
        return;
    };
    slot.process.store(u64::from(own) | u64::from(parent) << 32, Ordering::Relaxed);
    slot.start.store(start, Ordering::Relaxed);
    slot.sequence.store(index + 1, Ordering::Release);
}
