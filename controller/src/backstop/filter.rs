//! The filter: which system calls the kernel holds up and tells us of (seccomp(2), in the machine
//! language of bpf(4)).
//!
//! It is installed once, before the command is started, and inherited by all that is started below.
//! What does not stand here passes; the kernel remembers that by number, and asks the filter no more.

use bigfoot_ipc::page::{GATE_BASE, GATE_BYTES};
use nix::libc::{self, sock_filter};

/// What a run wants to be told of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watch {
    /// Connections and datagrams.
    pub network: bool,
    /// Program starts.
    pub programs: bool,
    /// Opened files.
    pub files: bool,
    /// Received datagrams whose sender is asked for: a resolver compares it with the server it asked.
    pub senders: bool,
}

/// Offsets in `struct seccomp_data`.
const NUMBER_AT: u32 = 0;
const ARCHITECTURE_AT: u32 = 4;
const INSTRUCTION_AT: u32 = 8;
const ARGUMENTS_AT: u32 = 16;

/// Numbers from here on are of the x32 interface, which is answered as kernels answer that have none.
#[cfg(target_arch = "x86_64")]
const X32: u32 = 0x4000_0000;

/// What a call of this number comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    /// Told of, unless the preload library makes it.
    Told,
    /// Likewise, where this argument is not null.
    ToldWith(u32),
    /// A filter that wants a listener of its own: told of. There is one in a tree, and it is ours.
    Listener,
    /// Fails with this error number, whoever makes it.
    Fails(libc::c_int),
}

/// System calls of one architecture (`AUDIT_ARCH_*` of linux/audit.h), by number.
struct Table {
    architecture: u32,
    cases: Vec<(libc::c_long, Case)>,
}

/// The whole filter.
#[must_use]
pub fn program(watch: Watch) -> Vec<sock_filter> {
    let mut program = vec![load(ARCHITECTURE_AT)];
    for table in tables(watch) {
        let body = body(&table);
        // A jump of more than 255 needs the unconditional form.
        program.push(jump(libc::BPF_JEQ, table.architecture, 1, 0));
        program.push(skip(body.len() as u32));
        program.extend(body);
    }
    program.push(fail(libc::ENOSYS)); // no architecture that this kernel could run
    program
}

fn body(table: &Table) -> Vec<sock_filter> {
    let mut body = vec![load(NUMBER_AT)];
    #[cfg(target_arch = "x86_64")]
    if table.architecture == NATIVE {
        body.extend([jump(libc::BPF_JGE, X32, 0, 1), fail(libc::ENOSYS)]);
    }
    for (number, case) in &table.cases {
        let steps = steps(*case);
        body.push(jump(libc::BPF_JEQ, *number as u32, 0, steps.len() as u8));
        body.extend(steps);
    }
    body.push(give(libc::SECCOMP_RET_ALLOW));
    body
}

/// What is done about a call; it always ends in a verdict.
fn steps(case: Case) -> Vec<sock_filter> {
    match case {
        Case::Fails(errno) => vec![fail(errno)],
        Case::Told => gate(),
        Case::ToldWith(argument) => {
            let at = ARGUMENTS_AT + 8 * argument;
            let mut steps = vec![
                load(at),
                jump(libc::BPF_JEQ, 0, 0, 3),
                load(at + 4),
                jump(libc::BPF_JEQ, 0, 0, 1),
                give(libc::SECCOMP_RET_ALLOW),
            ];
            steps.extend(gate());
            steps
        }
        Case::Listener => vec![
            load(ARGUMENTS_AT),
            jump(libc::BPF_JEQ, libc::SECCOMP_SET_MODE_FILTER, 0, 3),
            load(ARGUMENTS_AT + 8),
            jump(libc::BPF_JSET, libc::SECCOMP_FILTER_FLAG_NEW_LISTENER as u32, 0, 1),
            give(libc::SECCOMP_RET_USER_NOTIF),
            give(libc::SECCOMP_RET_ALLOW),
        ],
    }
}

/// Passes what the preload library calls; tells of the rest.
fn gate() -> Vec<sock_filter> {
    vec![
        load(INSTRUCTION_AT + 4),
        jump(libc::BPF_JEQ, (GATE_BASE >> 32) as u32, 0, 3),
        load(INSTRUCTION_AT),
        jump(libc::BPF_JGE, GATE_BYTES as u32, 1, 0),
        give(libc::SECCOMP_RET_ALLOW),
        give(libc::SECCOMP_RET_USER_NOTIF),
    ]
}

#[cfg(target_arch = "x86_64")]
pub(super) const NATIVE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
pub(super) const NATIVE: u32 = 0xC000_00B7;
/// `AUDIT_ARCH_I386`.
#[cfg(target_arch = "x86_64")]
pub(super) const I386: u32 = 0x4000_0003;

fn tables(watch: Watch) -> Vec<Table> {
    vec![
        Table { architecture: NATIVE, cases: native(watch) },
        #[cfg(target_arch = "x86_64")]
        Table { architecture: I386, cases: i386(watch) },
    ]
}

