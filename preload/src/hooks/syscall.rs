//! `syscall(2)`: system calls by number. Those that a hook stands for go through it; every other is
//! made by libc's own function, without a frame of ours on the stack, so that even vfork works by
//! number, and not from our text, so that the kernel backstop sees those that it watches.

use core::ffi::{c_char, c_int, c_long, c_uint};

use super::{connect, exec, open, recv, send, serve};
use crate::cabi;

#[cfg(not(test))]
static REAL: crate::hook::Real = crate::hook::Real::new();

#[cfg(not(test))]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn syscall() {
    core::arch::naked_asm!(
        ".cfi_startproc",
        // The numbers below, which `hooked` knows.
        "cmp rdi, 2",
        "je 2f",
        "cmp rdi, 42",
        "je 2f",
        "cmp rdi, 44",
        "je 2f",
        "cmp rdi, 45",
        "je 2f",
        "cmp rdi, 46",
        "je 2f",
        "cmp rdi, 49",
        "je 2f",
        "cmp rdi, 50",
        "je 2f",
        "cmp rdi, 59",
        "je 2f",
        "cmp rdi, 85",
        "je 2f",
        "cmp rdi, 257",
        "je 2f",
        "cmp rdi, 307",
        "je 2f",
        "cmp rdi, 322",
        "je 2f",
        "cmp rdi, 437",
        "je 2f",
        "mov rax, qword ptr [rip + {real}]",
        "test rax, rax",
        "jz 5f",
        "jmp rax",
        // At the first use: every argument is kept meanwhile.
        "5:",
        "push rdi",
        ".cfi_adjust_cfa_offset 8",
        "push rsi",
        ".cfi_adjust_cfa_offset 8",
        "push rdx",
        ".cfi_adjust_cfa_offset 8",
        "push rcx",
        ".cfi_adjust_cfa_offset 8",
        "push r8",
        ".cfi_adjust_cfa_offset 8",
        "push r9",
        ".cfi_adjust_cfa_offset 8",
        "sub rsp, 8",
        ".cfi_adjust_cfa_offset 8",
        "call {find}",
        "add rsp, 8",
        ".cfi_adjust_cfa_offset -8",
        "pop r9",
        ".cfi_adjust_cfa_offset -8",
        "pop r8",
        ".cfi_adjust_cfa_offset -8",
        "pop rcx",
        ".cfi_adjust_cfa_offset -8",
        "pop rdx",
        ".cfi_adjust_cfa_offset -8",
        "pop rsi",
        ".cfi_adjust_cfa_offset -8",
        "pop rdi",
        ".cfi_adjust_cfa_offset -8",
        "test rax, rax",
        "jz 4f",
        "jmp rax",
        // Where libc has none: the psABI's system call: number in rax, the fourth argument in r10 rather than rcx.
        "4:",
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rdx, rcx",
        "mov r10, r8",
        "mov r8, r9",
        "mov r9, qword ptr [rsp + 8]",
        "syscall",
        "cmp rax, -4095",
        "jae 3f",
        "ret",
        "3:",
        "mov rdi, rax",
        "jmp {failed}",
        "2:",
        "jmp {hooked}",
        ".cfi_endproc",
        real = sym REAL,
        find = sym find,
        failed = sym failed,
        hooked = sym hooked,
    )
}

/// libc's own function, or null.
#[cfg(not(test))]
extern "C" fn find() -> *mut core::ffi::c_void {
    REAL.find("syscall\0", 0).unwrap_or_default()
}

/// Turns the kernel's negative error number into errno and -1.
extern "C" fn failed(result: c_long) -> c_long {
    cabi::set_errno(c_int::try_from(-result).unwrap_or(libc::EINVAL));
    -1
}

/// The calls that have hooks. A caller of syscall(2) passes registers; the last argument, on its
/// stack, is read whether it was passed or not.
///
/// # Safety
///
/// As for the system call of this number.
#[expect(clippy::cast_possible_truncation, reason = "registers hold narrower arguments")]
unsafe extern "C-unwind" fn hooked(
    number: c_long,
    a: c_long,
    b: c_long,
    c: c_long,
    d: c_long,
    e: c_long,
    f: c_long,
) -> c_long {
    let path = |register: c_long| register as *const c_char;
    let words = |register: c_long| register as *const *const c_char;
    // SAFETY: this function's contract.
    unsafe {
        match number {
            libc::SYS_open => open::plain(path(a), b as c_int, c as c_uint).into(),
            libc::SYS_connect => connect::hooked(a as c_int, b as *const _, c as c_uint).into(),
            libc::SYS_sendto => send::to(
                a as c_int,
                b as *const _,
                c as usize,
                d as c_int,
                e as *const _,
                f as c_uint,
            ) as c_long,
            libc::SYS_recvfrom => recv::from(
                a as c_int,
                b as *mut _,
                c as usize,
                d as c_int,
                e as *mut _,
                f as *mut _,
            ) as c_long,
            libc::SYS_sendmsg => send::message(a as c_int, b as *const _, c as c_int) as c_long,
            libc::SYS_bind => serve::bound(a as c_int, b as *const _, c as c_uint).into(),
            libc::SYS_listen => serve::listening(a as c_int, b as c_int).into(),
            libc::SYS_execve => exec::path_with(path(a), words(b), words(c)).into(),
            libc::SYS_creat => open::create(path(a), b as c_uint).into(),
            libc::SYS_openat => open::at(a as c_int, path(b), c as c_int, d as c_uint).into(),
            libc::SYS_sendmmsg => {
                send::messages(a as c_int, b as *mut _, c as c_uint, d as c_int).into()
            }
            libc::SYS_execveat => {
                exec::at(a as c_int, path(b), words(c), words(d), e as c_int).into()
            }
            libc::SYS_openat2 => open2(a as c_int, path(b), c as *const u64, d as usize),
            _ => failed(-c_long::from(libc::ENOSYS)),
        }
    }
}

/// # Safety
///
/// As for openat2(2), which libc has no function for.
unsafe fn open2(dir: c_int, path: *const c_char, how: *const u64, bytes: usize) -> c_long {
    // SAFETY: this function's contract: the flags come first.
    let flags = if how.is_null() { 0 } else { (unsafe { how.read() }) as c_int };
    // SAFETY: likewise.
    if let Some(errno) = unsafe { open::refusal_by_flags(dir, path, flags) } {
        return failed(-c_long::from(errno));
    }
    let result: c_long;
    // SAFETY: the guest's own arguments, by the psABI's system call.
    unsafe {
        core::arch::asm!(
            "syscall",
            inlateout("rax") libc::SYS_openat2 => result,
            in("rdi") c_long::from(dir),
            in("rsi") path,
            in("rdx") how,
            in("r10") bytes,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    if result < 0 { failed(result) } else { result }
}
