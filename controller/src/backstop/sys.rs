//! seccomp(2) as the kernel has it: the filter's installation, and the listener's four requests
//! (seccomp_unotify(2)).
#![expect(unsafe_code, reason = "no crate has the notify action")]

use std::io;
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::libc::{self, c_long, c_ulong, seccomp_notif, seccomp_notif_resp, sock_filter};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Words of the largest notification that is taken; the kernel's has ten.
const NOTIFICATION_WORDS: usize = 32;

/// A call that the kernel holds up.
#[derive(Debug, Clone, Copy)]
pub struct Notification {
    /// The kernel's number of it.
    pub id: u64,
    /// The thread that makes it, as we number it.
    pub thread: u32,
    /// The call's own number.
    pub number: i32,
    /// The interface that it is made by: `AUDIT_ARCH_*`.
    pub architecture: u32,
    /// Where it is made.
    pub instruction: u64,
    /// Its arguments.
    pub arguments: [u64; 6],
}

/// Where the kernel tells of the calls that it holds up.
#[derive(Debug)]
pub struct Listener(OwnedFd);

/// Has the kernel hold up, for the calling thread and all that it starts, what the filter says.
/// Whoever may (capabilities(7), `CAP_SYS_ADMIN`) does so without giving up the right to gain
/// privileges; `gains` tells whether that was so.
///
/// # Errors
///
/// EBUSY where there is a listener already; EPERM, ENOSYS, EINVAL as in seccomp(2).
pub fn install(filter: &[sock_filter]) -> io::Result<(Listener, Installed)> {
    if !sizes_fit()? {
        return Err(Errno::EINVAL.into());
    }
    let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    let killable = flags | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    let mut installed = Installed { gains: true, killable: true };
    let mut listener = seccomp(filter, killable);
    if listener.as_ref().is_err_and(|error| error.raw_os_error() == Some(libc::EACCES)) {
        nix::sys::prctl::set_no_new_privs()?;
        installed.gains = false;
        listener = seccomp(filter, killable);
    }
    if listener.as_ref().is_err_and(|error| error.raw_os_error() == Some(libc::EINVAL)) {
        installed.killable = false;
        listener = seccomp(filter, flags);
    }
    Ok((Listener(listener?), installed))
}

/// How the filter came to be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installed {
    /// Programs of other users still gain their privileges (sudo, ping).
    pub gains: bool,
    /// A signal does not interrupt a call that is held up (Linux 5.19).
    pub killable: bool,
}

fn seccomp(filter: &[sock_filter], flags: c_ulong) -> io::Result<OwnedFd> {
    let program = libc::sock_fprog {
        len: u16::try_from(filter.len()).map_err(io::Error::other)?,
        filter: filter.as_ptr().cast_mut(),
    };
    // SAFETY: a program of that length, which the kernel copies.
    let descriptor = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            c_long::from(libc::SECCOMP_SET_MODE_FILTER),
            flags,
            &raw const program,
        )
    };
    let descriptor = RawFd::try_from(Errno::result(descriptor)?).map_err(io::Error::other)?;
    // SAFETY: made just now, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

