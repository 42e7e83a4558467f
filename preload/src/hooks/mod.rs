//! The libc functions that reach outside a process, one file a call.
//!
//! Hooked is the outer function that programs call, in all its variants: libc's inner calls do not
//! pass through the symbol table. Not hooked, because nothing here would gain by it: vfork(2), whose
//! child is known by its process number at its first call and whose stack a wrapper would break;
//! close(2), dup2(2), close_range(2), since no descriptor of ours stays in a guest; dlvsym(3), by
//! which dlsym(3) itself is found. `tests/symbols.toml` holds every libc function of these families
//! beside what is done about it.
#![expect(unsafe_code, reason = "functions of libc's, under libc's contracts")]

pub(crate) mod connect;
pub(crate) mod dl;
pub(crate) mod exec;
pub(crate) mod fopen;
pub(crate) mod getaddrinfo;
pub(crate) mod gethostby;
pub(crate) mod getnameinfo;
pub(crate) mod getpeername;
mod host_entry;
mod look_up;
pub(crate) mod mkstemp;
mod name_server;
pub(crate) mod open;
pub(crate) mod opendir;
pub(crate) mod pthread;
pub(crate) mod recv;
pub(crate) mod res;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod shell;
pub(crate) mod spawn;
mod stood;
pub(crate) mod syscall;
mod system;
pub(crate) mod test_name;
pub(crate) mod walk;

/// In a new process: locks of ours that other threads of its parent may have held.
#[cfg(not(test))]
pub(crate) fn after_fork() {
    system::after_fork();
    test_name::after_fork();
}
