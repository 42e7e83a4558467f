//! The kernel backstop: calls that no hook saw. The kernel holds them up (seccomp_unotify(2)), and
//! they are decided as every other call is, by the same engine.
//!
//! | module | job |
//! |---|---|
//! | `filter` | which calls are held up |
//! | `sys` | the kernel's interface |
//! | `memory`, `address` | what a held-up call points to |
//! | `trapped` | the call, decoded |
//! | `process` | who makes it |
//! | `origin` | in whose code |
//! | `held` | a verdict, carried out |
//! | `behalf` | a call on a guest's socket |
//! | `probe` | what this machine's kernel can |
//!
//! A call that is let through is made by its own thread; one that is redirected is made by us, on a
//! duplicate of the guest's descriptor: what the guest's memory says is never written over, since other
//! threads, or the parent of a vfork(2) child, share it.
//!
//! What libc does on behalf of a call that a hook decided is let through: the thread stands in the table
//! of [`bigfoot_ipc::page::Hellos`] meanwhile, or the start of a program names its number.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bigfoot_ipc::guest::{self, Registers, Transport};
use bigfoot_ipc::page::Inside;
use crossbeam_channel::unbounded;
use rustix::net::SocketType;

mod address;
mod behalf;
pub mod filter;
mod held;
mod memory;
mod origin;
pub mod probe;
mod process;
mod sys;
mod trapped;

pub use filter::Watch;
pub use held::{Held, Weakness};
pub use sys::{Installed, Listener, install};

use crate::engine::Asked;
use crate::intake::Job;
use crate::intake::facts::Facts;
use crate::intake::process::Pid;
use crate::jobs::Jobs;
use crate::shared::View;
use crate::timeline::Layer;
use memory::{Memory, Unreadable};
use origin::Origins;
use process::Process;
use sys::Notification;
use trapped::Trapped;

/// Whether there is a backstop (`--backstop`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// Where there is anything to watch.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
    /// Always, and it watches opened files too.
    Files,
}

impl Mode {
    /// What is watched in a run that asks about this much, perhaps with its guard off.
    #[must_use]
    pub fn watch(self, asked: Watch, off: bool) -> Option<Watch> {
        match self {
            Self::Off => None,
            Self::Auto if off => None,
            Self::Auto | Self::On => Some(Watch { files: false, ..asked }),
            Self::Files => Some(asked),
        }
    }
}

/// What a run needs to answer calls that are held up.
#[derive(Debug)]
pub struct Backstop {
    /// Where the kernel tells of them.
    pub listener: Arc<Listener>,
    /// The run's folder.
    pub folder: PathBuf,
    /// What the machine says of a call.
    pub facts: Arc<Mutex<Facts>>,
    /// Memory that guests share with us.
    pub view: Arc<View>,
    /// To the engine.
    pub jobs: Jobs,
}

impl Backstop {
    /// Answers in threads of its own, for as long as the run lasts. One only receives: a call that has
    /// been received is not interrupted by signals any more.
    ///
    /// # Errors
    ///
    /// There is no thread to be had.
    pub fn start(self) -> std::io::Result<()> {
        self.listener.wake_here();
        let (listener, (tell, told)) = (self.listener.clone(), unbounded());
        let mut decoder = Decoder {
            backstop: self,
            told_of_listener: false,
            told_of_privacy: false,
            told_of_nobody: false,
            origins: Origins::default(),
        };
        let receive = move || {
            while let Ok(told) = listener.receive() {
                match told {
                    Some(told) if tell.send(told).is_err() => return, // the run is over
                    None if listener.is_over() => return,
                    _ => {}
                }
            }
        };
        let decode = move || while told.recv().is_ok_and(|told| decoder.take(&told)) {};
        std::thread::Builder::new().name("backstop".into()).spawn(decode)?;
        std::thread::Builder::new().name("backstop-in".into()).spawn(receive)?;
        Ok(())
    }
}

/// The thread that decodes.
struct Decoder {
    backstop: Backstop,
    told_of_listener: bool,
    told_of_privacy: bool,
    told_of_nobody: bool,
    origins: Origins,
}

impl Decoder {
    /// Answers a call, or hands it to the engine. False once the run is over.
    fn take(&mut self, told: &Notification) -> bool {
        let listener = self.backstop.listener.clone();
        let Some(process) = Process::of(told.thread) else {
            return self.tell_of_nobody(told); // it is gone, else
        };
        let mut memory = Memory::of(told.thread, is_narrow(told));
        let trapped = Trapped::decode(told, &mut memory);
        if !listener.holds(told.id) {
            return true; // what was read was another's, perhaps
        }
        let trapped = match trapped {
            Ok(trapped) => trapped,
            Err(Unreadable::Nonsense) => {
                listener.fail(told.id, nix::libc::EFAULT);
                return true;
            }
            Err(Unreadable::Private) => {
                listener.pass(told.id);
                return self.tell_of_privacy(&process);
            }
        };
        match &trapped {
            Trapped::Listener => {
                listener.fail(told.id, nix::libc::EBUSY);
                return self.tell_of_listener(&process);
            }
            Trapped::Nothing => {
                listener.pass(told.id);
                return true;
            }
            _ => {}
        }
        if self.is_decided(told, &process, &trapped) {
            listener.pass(told.id);
            return true;
        }
        let held = Held::new(&self.backstop, told, &process, trapped);
        if !listener.holds(told.id) {
            return true; // its socket is another's, perhaps
        }
        if held.is_refused() || held.receives() {
            return true;
        }
        self.ask(told, &process, held)
    }

