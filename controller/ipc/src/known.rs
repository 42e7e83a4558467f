//! What a guest decides by itself, and how it tells of that: two files in the run's directory beside
//! those of [`crate::page`].
//!
//! `known` holds connections that are plainly allowed, whoever makes them: the controller writes them
//! down when one was asked about, and takes all of them back by another generation when a name is
//! looked up or a rule changes. A guest reads it.
//!
//! `rings` holds what guests did by it: a ring of [`Event`]s for each process, which outlives it. A ring
//! that is full, or none that is free, means that the guest asks, and at each question the controller
//! reads all rings first: nothing is lost, and nobody has to be woken.

use core::net::SocketAddr;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// File in the run's directory that holds [`Known`].
pub const KNOWN: &str = "known";
/// File in the run's directory that holds [`Rings`].
pub const RINGS: &str = "rings";

/// Places for connections that are known.
pub const KNOWN_SLOTS: usize = 1 << 13;
/// How many places one connection may have, next to each other.
const TRIES: usize = 8;

/// Connections that are plainly allowed.
#[repr(C)]
#[derive(Debug)]
pub struct Known {
    /// [`crate::page::MAGIC`].
    pub magic: AtomicU32,
    /// Places of another generation are empty.
    pub generation: AtomicU32,
    /// The places.
    pub slots: [Place; KNOWN_SLOTS],
}

/// A connection that is plainly allowed, by streams and by datagrams.
#[repr(C)]
#[derive(Debug)]
pub struct Place {
    /// Upper half of the address, IPv4 as v4-mapped, in network order read as big-endian.
    pub high: AtomicU64,
    /// Lower half.
    pub low: AtomicU64,
    /// Generation << 32, how often the place was written << 17, 1 << 16 and the port; zero while it is
    /// written. Written last.
    pub what: AtomicU64,
}

/// Address and port as the files have them.
#[must_use]
pub fn words(peer: SocketAddr) -> (u64, u64, u16) {
    let wide = match peer {
        SocketAddr::V4(peer) => peer.ip().to_ipv6_mapped(),
        SocketAddr::V6(peer) => *peer.ip(),
    };
    let wide = u128::from(wide);
    ((wide >> 64) as u64, wide as u64, peer.port())
}

impl Known {
    /// Whether a connection to this peer is plainly allowed.
    #[inline]
    #[must_use]
    pub fn allows(&self, peer: SocketAddr) -> bool {
        let (high, low, port) = words(peer);
        let wanted = what(self.generation.load(Ordering::Acquire), 0, port);
        self.places(high, low, port).any(|place| {
            let before = place.what.load(Ordering::Acquire);
            before & !TIMES == wanted
                && place.high.load(Ordering::Acquire) == high
                && place.low.load(Ordering::Acquire) == low
                && place.what.load(Ordering::Relaxed) == before // nobody wrote meanwhile
        })
    }

    /// Writes down that it is. The controller's own.
    pub fn allow(&self, peer: SocketAddr) {
        let (high, low, port) = words(peer);
        let generation = self.generation.load(Ordering::Relaxed);
        let is_free =
            |place: &&Place| (place.what.load(Ordering::Relaxed) >> 32) as u32 != generation;
        // Where none is free, one that stands longest in the way is given up: it is asked about again.
        let free = self.places(high, low, port).find(is_free);
        if let Some(place) = free.or_else(|| self.places(high, low, port).next()) {
            let times = (place.what.swap(0, Ordering::AcqRel) & TIMES).wrapping_add(1 << 17);
            place.high.store(high, Ordering::Release);
            place.low.store(low, Ordering::Release);
            place.what.store(what(generation, times & TIMES, port), Ordering::Release);
        }
    }

    /// Takes all of them back. The controller's own.
    pub fn forget(&self) {
        // Zero is what an empty file has, and is left out.
        let next = self.generation.load(Ordering::Relaxed).checked_add(1).unwrap_or(1);
        self.generation.store(next, Ordering::Release);
    }

