//! A test binary whose tests tell where they stand, and wait.

use std::io::Read;

#[inline(never)]
fn fetch() {
    let (instruction, stack, frame): (u64, u64, u64);
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!("lea {}, [rip]", "mov {}, rsp", "mov {}, rbp",
            out(reg) instruction, out(reg) stack, out(reg) frame);
    }
    #[cfg(target_arch = "aarch64")]
    unsafe {
        std::arch::asm!("adr {}, .", "mov {}, sp", "mov {}, x29",
            out(reg) instruction, out(reg) stack, out(reg) frame);
    }
    println!("AT {instruction:x} {stack:x} {frame:x}");
    _ = std::io::stdin().read(&mut [0]);
    std::hint::black_box(());
}

#[test]
fn at_the_top() {
    fetch();
    std::hint::black_box(());
}

mod inner {
    pub mod tests {
        #[test]
        fn deeper() {
            let result = std::panic::catch_unwind(|| super::super::fetch());
            std::hint::black_box(result).unwrap();
        }

        #[test]
        fn with_a_result() -> Result<(), String> {
            super::super::fetch();
            std::hint::black_box(Ok(()))
        }

        #[test]
        fn in_a_thread() {
            std::thread::spawn(|| super::super::fetch()).join().unwrap();
        }
    }
}
