//! What this process decides by itself: connections that the controller wrote down as plainly allowed
//! ([`bigfoot_ipc::known`]). No system call, no lock and no allocation once the files are mapped.

use core::net::SocketAddr;
use core::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use bigfoot_ipc::known::{Ring, Rings};

use crate::{shared, start, thread};

static STATE: AtomicU8 = AtomicU8::new(UNMAPPED);
const UNMAPPED: u8 = 0;
/// They are mapped, or are being mapped, or there are none.
const TRIED: u8 = 1;

/// One more than the index of this process's ring, or zero.
static OWN: AtomicUsize = AtomicUsize::new(0);

/// Whether a connection to this peer is plainly allowed; then the run is told that it was made.
#[inline]
pub(crate) fn allows(peer: SocketAddr) -> bool {
    match shared::known() {
        Some((known, rings)) => known.allows(peer) && tell(rings, peer),
        None => map(),
    }
}

/// Maps both files at the first connection, which is asked about.
#[cold]
fn map() -> bool {
    let (done, lost) = (Ordering::AcqRel, Ordering::Relaxed);
    if STATE.compare_exchange(UNMAPPED, TRIED, done, lost).is_ok() {
        start::map_known();
    }
    false
}

/// Writes an event; false where there is no room for it.
fn tell(rings: &'static Rings, peer: SocketAddr) -> bool {
    let own = OWN.load(Ordering::Acquire).checked_sub(1).and_then(|at| rings.rings.get(at));
    let thread = u64::from(thread::lineage_known()) << 32 | u64::from(thread::number());
    let record = |ring: &Ring| ring.record(&rings.order, peer, thread);
    own.or_else(|| claim(rings)).is_some_and(record)
}

#[cold]
fn claim(rings: &'static Rings) -> Option<&'static Ring> {
    let process = rustix::process::getpid().as_raw_nonzero().get().cast_unsigned();
    let at = rings.claim(process)?;
    // Two threads may come here at once: the process then has two rings, and writes to one.
    OWN.store(at + 1, Ordering::Release);
    rings.rings.get(at)
}

/// In a new process: its parent's ring is its parent's.
#[cfg(not(test))]
pub(crate) fn after_fork() {
    OWN.store(0, Ordering::Release);
}
