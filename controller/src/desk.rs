//! Around the engine: questions in, verdicts out; and what is read of a guest while it waits.

use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use bigfoot_ipc::control::{Outcome as Heard, Violation};
use bigfoot_ipc::frame;
use bigfoot_ipc::guest::Verdict;

use crate::backstop::Weakness;
use crate::call::Open;
use crate::engine::{Asked, Asker, Claim, Details, Engine, Told, Word};
use crate::intake::control::answer;
use crate::intake::process::{self, Pid};
use crate::intake::program::Target;
use crate::intake::{Job, Waiting, Wire};
use crate::jobs::Jobs;
use crate::report::{self, Broken, Finding, Style};
use crate::run::answers::{Answers, Needs};
use crate::shared::{Event, Shared};
use crate::site::{self, Resolver, Unwinder};

/// How long what arrived before the end of a run may take.
const CAUGHT_UP_MAX: Duration = Duration::from_secs(2);

/// What stands around the engine: one job at a time.
#[derive(Debug)]
pub struct Desk {
    /// All state.
    pub engine: Engine,
    /// What is weaker than asked for, a sentence each.
    pub notes: Vec<String>,
    /// Hellos that were lost.
    pub lost: u64,
    root: Pid,
    jobs: Jobs,
    /// The command of ours that asked how it went.
    asked: Option<UnixStream>,
    /// Calls that were refused since nobody can tell whose they are.
    pub nobodys: u64,
    shared: Shared,
    answers: Arc<Answers>,
    style: Style,
    unwinder: Unwinder,
    resolver: Resolver,
}

impl Desk {
    /// For the tree below `root`.
    #[must_use]
    pub fn new(
        engine: Engine,
        shared: Shared,
        answers: Arc<Answers>,
        (root, jobs): (Pid, Jobs),
    ) -> Self {
        let (unwinder, resolver) = (Unwinder::default(), Resolver::default());
        let (notes, asked) = (Vec::new(), None);
        let style = Style { colour: false, base: std::env::current_dir().ok() };
        Self {
            engine,
            notes,
            lost: 0,
            root,
            jobs,
            asked,
            nobodys: 0,
            shared,
            answers,
            style,
            unwinder,
            resolver,
        }
    }

    /// Does a job. Once the run is over: the connection to tell how it went, if a command asked.
    pub fn act(&mut self, job: Job) -> Option<Option<UnixStream>> {
        let over = self.carry_out(job);
        self.forget();
        over
    }

    /// What others may do without asking may be another thing now. Done before whoever asked goes on.
    fn forget(&mut self) {
        if self.engine.has_learned() {
            self.shared.forget();
        }
    }

    fn carry_out(&mut self, job: Job) -> Option<Option<UnixStream>> {
        match job {
            Job::Ask { asker, asked, to } => self.ask(asker, asked, to),
            Job::Verify { version, stream } => self.verify(version, stream),
            Job::Test { speaker, word, stream } => self.test(speaker, *word, &stream),
            Job::Wire { ticket, wire } => self.wire(ticket, wire),
            Job::Watched { gains } => self.engine.processes().watch(gains),
            Job::Nobodys => self.nobodys += 1,
            Job::Close => self.engine.close(),
            Job::Note(note) => self.notes.push(note),
            Job::Stop => {
                self.hear();
                let events = self.shared.last_events();
                self.happened(events);
                return Some(self.asked.take());
            }
        }
        None
    }

    /// A command of ours asks how the run went: it ends, then.
    fn verify(&mut self, version: u16, stream: UnixStream) {
        if version == bigfoot_ipc::VERSION && self.asked.is_none() {
            self.asked = Some(stream);
            return self.stop_when_caught_up();
        }
        let reason = format!("this run is of version {}, not {version}", bigfoot_ipc::VERSION);
        reply(stream, &Heard::Refused { reason });
    }

    /// Ends the run when what has arrived by now is answered.
    fn stop_when_caught_up(&self) {
        let (answers, jobs) = (self.answers.clone(), self.jobs.clone());
        aside(move || {
            answers.catch_up(CAUGHT_UP_MAX);
            let _ = jobs.send(Job::Stop);
        });
    }

    /// Calls that were refused because their process could not ask.
    #[must_use]
    pub fn unasked(&self) -> u64 {
        self.shared.unasked().into()
    }

