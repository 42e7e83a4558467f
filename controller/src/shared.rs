//! The memory shared with guests: the policy, written; the ring of hellos, read.
//!
//! Every byte of the ring is a guest's, and is taken for no more than a guest's word.
#![expect(unsafe_code, reason = "files of the run's own, mapped")]

use std::fs::{File, OpenOptions};
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bigfoot_ipc as page;
use bigfoot_ipc::known::{EVENTS, KNOWN, Known, RINGS, Ring, Rings};
use bigfoot_ipc::page::{
    HELLO_SLOTS, Hellos, INSIDE_TRIES, Inside, MAGIC, Policy, Tickets, inside, ticket_at,
};
use bigfoot_ipc::{HELLOS, POLICY, TICKETS};
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};

/// A file mapped as one structure of atomics.
#[derive(Debug)]
struct Mapped<T> {
    start: NonNull<T>,
}

// SAFETY: the structures are atomics throughout.
unsafe impl<T> Send for Mapped<T> {}

impl<T> Mapped<T> {
    /// `begun` are the places that guests look at first.
    fn new(path: &Path, mode: u32, begun: &[usize]) -> io::Result<Self> {
        let file = create(path, mode)?;
        file.set_len(size_of::<T>() as u64)?;
        for place in begun {
            file.write_all_at(&[0], *place as u64)?; // in memory from here on: see below
        }
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a mapping at an address of the kernel's choice, of a file of this length.
        let start =
            unsafe { mmap(null_mut(), size_of::<T>(), protection, MapFlags::SHARED, &file, 0) }?;
        // On a disk, the first look at a place would read the void around it, for milliseconds.
        // SAFETY: the mapping just made; what is advised changes nothing in it.
        let _ = unsafe { madvise(start, size_of::<T>(), Advice::Random) };
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start })
    }

    fn get(&self) -> &T {
        // SAFETY: mapped whole by `new`, zeroed, and every field an atomic.
        unsafe { self.start.as_ref() }
    }
}

