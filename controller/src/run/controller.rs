//! The inner process: it decides, starts the command, waits for all of its tree, and reports.

use std::collections::HashSet;
use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bigfoot_ipc::RUN_VARIABLE;
use bigfoot_ipc::page::ask;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::signalfd::SignalFd;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::answers::{Answers, Needs};
use super::directory::Directory;
use super::keeper::{PASSED, pass_on, signals};
use super::mask::raise_limit;
use super::starter::{self, Starting};
use super::{Ended as Exit, Options, directory, stand_ins, tests_of, tree};
use crate::accept;
use crate::backstop::Watch;
use crate::config::Config;
use crate::desk::Desk;
use crate::engine::{Ended, Engine, Ran, Setup, coverage, grouped, unasserted};
use crate::intake::facts::Facts;
use crate::intake::program::Target;
use crate::intake::{Intake, Job};
use crate::jobs::Jobs;
use crate::library;
use crate::processes::Started;
use crate::report::{self, Broken, Report, Style};
use crate::shared::Shared;
use crate::site::Resolver;
use crate::timeline::Interaction;
use crate::tls;
use crate::tools::{self, Tools};

/// How long what was said is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Exit codes of a command that could not be started (env(1)).
const CANNOT_EXECUTE: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Number of a start that is nobody's: of programs that joined a run by its environment.
pub const OUTSIDE: u64 = u64::MAX;

/// The engine at work, and the way to it.
#[derive(Debug)]
pub struct Service {
    /// Questions go here.
    pub jobs: Jobs,
    /// What the machine says of calls.
    pub facts: Arc<Mutex<Facts>>,
    /// What the kernel backstop is to watch, where there is one.
    pub watch: Watch,
    answers: Arc<Answers>,
}

impl Service {
    /// Starts to serve guests below `root`. The command's own start, if there is one, is number 1.
    ///
    /// # Errors
    ///
    /// The run's folder cannot be used, or a tool's name is no glob.
    pub fn start(
        directory: &Path,
        config: Config,
        root: u32,
        command: Option<(Target, String)>,
        records: bool,
    ) -> io::Result<Self> {
        let jobs = Jobs::default();
        let tools = Tools::new(&config.tools).map_err(io::Error::other)?;
        let shared = Shared::new(directory)?;
        let own_program = std::fs::read_link("/proc/self/exe").ok();
        let socket = directory.join(bigfoot_ipc::SOCKET);
        let mut setup = Setup { records, own_program, socket, ..config.setup() };
        stand_ins::lay_out(directory, &setup.mocks)?;
        let answers = Arc::new(Answers::new(directory.to_owned(), jobs.clone()));
        let mut needs = Needs::of(setup.mocks.iter());
        if config.policy.has_reads() {
            needs = Needs { programs: needs.programs, ..Needs::reading() };
        }
        if answers.prepare(needs)? {
            setup.responder = answers.port();
            shared.answers(answers.port(), answers.bundles().is_some());
        }
        let mut engine = Engine::new(config.policy, tools, setup);
        let asks = engine.asks();
        shared.ask(asks);
        // A test may ask for more later, and the filter stays as it is.
        let files = asks & ask::FILES != 0;
        let watch = Watch { network: true, programs: true, files, senders: true };
        if let Some((target, line)) = command {
            engine.processes().start(Started { target, line, by: None, own: None, spawns: false });
        } else {
            engine.processes().joined_from_outside();
        }
        let intake = Intake::new(directory::listen(directory)?, root, jobs.clone())?;
        let facts = intake.facts();
        jobs.begin(Desk::new(engine, shared, answers.clone(), (root, jobs.clone())));
        std::thread::Builder::new().name("intake".into()).spawn(move || intake.serve())?;
        Ok(Self { jobs, facts, watch, answers })
    }

    /// The command has ended: what was done before is answered, and what is done from now on is late.
    pub fn command_ended(&self) {
        self.answers.catch_up(PATIENCE);
        let _ = self.jobs.send(Job::Close); // the desk is there until it is told to stop
    }

    /// The guests are gone: what they said last is heard.
    pub fn drain(&self) {
        self.answers.drain(PATIENCE);
    }