    /// Takes note of who said hello since the last time.
    pub fn hear(&mut self) {
        let (hellos, lost) = self.shared.hellos();
        self.lost += lost;
        for hello in hellos {
            let program = || process::executable(hello.process).map(Target::at);
            let began = || process::stat(hello.process).map(|stat| stat.started);
            self.engine.processes().hello(hello.process, hello.parent, hello.start, program, began);
        }
        let events = self.shared.events();
        self.happened(events);
    }

    /// Takes note of what guests did by decisions of their own.
    fn happened(&mut self, (events, lost): (Vec<Event>, u64)) {
        self.lost += lost;
        for event in events {
            self.engine.happened(&event);
        }
    }

    /// A word of a test, which waits for what it hears.
    fn test(&mut self, speaker: u64, word: Word, stream: &Arc<UnixStream>) {
        self.hear();
        let needs = match &word {
            Word::Mock(mock) => Needs::of(std::iter::once(&**mock)),
            Word::Rules(frame) if frame.reads() => Needs::reading(),
            _ => Needs::default(),
        };
        if let Err(error) = self.prepare(needs) {
            let reason = format!("it cannot be answered here: {error}");
            return answer(stream, &Heard::Refused { reason });
        }
        let asks = word.changes_what_is_asked();
        let told = self.engine.control(speaker, word);
        if asks {
            self.shared.ask(self.engine.asks());
            self.shared.forget(); // what was plainly allowed may be another thing in a sandbox
        }
        match told {
            Told::Heard(heard) => answer(stream, &heard),
            Told::Violated(broken) => {
                let violation = self.worded(&[], &[*broken]).pop();
                let nothing = || Heard::Refused { reason: "it is not as said".to_owned() };
                let heard = violation.map(|violation| Heard::Violated { violation });
                answer(stream, &heard.unwrap_or_else(nothing));
            }
            Told::Checked(findings, broken, note) => {
                let mut violations: Vec<Violation> = note.into_iter().map(left_open).collect();
                violations.extend(self.worded(&findings, &broken));
                answer(stream, &Heard::Checked { violations });
            }
            Told::Note(note) => self.notes.extend(note),
        }
    }

    /// Makes what a test needs, and tells the guests of it.
    fn prepare(&mut self, needs: Needs) -> io::Result<()> {
        if self.answers.prepare(needs)? {
            self.engine.answers_at(self.answers.port());
            self.shared.answers(self.answers.port(), self.answers.bundles().is_some());
        }
        Ok(())
    }

    /// Broken promises in words.
    fn worded(&mut self, findings: &[Finding], broken: &[Broken]) -> Vec<Violation> {
        let mut resolve = |stack: &site::Stack| self.resolver.places(stack);
        report::violations(findings, broken, &self.style, &mut resolve)
    }

    /// Something on a connection that a plugin reads. Who asked may be gone by now.
    fn wire(&mut self, ticket: u32, wire: Wire) {
        match wire {
            Wire::Answer { source, fields, reply } => {
                let _ = reply.send(self.engine.answer(ticket, source, fields));
            }
            Wire::Waits { source, fields, reply } => {
                let _ = reply.send(self.engine.waits(ticket, source, &fields));
            }
            Wire::Foresee { source, fields, reply } => {
                let _ = reply.send(self.engine.foresee(ticket, source, fields));
            }
            Wire::Names { source, reply } => {
                let _ = reply.send(self.engine.names_source(ticket, source));
            }
            Wire::Said(said) => self.engine.said(ticket, said),
        }
    }

    /// A plugin answers on a connection that is about to be made.
    fn claimed(&mut self, asker: &Asker, claim: Claim) -> io::Result<()> {
        let answers = self.answers.clone();
        let responder = answers.responder().ok_or(io::ErrorKind::NotConnected)?;
        if let Some(address) = claim.opening.address {
            self.shared.ticket(claim.ticket, address);
        }
        let ticket = claim.ticket;
        responder.expect(claim)?;
        let details = self.details(asker);
        self.engine.opened(ticket, details);
        Ok(())
    }

