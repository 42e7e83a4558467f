//! What this machine's kernel can, found by trying: versions tell little of containers.

use std::io;
use std::process::{Command, Stdio};

use super::filter::{self, Watch};
use super::memory::Memory;
use super::process::Process;
use super::sys::{Installed, Listener, Notification, install};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probed {
    /// How the filter was installed.
    pub installed: Installed,
    /// A guest's memory can be read.
    pub memory: bool,
    /// A guest's descriptors can be duplicated.
    pub descriptors: bool,
}

/// Has a child of ours held up at its start, and looks what can be had of it.
///
/// # Errors
///
/// There can be no backstop: see [`install`].
pub fn probe() -> io::Result<Probed> {
    let filter = filter::program(Watch { programs: true, ..Watch::default() });
    let (tell, told) = crossbeam_channel::bounded(1);
    std::thread::scope(|scope| {
        // The filter binds this thread, and ends with it and its child.
        scope.spawn(move || {
            let installed = install(&filter);
            let failed = installed.is_err();
            if tell.send(installed).is_ok() && !failed {
                let mut program = Command::new("/bin/true");
                let _ = program.stdin(Stdio::null()).status(); // held up, and let through
            }
        });
        let (listener, installed) = told.recv().map_err(io::Error::other)??;
        let told = first(&listener)?;
        let memory = Memory::of(told.thread, false).string(told.arguments[0]).is_ok();
        let process = Process::of(told.thread);
        let descriptors = process.is_some_and(|process| process.descriptor(process.pid, 0).is_ok());
        listener.pass(told.id);
        Ok(Probed { installed, memory, descriptors })
    })
}

/// The first call that is held up.
fn first(listener: &Listener) -> io::Result<Notification> {
    loop {
        if let Some(told) = listener.receive()? {
            return Ok(told);
        }
        if listener.is_over() {
            return Err(io::ErrorKind::UnexpectedEof.into()); // it started nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where there is a backstop, a child's memory and descriptors can be had.
    #[test]
    fn the_kernel_is_tried() {
        let probed = probe().expect("this machine has seccomp notifications");

        assert!(probed.memory && probed.descriptors);
    }
}
