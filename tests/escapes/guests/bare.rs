//! A program without any library, not even libc's start-up: HOST PORT.
#![no_std]
#![no_main]

use core::arch::{asm, naked_asm};
use core::panic::PanicInfo;

const WRITE: usize = 1;
const READ: usize = 0;
const SOCKET: usize = 41;
const CONNECT: usize = 42;
const ALARM: usize = 37;
const EXIT: usize = 60;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    end(101)
}

/// What `core` was compiled to name for unwinding, which does not happen here.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// The kernel's entry: the words of the command lie on the stack.
#[unsafe(naked)]
#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    naked_asm!("mov rdi, rsp", "and rsp, -16", "call {}", sym begin)
}

extern "C" fn begin(stack: *const usize) -> ! {
    // SAFETY: the kernel puts argc there, and behind it as many pointers to strings that end in zero.
    let (host, port) = unsafe { (word(stack, 1), word(stack, 2)) };
    let mut peer = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    peer[2..4].copy_from_slice(&(numbers(port)[0] as u16).to_be_bytes());
    for (byte, number) in peer[4..8].iter_mut().zip(numbers(host)) {
        *byte = number as u8;
    }
    call(ALARM, 10, 0, 0); // nobody may answer where a mock should
    converse(call(SOCKET, 2, 1, 0), &peer);
    end(0)
}

fn converse(fd: isize, peer: &[u8]) {
    let result = call(CONNECT, fd as usize, peer.as_ptr() as usize, peer.len());
    if result < 0 {
        return refused(-result);
    }
    say(b"connected\n");
    call(WRITE, fd as usize, b"ping".as_ptr() as usize, 4);
    let mut text = [0; 64];
    let heard = call(READ, fd as usize, text.as_mut_ptr() as usize, text.len());
    if heard < 0 {
        return refused(-heard);
    }
    say(b"heard ");
    say(&text[..heard as usize]);
    say(b"\n");
}

fn refused(errno: isize) {
    let digits = [errno / 100, errno / 10 % 10, errno % 10].map(|digit| b'0' + digit as u8);
    let leading = digits.iter().take_while(|digit| **digit == b'0').count();
    say(b"refused ");
    say(&digits[leading..]);
    say(b"\n");
}

fn say(text: &[u8]) {
    call(WRITE, 1, text.as_ptr() as usize, text.len());
}

/// The numbers in a text, whatever stands between them.
fn numbers(text: &[u8]) -> [usize; 4] {
    let (mut found, mut at) = ([0; 4], 0);
    for byte in text {
        match byte {
            b'0'..=b'9' => found[at] = found[at] * 10 + usize::from(byte - b'0'),
            _ => at += 1,
        }
    }
    found
}

/// # Safety
///
/// The stack is as the kernel made it, and has this word.
unsafe fn word(stack: *const usize, at: usize) -> &'static [u8] {
    // SAFETY: this function's contract.
    unsafe {
        let start = *stack.add(1 + at) as *const u8;
        let mut length = 0;
        // Volatile, or the compiler calls libc's strlen for this loop.
        while start.add(length).read_volatile() != 0 {
            length += 1;
        }
        core::slice::from_raw_parts(start, length)
    }
}

fn call(number: usize, first: usize, second: usize, third: usize) -> isize {
    let mut result = number as isize;
    // SAFETY: the calls above point to memory that is theirs, for as long as they run.
    unsafe {
        asm!("syscall", inout("rax") result, in("rdi") first, in("rsi") second, in("rdx") third,
             out("rcx") _, out("r11") _);
    }
    result
}

fn end(code: usize) -> ! {
    loop {
        call(EXIT, code, 0, 0);
    }
}
