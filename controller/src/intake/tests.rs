//! Whatever arrives, the next good question is answered.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use bigfoot_ipc::VERSION;
use bigfoot_ipc::control::{Control, MAGIC, Origin as Place, Outcome};
use bigfoot_ipc::frame::MESSAGE_BYTES_MAX;
use bigfoot_ipc::guest::{self, Call, Query, Registers, Request, Transport, Verdict};
use crossbeam_channel::{Receiver, unbounded};

use super::*;
use crate::desk::reply;

/// How long an answer may take before a test calls it none.
const PATIENCE: Duration = Duration::from_secs(20);

/// Intake at work, and a desk that allows everything and keeps notes.
struct Scene {
    socket: PathBuf,
    notes: Receiver<String>,
}

impl Scene {
    /// Guests are below this very process.
    fn new() -> Self {
        Self::below(std::process::id())
    }

    fn below(root: Pid) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("bigfoot-intake-{}-{number}", std::process::id());
        let socket = std::env::temp_dir().join(name);
        let (jobs, questions) = unbounded();
        let intake =
            Intake::new(UnixListener::bind(&socket).unwrap(), root, Jobs::to_test(jobs)).unwrap();
        std::thread::spawn(move || intake.serve());
        let (sender, notes) = unbounded();
        std::thread::spawn(move || desk(&questions, &sender));
        Self { socket, notes }
    }

    fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// What follows these bytes: the answer, or nothing.
    fn told(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        let _ = stream.write_all(bytes); // refused before its end, maybe
        let _ = stream.shutdown(Shutdown::Write);
        rest(stream)
    }

    /// A good question is answered.
    fn answers(&self) {
        assert_eq!(self.told(&question()), verdict(&Verdict::Allow));
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.socket);
    }
}

fn desk(questions: &Receiver<Job>, notes: &Sender<String>) {
    for job in questions {
        match job {
            Job::Ask { to: Waiting::Hook(stream), .. } => reply(stream, &Verdict::Allow),
            Job::Ask { .. } => return,
            Job::Verify { stream, .. } => reply(stream, &Verdict::Deny { errno: 7 }),
            Job::Note(note) => drop(notes.send(note)),
            Job::Test { word, .. } if matches!(*word, Word::Gone(_)) => {}
            Job::Test { stream, .. } => control::answer(&stream, &Outcome::Done),
            Job::Wire { .. } | Job::Watched { .. } | Job::Nobodys | Job::Close | Job::Stop => {
                return;
            }
        }
    }
}

/// All that is still to come on a connection. One that was cut off has nothing.
fn rest(mut stream: UnixStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => panic!("no answer, and no end"),
        _ => bytes,
    }
}

fn asker(version: u16) -> guest::Asker<'static> {
    let registers = Registers::default();
    guest::Asker { version, thread: 1, lineage: 1, registers, test: b"", in_lookup: false }
}

fn request(version: u16, call: Call<'_>) -> Vec<u8> {
    frame::encode(&Request { asker: asker(version), call }).unwrap()
}

fn question() -> Vec<u8> {
    request(VERSION, Call::Lookup { query: Query::Name(b"shop.example") })
}

fn verdict(verdict: &Verdict) -> Vec<u8> {
    frame::encode(verdict).unwrap()
}

fn control() -> Vec<u8> {
    let message = frame::encode(&Control::Verify { version: VERSION }).unwrap();
    [&MAGIC[..], &message].concat()
}

/// What is no message gets no answer, and harms nobody.
#[test]
fn nonsense_is_cut_off() {
    let scene = Scene::new();
    let length = |length: usize| u32::try_from(length).unwrap().to_le_bytes().to_vec();
    let whole = question();

    for nonsense in [
        vec![],
        vec![1],
        vec![0; 4],
        vec![0xff; 100],
        length(MESSAGE_BYTES_MAX + 1),
        [length(3), vec![9; 3]].concat(),
        [length(64), vec![0xff; 64]].concat(),
        length(MESSAGE_BYTES_MAX),
        whole[..whole.len() - 1].to_vec(),
        whole[..LENGTH_BYTES + 1].to_vec(),
        MAGIC.to_vec(),
        [MAGIC.to_vec(), length(MESSAGE_BYTES_MAX + 1)].concat(),
        [MAGIC.to_vec(), length(4), vec![0xff; 4]].concat(),
        [MAGIC.to_vec(), MAGIC.to_vec()].concat(),
        [MAGIC.to_vec(), question()].concat(),
    ] {
        assert_eq!(scene.told(&nonsense), b"", "{nonsense:?}");
        scene.answers();
    }
}