    fn places(&self, high: u64, low: u64, port: u16) -> impl Iterator<Item = &Place> {
        // Multiplied by an odd number, the upper bits are mixed well (Knuth, TAOCP 3, 6.4).
        let mixed = (high ^ low.rotate_left(29) ^ u64::from(port).rotate_left(47))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let first = (mixed >> 40) as usize;
        (first..first + TRIES).filter_map(|at| self.slots.get(at % KNOWN_SLOTS))
    }
}

/// The bits of [`Place::what`] that count how often it was written.
const TIMES: u64 = 0x7fff << 17;

fn what(generation: u32, times: u64, port: u16) -> u64 {
    u64::from(generation) << 32 | times | 1 << 16 | u64::from(port)
}

/// Processes that have rings at once.
pub const RINGS_MAX: usize = 512;
/// Events that a ring holds.
pub const EVENTS: usize = 1000;

/// What guests did by themselves.
#[repr(C)]
#[derive(Debug)]
pub struct Rings {
    /// [`crate::page::MAGIC`].
    pub magic: AtomicU32,
    /// Zero.
    pub reserved: AtomicU32,
    /// Events so far, of all processes: the order in which they were.
    pub order: AtomicU64,
    /// The process that each ring is of, as the guest numbers it; zero where the ring is free.
    pub owners: [AtomicU32; RINGS_MAX],
    /// The rings.
    pub rings: [Ring; RINGS_MAX],
}

/// What one process did.
#[repr(C)]
#[derive(Debug)]
pub struct Ring {
    /// Events that were begun, by the guest.
    pub begun: AtomicU64,
    /// Events that were read, by the controller.
    pub read: AtomicU64,
    /// The events; an event's index is its number modulo [`EVENTS`].
    pub events: [Event; EVENTS],
}

/// A connection that a process allowed itself.
#[repr(C)]
#[derive(Debug)]
pub struct Event {
    /// Upper half of the address, as of [`Place`].
    pub high: AtomicU64,
    /// Lower half.
    pub low: AtomicU64,
    /// Port, and the kind of socket's number << 16: 0 where it is not known.
    pub what: AtomicU64,
    /// The thread, and the one at the top of its lineage (upper half).
    pub thread: AtomicU64,
    /// Its number among all processes' events.
    pub order: AtomicU64,
    /// One more than the event's own number; written last.
    pub sequence: AtomicU64,
}

impl Rings {
    /// The index of a ring for this process: one that was free.
    #[must_use]
    pub fn claim(&self, process: u32) -> Option<usize> {
        let first = process as usize;
        let mut tried = (first..first + RINGS_MAX).map(|at| at % RINGS_MAX);
        tried.find(|at| {
            let (done, lost) = (Ordering::AcqRel, Ordering::Relaxed);
            let owner = self.owners.get(*at);
            owner.is_some_and(|owner| owner.compare_exchange(0, process, done, lost).is_ok())
        })
    }
}