fn native(watch: Watch) -> Vec<(libc::c_long, Case)> {
    let mut cases = vec![
        (libc::SYS_io_uring_setup, Case::Fails(libc::ENOSYS)),
        (libc::SYS_seccomp, Case::Listener),
    ];
    if watch.network {
        cases.extend([
            (libc::SYS_connect, Case::Told),
            (libc::SYS_sendto, Case::ToldWith(4)),
            (libc::SYS_sendmsg, Case::Told),
            (libc::SYS_sendmmsg, Case::Told),
        ]);
    }
    if watch.senders {
        cases.push((libc::SYS_recvfrom, Case::ToldWith(4)));
    }
    if watch.programs {
        cases.extend([(libc::SYS_execve, Case::Told), (libc::SYS_execveat, Case::Told)]);
    }
    if watch.files {
        #[cfg(target_arch = "x86_64")]
        cases.extend([(libc::SYS_open, Case::Told), (libc::SYS_creat, Case::Told)]);
        cases.extend([(libc::SYS_openat, Case::Told), (libc::SYS_openat2, Case::Told)]);
    }
    cases
}

/// Numbers of the 32-bit interface (arch/x86/entry/syscalls/syscall_32.tbl).
#[cfg(target_arch = "x86_64")]
pub(super) mod i386 {
    use nix::libc::c_long;
    pub(crate) const OPEN: c_long = 5;
    pub(crate) const CREAT: c_long = 8;
    pub(crate) const EXECVE: c_long = 11;
    pub(crate) const SOCKETCALL: c_long = 102;
    pub(crate) const OPENAT: c_long = 295;
    pub(crate) const SENDMMSG: c_long = 345;
    pub(crate) const SECCOMP: c_long = 354;
    pub(crate) const EXECVEAT: c_long = 358;
    pub(crate) const CONNECT: c_long = 362;
    pub(crate) const SENDTO: c_long = 369;
    pub(crate) const SENDMSG: c_long = 370;
    pub(crate) const IO_URING_SETUP: c_long = 425;
    pub(crate) const OPENAT2: c_long = 437;
}

#[cfg(target_arch = "x86_64")]
fn i386(watch: Watch) -> Vec<(libc::c_long, Case)> {
    let mut cases =
        vec![(i386::IO_URING_SETUP, Case::Fails(libc::ENOSYS)), (i386::SECCOMP, Case::Listener)];
    if watch.network {
        let numbers =
            [i386::SOCKETCALL, i386::CONNECT, i386::SENDTO, i386::SENDMSG, i386::SENDMMSG];
        cases.extend(numbers.map(|number| (number, Case::Told)));
    }
    if watch.programs {
        cases.extend([i386::EXECVE, i386::EXECVEAT].map(|number| (number, Case::Told)));
    }
    if watch.files {
        let numbers = [i386::OPEN, i386::CREAT, i386::OPENAT, i386::OPENAT2];
        cases.extend(numbers.map(|number| (number, Case::Told)));
    }
    cases
}

