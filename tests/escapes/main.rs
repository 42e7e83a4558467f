//! The escape suite: every route by which a call might get past bigfoot, one file each.
//!
//! | file | holds |
//! |---|---|
//! | `routes` | the table: what comes of each route |
//! | `table` | that the README has it |
//! | `trial` | a route natively, refused, allowed and mocked, as root and as an ordinary user |
//! | `places` | what a route leads to: a server, a program, a file of the test's own |
//! | `guests` | compiles `guests/*` once |
//! | `storms`, `debuggers`, `smokes` | what must go on working under the backstop |
//! | the others | a route each, or one in its forms |

mod abstract_name;
mod bits_32;
mod child;
mod cleared;
mod corners;
mod ctypes;
mod daemon;
mod debuggers;
mod deepbind;
mod dlmopen;
mod dlsym;
mod fastopen;
mod files;
mod golang;
mod grandchild;
mod guests;
mod handler;
mod inherited;
mod instruction;
mod int80;
mod loader;
mod mapped;
mod memfd;
mod musl_libc;
mod overwritten;
mod places;
mod proc_self_fd;
mod ptrace;
mod raw_clone;
mod raw_execve;
mod routes;
mod rust_bare;
mod scm_rights;
mod script;
mod setuid;
mod shell;
mod smokes;
mod spawn;
mod start;
mod static_c;
mod storms;
mod syscall;
mod table;
mod thread;
mod trial;
mod udp;
mod unset;
mod uring;
mod vfork;