impl<T> Drop for Mapped<T> {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`; borrows of `get` have ended.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), size_of::<T>()) };
    }
}

impl<T> Mapped<T> {
    /// A file of the run's that is there already.
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.len() < size_of::<T>() as u64 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let length = size_of::<T>();
        // SAFETY: a mapping at an address of the kernel's choice, of a file of this length.
        let start =
            unsafe { mmap(null_mut(), length, ProtFlags::READ, MapFlags::SHARED, &file, 0) }?;
        Ok(Self { start: NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)? })
    }
}

/// The pages of a run as another of its threads reads them.
#[derive(Debug)]
pub struct View {
    hellos: Mapped<Hellos>,
    tickets: Mapped<Tickets>,
}

// SAFETY: the structures are atomics throughout, which a view only reads.
unsafe impl Sync for View {}

impl View {
    /// Of the run in this folder.
    ///
    /// # Errors
    ///
    /// Its files cannot be read.
    pub fn new(directory: &Path) -> io::Result<Self> {
        let hellos = Mapped::open(&directory.join(HELLOS))?;
        Ok(Self { hellos, tickets: Mapped::open(&directory.join(TICKETS))? })
    }

    /// Whether a thread says that it stands inside a libc call that was decided.
    #[must_use]
    pub fn stands(&self, thread: u32, kind: Inside) -> bool {
        let word = inside(thread, kind);
        let slots = &self.hellos.get().inside;
        let places = (0..INSIDE_TRIES).map(|step| &slots[(thread as usize + step) % slots.len()]);
        places.into_iter().any(|slot| slot.load(Ordering::Acquire) == word)
    }

    /// To whom a connection was meant that goes to the address of a ticket.
    #[must_use]
    pub fn meant(&self, peer: SocketAddr) -> Option<SocketAddr> {
        let IpAddr::V4(address) = peer.ip().to_canonical() else {
            return None;
        };
        let slot = self.tickets.get().slots.get(ticket_at(address)? as usize)?;
        let port = slot.port.load(Ordering::Acquire);
        let high = u128::from(slot.high.load(Ordering::Relaxed));
        let wide = Ipv6Addr::from(high << 64 | u128::from(slot.low.load(Ordering::Relaxed)));
        (port >> 16 == 1).then(|| SocketAddr::new(IpAddr::V6(wide).to_canonical(), port as u16))
    }
}

/// Says to the guests of the run in this folder what its kernel backstop watches: bits of
/// [`bigfoot_ipc::page::watch`]. Said before the first of them starts.
///
/// # Errors
///
/// The run's files cannot be written.
pub fn watch(directory: &Path, bits: u32) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(directory.join(POLICY))?;
    let at = std::mem::offset_of!(Policy, backstop) as u64;
    file.write_all_at(&bits.to_ne_bytes(), at)
}

/// A new file that the guests may use, whatever user they become.
fn create(path: &Path, mode: u32) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(mode))?; // whatever the umask
    Ok(file)
}

/// A guest's hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello {
    /// The process.
    pub process: u32,
    /// Its parent.
    pub parent: u32,
    /// The program start that its environment named; zero for a fork.
    pub start: u64,
}

/// What a guest did by a decision of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The process.
    pub process: u32,
    /// The thread.
    pub thread: u32,
    /// The thread at the top of its lineage.
    pub lineage: u32,
    /// To whom it made a connection.
    pub peer: SocketAddr,
    /// Its place among all of them.
    order: u64,
}

/// The pages of a run.
#[derive(Debug)]
pub struct Shared {
    known: Mapped<Known>,
    rings: Mapped<Rings>,
    /// When rings of processes that are gone were last looked for.
    swept: Option<Instant>,
    policy: Mapped<Policy>,
    hellos: Mapped<Hellos>,
    tickets: Mapped<Tickets>,
    seen: u64,
    /// The slot that was claimed and not written at the last look, and since when.
    waiting: Option<(u64, Instant)>,
}

/// Whether this slot has been waited for long enough.
fn gave_up(waiting: &mut Option<(u64, Instant)>, slot: u64) -> bool {
    match waiting {
        Some((known, since)) if *known == slot => since.elapsed() > FILL_TIME_MAX,
        _ => {
            *waiting = Some((slot, Instant::now()));
            false
        }
    }
}

/// How long a process may take from claiming a slot to writing it; some instructions.
const FILL_TIME_MAX: Duration = Duration::from_millis(200);

impl Shared {
    /// Makes the files in the run's directory.
    ///
    /// # Errors
    ///
    /// The directory cannot be written, or there is no memory.
    pub fn new(directory: &Path) -> io::Result<Self> {
        let slots = std::mem::offset_of!(Hellos, slots);
        let policy = Mapped::<Policy>::new(&directory.join(POLICY), 0o644, &[0])?;
        let hellos = Mapped::<Hellos>::new(&directory.join(HELLOS), 0o666, &[0, slots])?;
        let tickets = Mapped::<Tickets>::new(&directory.join(TICKETS), 0o644, &[])?;
        policy.get().magic.store(MAGIC, Ordering::Relaxed);
        hellos.get().magic.store(MAGIC, Ordering::Relaxed);
        let known = Mapped::<Known>::new(&directory.join(KNOWN), 0o644, &[0])?;
        let rings = Mapped::<Rings>::new(&directory.join(RINGS), 0o666, &[0])?;
        known.get().magic.store(MAGIC, Ordering::Relaxed);
        known.get().forget(); // the first generation
        rings.get().magic.store(MAGIC, Ordering::Relaxed);
        Ok(Self { known, rings, swept: None, policy, hellos, tickets, seen: 0, waiting: None })
    }

    /// Says which calls are asked about: bits of [`bigfoot_ipc::page::ask`].
    pub fn ask(&self, bits: u32) {
        self.policy.get().ask.store(bits, Ordering::Release);
    }

    /// Says at which port redirected connections are answered, and whether under an authority of the
    /// run's own. Said before the first guest starts.
    pub fn answers(&self, port: u16, authority: bool) {
        self.policy.get().responder.store(u32::from(port), Ordering::Release);
        self.policy.get().authority.store(u32::from(authority), Ordering::Release);
    }

    /// Every process may make a connection to this peer without asking.
    pub fn allow(&self, peer: SocketAddr) {
        self.known.get().allow(peer);
    }

    /// No connection may be made without asking any more.
    pub fn forget(&self) {
        self.known.get().forget();
    }

    /// What guests did by decisions of their own since the last time, in order; and how many events were
    /// begun and never written, by a process that is gone.
    pub fn events(&mut self) -> (Vec<Event>, u64) {
        let (mut events, mut lost) = (Vec::new(), 0);
        let sweeps = self.swept.is_none_or(|swept| swept.elapsed() > SWEEP_TIME);
        let rings = self.rings.get();
        for (owned, ring) in rings.owners.iter().zip(&rings.rings) {
            let owner = owned.load(Ordering::Acquire);
            if owner == 0 {
                continue;
            }
            // Looked at before its ring: what it wrote last is read.
            let gone = sweeps && !Path::new(&format!("/proc/{owner}")).exists();
            lost += read(ring, (owner, gone), &mut events);
            if gone {
                owned.store(0, Ordering::Release);
            }
        }
        if sweeps {
            self.swept = Some(Instant::now());
        }
        events.sort_by_key(|event| event.order);
        (events, lost)
    }

    /// The run is over: every process is looked at once more.
    pub fn last_events(&mut self) -> (Vec<Event>, u64) {
        self.swept = None;
        self.events()
    }

    /// Says to whom the connection of a ticket was meant.
    pub fn ticket(&self, number: u32, meant: SocketAddr) {
        let slots = &self.tickets.get().slots;
        let slot = &slots[number as usize % slots.len()];
        let wide = match meant.ip() {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
        };
        let wide = u128::from(wide);
        slot.port.store(0, Ordering::Release);
        slot.high.store((wide >> 64) as u64, Ordering::Relaxed);
        slot.low.store(wide as u64, Ordering::Relaxed);
        slot.port.store(1 << 16 | u32::from(meant.port()), Ordering::Release);
    }

    /// Calls that were refused because their process could not ask.
    #[must_use]
    pub fn unasked(&self) -> u32 {
        self.hellos.get().unasked.load(Ordering::Relaxed)
    }

    /// Hellos since the last time, in order, and how many were lost in between.
    pub fn hellos(&mut self) -> (Vec<Hello>, u64) {
        let ring = self.hellos.get();
        let claimed = ring.claimed.load(Ordering::Acquire);
        let slots = HELLO_SLOTS as u64;
        if claimed < self.seen || claimed - self.seen > u64::MAX / 2 {
            return (Vec::new(), 0); // a guest wrote nonsense here
        }
        let mut lost = (claimed - self.seen).saturating_sub(slots);
        self.seen += lost;
        let mut found = Vec::new();
        while self.seen < claimed {
            let slot = &ring.slots[(self.seen % slots) as usize];
            if slot.sequence.load(Ordering::Acquire) != self.seen + 1 {
                // Claimed and not written: it comes yet, or its process was killed in between.
                if !gave_up(&mut self.waiting, self.seen) {
                    break;
                }
                lost += 1;
                self.seen += 1;
                continue;
            }
            let process = slot.process.load(Ordering::Relaxed);
            found.push(Hello {
                process: process as u32,
                parent: (process >> 32) as u32,
                start: slot.start.load(Ordering::Relaxed),
            });
            self.seen += 1;
        }
        (found, lost)
    }
}

/// How often rings of processes that are gone are looked for.
const SWEEP_TIME: Duration = Duration::from_millis(200);

/// Reads a ring, and empties it if its process is gone; how many of its events were lost.
fn read(ring: &Ring, (owner, gone): (u32, bool), events: &mut Vec<Event>) -> u64 {
    let begun = ring.begun.load(Ordering::Acquire);
    let mut at = ring.read.load(Ordering::Relaxed);
    let mut lost = 0;
    // More than a ring holds is nonsense, of which there is nothing to read.
    let held = begun.wrapping_sub(at).min(EVENTS as u64);
    for _ in 0..held {
        let slot = &ring.events[(at % EVENTS as u64) as usize];
        match event(slot, at, owner) {
            Some(event) => events.push(event),
            None if gone => lost += 1, // it was killed while it wrote
            None => break,             // it is being written
        }
        at = at.wrapping_add(1);
    }
    ring.read.store(at, Ordering::Release);
    if gone {
        // The next owner goes on from here: what stands in the ring is of no number that comes.
        ring.read.store(begun, Ordering::Release);
    }
    lost
}

/// An event, once it is written.
fn event(slot: &page::known::Event, number: u64, process: u32) -> Option<Event> {
    if slot.sequence.load(Ordering::Acquire) != number.wrapping_add(1) {
        return None;
    }
    let (high, low) = (slot.high.load(Ordering::Relaxed), slot.low.load(Ordering::Relaxed));
    let wide = Ipv6Addr::from(u128::from(high) << 64 | u128::from(low));
    let thread = slot.thread.load(Ordering::Relaxed);
    let port = slot.what.load(Ordering::Relaxed) as u16;
    Some(Event {
        process,
        thread: thread as u32,
        lineage: (thread >> 32) as u32,
        peer: SocketAddr::new(IpAddr::V6(wide).to_canonical(), port),
        order: slot.order.load(Ordering::Relaxed),
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// Pages in a folder that goes with them.
    struct Scene {
        shared: Shared,
        folder: PathBuf,
    }

    impl Scene {
        fn new(name: &str) -> Self {
            let name = format!("bigfoot-shared-{name}-{}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            std::fs::create_dir(&folder).unwrap();
            Self { shared: Shared::new(&folder).unwrap(), folder }
        }

        /// A guest claims a slot, as preload does.
        fn claim(&self) -> u64 {
            self.shared.hellos.get().claimed.fetch_add(1, Ordering::AcqRel)
        }

        /// It fills the slot, and says so last.
        fn fill(&self, index: u64, process: u32, parent: u32, start: u64) {
            let slot = &self.shared.hellos.get().slots[(index % HELLO_SLOTS as u64) as usize];
            slot.process.store(u64::from(parent) << 32 | u64::from(process), Ordering::Relaxed);
            slot.start.store(start, Ordering::Relaxed);
            slot.sequence.store(index + 1, Ordering::Release);
        }

        fn heard(&mut self) -> (Vec<u32>, u64) {
            let (hellos, lost) = self.shared.hellos();
            (hellos.iter().map(|hello| hello.process).collect(), lost)
        }
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    /// Each hello is heard once, whole, in order.
    #[test]
    fn hellos_are_heard_once() {
        let mut scene = Scene::new("once");
        for process in 1..=3 {
            scene.fill(scene.claim(), process, 7, u64::MAX);
        }

        let (hellos, lost) = scene.shared.hellos();

        assert_eq!(hellos[2], Hello { process: 3, parent: 7, start: u64::MAX });
        assert_eq!((hellos.len(), lost), (3, 0));
        assert_eq!(scene.heard(), (vec![], 0));
    }

    /// A slot that is not written yet is waited for, and what comes behind it too.
    #[test]
    fn an_unfinished_hello_is_heard_later() {
        let mut scene = Scene::new("later");
        let (first, second) = (scene.claim(), scene.claim());
        scene.fill(second, 2, 1, 0);

        assert_eq!(scene.heard(), (vec![], 0));
        scene.fill(first, 1, 1, 0);

        assert_eq!(scene.heard(), (vec![1, 2], 0));
    }

    /// More hellos than there are slots are lost, and counted.
    #[test]
    fn a_ring_that_was_lapped_tells_what_was_lost() {
        let mut scene = Scene::new("lapped");
        let slots = u32::try_from(HELLO_SLOTS).unwrap();
        for process in 1..=slots + 5 {
            scene.fill(scene.claim(), process, 1, 0);
        }

        let (heard, lost) = scene.heard();

        assert_eq!((heard.len(), heard[0], lost), (HELLO_SLOTS, 6, 5));
    }

    /// The count is a guest's word: whatever it says, looking ends, and nothing is heard that was not said.
    #[test]
    fn a_nonsense_count_is_survived() {
        let mut scene = Scene::new("nonsense");
        scene.fill(scene.claim(), 1, 1, 0);
        assert_eq!(scene.heard().0, [1]);

        for nonsense in [0, u64::MAX, 1 << 63, 1 << 40] {
            scene.shared.hellos.get().claimed.store(nonsense, Ordering::Release);
            assert_eq!(scene.heard().0, [0; 0]);
        }
    }

    /// A guest of another user may say hello, and only read what is asked about.
    #[test]
    fn others_may_write_hellos_and_read_the_policy() {
        let scene = Scene::new("modes");
        scene.shared.ask(bigfoot_ipc::page::ask::NAMES);

        let mode =
            |name| std::fs::metadata(scene.folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(POLICY), mode(HELLOS)), (0o644, 0o666));
        let bytes = std::fs::read(scene.folder.join(POLICY)).unwrap();
        let (nobody, nothing) = (0_u32.to_ne_bytes(), 0_u32.to_ne_bytes());
        let wanted = [MAGIC.to_ne_bytes(), 2_u32.to_ne_bytes(), nobody, nothing, nothing].concat();
        assert_eq!(bytes, wanted);
    }
}