    /// Waits until the run is over; what it came to, and the command of ours that asked for it.
    #[must_use]
    pub fn finish(
        self,
        require_coverage: bool,
        compare: impl FnOnce(&mut [Interaction], &Ran) -> Vec<Broken>,
    ) -> Option<(Report, Resolver, Option<std::os::unix::net::UnixStream>)> {
        let (mut desk, asked) = self.jobs.wait()?;
        desk.hear();
        let unasked = desk.unasked();
        let Desk { engine, mut notes, lost, nobodys, .. } = desk;
        let Ended {
            mut found,
            processes,
            dropped: (dropped, unkept),
            untold,
            mut interactions,
            unused,
            ran,
        } = engine.finish();
        if dropped > 0 {
            notes
                .push(format!("{dropped} more calls were refused or warned about than are listed"));
        }
        if unkept > 0 {
            notes.push(format!("{unkept} more interactions were made than are kept"));
        }
        if untold > 0 {
            notes.push(format!("{untold} violations are not listed: there was no room for them, or their connection was not known"));
        }
        if unasked > 0 {
            notes.push(format!("calls that were refused because their process could not ask: {unasked}; it had no descriptor left, or the run's folder was hidden from it"));
        }
        notes.extend(processes.held_down().map(|program| {
            format!("{} gains no privileges in this run (no_new_privs, by the kernel backstop): mock it, or give --backstop off", program.display())
        }));
        let mut resolver = Resolver::default();
        tests_of::attribute(&mut found, &mut interactions, &processes, &mut resolver);
        let coverage = coverage(&processes, lost);
        let unlike = compare(&mut interactions, &ran); // what is as accepted is asserted by that
        let report = Report {
            findings: grouped(found),
            coverage,
            notes,
            coverage_required: require_coverage,
            unasked: unasked + nobodys,
            untold,
            broken: unasserted(&interactions).into_iter().chain(unused).chain(unlike).collect(),
            interactions,
            command_failed: false,
        };
        Some((report, resolver, asked))
    }
}

/// The environment that puts a program into a run.
///
/// # Errors
///
/// There is no library to load into it.
pub fn environment(
    directory: &Path,
    start: u64,
    off: bool,
) -> Result<Vec<(&'static str, OsString)>, library::Error> {
    let named = env::var_os("BIGFOOT_PRELOAD").map(PathBuf::from);
    let mut preload = library::path(named.as_deref())?.into_os_string();
    if let Some(user) = env::var_os("LD_PRELOAD").filter(|user| !user.is_empty()) {
        preload.push(":");
        preload.push(user);
    }
    let mut run = directory.as_os_str().to_owned();
    run.push(format!(",{start}{}", if off { ",off" } else { "" }));
    let (mut variables, _) = tls::variables(directory, |name| env::var_os(name));
    variables.extend([("LD_PRELOAD", preload), (RUN_VARIABLE, run)]);
    variables.extend(stand_ins::path(directory).map(|path| ("PATH", path)));
    Ok(variables)
}

/// Runs the command in the run's folder, and leaves word of how it went.
///
/// # Errors
///
/// What is wrong with the machine or the library.
pub fn run(options: Options, directory: &Path) -> Result<Exit, Box<dyn std::error::Error>> {
    let (signals, mask) = signals(&PASSED)?;
    nix::sys::prctl::set_child_subreaper(true)?;
    let keeper = nix::unistd::getppid();
    nix::sys::prctl::set_pdeathsig(Signal::SIGTERM)?;
    let root = std::process::id();
    let limit = raise_limit();
    let Options {
        config,
        format,
        output,
        require_coverage,
        backstop,
        require_backstop,
        accept: accepting,
        snapshots,
        command,
    } = options;
    let project = config.project.clone();
    let records = accepting || snapshots.exist();
    let mut out = Out::open(output.as_deref())?;
    let off = config.is_off() && !records;
    let (target, line) = of_command(&command);
    let complains = target.would_complain();
    let service = Service::start(directory, config, root, Some((target, line)), records)?;
    let mut variables = environment(directory, 1, off)?; // names files that the service has written
    variables.retain(|(name, _)| !(complains && *name == "LD_PRELOAD"));

    let starting = Starting { command: &command, variables: &variables, mask, limit };
    let started = match backstop.watch(service.watch, off) {
        None => starting.start(),
        Some(watch) => match starting.start_below(watch, directory, &service) {
            Ok(started) => started,
            Err(error) if require_backstop => return Ok(without_backstop(&error)),
            Err(error) => {
                let _ = service.jobs.send(Job::Note(starter::reason(&error))); // as below
                starting.start()
            }
        },
    };
    let ended = match started {
        Ok(pid) => wait(pid, &signals, || nix::unistd::getppid() == keeper),
        Err(error) => {
            let (code, text) = not_started(&command, &error);
            eprintln!("{text}");
            return Ok(Exit::Code(code));
        }
    };
    let Some(ended) = ended else {
        // Nobody is left to be told: the keeper was killed.
        tree::kill_all(root);
        drop(Directory::adopt(directory.to_owned()));
        return Ok(Exit::Code(super::INTERNAL));
    };
    service.command_ended();
    let left = if off { Vec::new() } else { tree::end(root) };
    service.drain();
    let _ = service.jobs.send(Job::Stop); // the desk is there until it is told so
    let failed = ended != Exit::Code(0);
    let (mut written, mut unseen) = (None, 0);
    let settle = |interactions: &mut [Interaction], ran: &Ran| {
        if !accepting {
            unseen = snapshots.unseen(interactions, ran);
            return snapshots.compare(interactions, ran);
        }
        if !failed {
            written = Some(accept::write(&project, interactions, ran));
        }
        accept::mark(interactions);
        Vec::new()
    };
    let (mut report, mut resolver, _) =
        service.finish(require_coverage, settle).ok_or("the engine failed")?;
    report.command_failed = failed;
    if unseen > 0 {
        report.notes.push(format!("accepted tests that made no call, or did not run: {unseen}"));
    }
    if accepting && failed {
        report.notes.push(accept::NOTHING_WRITTEN.to_owned());
    } else if let Some(written) = written {
        report.notes.push(written?.to_string());
    }
    if !left.is_empty() {
        report.notes.push(format!(
            "{} outlived the command and were ended: {}",
            count(&left),
            names(left)
        ));
    }
    let style = out.style();
    report::write(&report, format, &style, &mut |stack| resolver.places(stack), &mut out)?;
    Ok(match ended {
        Exit::Code(code) => Exit::Code(report.exit_code(code)),
        signal @ Exit::Signal(_) => signal,
    })
}

