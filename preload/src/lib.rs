//! The library that is loaded into every process of a run.
//!
//! It takes the place of the libc functions that reach outside a process ([`hooks`], one file a
//! call), asks the controller what shall happen ([`controller`]) and does that. It decides nothing
//! that the controller has not told it, and what it cannot ask is refused.
//!
//! It runs in other people's processes: before main, in signal handlers, between fork and exec.
//! So it allocates nothing, takes no lock, keeps no descriptor, makes no thread, and leaves errno
//! alone unless it fails a call. Its own system calls go straight to the kernel by rustix, which
//! meets no hook and does not touch errno; std and nix would run into our own hooks.
//!
//! | module | job |
//! |---|---|
//! | [`hook`] | the macros `hook!` and `real!` |
//! | [`symbols`] | libc's own functions, found |
//! | [`imports`] | those that it calls seldom itself |
//! | [`cabi`] | C arguments as values |
//! | [`controller`] | a question and its verdict |
//! | [`known`] | what is decided without a question |
//! | [`gate`] | system calls that the kernel backstop knows as ours |
//! | [`environment`] | what keeps a started program within the run |
//! | [`published`] | the same in libc's own, while it starts a shell |
//! | [`hidden`] | the environment as the guest sees it |
//! | [`shared`] | the memory shared with the controller |
//! | [`thread`] | a few words a thread |
//! | [`inside`] | what the kernel backstop is told of calls inside libc |
//! | [`start`] | the constructor |
#![cfg_attr(test, expect(dead_code, reason = "the functions that guests call are left out"))]
#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]

#[macro_use]
mod gate;
#[macro_use]
mod hook;

mod cabi;
mod controller;
mod environment;
mod hidden;
mod hooks;
#[cfg(not(test))]
mod imports;
mod inside;
mod known;
mod published;
mod scratch;
mod shared;
mod start;
mod symbols;
mod thread;
