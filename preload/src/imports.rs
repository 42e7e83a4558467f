//! libc's functions that this library calls seldom, for itself or in what it is linked with: found at the
//! first call, as [`crate::hook::Real`] finds those that it stands for.
//!
//! The loader would look for each of them at every start of every program, and most are for a panic's
//! message, which is never written. Whoever calls one here reaches a jump of the same name, which no guest
//! sees. Not in this table: what a start calls, or a thread that may be cancelled at any moment; memory,
//! which may be the program's own matter, before us in the order of search; dlvsym(3), by which dlsym(3) is
//! found where the tables are not plain; and what only newer libcs have: the loader says so.
#![expect(unsafe_code, reason = "jumps that keep every register")]

use core::arch::{global_asm, naked_asm};
use core::ffi::{CStr, c_char, c_void};
use core::sync::atomic::{AtomicPtr, Ordering};

macro_rules! imports {
    ($($name:literal)+) => { $(
        global_asm!(
            concat!(".pushsection .text.", $name, ",\"ax\",@progbits"),
            concat!(".globl ", $name),
            concat!(".hidden ", $name),
            concat!(".type ", $name, ",@function"),
            concat!($name, ":"),
            ".cfi_startproc",
            concat!("mov r11, qword ptr [rip + .Lat_", $name, "]"),
            "test r11, r11",
            "jz 2f",
            "jmp r11",
            "2:",
            concat!("lea r11, [rip + .Lname_", $name, "]"),
            "push r11",
            ".cfi_adjust_cfa_offset 8",
            concat!("lea r11, [rip + .Lat_", $name, "]"),
            "push r11",
            ".cfi_adjust_cfa_offset 8",
            "jmp {first}",
            ".cfi_endproc",
            concat!(".size ", $name, ", . - ", $name),
            ".popsection",
            concat!(".pushsection .bss.", $name, ",\"aw\",@nobits"),
            ".balign 8",
            concat!(".Lat_", $name, ":"),
            ".zero 8",
            ".popsection",
            concat!(".pushsection .rodata.", $name, ",\"a\",@progbits"),
            concat!(".Lname_", $name, ":"),
            concat!(".asciz \"", $name, "\""),
            ".popsection",
            first = sym first,
        );
    )+ };
}

imports! {
    "__h_errno_location" "__pthread_key_create" "__res_state" "abort" "close"
    "dl_iterate_phdr" "freeaddrinfo" "fstat64" "getcwd" "getenv" "inet_aton" "inet_ntop" "lseek64" "mmap64"
    "munmap" "posix_spawnattr_destroy" "posix_spawnattr_init" "posix_spawnattr_setflags"
    "posix_spawnattr_setsigdefault" "posix_spawnattr_setsigmask" "pthread_mutex_lock"
    "pthread_mutex_unlock" "pthread_once" "pthread_sigmask" "read" "readlink"
    "realpath" "sigaction" "sigaddset" "stat64" "strdup" "waitpid" "write"
}

/// The first call: what is found is kept, and is called with what the caller gave. None of these functions
/// takes a vector register.
#[unsafe(naked)]
unsafe extern "C" fn first() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_def_cfa_offset 24",
        "push rax",
        ".cfi_adjust_cfa_offset 8",
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
        "mov rdi, qword ptr [rsp + 64]",
        "mov rsi, qword ptr [rsp + 56]",
        "call {find}",
        "mov r11, rax",
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
        "pop rax",
        ".cfi_adjust_cfa_offset -8",
        "add rsp, 16",
        ".cfi_adjust_cfa_offset -16",
        "jmp r11",
        ".cfi_endproc",
        find = sym find,
    )
}

/// # Safety
///
/// A C string, and a place for what is found.
unsafe extern "C" fn find(name: *const c_char, place: *const AtomicPtr<c_void>) -> *mut c_void {
    // SAFETY: this function's contract.
    let (name, place) = unsafe { (CStr::from_ptr(name), &*place) };
    let found = crate::hook::next(name);
    place.store(found, Ordering::Relaxed);
    found
}