fn count(left: &[String]) -> String {
    format!("{} process{}", left.len(), if left.len() == 1 { "" } else { "es" })
}

/// Each name once, and not too many.
fn names(left: Vec<String>) -> String {
    let mut seen = HashSet::new();
    let names: Vec<String> =
        left.into_iter().filter(|name| seen.insert(name.clone())).take(5).collect();
    names.join(", ")
}

/// The command of a run, found as its start will find it, and its arguments.
#[must_use]
pub fn of_command(command: &[OsString]) -> (Target, String) {
    let file = command.first().map(Path::new).unwrap_or(Path::new(""));
    let path = env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    let searched = !file.as_os_str().as_encoded_bytes().contains(&b'/');
    let search = searched.then(|| path.as_encoded_bytes());
    let target = Target::find(std::process::id(), nix::libc::AT_FDCWD, file, search);
    let words: Vec<Vec<u8>> = command.iter().map(|word| word.as_encoded_bytes().to_vec()).collect();
    (target, tools::line(&words))
}

fn without_backstop(error: &io::Error) -> Exit {
    eprintln!(
        "bigfoot: the command was not started, since --require-backstop was given: {}",
        starter::reason(error)
    );
    Exit::Code(report::UNCOVERED)
}

/// Exit code and words where a command could not be started.
#[must_use]
pub fn not_started(command: &[OsString], error: &io::Error) -> (u8, String) {
    let name = command.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let code = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { CANNOT_EXECUTE };
    (code, format!("bigfoot: failed to start {name:?}: {error}"))
}

/// Waits for the command as long as it is `wanted`, and buries whatever else ends meanwhile.
fn wait(command: Pid, signals: &SignalFd, wanted: impl Fn() -> bool) -> Option<Exit> {
    let mut ended = None;
    while ended.is_none() && wanted() {
        let mut polled = [PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut polled, PollTimeout::NONE); // interrupted: looked at all the same
        while let Ok(Some(signal)) = signals.read_signal() {
            pass_on(command, &signal);
        }
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            match status {
                WaitStatus::Exited(pid, code) if pid == command => {
                    ended = Some(Exit::Code(u8::try_from(code).unwrap_or(u8::MAX)));
                }
                WaitStatus::Signaled(pid, signal, _) if pid == command => {
                    ended = Some(Exit::Signal(signal as i32));
                }
                WaitStatus::StillAlive => break,
                _ => {}
            }
        }
    }
    ended
}

/// Where the report goes.
#[derive(Debug)]
pub enum Out {
    /// The user's terminal, or whatever stderr is.
    Stderr(io::Stderr),
    /// A file.
    File(File),
}

impl Out {
    /// Opens the file, at the start of the run, so that a bad path is known before and not behind it.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn open(path: Option<&Path>) -> Result<Self, String> {
        match path {
            None => Ok(Self::Stderr(io::stderr())),
            Some(path) => match Self::file(path) {
                Ok(file) => Ok(Self::File(file)),
                Err(error) => Err(format!("write the report to {}: {error}", path.display())),
            },
        }
    }

    /// Opens a file anew. What is below /dev may be the command's own output, which is left as it is.
    fn file(path: &Path) -> io::Result<File> {
        let anew = !path.starts_with("/dev") && !path.starts_with("/proc");
        File::options()
            .append(true)
            .create(true)
            .open(path)
            .and_then(|file| if anew { file.set_len(0).map(|()| file) } else { Ok(file) })
    }

    /// Says whether the file can be written, and leaves it as it is.
    ///
    /// # Errors
    ///
    /// It cannot.
    pub fn writable(path: Option<&Path>) -> Result<(), String> {
        let Some(path) = path else {
            return Ok(());
        };
        let opened = File::options().append(true).create(true).open(path);
        opened.map(drop).map_err(|error| format!("write the report to {}: {error}", path.display()))
    }

    /// Colours where they are wanted.
    #[must_use]
    pub fn style(&self) -> Style {
        let colour = match self {
            Self::Stderr(stderr) => {
                anstream::AutoStream::choice(stderr) != anstream::ColorChoice::Never
            }
            Self::File(_) => false,
        };
        Style { colour, base: env::current_dir().ok() }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stderr(stderr) => stderr.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stderr(stderr) => stderr.flush(),
            Self::File(file) => file.flush(),
        }
    }
}
