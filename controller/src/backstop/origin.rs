//! Which file the code lies in that makes a held-up call. A thread that says that it stands inside a
//! libc call may have left it by longjmp(3), or be in a signal handler: only what libc itself asks of the
//! kernel belongs to that call.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use bigfoot_ipc::page::Inside;

use super::process::{Image, Process};
use crate::intake::process::Pid;
use crate::site;

/// Most places that are remembered. libc has a few, at other addresses in each process.
const PLACES_MAX: usize = 1024;

/// Whose code lies at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// libc, with the modules that look names up for it (nsswitch.conf(5)).
    Libc,
    /// The preload library.
    Preload,
    /// Anybody else, or nobody knows.
    Other,
}

/// Places that calls came from.
#[derive(Debug, Default)]
pub(super) struct Origins(HashMap<(Pid, Image, u64), Owner>);

impl Origins {
    /// Whether a call that is made here belongs to what its thread stands inside of.
    pub(super) fn belong(&mut self, process: &Process, instruction: u64, inside: Inside) -> bool {
        let Some(image) = process.image() else {
            return false; // it is gone
        };
        if self.0.len() >= PLACES_MAX {
            self.0.clear();
        }
        let place = (process.pid, image, instruction);
        let owner = self.0.entry(place).or_insert_with(|| owner(process.pid, instruction));
        *owner == if inside == Inside::Own { Owner::Preload } else { Owner::Libc }
    }
}

fn owner(process: Pid, instruction: u64) -> Owner {
    let file = site::file_at(process, instruction);
    file.as_deref().and_then(|file| file.file_name()).map_or(Owner::Other, owner_by_name)
}

/// glibc's own names of its libraries; before 2.34 it had more of them, and a version in each.
const LIBC: [&[u8]; 7] =
    [b"libc.so.", b"libc-2.", b"libresolv", b"libnss_", b"libanl", b"libpthread", b"ld-linux"];

fn owner_by_name(name: &OsStr) -> Owner {
    let name = name.as_bytes();
    if name.starts_with(b"libbigfoot_preload") {
        return Owner::Preload;
    }
    if LIBC.iter().any(|known| name.starts_with(known)) { Owner::Libc } else { Owner::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// libc is known by its parts, and nothing else is taken for it.
    #[test]
    fn libraries_are_known_by_name() {
        let owner = |name| owner_by_name(OsStr::new(name));

        for name in ["libc.so.6", "libc-2.31.so", "libresolv.so.2", "libnss_dns.so.2"] {
            assert_eq!(owner(name), Owner::Libc, "{name}");
        }
        assert_eq!(owner("libbigfoot_preload.so"), Owner::Preload);
        for name in ["libcurl.so.4", "libc.musl-x86_64.so.1", "libcares.so.2", "guest"] {
            assert_eq!(owner(name), Owner::Other, "{name}");
        }
    }

    /// Code that is in no file is nobody's.
    #[test]
    fn a_program_is_not_libc() {
        let own = a_program_is_not_libc as *const () as u64;
        let mut origins = Origins::default();
        let process = Process::of(std::process::id()).unwrap();

        for place in [own, 0, u64::MAX] {
            assert!(!origins.belong(&process, place, Inside::Lookup));
        }
        let libc = nix::libc::getpid as *const () as u64;
        assert!(origins.belong(&process, libc, Inside::Lookup));
        assert!(!origins.belong(&process, libc, Inside::Own));
    }
}