/// A length over the limit is refused when it is read, not when its bytes have come.
#[test]
fn a_giant_length_is_refused_at_once() {
    let scene = Scene::new();
    let mut stream = scene.connect();

    stream.write_all(&[0xff; LENGTH_BYTES]).unwrap();

    assert_eq!(rest(stream), b"");
    scene.answers();
}

/// The largest question is read whole, however many reads it takes.
#[test]
fn a_large_question_is_read_whole() {
    let scene = Scene::new();
    let arguments = vec![0; MESSAGE_BYTES_MAX - 4096];
    let call = Call::Exec {
        file: b"/nowhere",
        directory: -100,
        search: None,
        arguments: &arguments,
        spawns: true,
    };

    assert_eq!(scene.told(&request(VERSION, call)), verdict(&Verdict::Allow));
}

/// Who is slow holds nobody up, and is served in the end.
#[test]
fn slow_guests_hold_nobody_up() {
    let scene = Scene::new();
    let whole = question();
    let mut slow: Vec<UnixStream> = (0..whole.len()).map(|_| scene.connect()).collect();

    for (sent, stream) in slow.iter_mut().enumerate() {
        stream.write_all(&whole[..sent]).unwrap();
    }
    scene.answers();
    for (sent, mut stream) in slow.into_iter().enumerate() {
        stream.write_all(&whole[sent..]).unwrap();
        assert_eq!(rest(stream), verdict(&Verdict::Allow), "cut at {sent}");
    }
}

/// A question in single bytes is the same question; a command's word too.
#[test]
fn single_bytes_make_a_question() {
    let scene = Scene::new();

    for (bytes, expected) in [(question(), Verdict::Allow), (control(), Verdict::Deny { errno: 7 })]
    {
        let mut stream = scene.connect();
        for byte in bytes {
            stream.write_all(&[byte]).unwrap();
            std::thread::sleep(Duration::from_micros(100));
        }
        assert_eq!(rest(stream), verdict(&expected));
    }
}

/// A guest that is killed before it hears the answer is no trouble.
#[test]
fn nobody_needs_to_hear_the_answer() {
    let scene = Scene::new();

    for _ in 0..200 {
        scene.connect().write_all(&question()).unwrap();
    }

    scene.answers();
}

/// A library of another version is refused, even if its messages look otherwise, and told of once.
#[test]
fn another_version_is_refused_and_noted_once() {
    let scene = Scene::new();
    let call = || Call::Lookup { query: Query::Name(b"shop.example") };
    let mut reshaped = request(VERSION + 1, call());
    reshaped.truncate(20);
    reshaped[..LENGTH_BYTES].copy_from_slice(&16_u32.to_le_bytes());

    for bytes in [reshaped, request(VERSION + 1, call()), request(0, call())] {
        assert_eq!(scene.told(&bytes), b"");
        scene.answers();
    }

    let notes: Vec<_> = scene.notes.try_iter().collect();
    let [note] = &notes[..] else { panic!("one note: {notes:?}") };
    assert!(note.contains(&format!("another version ({})", VERSION + 1)), "{note}");
}

/// That a socket serves is taken note of without the engine.
#[test]
fn serving_is_answered() {
    let scene = Scene::new();
    let call = Call::Serve { transport: Transport::Stream, cookie: 1, inode: 2 };

    assert_eq!(scene.told(&request(VERSION, call)), verdict(&Verdict::Allow));
}

/// A process that is not below the run's root is cut off, and told of once.
#[test]
fn a_stranger_is_refused_and_noted_once() {
    let mut other = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let scene = Scene::below(other.id());

    for bytes in [question(), control(), vec![]] {
        assert_eq!(scene.told(&bytes), b"");
    }
    let notes: Vec<_> = scene.notes.iter().take(1).collect();
    assert!(notes[0].contains(&std::process::id().to_string()), "{notes:?}");
    assert_eq!(scene.told(&question()), b"");
    other.kill().unwrap();
    other.wait().unwrap();

    assert_eq!(scene.notes.try_iter().count(), 0);
}