fn load(at: u32) -> sock_filter {
    sock_filter { code: (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16, jt: 0, jf: 0, k: at }
}

/// Compares what was loaded; skips `yes` or `no` instructions.
fn jump(test: u32, with: u32, yes: u8, no: u8) -> sock_filter {
    sock_filter { code: (libc::BPF_JMP | test | libc::BPF_K) as u16, jt: yes, jf: no, k: with }
}

fn skip(instructions: u32) -> sock_filter {
    sock_filter { code: (libc::BPF_JMP | libc::BPF_JA) as u16, jt: 0, jf: 0, k: instructions }
}

fn give(verdict: u32) -> sock_filter {
    sock_filter { code: (libc::BPF_RET | libc::BPF_K) as u16, jt: 0, jf: 0, k: verdict }
}

fn fail(errno: libc::c_int) -> sock_filter {
    give(libc::SECCOMP_RET_ERRNO | errno.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Watch = Watch { network: true, programs: true, files: true, senders: true };
    /// Where an ordinary program's text lies.
    const ELSEWHERE: u64 = 0x7f00_1234_5678;

    /// `struct seccomp_data`.
    #[derive(Clone, Copy)]
    struct Data {
        number: u32,
        architecture: u32,
        instruction: u64,
        arguments: [u64; 6],
    }

    fn call(number: libc::c_long, arguments: [u64; 6]) -> Data {
        Data { number: number as u32, architecture: NATIVE, instruction: ELSEWHERE, arguments }
    }

    impl Data {
        fn word(&self, at: u32) -> u32 {
            match at {
                NUMBER_AT => self.number,
                ARCHITECTURE_AT => self.architecture,
                INSTRUCTION_AT => self.instruction as u32,
                12 => (self.instruction >> 32) as u32,
                at => {
                    let argument = self.arguments[(at - ARGUMENTS_AT) as usize / 8];
                    (argument >> (8 * (at % 8))) as u32
                }
            }
        }
    }

    /// Runs a filter as the kernel does, as far as ours go.
    fn verdict(program: &[sock_filter], data: Data) -> u32 {
        let (mut at, mut loaded) = (0, 0);
        loop {
            let step = program[at];
            at += 1;
            let code = u32::from(step.code);
            let chosen = |yes: bool| if yes { step.jt } else { step.jf } as usize;
            match code & 0x07 {
                libc::BPF_LD => loaded = data.word(step.k),
                libc::BPF_RET => return step.k,
                libc::BPF_JMP => match code & 0xf0 {
                    libc::BPF_JA => at += step.k as usize,
                    libc::BPF_JEQ => at += chosen(loaded == step.k),
                    libc::BPF_JGE => at += chosen(loaded >= step.k),
                    libc::BPF_JSET => at += chosen(loaded & step.k != 0),
                    other => panic!("{other:#x}"),
                },
                other => panic!("{other:#x}"),
            }
        }
    }

    fn all(data: Data) -> u32 {
        verdict(&program(ALL), data)
    }

    const TOLD: u32 = libc::SECCOMP_RET_USER_NOTIF;
    const PASSES: u32 = libc::SECCOMP_RET_ALLOW;

    /// What reaches the outside is told of, and what does not passes.
    #[test]
    fn calls_to_the_outside_are_told_of() {
        for number in [libc::SYS_connect, libc::SYS_sendmsg, libc::SYS_execve, libc::SYS_openat] {
            assert_eq!(all(call(number, [0; 6])), TOLD, "{number}");
        }
        for number in [libc::SYS_read, libc::SYS_write, libc::SYS_close, libc::SYS_clone] {
            assert_eq!(all(call(number, [1; 6])), PASSES, "{number}");
        }
    }

    /// The preload library's own calls pass, and those from just outside its memory do not.
    #[test]
    fn the_preload_librarys_calls_pass() {
        let at = |instruction| Data { instruction, ..call(libc::SYS_connect, [0; 6]) };

        for inside in [GATE_BASE, GATE_BASE + 0x1234, GATE_BASE + GATE_BYTES - 1] {
            assert_eq!(all(at(inside)), PASSES);
        }
        for outside in [GATE_BASE - 1, GATE_BASE + GATE_BYTES, GATE_BASE + (1 << 32), 0x1234] {
            assert_eq!(all(at(outside)), TOLD);
        }
    }

    /// Bytes on a connection that is there pass; a datagram to an address does not, wherever that lies.
    #[test]
    fn sends_without_an_address_pass() {
        let to = |address| call(libc::SYS_sendto, [1, 1, 1, 1, address, 16]);

        assert_eq!(all(to(0)), PASSES);
        for address in [1, 1 << 32, ELSEWHERE] {
            assert_eq!(all(to(address)), TOLD);
        }
    }

    /// io_uring is not there, and x32 neither; a filter of the guest's own passes but for a listener.
    #[test]
    fn ways_round_are_closed() {
        let fails = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
        let inside = Data { instruction: GATE_BASE, ..call(libc::SYS_io_uring_setup, [0; 6]) };

        assert_eq!(all(inside), fails);
        #[cfg(target_arch = "x86_64")]
        assert_eq!(all(Data { number: X32 | 520, ..call(0, [0; 6]) }), fails);
        assert_eq!(all(call(libc::SYS_seccomp, [1, 8, 1, 0, 0, 0])), TOLD);
        assert_eq!(all(call(libc::SYS_seccomp, [1, 0, 1, 0, 0, 0])), PASSES);
        assert_eq!(all(call(libc::SYS_seccomp, [0, 8, 1, 0, 0, 0])), PASSES);
    }

    /// The 32-bit interface has numbers of its own.
    #[test]
    #[cfg(target_arch = "x86_64")]
    fn the_32_bit_interface_is_watched_too() {
        let compat = |number: libc::c_long| Data { architecture: I386, ..call(number, [0; 6]) };

        assert_eq!(all(compat(i386::SOCKETCALL)), TOLD);
        assert_eq!(all(compat(i386::EXECVE)), TOLD);
        assert_eq!(all(compat(libc::SYS_connect)), PASSES, "another call there");
    }

    /// Nothing is told of that a run has nothing to say of.
    #[test]
    fn what_is_not_asked_about_passes() {
        let program = program(Watch { network: true, ..Watch::default() });

        assert_eq!(verdict(&program, call(libc::SYS_connect, [0; 6])), TOLD);
        for number in [libc::SYS_execve, libc::SYS_openat, libc::SYS_recvfrom] {
            assert_eq!(verdict(&program, call(number, [1; 6])), PASSES);
        }
    }

    /// A jump has a byte.
    #[test]
    fn every_jump_stays_inside() {
        let program = program(ALL);
        for (at, step) in program.iter().enumerate() {
            assert!(at + usize::from(step.jt.max(step.jf)) < program.len());
        }
        assert!(program.len() < 4096, "the kernel's own limit");
    }
}
