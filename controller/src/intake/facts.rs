//! A guest's question, with what the machine says of it: whose a server is, which file a program
//! is, what a relative path means.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use bigfoot_ipc::frame;
use bigfoot_ipc::guest::{self, Call, Request, Transport, Verdict};

use super::Job;
use super::hosts::Hosts;
use super::process::{self, Pid};
use super::provenance::Provenance;
use super::stands::Stands;
use super::test_program::TestProgram;
use crate::call::{Load, Open, Peer, Query};
use crate::engine::{Asked, Asker, Sought, Stand};
use crate::plugins::subprocess::answer::Told;
use crate::rules::host;
use crate::site;
use crate::timeline::Layer;

/// Longest name that is taken for one, in bytes (RFC 1035, with room for escapes).
const NAME_BYTES_MAX: usize = 1024;

/// Where facts come from.
#[derive(Debug)]
pub struct Facts {
    provenance: Provenance,
    hosts: Hosts,
    stands: Stands,
    /// Where the run itself listens.
    socket: Option<PathBuf>,
    told_of_version: bool,
}

impl Facts {
    /// For the tree below `root`.
    #[must_use]
    pub fn new(root: Pid) -> Self {
        let (provenance, hosts) = (Provenance::new(root), Hosts::unread());
        Self { provenance, hosts, stands: Stands::default(), socket: None, told_of_version: false }
    }

    /// Programs stand in for mocked ones here.
    pub fn stands(&mut self, stands: Stands) {
        self.stands = stands;
    }

    /// The run itself listens here.
    pub fn listens(&mut self, path: PathBuf) {
        self.socket = Some(path);
    }

    /// The run itself serves on this socket.
    ///
    /// # Errors
    ///
    /// It is no socket.
    pub fn serves(&mut self, socket: impl AsFd) -> io::Result<()> {
        let cookie = rustix::net::sockopt::socket_cookie(&socket)?;
        self.provenance.serves(cookie, rustix::fs::fstat(&socket)?.st_ino);
        Ok(())
    }

    /// The question in these bytes as a job. None if it needs no engine, or is none: then the
    /// connection is closed, which the guest takes for a refusal.
    pub fn job(&mut self, pid: Pid, body: &[u8], mut stream: UnixStream) -> Option<Job> {
        let version = u16::from_le_bytes(*body.first_chunk()?); // before all that may have changed
        if version != bigfoot_ipc::VERSION {
            return self.other_version(pid, version);
        }
        let request: Request<'_> = frame::decode(body).ok()?;
        if let Call::Serve { cookie, inode, .. } = request.call {
            self.provenance.serves(cookie, inode);
            let _ = stream.write_all(&frame::encode(&Verdict::Allow).ok()?); // the guest may be gone
            return None;
        }
        let (asker, asked) = self.question(pid, request.asker, request.call)?;
        Some(Job::Ask { asker, asked, to: stream.into() })
    }

    /// A call with what the machine says of it. None where its process is gone, or it is nonsense.
    pub fn question(
        &mut self,
        pid: Pid,
        guest: guest::Asker<'_>,
        call: Call<'_>,
    ) -> Option<(Asker, Asked)> {
        let stat = process::stat(pid)?;
        let asker = Asker {
            pid,
            parent: stat.parent,
            started: stat.started,
            lineage: guest.lineage,
            thread: guest.thread,
            registers: guest.registers,
            test: test_name(guest.test),
            in_lookup: guest.in_lookup,
            linked: None,
            layer: Layer::Preload,
            running: crate::processes::Running::default(),
            stand: Stand::default(),
        };
        // A thread may have a working directory of its own (unshare(2), CLONE_FS).
        let of_it = Path::new(&format!("/proc/{pid}/task/{}", guest.thread)).exists();
        let asked = self.asked(if of_it { guest.thread } else { pid }, call)?;
        let asker = Asker { linked: linked(pid, &asked), ..asker };
        Some((asker, asked))
    }

    /// Tells once that there are libraries of another version.
    fn other_version(&mut self, pid: Pid, version: u16) -> Option<Job> {
        let told = std::mem::replace(&mut self.told_of_version, true);
        (!told).then(|| {
            Job::Note(format!(
                "process {pid} has a preload library of another version ({version}); its calls were refused"
            ))
        })
    }

