//! Registers and memory of a waiting process become a stack.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bigfoot_ipc::guest::Registers;
use framehop::{CacheNative, FrameAddress, Unwinder as _, UnwinderNative};

use super::image::{Image, Images};
use super::maps::{Mapping, Maps};
use super::memory::Memory;
use super::{Frame, Stack};

/// Most frames of a stack.
const FRAMES_MAX: usize = 128;

/// Reads stacks, and remembers the unwind tables of the files that it met.
#[derive(Debug, Default)]
pub struct Unwinder {
    images: Images,
}

impl Unwinder {
    /// The stack of a thread that waits with these registers. What cannot be read is left out: at
    /// worst the stack is empty.
    pub fn capture(&mut self, process: i32, registers: Registers) -> Stack {
        // The tables are the guest's own files: whatever a reader of them stumbles over ends the stack.
        let walked = catch_unwind(AssertUnwindSafe(|| {
            Maps::of(process).map(|maps| self.walk(process, &maps, registers))
        }));
        walked.ok().flatten().unwrap_or_default()
    }

    fn walk(&mut self, process: i32, maps: &Maps, registers: Registers) -> Stack {
        let mut memory = Memory::at(process, maps, registers.stack);
        let mut walk = Walk::new(process, maps, &mut self.images);
        let mut native = native(registers);
        let mut stack = Stack::default();
        let mut next = Some(FrameAddress::from_instruction_pointer(registers.instruction));
        while let Some(address) = next.filter(|_| stack.frames.len() < FRAMES_MAX) {
            let Some(frame) = walk.frame(address.address_for_lookup()) else { break };
            stack.frames.push(frame);
            let caller =
                walk.unwinder
                    .unwind_frame(address, &mut native, &mut walk.rules, &mut |at| memory.word(at));
            next = caller.ok().flatten().and_then(FrameAddress::from_return_address);
        }
        stack
    }
}

/// One walk over a stack. A file's tables are taken up when the first frame in it is met.
struct Walk<'a> {
    process: i32,
    maps: &'a Maps,
    images: &'a mut Images,
    unwinder: UnwinderNative<Arc<[u8]>, framehop::MayAllocateDuringUnwind>,
    rules: CacheNative<framehop::MayAllocateDuringUnwind>,
    /// How far each file is loaded from where it states to be; None if it could not be read.
    biases: HashMap<PathBuf, Option<u64>>,
}

impl<'a> Walk<'a> {
    fn new(process: i32, maps: &'a Maps, images: &'a mut Images) -> Self {
        Self {
            process,
            maps,
            images,
            unwinder: UnwinderNative::new(),
            rules: CacheNative::new(),
            biases: HashMap::new(),
        }
    }

    /// The frame of code at this address; None if no code is there.
    fn frame(&mut self, address: u64) -> Option<Frame> {
        let mapping = self.maps.around(address).filter(|mapping| mapping.executable)?;
        let Some(file) = &mapping.file else {
            return Some(Frame { module: None, address });
        };
        let bias = match self.biases.get(file) {
            Some(bias) => *bias,
            None => self.load(file, mapping, address),
        };
        // Without headers, the place in the file is the best address there is.
        let stated = match bias {
            Some(bias) => address.wrapping_sub(bias),
            None => in_file(mapping, address),
        };
        Some(Frame { module: Some(file.clone()), address: stated })
    }

    fn load(&mut self, file: &Path, mapping: &Mapping, address: u64) -> Option<u64> {
        let bias = self.add(file, mapping, address);
        self.biases.insert(file.to_owned(), bias);
        bias
    }

    fn add(&mut self, file: &Path, mapping: &Mapping, address: u64) -> Option<u64> {
        let image = if mapping.deleted { self.executable(file)? } else { self.images.get(file)? };
        let bias = address.wrapping_sub(image.address(in_file(mapping, address))?);
        self.unwinder.add_module(image.module(bias));
        Some(bias)
    }

    /// The running program can be read even after its file is gone.
    fn executable(&mut self, file: &Path) -> Option<Arc<Image>> {
        let link = PathBuf::from(format!("/proc/{}/exe", self.process));
        let target = link.read_link().ok()?;
        let name = target.to_str()?.strip_suffix(" (deleted)")?;
        if Path::new(name) == file { self.images.get(&link) } else { None }
    }
}

/// Where in its file an address of a mapping lies.
fn in_file(mapping: &Mapping, address: u64) -> u64 {
    (address - mapping.start).saturating_add(mapping.offset)
}

#[cfg(target_arch = "x86_64")]
fn native(registers: Registers) -> framehop::UnwindRegsNative {
    framehop::UnwindRegsNative::new(registers.instruction, registers.stack, registers.frame)
}

/// The link register is not among them: the first frame is our own library's, which has saved it.
#[cfg(target_arch = "aarch64")]
fn native(registers: Registers) -> framehop::UnwindRegsNative {
    let mask = framehop::aarch64::PtrAuthMask::new_24_40();
    framehop::UnwindRegsNative::new_with_ptr_auth_mask(mask, 0, registers.stack, registers.frame)
}