/// A child of the run is below it.
#[test]
fn a_child_is_served() {
    let scene = Scene::new();
    let script = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); \
                  s.sendall(bytes.fromhex(sys.argv[2])); print(s.makefile('rb').read().hex())";
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();

    let child = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(&scene.socket)
        .arg(hex(&question()))
        .output()
        .unwrap();

    assert_eq!(String::from_utf8_lossy(&child.stdout).trim(), hex(&verdict(&Verdict::Allow)));
}

/// A generator of its own, so that a failure can be had again (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.next() as u8).collect()
    }
}

/// Good questions, to be damaged.
fn seeds() -> Vec<Vec<u8>> {
    use guest::Peer;
    let stream = Transport::Stream;
    let exec = Call::Exec {
        file: b"true",
        directory: -100,
        search: Some(b"/nowhere:/usr/bin"),
        arguments: b"true\0\0x\0",
        spawns: false,
    };
    let open = Call::Open { path: b"a/../b", directory: 3, read: true, write: false };
    let internet = Peer::Internet("127.0.0.1:1".parse().unwrap());
    let calls = [
        Call::Connect { transport: stream, peer: internet },
        Call::Connect { transport: stream, peer: Peer::Unix(b"\0bus") },
        Call::Connect { transport: stream, peer: Peer::Unix(b"/run/x") },
        Call::Connect { transport: stream, peer: Peer::Other(40) },
        Call::Lookup { query: Query::Records(b"shop.example") },
        Call::Lookup { query: Query::Address("192.0.2.1".parse().unwrap()) },
        Call::Resolved { name: b"shop.example", addresses: &[7; 40] },
        open,
        exec,
        Call::ExecFailed { start: 7 },
        Call::Load { library: b"libpq.so.5" },
        Call::Serve { transport: stream, cookie: 1, inode: 2 },
    ];
    calls.into_iter().map(|call| request(VERSION, call).split_off(LENGTH_BYTES)).collect()
}

/// Random bytes, and good questions with some bytes changed: a job, a refusal, and never a panic.
#[test]
fn any_bytes_become_a_job_or_none() {
    let own = std::process::id();
    let mut facts = Facts::new(own);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut jobs, seeds) = (0, seeds());
    for _ in 0..20_000 {
        let mut bytes = match random.below(4) {
            0 => random.bytes(200),
            _ => seeds[random.below(seeds.len())].clone(),
        };
        for _ in 0..random.below(4) {
            if let Some(at) = bytes.len().checked_sub(1).map(|last| random.below(last + 1)) {
                bytes[at] = random.next() as u8;
            }
        }
        let (ours, _theirs) = UnixStream::pair().unwrap();
        jobs += usize::from(facts.job(own, &bytes, ours).is_some());
    }

    assert!(jobs > 5_000, "most are questions still: {jobs}");
}

/// A test keeps its connection; nonsense and another version are refused on it, and guests are answered
/// meanwhile.
#[test]
fn a_test_keeps_its_connection() {
    let scene = Scene::new();
    let hello = |version| {
        let (language, test) = ("rust".to_owned(), "a".to_owned());
        let origin = Place::default();
        Control::Hello { version, language, thread: 1, test, origin }
    };
    let mut test = scene.connect();
    test.write_all(&MAGIC).unwrap();

    assert!(
        matches!(said(&mut test, &hello(VERSION + 1)), Outcome::Refused { reason } if reason.contains("version"))
    );
    assert_eq!(said(&mut test, &hello(VERSION)), Outcome::Done);
    scene.answers();
    let mock = Control::Mock { mock: "{".repeat(200), origin: Place::default() };
    assert!(
        matches!(said(&mut test, &mock), Outcome::Refused { reason } if reason.contains("deeply"))
    );
    assert_eq!(said(&mut test, &Control::Check), Outcome::Done);

    test.write_all(&[3, 0, 0, 0, 9, 9, 9]).unwrap(); // no word
    assert!(rest(test).is_empty());
    scene.answers();
}

fn said(test: &mut UnixStream, word: &Control) -> Outcome {
    test.write_all(&frame::encode(word).unwrap()).unwrap();
    let mut head = [0; 4];
    test.read_exact(&mut head).unwrap();
    let mut body = vec![0; frame::length(head).unwrap()];
    test.read_exact(&mut body).unwrap();
    frame::decode(&body).unwrap()
}
