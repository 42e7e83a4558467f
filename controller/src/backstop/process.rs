//! The process whose call is held up, as /proc tells of it (proc(5)).

use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::process::{PidfdFlags, PidfdGetfdFlags};

use super::Thread;
use crate::intake::process::Pid;
use crate::intake::program::Identity;
use crate::processes::{Named, Running};

/// Bytes of /proc/PID/status: some sixty lines.
const STATUS_BYTES_MAX: usize = 8 << 10;
/// Bytes of an environment that are looked at for the name of a test.
const ENVIRONMENT_BYTES_MAX: u64 = 1 << 20;

/// Of pidfd_open(2), which has no crate's name yet.
const PIDFD_THREAD: u32 = nix::libc::O_EXCL.cast_unsigned();

/// Why there is no duplicate of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoDescriptor {
    /// There is no such descriptor.
    Absent,
    /// We may not have it (pidfd_getfd(2)).
    Withheld,
}

/// The process of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: Pid,
    /// Its parent's.
    pub parent: Pid,
}

/// Start, and where code and stack begin.
pub type Image = [u64; 3];

impl Process {
    /// That of this thread; None if it is gone.
    #[must_use]
    pub fn of(thread: Thread) -> Option<Self> {
        let mut text = [0; STATUS_BYTES_MAX];
        let length = fs::File::open(format!("/proc/{thread}/status")).ok()?.read(&mut text).ok()?;
        parse(&String::from_utf8_lossy(text.get(..length)?))
    }

    /// The running test, as its runner published it in the environment that the process was started in.
    #[must_use]
    pub fn test(&self) -> Option<Vec<u8>> {
        bigfoot_ipc::TEST_VARIABLES.iter().find_map(|name| self.variable(name.as_bytes()))
    }

    /// A variable of the environment that it was started in.
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        let file = fs::File::open(format!("/proc/{}/environ", self.pid)).ok()?;
        let mut environment = Vec::new();
        file.take(ENVIRONMENT_BYTES_MAX).read_to_end(&mut environment).ok()?;
        let mut entries = environment.split(|byte| *byte == 0);
        entries.find_map(|entry| entry.strip_prefix(name)?.strip_prefix(b"=")).map(<[u8]>::to_vec)
    }

    /// What it runs, and the start that the environment of that names.
    #[must_use]
    pub fn running(&self) -> Running {
        let name = bigfoot_ipc::RUN_VARIABLE.as_bytes();
        let value = self.variable(name).unwrap_or_default();
        let number = value.split(|byte| *byte == b',').nth(1);
        let start = number.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        let file = Identity::of(&PathBuf::from(format!("/proc/{}/exe", self.pid)));
        Running { start, file }
    }

    /// A duplicate of a descriptor of its.
    ///
    /// # Errors
    ///
    /// [`NoDescriptor`].
    pub fn descriptor(&self, thread: Thread, number: i32) -> Result<OwnedFd, NoDescriptor> {
        if number < 0 {
            return Err(NoDescriptor::Absent); // a guest may say anything, and rustix panics at that
        }
        // The thread's own, where the kernel knows threads (Linux 6.9): its process's first may have ended.
        let open = |number: u32, flags| {
            let pid = rustix::process::Pid::from_raw(number.cast_signed())?;
            rustix::process::pidfd_open(pid, flags).ok()
        };
        let own = open(thread, PidfdFlags::from_bits_retain(PIDFD_THREAD));
        let is_own = own.is_some() || thread == self.pid;
        let process = own.or_else(|| open(self.pid, PidfdFlags::empty()));
        let process = process.ok_or(NoDescriptor::Withheld)?;
        rustix::process::pidfd_getfd(process, number, PidfdGetfdFlags::empty()).map_err(|error| {
            // A thread that has ended has no descriptors either, and says nothing of another's.
            let absent = is_own && error == rustix::io::Errno::BADF;
            if absent { NoDescriptor::Absent } else { NoDescriptor::Withheld }
        })
    }

    /// What tells it from what ran, or will run, under the same number: its start, and where its
    /// program's code and stack begin, which a program that it starts in its place moves (proc(5)).
    #[must_use]
    pub fn image(&self) -> Option<Image> {
        let text = fs::read(format!("/proc/{}/stat", self.pid)).ok()?;
        let behind = text.iter().rposition(|byte| *byte == b')')?; // its name may hold anything
        let text = String::from_utf8_lossy(text.get(behind + 2..)?);
        let mut fields = text.split(' ').map(|field| field.parse().unwrap_or(0));
        Some([fields.nth(19)?, fields.nth(3)?, fields.nth(1)?])
    }

    /// A start that its environment names, with what tells whether that start is still to come.
    #[must_use]
    pub fn named(&self, start: u64) -> Named {
        let running = Identity::of(&PathBuf::from(format!("/proc/{}/exe", self.pid)));
        Named { start, parent: self.parent, shares: self.shares_memory(), running }
    }

    /// Whether it runs in its parent's memory, as a vfork(2) child does until it starts a program
    /// (kcmp(2)).
    fn shares_memory(&self) -> bool {
        super::sys::share_memory(self.pid, self.parent)
    }
}

fn parse(status: &str) -> Option<Process> {
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.trim().parse().ok())
    };
    Some(Process { pid: number("Tgid:")?, parent: number("PPid:")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thread belongs to its process.
    #[test]
    fn a_thread_is_known_by_its_process() {
        let thread = std::thread::spawn(|| nix::unistd::gettid().as_raw().cast_unsigned());
        let own = Process::of(nix::unistd::gettid().as_raw().cast_unsigned()).unwrap();

        assert_eq!(own.pid, std::process::id());
        assert_eq!(own.parent, nix::unistd::getppid().as_raw().cast_unsigned());
        drop(thread.join());
        assert_eq!(Process::of(u32::MAX), None);
        assert_eq!(parse("Name:\tTgid: 1\n"), None);
    }

    /// A descriptor of a process is duplicated, and not made up.
    #[test]
    fn descriptors_are_duplicated() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let own = Process::of(std::process::id()).unwrap();

        let number = std::os::fd::AsRawFd::as_raw_fd(&socket);
        let copy = std::net::UdpSocket::from(own.descriptor(own.pid, number).unwrap());
        assert_eq!(copy.local_addr().unwrap(), socket.local_addr().unwrap());
        for absent in [-1, i32::MAX] {
            assert_eq!(own.descriptor(own.pid, absent).err(), Some(NoDescriptor::Absent));
        }
    }
}
