//! A run in three steps, for those who set LD_PRELOAD themselves: `bigfoot serve`, `bigfoot env`,
//! `bigfoot verify`.
//!
//! The run's folder is found by a file that belongs to the user and the directory it was started in.

use std::env;
use std::fs::{self, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bigfoot_ipc::control::{Control, MAGIC, Outcome};
use bigfoot_ipc::frame::{self, LENGTH_BYTES};
use bigfoot_ipc::{SOCKET, VERSION};

use super::controller::Service;
use super::directory::Directory;
use super::keeper::CONTROLLER_VARIABLE;
use crate::accept::Snapshots;
use crate::config::Config;
use crate::desk::reply;
use crate::intake::Job;
use crate::jobs::Jobs;
use crate::report::{self, Format, Style};

/// How long a controller may take to be ready.
const START_TIME_MAX: Duration = Duration::from_secs(10);

/// Bytes of a report that are sent; what is beyond is cut. A message has to hold it.
const REPORT_BYTES_MAX: usize = frame::MESSAGE_BYTES_MAX / 4;

/// The file that tells where the run's folder is.
fn mark() -> io::Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    env::current_dir()?.hash(&mut hasher);
    let user = nix::unistd::geteuid();
    Ok(env::temp_dir().join(format!("bigfoot-serve-{user}-{:016x}", hasher.finish())))
}

/// The folder of the run that was started in this directory.
///
/// # Errors
///
/// There is none.
pub fn folder() -> io::Result<PathBuf> {
    let none = |_| {
        io::Error::other("no run was started in this directory; start one with `bigfoot serve`")
    };
    let mark = mark()?;
    let meta = fs::symlink_metadata(&mark).map_err(none)?;
    if meta.uid() != nix::unistd::geteuid().as_raw() || !meta.is_file() {
        return Err(io::Error::other(format!("{} is not ours", mark.display())));
    }
    let folder = PathBuf::from(fs::read_to_string(&mark).map_err(none)?);
    UnixStream::connect(folder.join(SOCKET)).map_err(none)?;
    Ok(folder)
}

/// Starts a controller in the background, and returns once it listens.
///
/// # Errors
///
/// One is there already, or it cannot be started.
pub fn start(root: u32) -> Result<PathBuf, Box<dyn std::error::Error>> {
    if folder().is_ok() {
        return Err(
            "serve: a run is being served in this directory already; end it with `bigfoot verify`"
                .into(),
        );
    }
    let folder = Directory::new()?.keep();
    let mut command = Command::new(fs::read_link("/proc/self/exe")?);
    command.args(env::args_os().skip(1)).args(["--root", &root.to_string()]);
    command.env(CONTROLLER_VARIABLE, &folder).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null()); // who waits for their end must not wait for ours
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()?;
    let since = Instant::now();
    while UnixStream::connect(folder.join(SOCKET)).is_err() {
        if since.elapsed() > START_TIME_MAX {
            return Err("start the controller; see `bigfoot doctor`".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let mark = mark()?;
    let _ = fs::remove_file(&mark); // one that was left by a run that died
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&mark)?;
    file.write_all(folder.as_os_str().as_encoded_bytes())?;
    Ok(folder)
}

/// Serves guests below `root` until `bigfoot verify` asks how it went.
///
/// # Errors
///
/// What is wrong with the machine.
pub fn serve(
    config: Config,
    format: Format,
    require_coverage: bool,
    root: u32,
    folder: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let directory = Directory::adopt(folder.to_owned());
    let snapshots = Snapshots::load(&config.project)?;
    let service = Service::start(folder, config, root, None, snapshots.exist())?;
    stop_with(root, service.jobs.clone())?;
    let compare = |interactions: &mut [_], ran: &_| snapshots.compare(interactions, ran);
    let (report, mut resolver, asked) =
        service.finish(require_coverage, compare).ok_or("the engine failed")?;
    let mut text = Vec::new();
    let style = Style { colour: false, base: env::current_dir().ok() };
    report::write(&report, format, &style, &mut |stack| resolver.places(stack), &mut text)?;
    drop(directory);
    let _ = fs::remove_file(mark()?); // gone by itself, or somebody took it away
    if let Some(stream) = asked {
        let code = report.exit_code(0);
        text.truncate(REPORT_BYTES_MAX);
        let report = String::from_utf8_lossy(&text).into_owned();
        reply(stream, &Outcome::Verified { code, report });
    }
    Ok(())
}

/// Ends the run when the process that it serves has ended: nobody can ask any more.
fn stop_with(root: u32, jobs: Jobs) -> io::Result<()> {
    let Some(root) = rustix::process::Pid::from_raw(root.cast_signed()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let root = rustix::process::pidfd_open(root, rustix::process::PidfdFlags::empty())?;
    std::thread::Builder::new().name("root".into()).spawn(move || {
        let mut polled = [rustix::event::PollFd::new(&root, rustix::event::PollFlags::IN)];
        while rustix::event::poll(&mut polled, None) == Err(rustix::io::Errno::INTR) {}
        let _ = jobs.send(Job::Stop); // it is over already, then
    })?;
    Ok(())
}

/// Ends the run that was started in this directory; its exit code and report.
///
/// # Errors
///
/// There is none, or it does not answer.
pub fn verify() -> io::Result<(u8, String)> {
    let mut stream = UnixStream::connect(folder()?.join(SOCKET))?;
    let message = frame::encode(&Control::Verify { version: VERSION }).map_err(io::Error::other)?;
    stream.write_all(&[&MAGIC[..], &message].concat())?;
    let mut head = [0; LENGTH_BYTES];
    stream.read_exact(&mut head)?;
    let mut body = vec![0; frame::length(head).map_err(io::Error::other)?];
    stream.read_exact(&mut body)?;
    match frame::decode(&body).map_err(io::Error::other)? {
        Outcome::Verified { code, report } => Ok((code, report)),
        Outcome::Refused { reason } => Err(io::Error::other(reason)),
        _ => Err(io::Error::other("the controller answered something else")),
    }
}