impl Ring {
    /// Writes an event; false where there is no room, and the controller is to be asked.
    #[inline]
    pub fn record(&self, order: &AtomicU64, peer: SocketAddr, thread: u64) -> bool {
        let begun = loop {
            let begun = self.begun.load(Ordering::Relaxed);
            // A count below the other is nonsense, and no room either.
            let held = begun.wrapping_sub(self.read.load(Ordering::Acquire));
            if held >= EVENTS as u64 {
                return false;
            }
            let next = begun.wrapping_add(1);
            let (done, lost) = (Ordering::AcqRel, Ordering::Relaxed);
            if self.begun.compare_exchange_weak(begun, next, done, lost).is_ok() {
                break begun;
            }
        };
        let Some(event) = self.events.get((begun % EVENTS as u64) as usize) else {
            return false; // the index is below the length
        };
        let (high, low, port) = words(peer);
        event.high.store(high, Ordering::Relaxed);
        event.low.store(low, Ordering::Relaxed);
        event.what.store(u64::from(port), Ordering::Relaxed);
        event.thread.store(thread, Ordering::Relaxed);
        event.order.store(order.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        event.sequence.store(begun.wrapping_add(1), Ordering::Release);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Box<Known> {
        Box::new(Known {
            magic: AtomicU32::new(0),
            generation: AtomicU32::new(1),
            slots: [const {
                Place { high: AtomicU64::new(0), low: AtomicU64::new(0), what: AtomicU64::new(0) }
            }; KNOWN_SLOTS],
        })
    }

    fn peer(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    /// What is written down is allowed, and nothing beside it; v4-mapped is IPv4.
    #[test]
    fn what_is_known_is_allowed() {
        let known = known();
        known.allow(peer("192.0.2.1:80"));

        assert!(known.allows(peer("192.0.2.1:80")) && known.allows(peer("[::ffff:192.0.2.1]:80")));
        for other in ["192.0.2.1:81", "192.0.2.2:80", "[2001:db8::1]:80", "0.0.0.0:0"] {
            assert!(!known.allows(peer(other)), "{other}");
        }
    }

    /// Another generation takes all of it back.
    #[test]
    fn a_generation_forgets() {
        let known = known();
        known.allow(peer("192.0.2.1:80"));
        known.forget();
        assert!(!known.allows(peer("192.0.2.1:80")));

        known.allow(peer("192.0.2.1:80"));
        assert!(known.allows(peer("192.0.2.1:80")));
    }

    /// More connections than there are places leave each other room: the last one is always known.
    #[test]
    fn a_full_table_gives_up_what_stands_in_the_way() {
        let known = known();
        for number in 0..100_000_u32 {
            let peer = SocketAddr::new(core::net::Ipv4Addr::from(number).into(), 80);
            known.allow(peer);
            assert!(known.allows(peer), "{peer}");
        }
    }
}

#[cfg(test)]
mod rings {
    use super::*;

    fn ring() -> Box<Ring> {
        let zero = || AtomicU64::new(0);
        let event = || Event {
            high: zero(),
            low: zero(),
            what: zero(),
            thread: zero(),
            order: zero(),
            sequence: zero(),
        };
        let events = std::array::from_fn(|_| event());
        Box::new(Ring { begun: zero(), read: zero(), events })
    }

    /// A ring takes as many events as it holds, and more once they were read; nonsense counts are no room.
    #[test]
    fn a_full_ring_takes_nothing() {
        let (ring, order) = (ring(), AtomicU64::new(0));
        let to = "192.0.2.1:80".parse().expect("an address");
        for _ in 0..EVENTS {
            assert!(ring.record(&order, to, 1));
        }
        assert!(!ring.record(&order, to, 1));

        ring.read.store(1, Ordering::Release);
        assert!(ring.record(&order, to, 1) && !ring.record(&order, to, 1));
        ring.read.store(u64::MAX / 2, Ordering::Release);
        assert!(!ring.record(&order, to, 1));
    }

    /// Threads that write at once each write an event of their own.
    #[test]
    fn events_of_threads_do_not_meet() {
        let (ring, order) = (ring(), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..4_u16 {
                let (ring, order) = (&ring, &order);
                scope.spawn(move || {
                    for port in 0..200 {
                        let to = SocketAddr::new(core::net::Ipv4Addr::LOCALHOST.into(), port);
                        assert!(ring.record(order, to, thread.into()));
                    }
                });
            }
        });

        let mut seen: Vec<_> = ring.events[..800]
            .iter()
            .map(|it| (it.thread.load(Ordering::Relaxed), it.what.load(Ordering::Relaxed)))
            .collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 800);
        let mut orders: Vec<_> =
            ring.events[..800].iter().map(|it| it.order.load(Ordering::Relaxed)).collect();
        orders.sort_unstable();
        assert!(orders.into_iter().eq(0..800));
    }
}