    fn ask(&mut self, mut asker: Asker, asked: Asked, to: Waiting) {
        self.hear();
        let is_call = !matches!(asked, Asked::Thread { .. });
        if is_call && asker.test.is_none() && self.engine.wants_test(&asker) {
            let stack = self.unwinder.capture(asker.pid.cast_signed(), asker.registers);
            asker.test = site::rust_test(&self.resolver.places(&stack));
        }
        if self.is_own_file(&asked) {
            return self.tell(to, &Verdict::Allow);
        }
        let merged = self.merged(&asked);
        let mut outcome = self.engine.ask(&asker, asked);
        if let (Verdict::Allow, Some(number)) = (&outcome.verdict, merged) {
            outcome.verdict = Verdict::File { number };
        }
        if let Some(number) = outcome.undescribed {
            let details = self.details(&asker);
            self.engine.describe(number, details);
        }
        if let Some(interaction) = outcome.unlocated {
            let details = self.details(&asker);
            self.engine.locate(interaction, details);
        }
        if let Some(claim) = outcome.claim
            && let Err(error) = self.claimed(&asker, claim)
        {
            self.notes.push(format!("a connection could not be answered: {error}"));
            return self.tell(to, &Verdict::Deny { errno: nix::libc::ECONNREFUSED });
        }
        self.forget();
        if let Some(peer) = outcome.known {
            self.shared.allow(peer);
        }
        match (outcome.standing, outcome.real, to) {
            // A stand-in may take its time to read; nobody else waits for it.
            (Some(standing), _, Waiting::Hook(stream)) => {
                aside(move || reply(stream, &standing.cue()));
            }
            // A name server may take its time, and a connection that is made on a guest's behalf too.
            (_, Some((name, port)), to) => {
                let jobs = self.jobs.clone();
                aside(move || {
                    if let Some(weakness) = told(to, &real(&name, port)) {
                        let _ = jobs.send(Job::Note(weakness.to_owned())); // the run is over, else
                    }
                });
            }
            (_, _, to) => self.tell(to, &outcome.verdict),
        }
    }

    /// Tells a verdict; what could not be done of it is told once.
    fn tell(&mut self, to: Waiting, verdict: &Verdict) {
        if let Some(weakness) = told(to, verdict)
            && !self.notes.iter().any(|note| note == weakness)
        {
            self.notes.push(weakness.to_owned());
        }
    }

    /// Files of the run's own are part of it, and no calls to be judged.
    fn is_own_file(&self, asked: &Asked) -> bool {
        let Asked::Open(open) = asked else {
            return false;
        };
        self.answers.bundles().is_some_and(|bundles| bundles.holds(&open.path))
    }

    /// The file that a guest is to read in place of one of root certificates.
    fn merged(&mut self, asked: &Asked) -> Option<u32> {
        let Asked::Open(Open { path, read: true, write: false }) = asked else {
            return None;
        };
        let merged = self.answers.bundles()?.merged(path)?;
        merged.map_err(|note| self.notes.push(note)).ok()
    }

    /// What is known of a call beyond itself, while its thread waits.
    fn details(&mut self, asker: &Asker) -> Details {
        Details {
            stack: self.unwinder.capture(asker.pid.cast_signed(), asker.registers),
            chain: process::chain(asker.pid, self.root),
            thread: process::thread_name(asker.pid, asker.thread),
            script: site::script(asker.pid.cast_signed()),
        }
    }
}

/// A test that ended within a sandbox.
fn left_open(note: String) -> Violation {
    Violation {
        code: String::new(),
        name: "SandboxOpen".to_owned(),
        text: format!("error: {note}\n  mend     close it before the test is verified\n"),
        about: note,
        paste: String::new(),
        interaction: 0,
    }
}

/// Does what may take its time in a thread of its own. Where there is none to be had, the guest finds
/// its connection closed, which is a refusal.
fn aside(work: impl FnOnce() + Send + 'static) {
    let _ = std::thread::Builder::new().name("aside".into()).spawn(work);
}

/// Tells a verdict to who waits for it; what could not be done of it.
fn told(to: Waiting, verdict: &Verdict) -> Option<Weakness> {
    match to {
        Waiting::Hook(stream) => {
            reply(stream, verdict);
            None
        }
        Waiting::Kernel(held) => held.settle(verdict),
    }
}

/// The real address of a name whose stand-in was connected to.
fn real(name: &str, port: u16) -> Verdict {
    let found: Option<SocketAddr> = (name, port).to_socket_addrs().ok().and_then(|mut found| {
        let all: Vec<_> = found.by_ref().collect();
        all.iter().find(|address| address.is_ipv4()).or(all.first()).copied()
    });
    match found {
        Some(to) => Verdict::Redirect { to },
        None => Verdict::Deny { errno: nix::libc::EHOSTUNREACH },
    }
}

/// Answers a connection; one that has gone away needs none.
pub fn reply<T: serde::Serialize>(mut stream: UnixStream, message: &T) {
    if let Ok(bytes) = frame::encode(message) {
        let _ = stream.write_all(&bytes);
    }
}