    /// Nobody can tell whose call it is (proc(5), `hidepid`; or there are no descriptors left): refused.
    fn tell_of_nobody(&mut self, told: &Notification) -> bool {
        let listener = &self.backstop.listener;
        if !listener.holds(told.id) {
            return true;
        }
        listener.fail(told.id, nix::libc::EACCES);
        let counted = self.backstop.jobs.send(Job::Nobodys).is_ok();
        if std::mem::replace(&mut self.told_of_nobody, true) {
            return counted;
        }
        let note = "a call was refused because /proc does not tell whose it is (proc(5), hidepid)";
        self.backstop.jobs.send(Job::Note(note.to_owned())).is_ok()
    }

    /// What starts programs or opens files by libc is decided by the hooks; what does so by itself is not seen.
    fn tell_of_privacy(&mut self, process: &Process) -> bool {
        if std::mem::replace(&mut self.told_of_privacy, true) {
            return true;
        }
        let name = crate::intake::process::command(process.pid).unwrap_or_default();
        let note = format!(
            "process {} ({name}) lets nobody read its memory, so that not all programs that it starts and files that it opens were seen",
            process.pid
        );
        self.backstop.jobs.send(Job::Note(note)).is_ok()
    }

    /// A guest's own filter may hold nothing up where ours does.
    fn tell_of_listener(&mut self, process: &Process) -> bool {
        if std::mem::replace(&mut self.told_of_listener, true) {
            return true;
        }
        let name = crate::intake::process::command(process.pid).unwrap_or_default();
        let note = format!(
            "process {} ({name}) wanted a seccomp listener of its own and was told that there is one (EBUSY): the run's",
            process.pid
        );
        self.backstop.jobs.send(Job::Note(note)).is_ok()
    }

    /// Whether it is part of a libc call that was decided.
    fn is_decided(&mut self, told: &Notification, process: &Process, trapped: &Trapped) -> bool {
        let inside: &[Inside] = match trapped {
            Trapped::Connect { .. } | Trapped::Send(_) => &[Inside::Lookup, Inside::Own],
            Trapped::Open(_) => &[Inside::Open, Inside::Lookup, Inside::Own],
            // A stand-in of ours is a part of the start that it was put in for.
            Trapped::Exec(exec) => {
                let stand_in = self.backstop.folder.join(bigfoot_ipc::STAND_IN);
                return exec.file == stand_in.as_os_str().as_encoded_bytes();
            }
            _ => return false,
        };
        let Self { backstop, origins, .. } = self;
        let mut belongs = |kind| {
            // Of a private process nobody can tell whose code calls.
            trapped.is_unknown() || origins.belong(process, told.instruction, kind)
        };
        inside.iter().any(|kind| backstop.view.stands(told.thread, *kind) && belongs(*kind))
    }

    fn ask(&mut self, told: &Notification, process: &Process, held: Held) -> bool {
        let trapped = held.trapped.clone();
        let Some(call) = trapped.call(held.transport()) else {
            held.pass();
            return true;
        };
        let test = process.test();
        let asker = guest::Asker {
            version: bigfoot_ipc::VERSION,
            thread: told.thread,
            lineage: told.thread,
            registers: registers(told),
            test: test.as_deref().unwrap_or_default(),
            in_lookup: false,
        };
        let facts = &self.backstop.facts;
        let mut facts = facts.lock().unwrap_or_else(PoisonError::into_inner);
        let question = facts.question(process.pid, asker, call);
        drop(facts);
        let Some((mut asker, mut asked)) = question else {
            held.fail(nix::libc::EACCES);
            return true;
        };
        asker.layer = Layer::Backstop;
        asker.running = process.running();
        if let (Asked::Exec { named, .. }, Trapped::Exec(exec)) = (&mut asked, &trapped) {
            *named = exec.named.map(|start| process.named(start));
        }
        self.backstop.jobs.send(Job::Ask { asker, asked, to: held.into() }).is_ok()
    }
}

/// Whether the call is made by the 32-bit interface.
fn is_narrow(told: &Notification) -> bool {
    told.architecture != filter::NATIVE
}

/// Where the thread stands, as far as the kernel tells: the call's number, its arguments, the stack
/// pointer and the instruction (proc(5), /proc/PID/syscall).
fn registers(told: &Notification) -> Registers {
    let text = std::fs::read_to_string(format!("/proc/{}/syscall", told.thread));
    let text = text.unwrap_or_default();
    let stack = text.split_ascii_whitespace().nth(7);
    let stack = stack.and_then(|word| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok());
    Registers { instruction: told.instruction, stack: stack.unwrap_or(0), frame: 0 }
}

/// Kind of a socket.
fn transport_of(kind: Option<SocketType>) -> Transport {
    match kind {
        Some(SocketType::STREAM) => Transport::Stream,
        Some(SocketType::DGRAM) => Transport::Datagram,
        _ => Transport::Other,
    }
}

/// Path of the socket or file of this number in the run's folder.
fn answering(folder: &Path, number: u32) -> PathBuf {
    let name = bigfoot_ipc::answering(number);
    folder.join(String::from_utf8_lossy(&name).trim_end_matches('\0'))
}

/// A thread, as we number it.
type Thread = Pid;