    fn asked(&mut self, pid: Pid, call: Call<'_>) -> Option<Asked> {
        Some(match call {
            Call::Connect { transport, peer } => self.connect(pid, transport, peer),
            Call::Lookup { query } => self.look_up(query)?,
            Call::Resolved { name, addresses } => {
                Asked::Resolved { name: name_of(name)?, addresses: addresses_of(addresses) }
            }
            Call::Open { path, directory, read, write } => {
                let path = process::absolute(pid, directory, path_of(path));
                Asked::Open(Open { path, read, write })
            }
            Call::Exec { file, directory, search, arguments, spawns } => {
                let (target, stood) = self.stands.find(pid, directory, path_of(file), search);
                let (arguments, cwd) = (words(arguments), process::directory(pid));
                let installed = !target.is_missing() || Stands::is_installed(&target.program);
                Asked::Exec { target, arguments, spawns, stood, cwd, installed, named: None }
            }
            Call::Stand { number, arguments, environment, input } => {
                let told = Told {
                    arguments: words(arguments),
                    environment: words(environment),
                    input: input.map(<[u8]>::to_vec),
                    cwd: process::directory(pid),
                };
                let target = (number == 0).then(|| self.stands.behind(pid, &told));
                Asked::Stand { number, told, target }
            }
            Call::ExecFailed { start } => Asked::ExecFailed(start),
            Call::Load { library } => {
                Asked::Load(Load { library: String::from_utf8_lossy(library).into_owned() })
            }
            Call::Test => Asked::Test,
            Call::Thread { argument } => {
                let names = site::thread_names(pid.cast_signed(), argument);
                let program = (!names.is_empty()).then(|| TestProgram::of(pid)).flatten();
                Asked::Thread { names, program }
            }
            Call::Serve { .. } => return None,
        })
    }

    fn connect(&self, pid: Pid, transport: Transport, peer: guest::Peer<'_>) -> Asked {
        let (peer, own) = match peer {
            guest::Peer::Internet(address) => {
                let address = SocketAddr::new(address.ip().to_canonical(), address.port());
                (Peer::Internet(address), self.provenance.owns(transport, address))
            }
            guest::Peer::Unix([0, name @ ..]) => {
                let shown: Vec<u8> = [b"@", name]
                    .concat()
                    .iter()
                    .map(|byte| if *byte == 0 { b'@' } else { *byte })
                    .collect();
                (Peer::UnixAbstract(name.to_vec()), self.provenance.owns_unix(&shown))
            }
            guest::Peer::Unix(path) => {
                let absolute = process::absolute(pid, nix::libc::AT_FDCWD, path_of(path));
                let ours = self.socket.as_ref() == Some(&absolute); // known, and asked about by every test
                let own = ours || self.provenance.owns_unix(path);
                (Peer::UnixPath(absolute), own)
            }
            guest::Peer::Other(family) => (Peer::Other(family), false),
        };
        let vacant = match &peer {
            Peer::Internet(address) => !own && self.provenance.is_vacant(transport, *address),
            _ => false,
        };
        Asked::Connect { transport, peer, own, vacant }
    }

    fn look_up(&mut self, query: guest::Query<'_>) -> Option<Asked> {
        let sought = Sought::by(&query);
        let (query, known) = match query {
            guest::Query::Name(name)
            | guest::Query::Records(name)
            | guest::Query::Family { name, .. }
            | guest::Query::Kind { name, .. } => {
                let name = name_of(name)?;
                let known = self.hosts.knows(&name);
                (Query::Name(name), known)
            }
            guest::Query::Address(address) => {
                let address = address.to_canonical();
                (Query::Address(address), self.hosts.knows_address(address))
            }
        };
        Some(Asked::Lookup { query, known, sought })
    }
}

/// The path of a call with links followed, where that is another.
fn linked(pid: Pid, asked: &Asked) -> Option<PathBuf> {
    let (path, real) = match asked {
        Asked::Exec { target, .. } => (&target.program, target.real.clone()),
        Asked::Open(Open { path, .. }) => (path, process::linked(pid, path)?),
        Asked::Connect { peer: Peer::UnixPath(path), .. } => (path, process::linked(pid, path)?),
        _ => return None,
    };
    (*path != real).then_some(real)
}

/// A test's name as runners publish it: pytest adds the phase in brackets.
fn test_name(published: &[u8]) -> Option<String> {
    let name = String::from_utf8_lossy(published);
    let name = match name.rsplit_once(" (") {
        Some((name, phase)) if phase.ends_with(')') => name,
        _ => &name,
    };
    (!name.is_empty()).then(|| name.to_owned())
}

fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn name_of(bytes: &[u8]) -> Option<String> {
    (bytes.len() <= NAME_BYTES_MAX).then(|| host::normal(&String::from_utf8_lossy(bytes)))
}

fn addresses_of(bytes: &[u8]) -> Vec<IpAddr> {
    let (wide, _) = bytes.as_chunks::<16>();
    wide.iter().map(|octets| IpAddr::V6(Ipv6Addr::from(*octets)).to_canonical()).collect()
}

fn words(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = bytes.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
    words.pop(); // behind the last zero byte
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The phase is no part of a test's name; brackets of a parameter are.
    #[test]
    fn a_published_name_loses_its_phase() {
        assert_eq!(
            test_name(b"t/test_a.py::test_b[x (1)] (call)").as_deref(),
            Some("t/test_a.py::test_b[x (1)]")
        );
        assert_eq!(test_name(b"tests::plain").as_deref(), Some("tests::plain"));
        assert_eq!(test_name(b""), None);
    }

    /// Every word ends in a zero byte, empty ones too.
    #[test]
    fn arguments_are_split_at_zero_bytes() {
        assert_eq!(words(b"a\0\0b\0"), [b"a".to_vec(), b"".to_vec(), b"b".to_vec()]);
        assert!(words(b"").is_empty());
    }
}
