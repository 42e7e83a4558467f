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

/// The process of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: Pid,
    /// Its parent's.
    pub parent: Pid,
}

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

    /// A duplicate of a descriptor of its. None where we may not have one (pidfd_getfd(2)).
    #[must_use]
    pub fn descriptor(&self, thread: Thread, number: i32) -> Option<OwnedFd> {
        if number < 0 {
            return None; // a guest may say anything, and rustix panics at that
        }
        // The thread's own, where the kernel knows threads (Linux 6.9): its process's first may have ended.
        let open = |number: u32, flags| {
            let pid = rustix::process::Pid::from_raw(number.cast_signed())?;
            rustix::process::pidfd_open(pid, flags).ok()
        };
        let process = open(thread, PidfdFlags::from_bits_retain(PIDFD_THREAD))
            .or_else(|| open(self.pid, PidfdFlags::empty()))?;
        rustix::process::pidfd_getfd(process, number, PidfdGetfdFlags::empty()).ok()
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
        assert!(own.descriptor(own.pid, -1).is_none());
    }
}