impl Listener {
    /// Waits for the next call that is held up. None where its thread is gone by now.
    ///
    /// # Errors
    ///
    /// The listener is none.
    pub fn receive(&self) -> io::Result<Option<Notification>> {
        let mut space = [0_u64; NOTIFICATION_WORDS]; // the kernel wants it zeroed
        // SAFETY: room for a notification of any kernel so far, aligned as one.
        let done = unsafe {
            libc::ioctl(self.0.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_RECV, space.as_mut_ptr())
        };
        match Errno::result(done) {
            Ok(_) => {}
            Err(Errno::ENOENT | Errno::EINTR | Errno::EAGAIN) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        // SAFETY: the kernel has filled it; any bytes are a valid one.
        let told = unsafe { space.as_ptr().cast::<seccomp_notif>().read() };
        Ok(Some(Notification {
            id: told.id,
            thread: told.pid,
            number: told.data.nr,
            architecture: told.data.arch,
            instruction: told.data.instruction_pointer,
            arguments: told.data.args,
        }))
    }

    /// Whether nothing is left that could call: the kernel then says at once, ever again, that there is no
    /// call (Linux 5.9).
    #[must_use]
    pub fn is_over(&self) -> bool {
        let mut polled = [PollFd::new(self.0.as_fd(), PollFlags::empty())];
        poll(&mut polled, PollTimeout::ZERO).is_ok_and(|told| told > 0)
            && polled[0].revents().is_some_and(|events| events.contains(PollFlags::POLLHUP))
    }

    /// Whether the call is still held up: only then is what was read of its thread that thread's.
    #[must_use]
    pub fn holds(&self, id: u64) -> bool {
        // SAFETY: reads eight bytes.
        let done = unsafe {
            libc::ioctl(self.0.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &raw const id)
        };
        done == 0
    }

    /// Lets the call through, as its thread made it.
    pub fn pass(&self, id: u64) {
        self.respond(id, 0, 0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32);
    }

    /// Has the call come back with this value.
    pub fn give(&self, id: u64, value: i64) {
        self.respond(id, value, 0, 0);
    }

    /// Has the call fail.
    pub fn fail(&self, id: u64, errno: i32) {
        self.respond(id, 0, -errno, 0);
    }

    /// A thread that is gone needs no answer.
    fn respond(&self, id: u64, val: i64, error: i32, flags: u32) {
        let response = seccomp_notif_resp { id, val, error, flags };
        // SAFETY: a response, which the kernel reads.
        unsafe {
            libc::ioctl(self.0.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SEND, &raw const response)
        };
    }

    /// Has the call come back with a new descriptor, of this file. False where that cannot be.
    #[must_use]
    pub fn give_file(&self, id: u64, file: BorrowedFd<'_>, close_on_exec: bool) -> bool {
        let newfd_flags = if close_on_exec { libc::O_CLOEXEC.cast_unsigned() } else { 0 };
        let given = libc::seccomp_notif_addfd {
            id,
            flags: libc::SECCOMP_ADDFD_FLAG_SEND as u32,
            srcfd: file.as_raw_fd().cast_unsigned(),
            newfd: 0,
            newfd_flags,
        };
        // SAFETY: a request, which the kernel reads.
        let done = unsafe {
            libc::ioctl(self.0.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_ADDFD, &raw const given)
        };
        done >= 0
    }

    /// Wakes us on the guest's own processor, which waits anyway (Linux 6.6). Slower without.
    pub fn wake_here(&self) {
        // SAFETY: a number, passed by value.
        unsafe { libc::ioctl(self.0.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, 1_u64) };
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Whether the kernel's structures fit those that we know.
///
/// # Errors
///
/// The kernel knows no notifications.
fn sizes_fit() -> io::Result<bool> {
    let mut sizes = [0_u16; 3];
    // SAFETY: fills three numbers of two bytes.
    let done = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            c_long::from(libc::SECCOMP_GET_NOTIF_SIZES),
            0_u64,
            sizes.as_mut_ptr(),
        )
    };
    Errno::result(done)?;
    let [notification, response, _] = sizes.map(usize::from);
    Ok(notification <= NOTIFICATION_WORDS * 8 && response == size_of::<seccomp_notif_resp>())
}

/// Whether two processes run in the same memory (kcmp(2)). False where that cannot be told.
#[must_use]
pub fn share_memory(one: u32, other: u32) -> bool {
    const KCMP_VM: c_long = 1; // linux/kcmp.h
    // SAFETY: compares two numbers of processes.
    let order = unsafe {
        libc::syscall(libc::SYS_kcmp, c_long::from(one), c_long::from(other), KCMP_VM, 0_u64, 0_u64)
    };
    order == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without a guest the kernel answers at once that there is no call: whoever receives must know.
    #[test]
    fn a_listener_is_over_with_its_last_guest() {
        let filter = super::super::filter::program(super::super::Watch::default());
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let guest = std::thread::spawn(move || {
            tell.send(install(&filter)).unwrap();
            let _ = ended.recv();
        });
        let (listener, _) = told.recv().unwrap().unwrap();

        assert!(!listener.is_over());
        drop(end);
        guest.join().unwrap();
        while !listener.is_over() {
            std::thread::yield_now(); // a thread is joined a little before it is gone
        }
        assert!(listener.receive().unwrap().is_none());
    }
}
